//! What a rule gives.

use std::ops::RangeInclusive;

use crate::model::{Privilege, SettingsTemplate, UserGroupPath, Voicemail, WelcomeEmail};
use crate::rules::desire::{not_a_zone, not_an_extension};
use crate::rules::document::{Placed, StringOrTable, Table};
use crate::rules::{Given, Gives, GroupChoice, RoleGrant};

pub(super) fn read_gives(table: &Table<'_, '_>) -> Gives {
    Gives {
        products: read_products(table),
        user_group: read_user_group(table),
        create_user_group: table.boolean("create_user_group").is_some_and(|create| create.value),
        role: read_role(table),
        templates: read_templates(table),
        device_groups: names(table, "device_groups", "a device group"),
        welcome: read_welcome(table),
        extensions: None,
        voicemail: None,
    }
}

/// The range of extensions, if `extension` is one.
pub(super) fn read_extensions(table: &Table<'_, '_>) -> Option<RangeInclusive<u32>> {
    if !table.is_table("extension") {
        return None;
    }
    let range = table.table("extension")?;
    let number = |key| range.number(key).and_then(|number| u32::try_from(number).ok());
    let (from, to) = (number("from"), number("to"));
    range.finish();
    let (Some(from), Some(to)) = (from, to) else {
        let hint = "write both ends: `extension = { from = 2000, to = 2999 }`";
        range.problem(range.at(), "a range of extensions has two ends", hint);
        return None;
    };
    if !(10..=99_999_999).contains(&from) || to > 99_999_999 || from > to {
        let hint = "an extension has two to eight digits, and the first number comes first";
        range.problem(range.at(), format!("`{from}` to `{to}` is no range of extensions"), hint);
        return None;
    }
    Some(from..=to)
}

/// The voicemail of an extension that comes.
pub(super) fn read_voicemail(table: &Table<'_, '_>) -> Option<Voicemail> {
    let inner = table.table("voicemail")?;
    let flag = |key| inner.boolean(key).map(|flag| flag.value);
    let filled = |key: &'static str| {
        let text = inner.string(key)?;
        if text.value.trim().is_empty() {
            inner.problem(&text.at, format!("`{key}` is empty"), "write a value, or leave it out");
            return None;
        }
        Some(text.value.trim().to_owned())
    };
    let fits = |key: &'static str, problem: fn(&str) -> Option<String>| {
        let text = filled(key)?;
        match problem(&text) {
            None => Some(text),
            Some(problem) => {
                inner.problem(&inner.at_key(key), problem, "write it in that form, or leave it out");
                None
            }
        }
    };
    let voicemail = Voicemail {
        time_zone: fits("time_zone", not_a_zone),
        without_password: flag("without_password"),
        review: flag("review"),
        transcription: flag("transcription"),
        operator: fits("operator", not_an_extension),
    };
    let hint = "a password would stand in plans; people set their own, or `without_password = true` asks for none";
    inner.refuse("password", "gotosync sets no password of a voicemail", hint);
    inner.finish();
    if voicemail.is_empty() {
        inner.problem(inner.at(), "`voicemail` sets nothing", "write `voicemail = { transcription = true }`");
        return None;
    }
    Some(voicemail)
}

fn read_products(table: &Table<'_, '_>) -> Vec<Given> {
    let mut products = Vec::new();
    for item in table.strings_or_tables("products", "a string in quotes, a table in braces, or a list of them") {
        let (name, without) = match item {
            StringOrTable::String(name) => (Some(name), None),
            StringOrTable::Table(inner) => {
                let name = inner.required_string("name", "GoToConnect");
                let without = inner.has("without").then(|| names(&inner, "without", "a product"));
                inner.finish();
                (name, without)
            }
        };
        let Some(name) = name else { continue };
        if name.value.trim().is_empty() {
            table.problem(&name.at, "a product without a name", "write the name of a licence of the account");
        } else {
            products.push(Given { product: name.value.trim().to_owned(), without });
        }
    }
    products
}

fn read_user_group(table: &Table<'_, '_>) -> Option<GroupChoice> {
    let path = table.string_or_false("user_group")?;
    let Some(text) = path.value else { return Some(GroupChoice::Nowhere) };
    read_path(table, &Placed { value: text, at: path.at }).map(GroupChoice::Path)
}

fn read_path(table: &Table<'_, '_>, path: &Placed<String>) -> Option<UserGroupPath> {
    let group = UserGroupPath::new(path.value.trim());
    let Some(problem) = group.problem() else { return Some(group) };
    let message = format!("`{}` is not a path of user groups: {problem}", path.value);
    table.problem(&path.at, message, "write names with a slash between them, as `Sales/EMEA`");
    None
}

fn read_role(table: &Table<'_, '_>) -> Option<RoleGrant> {
    let what = "a table in braces or \"member\" or \"administrator\"";
    let inner = match table.string_or_table("role", what)? {
        StringOrTable::String(_) => return table.word("role", ROLES),
        StringOrTable::Table(inner) => inner,
    };
    if let Some(set) = inner.string("role_set") {
        inner.finish();
        if set.value.trim().is_empty() {
            inner.problem(&set.at, "a role set without a name", "write the name of a role set of the account");
            return None;
        }
        return Some(RoleGrant::Set(set.value.trim().to_owned()));
    }
    let mut privileges = inner.words("privileges", &Privilege::ALL.map(|privilege| (privilege.as_str(), privilege)));
    privileges.sort();
    privileges.dedup();
    let groups = inner.strings("groups").iter().filter_map(|path| read_path(&inner, path)).collect();
    let products = names(&inner, "products", "a product");
    let named = inner.has("privileges");
    inner.finish();
    if privileges.is_empty() {
        if !named || inner.strings("privileges").is_empty() {
            let hint =
                "write `role = { privileges = [\"manage-users\"], groups = [\"Sales\"] }`, or `{ role_set = \"…\" }`";
            inner.problem(inner.at(), "a manager without a privilege", hint);
        }
        return None;
    }
    Some(RoleGrant::Manager { privileges, groups, products })
}

fn read_templates(table: &Table<'_, '_>) -> Vec<(String, SettingsTemplate)> {
    let Some(given) = table.table("templates") else { return Vec::new() };
    let mut templates = Vec::new();
    for product in given.keys() {
        let template = match given.string_or_table(&product, "a string in quotes, or a table in braces") {
            Some(StringOrTable::String(name)) if name.value == "system" => Some(SettingsTemplate::System),
            Some(StringOrTable::String(name)) => Some(SettingsTemplate::Named(name.value)),
            // For a template that somebody called `system`.
            Some(StringOrTable::Table(inner)) => {
                let name = inner.required_string("name", "Sales").map(|name| SettingsTemplate::Named(name.value));
                inner.finish();
                name
            }
            None => None,
        };
        match template {
            Some(SettingsTemplate::Named(name)) if name.trim().is_empty() => {
                let hint = "write the name of a template, or \"system\" for the system's own settings";
                given.problem(&given.at_key(&product), "a template without a name", hint);
            }
            Some(template) => templates.push((product, template)),
            None => {}
        }
    }
    given.finish();
    templates
}

fn read_welcome(table: &Table<'_, '_>) -> Option<WelcomeEmail> {
    match table.string_or_table("welcome_email", "a table in braces or \"default\" or \"none\"")? {
        StringOrTable::String(word) => match word.value.as_str() {
            "default" => Some(WelcomeEmail::Default),
            "none" => Some(WelcomeEmail::None),
            other => {
                let message = format!("`welcome_email` is `{other}`, expected `default`, `none` or a table");
                table.problem(
                    &word.at,
                    message,
                    format!("for a template write `welcome_email = {{ template = \"{other}\" }}`"),
                );
                None
            }
        },
        StringOrTable::Table(inner) => {
            let name = inner.required_string("template", "Sales");
            inner.finish();
            name.map(|name| WelcomeEmail::Template(name.value.trim().to_owned()))
        }
    }
}

/// Names that are not blank, each once.
fn names(table: &Table<'_, '_>, key: &'static str, what: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in table.strings(key) {
        let text = name.value.trim();
        if text.is_empty() {
            table.problem(&name.at, format!("{what} without a name"), "write its name as the account has it");
        } else if !names.iter().any(|own| own == text) {
            names.push(text.to_owned());
        }
    }
    names
}

const ROLES: &[(&str, RoleGrant)] = &[("member", RoleGrant::Member), ("administrator", RoleGrant::Administrator)];
