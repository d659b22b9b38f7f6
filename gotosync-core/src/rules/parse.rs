//! Conversion of a rules file into [`Rules`]. The grammar reads the keys; this module interprets and validates their values.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::document::{Document, Placed};
use super::grammar::{
    ExcludeKeys, FileKeys, GroupKeys, Keys, LimitKeys, RewriteKeys, RuleKeys, SettingValue, StageKeys, TextOr,
    UnitKeys, WelcomeKeys, WordOr,
};
use super::limits::{Amount, Limit, Limits};
use super::mapping::Mapping;
use super::{DeleteAfter, LeaverPolicy, Leavers, Problems, Rewrite, Rule, Rules, Selection, example};
use crate::model::{Dn, Email, Field, Filter, Fingerprint, GroupId, GroupRef, Scope, WelcomeTemplate, email};

mod gives;

use self::gives::{gives, range};

pub(super) fn rules(text: &str, file: &str) -> Result<Rules, Problems> {
    Document::read(file, text, |document, top| {
        let keys = FileKeys::read(top);
        let reader = Reader { document, attributes: keys.attributes.into_iter().map(|name| name.value).collect() };
        let mut limits = Limits::standard();
        for (key, said) in keys.limits.into_iter().flat_map(super::grammar::RunLimitKeys::said) {
            reader.limit(key, said, &mut limits);
        }
        let mut list: Vec<Rule> = Vec::new();
        for keys in keys.rule {
            let named = keys.own.places.of_key("name").clone();
            let Some(rule) = reader.rule(keys) else { continue };
            if list.iter().any(|other| other.name == rule.name) {
                let message = format!("two rules have the name `{}`", rule.name);
                document.problem(&named, message, "give each rule a unique name");
            }
            list.push(rule);
        }
        if !keys.places.has("rule") {
            let hint = "add [[rule]] with a `name`, and with an `ou`, a `group`, or `everyone = true`";
            document.problem(&(0..0), "the file has no rules", hint);
        }
        let examples = example::read(document, keys.example, &reader.attributes, &list);
        Some(Rules {
            list,
            examples,
            leavers: keys.leavers.map(|said| reader.leavers(said)).unwrap_or_default(),
            mode: keys.mode.unwrap_or_default(),
            protected: reader.protected(keys.protected),
            rewrite: keys.rewrite_email.and_then(|keys| reader.rewrite(&keys)),
            welcome_emails: reader.welcome_emails(keys.welcome_email),
            seats: keys.seats.unwrap_or_default(),
            limits,
            fingerprint: Fingerprint::of(text.as_bytes()),
        })
    })
}

/// Interprets values, and records problems with their positions.
struct Reader<'d, 't> {
    document: &'d Document<'t>,
    /// The custom attributes that the file declares.
    attributes: Vec<String>,
}

impl Reader<'_, '_> {
    fn problem(&self, at: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.document.problem(at, message, hint);
    }

    fn rule(&self, RuleKeys { own, settings }: RuleKeys) -> Option<Rule> {
        let scopes = self.scopes(&own.ou, &own.group);
        let mut people = Selection { scopes, filter: self.filter(own.filter.as_ref()), ..Selection::default() };
        if own.everyone == Some(true) {
            people.scopes.push(Scope::Everyone);
        }
        let places = &own.places;
        let tried = places.has("ou") || places.has("group") || (places.has("everyone") && own.everyone != Some(false));
        if people.scopes.is_empty() && !tried {
            let hint = "select people with `ou = \"OU=…\"`, `group = \"…\"`, or `everyone = true`";
            self.problem(places.of_key("name"), "the rule selects no one", hint);
        }
        if let Some(ExcludeKeys { ou, group, filter, .. }) = &own.exclude {
            people.not_scopes = self.scopes(ou, group);
            people.not_filter = self.filter(filter.as_ref());
        }
        let mut fields = BTreeMap::new();
        let given = own.fields.map(|keys| [keys.email, keys.first_name, keys.last_name]).into_iter().flatten();
        let own_fields = [Field::Email, Field::FirstName, Field::LastName].into_iter().zip(given);
        let language = (Field::Language, own.language.clone());
        for (field, text) in own_fields.chain([language]) {
            if let Some(Said(mapping)) = text.and_then(|text| self.mapping_or_none(field.as_str(), text)) {
                fields.insert(field, mapping);
            }
        }
        let (mut extensions, mut lists) = (None, BTreeMap::new());
        for (field, value) in settings {
            match value {
                SettingValue::Single(text) => {
                    if let Some(Said(mapping)) = self.mapping_or_none(field.as_str(), text) {
                        fields.insert(field, mapping);
                    }
                }
                SettingValue::List(texts) => {
                    let list: Vec<_> = texts.iter().filter_map(|text| self.mapping(field.as_str(), text)).collect();
                    if !list.is_empty() {
                        lists.insert(field, list);
                    }
                }
                SettingValue::Range(keys) => extensions = range(self, &keys),
            }
        }
        let mut custom_fields = BTreeMap::new();
        for (name, text) in &own.custom_fields {
            let said = text.clone().and_then(|text| self.mapping_or_none(&name.value, text));
            custom_fields.extend(said.map(|Said(mapping)| (name.value.clone(), mapping)));
        }
        let mut limits = Limits::default();
        for (key, said) in own.limits.into_iter().flat_map(super::grammar::RuleLimitKeys::said) {
            self.limit(key, said, &mut limits);
        }
        Some(Rule {
            name: Arc::from(own.name?.value.trim()),
            enabled: own.enabled.unwrap_or(true),
            mode: own.mode.unwrap_or_default(),
            people,
            create: own.create.unwrap_or(true),
            update: own.update.unwrap_or(true),
            gives: gives(
                self,
                gives::Keys {
                    products: own.products,
                    user_group: own.user_group,
                    create_user_group: own.create_user_group,
                    role: own.role,
                    templates: own.templates,
                    device_groups: own.device_groups,
                    welcome_email: own.welcome_email,
                    voicemail: own.voicemail,
                    extensions,
                },
            ),
            fields,
            custom_fields,
            lists,
            leavers: own.leavers.map(|said| self.leavers(said)),
            limits,
        })
    }

    fn scopes(&self, units: &[TextOr<UnitKeys>], groups: &[TextOr<GroupKeys>]) -> Vec<Scope> {
        let mut scopes = Vec::new();
        for item in units {
            let (name, depth) = match item {
                TextOr::Text(name) => (Some(name), None),
                TextOr::Table(keys) => (keys.dn.as_ref(), keys.depth),
            };
            if let Some(dn) = name.and_then(|name| self.dn(name)) {
                scopes.push(Scope::Unit { dn, depth: depth.unwrap_or_default() });
            }
        }
        for item in groups {
            let (group, membership) = match item {
                TextOr::Text(name) if name.value.trim().is_empty() => {
                    let hint = "write the name, distinguished name, or ID of a group";
                    self.problem(&name.at, "the name of the group is empty", hint);
                    (None, None)
                }
                TextOr::Text(name) => (Some(GroupRef::parse(&name.value)), None),
                TextOr::Table(keys) => (self.group(keys), keys.members),
            };
            if let Some(group) = group {
                scopes.push(Scope::Group { group, membership: membership.unwrap_or_default() });
            }
        }
        scopes
    }

    fn group(&self, keys: &GroupKeys) -> Option<GroupRef> {
        let name = keys.name.as_ref().map(|name| GroupRef::Name(name.value.clone()));
        let dn = keys.dn.as_ref().and_then(|dn| self.dn(dn)).map(GroupRef::Dn);
        let id = keys.id.as_ref().map(|id| GroupRef::Id(GroupId::parse(&id.value)));
        let mut given = [name, dn, id].into_iter().flatten();
        let first = given.next();
        if given.next().is_some() || (first.is_none() && !keys.places.has("dn")) {
            let hint = "write exactly one of `name`, `dn`, and `id`";
            self.problem(keys.places.table(), "a group needs exactly one of `name`, `dn`, and `id`", hint);
            return None;
        }
        first
    }

    fn dn(&self, text: &Placed<String>) -> Option<Dn> {
        let refused = |error: &crate::Error| self.problem(&text.at, error.message(), error.help().unwrap_or_default());
        Dn::parse(&text.value).inspect_err(refused).ok()
    }

    fn filter(&self, text: Option<&Placed<String>>) -> Option<Filter> {
        let text = text?;
        match Filter::parse(&text.value) {
            Ok(filter) => Some(filter),
            Err(error) => {
                let message = format!("invalid filter: expected {}", error.expected);
                let hint = "write an LDAP filter (RFC 4515) such as `(&(department=Sales)(!(title=Trainee)))`";
                self.problem(&inside(&text.at, error.at), message, hint);
                None
            }
        }
    }

    /// Reads an expression, or `false` to leave a field unchanged.
    fn mapping_or_none(&self, key: &str, text: Placed<Option<String>>) -> Option<Said> {
        let Some(value) = text.value else { return Some(Said(None)) };
        self.mapping(key, &Placed { value, at: text.at }).map(|mapping| Said(Some(mapping)))
    }

    fn mapping(&self, key: &str, text: &Placed<String>) -> Option<Mapping> {
        let parsed = Mapping::parse(&text.value, &self.attributes);
        parsed
            .map_err(|error| {
                self.problem(&inside(&text.at, error.at), format!("`{key}`: {}", error.message), error.hint);
            })
            .ok()
    }

    /// Reads the handling of leavers: a word, or a table with two stages.
    fn leavers(&self, said: WordOr<LeaverPolicy, StageKeys>) -> Leavers {
        let keys = match said {
            WordOr::Word(first) => return Leavers { first, delete: None },
            WordOr::Table(keys) => keys,
        };
        let first = keys.first.unwrap_or_default();
        let number = |number: Option<usize>| number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        let delete = match (number(keys.delete_after_days), number(keys.delete_after_reads)) {
            (Some(days), Some(reads)) if days > 0 && reads > 0 => Some(DeleteAfter { days, reads }),
            _ => {
                let hint = "write both, each at least 1: `delete_after_days = 30, delete_after_reads = 10`";
                let message = "the deletion of leavers needs a number of days and a number of complete reads";
                self.problem(keys.places.table(), message, hint);
                None
            }
        };
        if delete.is_some() && first != LeaverPolicy::Suspend {
            let message = "leavers can be deleted only if they are suspended first";
            self.problem(
                keys.places.table(),
                message,
                "write `first = \"suspend\"`, or remove the two `delete_after` keys",
            );
        }
        Leavers { first, delete }
    }

    fn protected(&self, addresses: Vec<Placed<String>>) -> Vec<Email> {
        let mut protected = Vec::new();
        for address in addresses {
            match email::problem(address.value.trim()) {
                None => protected.push(Email::new(address.value.trim())),
                Some(problem) => {
                    let message = format!("`{}` is not an e-mail address: {problem}", address.value);
                    self.problem(&address.at, message, "write the e-mail address of a user, such as `ceo@example.com`");
                }
            }
        }
        protected
    }

    fn rewrite(&self, keys: &RewriteKeys) -> Option<Rewrite> {
        let part = |key: &str, text: &Option<Placed<String>>| {
            let text = text.as_ref()?;
            let bad = |c: char| c.is_whitespace() || c.is_control() || "@<>,;\"()[]\\".contains(c);
            if text.value.is_empty() || text.value.chars().any(bad) {
                let message = format!("`{key}` is `{}`, which cannot be part of an e-mail address", text.value);
                self.problem(&text.at, message, "use only letters, digits, `.`, `+`, `_`, and `-`");
                return None;
            }
            Some(text.value.clone())
        };
        let rewrite = Rewrite {
            prefix: part("prefix", &keys.prefix).unwrap_or_default(),
            suffix: part("suffix", &keys.suffix).unwrap_or_default(),
            domain: part("domain", &keys.domain),
        };
        if rewrite == Rewrite::default() {
            let hint = "set `prefix`, `suffix`, or `domain`, or remove `rewrite_email`";
            self.problem(keys.places.table(), "`rewrite_email` has no effect", hint);
            return None;
        }
        Some(rewrite)
    }

    fn welcome_emails(&self, tables: Vec<WelcomeKeys>) -> Vec<WelcomeTemplate> {
        let mut templates: Vec<WelcomeTemplate> = Vec::new();
        for WelcomeKeys { name, subject, text, .. } in tables {
            let (Some(name), Some(subject), Some(text)) = (name, subject, text) else { continue };
            let template = WelcomeTemplate {
                name: name.value.trim().to_owned(),
                subject: subject.value.clone(),
                text: text.value.clone(),
            };
            for (part, at) in [(&template.subject, &subject.at), (&template.text, &text.at)] {
                let Some(word) = WelcomeTemplate::unknown_word(part) else { continue };
                let words = WelcomeTemplate::WORDS;
                let hint = crate::model::text::nearest(word, words).map_or_else(
                    || format!("expected one of {}", words.map(|word| format!("{{{word}}}")).join(", ")),
                    |word| format!("did you mean {{{word}}}?"),
                );
                self.problem(at, format!("unknown placeholder `{{{word}}}`"), hint);
            }
            if templates.iter().any(|other| other.name == template.name) {
                let message = format!("two welcome e-mails have the name `{}`", template.name);
                self.problem(&name.at, message, "give each template a unique name");
            }
            templates.push(template);
        }
        templates
    }

    fn limit(&self, key: &str, said: WordOr<super::grammar::Unlimited, LimitKeys>, limits: &mut Limits) {
        let Some(amount) = Amount::ALL.into_iter().find(|amount| amount.as_str() == key) else { return };
        match said {
            WordOr::Word(_) => limits.set(amount, None),
            WordOr::Table(keys) => {
                let limit = Limit { count: keys.count, percent: keys.percent, floor: keys.floor.unwrap_or_default() };
                if limit.count.is_none() && limit.percent.is_none() {
                    let hint =
                        format!("set `count`, `percent`, or both, or write `{key} = \"unlimited\"` for no limit");
                    self.problem(
                        keys.places.table(),
                        format!("the limit `{key}` has neither `count` nor `percent`"),
                        hint,
                    );
                }
                limits.set(amount, Some(limit));
            }
        }
    }
}

/// The value of a field in a rule: an expression, or `None` to leave the field unchanged.
struct Said(Option<Mapping>);

/// Returns the position of a byte inside a quoted string. Escapes before it are not counted, so the position can be slightly too far
/// to the left.
fn inside(quoted: &Range<usize>, at: usize) -> Range<usize> {
    let start = (quoted.start + 1 + at).min(quoted.end.saturating_sub(1));
    start..quoted.end
}
