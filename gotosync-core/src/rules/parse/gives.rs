//! Interpretation of the keys for licenses, groups, roles, and the other things that a rule gives.

use std::ops::RangeInclusive;

use super::Reader;
use crate::model::{Form, SettingsTemplate, UserGroupPath, Voicemail, WelcomeEmail};
use crate::rules::document::Placed;
use crate::rules::grammar::{MailKeys, NamedKeys, ProductKeys, RangeKeys, RoleKeys, TextOr, VoicemailKeys, WordOr};
use crate::rules::{Given, Gives, GroupChoice, RoleGrant};

/// The keys of a rule for the things that it gives.
pub(super) struct Keys {
    pub(super) products: Vec<TextOr<ProductKeys>>,
    pub(super) user_group: Option<Placed<Option<String>>>,
    pub(super) create_user_group: Option<bool>,
    pub(super) role: Option<WordOr<RoleGrant, RoleKeys>>,
    pub(super) templates: Vec<(Placed<String>, Option<TextOr<NamedKeys>>)>,
    pub(super) device_groups: Vec<Placed<String>>,
    pub(super) welcome_email: Option<WordOr<WelcomeEmail, MailKeys>>,
    pub(super) voicemail: Option<VoicemailKeys>,
    pub(super) extensions: Option<RangeInclusive<u32>>,
}

pub(super) fn gives(reader: &Reader<'_, '_>, keys: Keys) -> Gives {
    Gives {
        products: products(reader, keys.products),
        user_group: keys.user_group.and_then(|path| user_group(reader, path)),
        create_user_group: keys.create_user_group.unwrap_or_default(),
        role: keys.role.and_then(|said| role(reader, said)),
        templates: templates(reader, keys.templates),
        device_groups: names(reader, &keys.device_groups, "a device group"),
        welcome: keys.welcome_email.and_then(welcome),
        extensions: keys.extensions,
        voicemail: keys.voicemail.and_then(|keys| voicemail(reader, &keys)),
    }
}

/// Reads a range of telephone extensions.
pub(super) fn range(reader: &Reader<'_, '_>, keys: &RangeKeys) -> Option<RangeInclusive<u32>> {
    let number = |number: Option<usize>| number.and_then(|number| u32::try_from(number).ok());
    let at = keys.places.table();
    let (Some(from), Some(to)) = (number(keys.from), number(keys.to)) else {
        let hint = "write, for example, `extension = { from = 2000, to = 2999 }`";
        reader.problem(at, "a range of extensions needs `from` and `to`", hint);
        return None;
    };
    if !(10..=99_999_999).contains(&from) || to > 99_999_999 || from > to {
        let hint = "use numbers with two to eight digits, and write the lower one in `from`";
        reader.problem(at, format!("`{from}` to `{to}` is not a valid range of extensions"), hint);
        return None;
    }
    Some(from..=to)
}

/// Reads the voicemail settings for a newly assigned extension.
fn voicemail(reader: &Reader<'_, '_>, keys: &VoicemailKeys) -> Option<Voicemail> {
    let fits = |key: &str, text: &Option<Placed<String>>, form: Form| {
        let text = text.as_ref()?;
        let value = text.value.trim();
        if value.is_empty() {
            reader.problem(&text.at, format!("`{key}` is empty"), "write a value, or remove the key");
            return None;
        }
        if let Some(problem) = form.problem(value) {
            reader.problem(keys.places.of_key(key), problem, "correct the value, or remove the key");
            return None;
        }
        Some(value.to_owned())
    };
    let voicemail = Voicemail {
        time_zone: fits("time_zone", &keys.time_zone, Form::TimeZone),
        without_password: keys.without_password,
        review: keys.review,
        transcription: keys.transcription,
        operator: fits("operator", &keys.operator, Form::Extension),
    };
    if voicemail.is_empty() {
        let hint = "write, for example, `voicemail = { transcription = true }`, or remove the key";
        reader.problem(keys.places.table(), "`voicemail` has no effect", hint);
        return None;
    }
    Some(voicemail)
}

fn products(reader: &Reader<'_, '_>, items: Vec<TextOr<ProductKeys>>) -> Vec<Given> {
    let mut products = Vec::new();
    for item in items {
        let (name, without) = match item {
            TextOr::Text(name) => (Some(name), None),
            TextOr::Table(keys) => {
                let without = keys.places.has("without").then(|| names(reader, &keys.without, "a product"));
                (keys.name, without)
            }
        };
        let Some(name) = name else { continue };
        if name.value.trim().is_empty() {
            reader.problem(&name.at, "the name of the license is empty", "write the name of a license of the account");
        } else {
            products.push(Given { product: name.value.trim().to_owned(), without });
        }
    }
    products
}

fn user_group(reader: &Reader<'_, '_>, path: Placed<Option<String>>) -> Option<GroupChoice> {
    let Some(value) = path.value else { return Some(GroupChoice::Nowhere) };
    group_path(reader, &Placed { value, at: path.at }).map(GroupChoice::Path)
}

fn group_path(reader: &Reader<'_, '_>, path: &Placed<String>) -> Option<UserGroupPath> {
    let group = UserGroupPath::new(path.value.trim());
    let Some(problem) = group.problem() else { return Some(group) };
    let message = format!("`{}` is not the path of a user group: {problem}", path.value);
    reader.problem(&path.at, message, "write the names of the groups separated by slashes, such as `Sales/EMEA`");
    None
}

fn role(reader: &Reader<'_, '_>, said: WordOr<RoleGrant, RoleKeys>) -> Option<RoleGrant> {
    let keys = match said {
        WordOr::Word(role) => return Some(role),
        WordOr::Table(keys) => keys,
    };
    if let Some(set) = &keys.role_set {
        for other in ["privileges", "groups", "products"].into_iter().filter(|other| keys.places.has(other)) {
            let message = format!("`role` cannot have both `role_set` and `{other}`");
            reader.problem(keys.places.of_key(other), message, "remove one of them; a role set defines its own rights");
        }
        if set.value.trim().is_empty() {
            reader.problem(&set.at, "the name of the role set is empty", "write the name of a role set of the account");
            return None;
        }
        return Some(RoleGrant::Set(set.value.trim().to_owned()));
    }
    let none = keys.privileges.is_empty();
    let mut privileges: Vec<_> = keys.privileges.into_iter().flatten().collect();
    privileges.sort();
    privileges.dedup();
    let groups = keys.groups.iter().filter_map(|path| group_path(reader, path)).collect();
    let products = names(reader, &keys.products, "a product");
    if privileges.is_empty() {
        // Invalid privileges have been recorded as problems already.
        if none {
            let hint =
                "write `role = { privileges = [\"manage-users\"], groups = [\"Sales\"] }`, or `{ role_set = \"…\" }`";
            reader.problem(keys.places.table(), "`role` has neither `privileges` nor `role_set`", hint);
        }
        return None;
    }
    Some(RoleGrant::Manager { privileges, groups, products })
}

fn templates(
    reader: &Reader<'_, '_>,
    items: Vec<(Placed<String>, Option<TextOr<NamedKeys>>)>,
) -> Vec<(String, SettingsTemplate)> {
    let mut templates = Vec::new();
    for (product, said) in items {
        let template = match said {
            Some(TextOr::Text(name)) if name.value == "system" => Some(SettingsTemplate::System),
            Some(TextOr::Text(name)) => Some(SettingsTemplate::Named(name.value)),
            // This form is for a template whose name is `system`.
            Some(TextOr::Table(keys)) => keys.name.map(|name| SettingsTemplate::Named(name.value)),
            None => None,
        };
        match template {
            Some(SettingsTemplate::Named(name)) if name.trim().is_empty() => {
                let hint = "write the name of a template, or \"system\" for the system settings";
                reader.problem(&product.at, "the name of the settings template is empty", hint);
            }
            Some(template) => templates.push((product.value, template)),
            None => {}
        }
    }
    templates
}

fn welcome(said: WordOr<WelcomeEmail, MailKeys>) -> Option<WelcomeEmail> {
    match said {
        WordOr::Word(word) => Some(word),
        WordOr::Table(keys) => keys.template.map(|name| WelcomeEmail::Template(name.value.trim().to_owned())),
    }
}

/// Returns the names without duplicates. Blank names are recorded as problems. `what` is the kind of name, for the message.
fn names(reader: &Reader<'_, '_>, items: &[Placed<String>], what: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in items {
        let text = name.value.trim();
        if text.is_empty() {
            reader.problem(&name.at, format!("the name of {what} is empty"), "write the name as it is in the account");
        } else if !names.iter().any(|own| own == text) {
            names.push(text.to_owned());
        }
    }
    names
}
