//! A rules file becomes [`Rules`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::document::{Document, Placed, StringOrTable, Table};
use super::limits::{Amount, Limit, Limits};
use super::mapping::Mapping;
use super::profile::LISTED;
use super::{DeleteAfter, LeaverPolicy, Leavers, Mode, Problems, Rewrite, Rule, Rules, SeatPolicy, Selection, example};
use crate::model::{
    Depth, Dn, Email, Field, Filter, Fingerprint, GroupId, GroupRef, Membership, Scope, WelcomeTemplate, email,
};

mod gives;

use gives::{read_extensions, read_gives, read_voicemail};

pub(super) fn rules(text: &str, file: &str) -> Result<Rules, Problems> {
    Document::read(file, text, |_, top| {
        let attributes: Vec<String> = top.strings("attributes").into_iter().map(|name| name.value).collect();
        let mut limits = Limits::standard();
        if let Some(table) = top.table("limits") {
            read_limits(&table, &mut limits);
        }
        let mut list: Vec<Rule> = Vec::new();
        for mut table in top.tables("rule") {
            let rule = read_rule(&mut table, &attributes);
            for (keys, why, hint) in NOT_GIVEN {
                for key in *keys {
                    table.refuse(key, why, hint);
                }
            }
            table.finish();
            let Some(rule) = rule else { continue };
            if list.iter().any(|other| other.name == rule.name) {
                let message = format!("two rules are called `{}`", rule.name);
                top.problem(&table.at_key("name"), message, "give each rule a name of its own");
            }
            list.push(rule);
        }
        if !top.has("rule") {
            let hint = "start one with [[rule]], a `name`, and an `ou`, a `group` or `everyone = true`";
            top.problem(&(0..0), "the file has no rule", hint);
        }
        let examples = example::read(top, &attributes, &list);
        Some(Rules {
            list,
            examples,
            leavers: read_leavers(top).unwrap_or_default(),
            mode: top.word("mode", MODES).unwrap_or_default(),
            protected: read_protected(top),
            rewrite: top.table("rewrite_email").and_then(|table| read_rewrite(&table)),
            welcome_emails: read_welcome_emails(top),
            seats: top.word("seats", SEATS).unwrap_or_default(),
            limits,
            fingerprint: Fingerprint::of(text.as_bytes()),
        })
    })
}

fn read_rule(table: &mut Table<'_, '_>, attributes: &[String]) -> Option<Rule> {
    let name = table.required_string("name", "Sales");
    if let Some(name) = &name {
        table.rename(format!("rule `{}`", name.value.trim()));
    }
    let mut people = Selection { scopes: read_scopes(table), filter: read_filter(table), ..Selection::default() };
    let everyone = table.boolean("everyone").map(|everyone| everyone.value);
    if everyone == Some(true) {
        people.scopes.push(Scope::Everyone);
    }
    let tried = table.has("ou") || table.has("group") || (table.has("everyone") && everyone != Some(false));
    if people.scopes.is_empty() && !tried {
        let hint = "say who is meant: `ou = \"OU=…\"`, `group = \"…\"` or `everyone = true`";
        table.problem(&table.at_key("name"), "the rule selects nobody", hint);
    }
    if let Some(exclude) = table.table("exclude") {
        people.not_scopes = read_scopes(&exclude);
        people.not_filter = read_filter(&exclude);
        exclude.finish();
    }
    let mut fields = BTreeMap::new();
    if let Some(given) = table.table("fields") {
        for (key, field) in FIELDS {
            read_field(&given, key, *field, attributes, &mut fields);
        }
        given.finish();
    }
    read_field(table, "language", Field::Language, attributes, &mut fields);
    read_field(table, "time_zone", Field::TimeZone, attributes, &mut fields);
    let extensions = read_extensions(table);
    if !table.is_table("extension")
        && let Some(text) = table.string_or_false_as("extension", "a string in quotes, false, or a table in braces")
        && let Some(Said(mapping)) = mapping_of(table, "extension", text, attributes)
    {
        fields.insert(Field::Extension, mapping);
    }
    let mut custom_fields = BTreeMap::new();
    if let Some(given) = table.table("custom_fields") {
        for name in given.keys() {
            if let Some(Said(mapping)) = read_mapping(&given, &name, attributes) {
                custom_fields.insert(name, mapping);
            }
        }
        given.finish();
    }
    read_field(table, "location", Field::Location, attributes, &mut fields);
    read_field(table, "phone_number_name", Field::PhoneNumberName, attributes, &mut fields);
    let mut lists = BTreeMap::new();
    for field in LISTED {
        let texts = table.strings(field.as_str());
        let list: Vec<_> =
            texts.iter().filter_map(|text| mapping_at(table, field.as_str(), text, attributes)).collect();
        if !list.is_empty() {
            lists.insert(field, list);
        }
    }
    let mut limits = Limits::default();
    if let Some(given) = table.table("limits") {
        read_limits(&given, &mut limits);
    }
    let name = name.map_or_else(String::new, |name| name.value.trim().to_owned());
    let rule = Rule {
        name: Arc::from(name),
        enabled: table.boolean("enabled").is_none_or(|enabled| enabled.value),
        mode: table.word("mode", MODES).unwrap_or_default(),
        people,
        create: table.boolean("create").is_none_or(|create| create.value),
        update: table.boolean("update").is_none_or(|update| update.value),
        gives: super::Gives { voicemail: read_voicemail(table), extensions, ..read_gives(table) },
        fields,
        custom_fields,
        lists,
        leavers: read_leavers(table),
        limits,
    };
    (!rule.name.is_empty()).then_some(rule)
}

fn read_scopes(table: &Table<'_, '_>) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for item in table.strings_or_tables("ou", SCOPE) {
        let (name, depth) = match item {
            StringOrTable::String(name) => (Some(name), None),
            StringOrTable::Table(inner) => {
                let found = (inner.required_string("dn", "OU=Sales,DC=example,DC=test"), inner.word("depth", DEPTHS));
                inner.finish();
                found
            }
        };
        if let Some(dn) = name.and_then(|name| read_dn(table, &name)) {
            scopes.push(Scope::Unit { dn, depth: depth.unwrap_or_default() });
        }
    }
    for item in table.strings_or_tables("group", SCOPE) {
        let (group, membership) = match item {
            StringOrTable::String(name) if name.value.trim().is_empty() => {
                table.problem(&name.at, "a group without a name", "write a group's name, distinguished name or id");
                (None, None)
            }
            StringOrTable::String(name) => (Some(GroupRef::parse(&name.value)), None),
            StringOrTable::Table(inner) => {
                let found = (read_group(&inner), inner.word("members", MEMBERS));
                inner.finish();
                found
            }
        };
        if let Some(group) = group {
            scopes.push(Scope::Group { group, membership: membership.unwrap_or_default() });
        }
    }
    scopes
}

fn read_group(table: &Table<'_, '_>) -> Option<GroupRef> {
    let name = table.string("name").map(|name| GroupRef::Name(name.value));
    let dn = table.string("dn").and_then(|dn| read_dn(table, &dn)).map(GroupRef::Dn);
    let id = table.string("id").map(|id| GroupRef::Id(GroupId::parse(&id.value)));
    let mut given = [name, dn, id].into_iter().flatten();
    let first = given.next();
    if given.next().is_some() || (first.is_none() && !table.has("dn")) {
        table.problem(table.at(), "a group is named in one way", "write one of `name`, `dn` and `id`");
        return None;
    }
    first
}

fn read_dn(table: &Table<'_, '_>, text: &Placed<String>) -> Option<Dn> {
    Dn::parse(&text.value)
        .map_err(|error| table.problem(&text.at, error.message(), error.help().unwrap_or_default()))
        .ok()
}

fn read_filter(table: &Table<'_, '_>) -> Option<Filter> {
    let text = table.string("filter")?;
    match Filter::parse(&text.value) {
        Ok(filter) => Some(filter),
        Err(error) => {
            let at = inside(&text.at, error.at);
            table.problem(
                &at,
                format!("the filter cannot be read: expected {}", error.expected),
                "filters are written as RFC 4515 has them: `(&(department=Sales)(!(title=Trainee)))`",
            );
            None
        }
    }
}

fn read_field(
    table: &Table<'_, '_>,
    key: &'static str,
    field: Field,
    attributes: &[String],
    fields: &mut BTreeMap<Field, Option<Mapping>>,
) {
    if let Some(Said(mapping)) = read_mapping(table, key, attributes) {
        fields.insert(field, mapping);
    }
}

/// What a rule says of a field: an expression, or with `None` that it is left alone.
struct Said(Option<Mapping>);

fn read_mapping(table: &Table<'_, '_>, key: &str, attributes: &[String]) -> Option<Said> {
    mapping_of(table, key, table.string_or_false(key)?, attributes)
}

fn mapping_of(table: &Table<'_, '_>, key: &str, text: Placed<Option<String>>, attributes: &[String]) -> Option<Said> {
    let Some(value) = text.value else { return Some(Said(None)) };
    mapping_at(table, key, &Placed { value, at: text.at }, attributes).map(|mapping| Said(Some(mapping)))
}

fn mapping_at(table: &Table<'_, '_>, key: &str, text: &Placed<String>, attributes: &[String]) -> Option<Mapping> {
    let parsed = Mapping::parse(&text.value, attributes);
    parsed
        .map_err(|error| {
            table.problem(&inside(&text.at, error.at), format!("`{key}`: {}", error.message), error.hint);
        })
        .ok()
}

/// A word, or a table that names the stages.
fn read_leavers(table: &Table<'_, '_>) -> Option<Leavers> {
    let what = "a table in braces or \"keep\" or \"remove-products\" or \"suspend\"";
    let inner = match table.string_or_table("leavers", what)? {
        StringOrTable::String(_) => {
            return table.word("leavers", LEAVERS).map(|first| Leavers { first, delete: None });
        }
        StringOrTable::Table(inner) => inner,
    };
    let first = inner.word("first", LEAVERS).unwrap_or_default();
    let number = |key| inner.number(key).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let (days, reads) = (number("delete_after_days"), number("delete_after_reads"));
    inner.finish();
    let delete = match (days, reads) {
        (Some(days), Some(reads)) if days > 0 && reads > 0 => Some(DeleteAfter { days, reads }),
        _ => {
            let hint = "write both, and each at least 1: `delete_after_days = 30, delete_after_reads = 10`";
            inner.problem(inner.at(), "deleting needs a number of days and a number of complete reads", hint);
            None
        }
    };
    if delete.is_some() && first != LeaverPolicy::Suspend {
        let message = "only who was suspended first can be deleted";
        inner.problem(inner.at(), message, "write `first = \"suspend\"`, or take the deletion out");
    }
    Some(Leavers { first, delete })
}

fn read_protected(top: &Table<'_, '_>) -> Vec<Email> {
    let mut protected = Vec::new();
    for address in top.strings("protected") {
        match email::problem(address.value.trim()) {
            None => protected.push(Email::new(address.value.trim())),
            Some(problem) => {
                let message = format!("`{}` is no e-mail address: {problem}", address.value);
                top.problem(&address.at, message, "users are protected by their e-mail, as `ceo@example.com`");
            }
        }
    }
    protected
}

fn read_rewrite(table: &Table<'_, '_>) -> Option<Rewrite> {
    let part = |key| {
        let text = table.string(key)?;
        let bad = |c: char| c.is_whitespace() || c.is_control() || "@<>,;\"()[]\\".contains(c);
        if text.value.is_empty() || text.value.chars().any(bad) {
            let message = format!("`{key}` is `{}`, which cannot be part of an address", text.value);
            table.problem(&text.at, message, "write letters, digits, `.`, `+`, `_` and `-`");
            return None;
        }
        Some(text.value)
    };
    let rewrite = Rewrite {
        prefix: part("prefix").unwrap_or_default(),
        suffix: part("suffix").unwrap_or_default(),
        domain: part("domain"),
    };
    table.finish();
    if rewrite == Rewrite::default() {
        let hint = "write `prefix`, `suffix`, `domain`, or leave `rewrite_email` out";
        table.problem(table.at(), "`rewrite_email` rewrites nothing", hint);
        return None;
    }
    Some(rewrite)
}

fn read_welcome_emails(top: &Table<'_, '_>) -> Vec<WelcomeTemplate> {
    let mut templates: Vec<WelcomeTemplate> = Vec::new();
    for table in top.tables("welcome_email") {
        let name = table.required_string("name", "Sales");
        let subject = table.required_string("subject", "Welcome, {first_name}");
        let text = table.required_string("text", "Dear {first_name}, …");
        table.finish();
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
            table.problem(at, format!("`{{{word}}}` stands for nothing"), hint);
        }
        if templates.iter().any(|other| other.name == template.name) {
            let message = format!("two welcome e-mails are called `{}`", template.name);
            table.problem(&name.at, message, "give each a name of its own");
        }
        templates.push(template);
    }
    templates
}

fn read_limits(table: &Table<'_, '_>, limits: &mut Limits) {
    for amount in Amount::ALL {
        let key = amount.as_str();
        if !table.has(key) {
            continue;
        }
        match table.strings_or_tables(key, "a table in braces or \"unlimited\"").pop() {
            Some(StringOrTable::String(word)) if word.value == "unlimited" => limits.set(amount, None),
            Some(StringOrTable::String(word)) => {
                let message = format!("`{key}` is `{}`, expected a table or \"unlimited\"", word.value);
                table.problem(&word.at, message, format!("write `{key} = {{ count = 500, percent = 5, floor = 5 }}`"));
            }
            Some(StringOrTable::Table(inner)) => {
                let limit = Limit {
                    count: inner.number("count"),
                    percent: inner.number("percent"),
                    floor: inner.number("floor").unwrap_or(0),
                };
                inner.finish();
                if limit.count.is_none() && limit.percent.is_none() {
                    let hint = format!("write `count`, `percent` or both; no limit at all is `{key} = \"unlimited\"`");
                    table.problem(inner.at(), format!("the limit `{key}` limits nothing"), hint);
                }
                limits.set(amount, Some(limit));
            }
            None => {}
        }
    }
    table.finish();
}

/// The place of a byte inside a quoted string. An escape before it would put it a little to the left: near enough.
fn inside(quoted: &Range<usize>, at: usize) -> Range<usize> {
    let start = (quoted.start + 1 + at).min(quoted.end.saturating_sub(1));
    start..quoted.end
}

const SCOPE: &str = "a string in quotes, a table in braces, or a list of them";
const LEAVERS: &[(&str, LeaverPolicy)] = &[
    ("keep", LeaverPolicy::Keep),
    ("remove-products", LeaverPolicy::RemoveProducts),
    ("suspend", LeaverPolicy::Suspend),
];
const MODES: &[(&str, Mode)] = &[("apply", Mode::Apply), ("simulate", Mode::Simulate)];
const SEATS: &[(&str, SeatPolicy)] = &[("stop", SeatPolicy::Stop), ("fill", SeatPolicy::Fill)];
const DEPTHS: &[(&str, Depth)] = &[("subtree", Depth::Subtree), ("one-level", Depth::OneLevel)];
const MEMBERS: &[(&str, Membership)] = &[("nested", Membership::Nested), ("direct", Membership::Direct)];
const FIELDS: &[(&str, Field)] =
    &[("email", Field::Email), ("first_name", Field::FirstName), ("last_name", Field::LastName)];

/// What one may expect of a rule, with the reason why it is not given (goto-api, 5).
const NOT_GIVEN: &[(&[&str], &str, &str)] = &[
    (
        &["caller_id", "outbound_caller_id"],
        "GoTo has no interface that sets what number a line shows",
        "set it in the administration of GoTo Connect; `caller_id_numbers` says which numbers people may choose there",
    ),
    (
        &["dial_plan", "dial_plans", "queue", "queues", "ring_group", "ring_groups"],
        "GoTo has no interface that changes dial plans, queues and ring groups",
        "set them up in the administration of GoTo Connect",
    ),
];
