//! Examples in a rules file: made-up people with the field values that the rules must give them.
//!
//! ```toml
//! [[example]]
//! name = "umlauts in logins"             # optional
//! rule = "Everyone"                      # optional: evaluate only this rule; the default is all enabled rules
//! attributes = { givenName = "Jürgen", sn = "Groß", mail = ["j.gross@example.test"] }
//! dn = "CN=Jürgen Groß,OU=Sales,DC=example,DC=test"    # optional
//! groups = ["Sales Team"]                # optional: direct membership in these groups
//! fields = { email = "j.gross@example.test", language = false }   # false: no value
//! # also time_zone, extension, and custom_fields = { … }
//! ```

use std::borrow::Cow;
use std::sync::Arc;

use super::defaults::Defaults;
use super::desire::{normal, trimmed};
use super::document::{Document, Placed};
use super::grammar::{ExampleKeys, ExpectedKeys};
use super::mapping::attribute_name;
use super::profile::{Profile, Source, Trial};
use super::{Mapping, Rule, Rules};
use crate::model::text::{nearest, nfc};
use crate::model::{Directory, DirectoryBuilder, Dn, Field, GroupEntry, GroupId, PersonEntry, PersonId, PersonIx};
use crate::{Error, ErrorKind};

/// An example.
#[derive(Clone, Debug)]
pub struct Example {
    /// The name in error messages.
    pub name: String,
    /// The only rule to evaluate; `None` for all enabled rules.
    pub rule: Option<Arc<str>>,
    file: String,
    directory: Arc<Directory>,
    expected: Vec<Expected>,
}

/// The expected value of a field.
#[derive(Clone, Debug)]
struct Expected {
    field: Field,
    /// The name, if it is a custom field.
    custom: Option<String>,
    value: Option<String>,
    line: usize,
    column: usize,
}

impl Rules {
    /// Evaluates every example and returns an error for each field without the expected value: with file, line, column, the rule and
    /// its expression, the expected value, and the actual value.
    ///
    /// Does not check whether the account would accept a value.
    pub fn verify_examples(&self) -> Vec<Error> {
        self.examples.iter().flat_map(|example| example.failures(self)).collect()
    }
}

impl Example {
    /// Returns `true` if every field has the expected value.
    pub fn holds(&self, rules: &Rules) -> bool {
        self.failures(rules).is_empty()
    }

    fn failures(&self, rules: &Rules) -> Vec<Error> {
        let takes_part = |rule: &Rule| self.rule.as_ref().map_or(rule.enabled, |name| rule.name == *name);
        let indexes = (0..rules.list.len()).filter(|index| takes_part(&rules.list[*index])).collect();
        let profile = Profile::new(rules, indexes, Trial::Include);
        let mut failures = Vec::new();
        for expected in &self.expected {
            let source = match &expected.custom {
                None => profile.source(expected.field),
                Some(name) => profile.custom_field(name),
            };
            let got = self.value(expected.field, source);
            if got.as_ref().is_ok_and(|got| *got == expected.value) {
                continue;
            }
            let got = got.map_or_else(|problem| format!("an error: {problem}"), |got| shown(got.as_deref()));
            let field = expected.custom.as_deref().unwrap_or(expected.field.as_str());
            let message = format!("{}: `{field}` does not have the expected value", self.name);
            let mut error = Error::new(ErrorKind::Input, message)
                .with("file", &self.file)
                .with("line", expected.line)
                .with("column", expected.column);
            if let Some(rule) = source.and_then(|source| source.rule) {
                error = error.with("rule", &rules.list[rule].name);
            }
            let from = source.as_ref().map_or("no rule sets it", |source| source.text(expected.field));
            error = error.with("from", from).with("expected", shown(expected.value.as_deref())).with("got", got);
            failures.push(error.hint("correct the expression or the example"));
        }
        failures
    }

    fn value(&self, field: Field, source: Option<Source<'_>>) -> Result<Option<String>, String> {
        let Some(source) = source else { return Ok(None) };
        let (ix, person) = (PersonIx(0), &self.directory.people()[0]);
        let value = match source.mapping {
            None => Defaults::new(&self.directory).value(field, person),
            Some(mapping) => bound_value(mapping, &self.directory, ix)?,
        };
        let value = value.map(|value| match field {
            Field::FirstName | Field::LastName => normal(value),
            _ => trimmed(value),
        });
        Ok(value.filter(|value| !value.is_empty()).map(Cow::into_owned))
    }
}

fn bound_value<'m>(
    mapping: &'m Mapping,
    directory: &'m Arc<Directory>,
    person: PersonIx,
) -> Result<Option<Cow<'m, str>>, String> {
    mapping.bind(directory).value(person, &mut Vec::new()).map_err(super::mapping::Fault::into_message)
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "no value".to_owned(), |value| format!("`{value}`"))
}

/// Reads the examples of a file. `own` are the custom attributes that the file declares.
pub(super) fn read(document: &Document<'_>, tables: Vec<ExampleKeys>, own: &[String], rules: &[Rule]) -> Vec<Example> {
    let mut examples = Vec::new();
    for (number, keys) in (1..).zip(tables) {
        let name = keys.name.as_ref().map(|name| name.value.trim()).filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("example {number}"), |name| format!("example `{name}`"));
        let rule = keys.rule.as_ref().and_then(|wanted| rule(document, wanted, rules));
        let directory = read_person(document, &keys, own);
        if !keys.places.has("fields") {
            let hint = "write the expected values, such as `fields = { email = \"ann@example.test\" }`";
            document.problem(keys.places.table(), "the example has no `fields`", hint);
        }
        let expected = keys.fields.map_or_else(Vec::new, |fields| read_expected(document, fields));
        let file = document.file().to_owned();
        examples.extend(directory.map(|directory| Example { name, rule, file, directory, expected }));
    }
    examples
}

fn rule(document: &Document<'_>, wanted: &Placed<String>, rules: &[Rule]) -> Option<Arc<str>> {
    let found = rules.iter().find(|rule| *rule.name == *wanted.value.trim());
    if found.is_none() {
        let hint = match nearest(&wanted.value, rules.iter().map(|rule| &*rule.name)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "write the name of a rule in this file, or remove `rule`".to_owned(),
        };
        document.problem(&wanted.at, format!("there is no rule `{}`", wanted.value), hint);
    }
    found.map(|rule| Arc::clone(&rule.name))
}

/// Creates a directory with the person of an example as the only person.
fn read_person(document: &Document<'_>, keys: &ExampleKeys, own: &[String]) -> Option<Arc<Directory>> {
    let given = keys.dn.as_ref().and_then(|text| {
        let refused = |error: &Error| document.problem(&text.at, error.message(), error.help().unwrap_or_default());
        Dn::parse(&text.value).inspect_err(refused).ok()
    });
    let dn = given.or_else(|| Dn::parse("CN=Example").ok())?;
    let mut builder = DirectoryBuilder::new();
    for (number, name) in (1..).zip(&keys.groups) {
        let place = Dn::parse(&format!("CN=Group {number}")).ok()?;
        let mut group = GroupEntry::new(GroupId::parse(&number.to_string()), place).member(dn.as_str());
        group.name.clone_from(&name.value);
        builder.group(group);
    }
    let mut person = PersonEntry::new(PersonId::parse("example"), dn);
    for (name, values) in &keys.attributes {
        let Some(known) = attribute_name(&name.value, own) else {
            let error = super::mapping::unknown_attribute(&name.value, 0, own);
            document.problem(&name.at, error.message, error.hint);
            continue;
        };
        let id = builder.attribute(&known);
        person = values.iter().fold(person, |person, value| person.with(id, value.value.clone()));
    }
    builder.person(person);
    builder.build().ok().map(Arc::new)
}

fn read_expected(document: &Document<'_>, keys: ExpectedKeys) -> Vec<Expected> {
    let one = |field, custom, text: Placed<Option<String>>| {
        let (line, column) = document.place(text.at.start);
        let value = text.value.filter(|value| !value.trim().is_empty()).map(|value| nfc(&value).into_owned());
        Expected { field, custom, value, line, column }
    };
    let fields = keys.fields.into_iter().map(|(field, text)| one(field, None, text));
    let custom = keys.custom_fields.into_iter().filter_map(|(name, text)| Some((name.value, text?)));
    fields.chain(custom.map(|(name, text)| one(Field::CustomFields, Some(name), text))).collect()
}
