//! A rules file becomes [`Rules`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::document::{Document, Placed, StringOrTable, Table};
use super::limits::{Amount, Limit, Limits};
use super::mapping::Mapping;
use super::{Gives, LeaverPolicy, Problems, Rule, Rules, SeatPolicy, Selection};
use crate::model::{
    Depth, Dn, Field, Filter, Fingerprint, GroupId, GroupRef, Membership, Scope, UserGroupPath, WelcomeEmail,
};

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
        Some(Rules {
            list,
            leavers: top.word("leavers", LEAVERS).unwrap_or_default(),
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
    let mut limits = Limits::default();
    if let Some(given) = table.table("limits") {
        read_limits(&given, &mut limits);
    }
    let name = name.map_or_else(String::new, |name| name.value.trim().to_owned());
    let rule = Rule {
        name: Arc::from(name),
        enabled: table.boolean("enabled").is_none_or(|enabled| enabled.value),
        people,
        create: table.boolean("create").is_none_or(|create| create.value),
        update: table.boolean("update").is_none_or(|update| update.value),
        gives: read_gives(table),
        fields,
        leavers: table.word("leavers", LEAVERS),
        limits,
    };
    (!rule.name.is_empty()).then_some(rule)
}

fn read_gives(table: &Table<'_, '_>) -> Gives {
    let mut products: Vec<String> = Vec::new();
    for product in table.strings("products") {
        if product.value.trim().is_empty() {
            table.problem(&product.at, "a product without a name", "write the name of a licence of the account");
        } else {
            products.push(product.value.trim().to_owned());
        }
    }
    let user_group = table.string("user_group").and_then(|path| {
        let group = UserGroupPath::new(path.value.trim());
        let Some(problem) = group.problem() else { return Some(group) };
        let message = format!("`{}` is not a path of user groups: {problem}", path.value);
        table.problem(&path.at, message, "write names with a slash between them, as `Sales/EMEA`");
        None
    });
    let create_user_group = table.boolean("create_user_group").is_some_and(|create| create.value);
    Gives { products, user_group, create_user_group, welcome: WelcomeEmail::Default }
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
    let Some(text) = table.string_or_false(key) else { return };
    let Some(expression) = text.value else {
        fields.insert(field, None);
        return;
    };
    match Mapping::parse(&expression, attributes) {
        Ok(mapping) => {
            fields.insert(field, Some(mapping));
        }
        Err(error) => {
            table.problem(&inside(&text.at, error.at), format!("`{key}`: {}", error.message), error.hint);
        }
    }
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
const SEATS: &[(&str, SeatPolicy)] = &[("stop", SeatPolicy::Stop), ("fill", SeatPolicy::Fill)];
const DEPTHS: &[(&str, Depth)] = &[("subtree", Depth::Subtree), ("one-level", Depth::OneLevel)];
const MEMBERS: &[(&str, Membership)] = &[("nested", Membership::Nested), ("direct", Membership::Direct)];
const FIELDS: &[(&str, Field)] =
    &[("email", Field::Email), ("first_name", Field::FirstName), ("last_name", Field::LastName)];
