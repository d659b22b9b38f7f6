//! Mapping expressions, which compute a field of a user from the attributes of a person.
//!
//! A mapping is text with expressions in double braces, in Jinja syntax: `{{ givenName }}`, `{{ mail or userPrincipalName }}`,
//! `{{ givenName | first | lower }}.{{ sn | lower }}@example.test`. It is checked when the file is loaded, can access only the person,
//! and is limited in time and size: there are no statements, loops, or multiplications, and a result has at most 4,096 bytes.
//!
//! # Variables
//!
//! An expression can use the attributes of the person by name. Letter case does not matter, and `-` is written `_`. A value is text,
//! or a list if the schema allows several values. These variables exist as well:
//!
//! | name | value |
//! |---|---|
//! | `dn` | the distinguished name |
//! | `dn_parts` | the names of all parts of the distinguished name, from the person upward |
//! | `domain` | the domain that its `DC` parts form: `example.test` |
//! | `ou` | the name of the unit directly above the person |
//! | `ous` | the names of all OUs above the person, nearest first |
//! | `groups` | the names of the groups that the person is a direct member of |
//! | `all_groups` | the names of those groups and of all groups that contain them |
//!
//! A missing value counts as false, passes through filters unchanged, and is written as an empty text.
//!
//! # Features
//!
//! - Fallbacks: `{{ mail or userPrincipalName }}`. `or` skips missing and empty values; `[a, b] | first` also skips blank ones.
//! - Conditions: `{{ 'de_DE' if c == 'DE' else 'en_US' }}`, with `==`, `<`, `in`, `and`, `or`, `not`. `==` and `in` compare exactly.
//!   `contains`, `starts_with`, and `ends_with` ignore letter case, as a directory does. For a list they check whether any item
//!   matches; `contains` then compares entire items.
//! - Text is joined with `~` and changed by [`filters`]. Each filter has an example that is tested.
//! - `cut` shortens a value that must fit, and adds a note to the person if it removed something. To take only a part, such as an
//!   initial, use `slice` or `first`, which add no note.
//! - Regular expressions (`match`, `replace_regex`) are constants in quotes. Backslashes are not doubled: `'\d'` is a digit. They are
//!   compiled once, do not backtrack, and search at most 4,096 bytes; `(?i)` makes them ignore letter case. The replacement may refer
//!   to groups: `$1`, `${name}`.
//! - `ascii` writes ß as `ss`, İ as `I`, Łukasz as `Lukasz`, Ελένη as `Eleni`.
//! - `phone('DE')` formats a phone number as E.164. The country applies to numbers without a country code and may come from an
//!   attribute: `phone(c)`. A value that is not a valid number is a problem of that person only. The filter needs the Cargo feature
//!   `phone`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior};

use self::functions::{Cuts, Unfit};
use self::pattern::Pattern;
use self::scan::{Scanned, scan};
use self::view::Seen;
use crate::model::{AttrId, AttributeTable, Directory, DirectoryBuilder, Dn, PersonEntry, PersonId, PersonIx};

mod calls;
mod functions;
mod latin;
mod pattern;
#[cfg(feature = "phone")]
mod phone;
mod scan;
mod table;
mod tokens;
mod view;

pub use functions::Cut;
pub(super) use scan::unknown_attribute;
pub use table::filters;
pub(crate) use view::View;

/// An expression that computes a field from attributes.
#[derive(Clone)]
pub struct Mapping {
    text: Arc<str>,
    attributes: Vec<String>,
    views: Vec<View>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// Text without an expression.
    Constant,
    /// A single attribute, which is read without the template engine.
    Attribute,
    /// Any other expression.
    Template(Arc<Environment<'static>>),
}

/// The reason why a mapping is invalid.
#[derive(Debug)]
pub(super) struct MappingError {
    /// The position in the mapping, in bytes.
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Mapping {
    /// Parses and checks a mapping. `own` are the custom attributes that the file declares.
    pub(super) fn parse(text: &str, own: &[String]) -> Result<Self, MappingError> {
        let Scanned { attributes, views, patterns, template } = scan(text, own)?;
        let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        let kind = match (attributes.as_slice(), inner) {
            ([], None) if !text.contains("{{") => Kind::Constant,
            ([one], Some(inner)) if inner.replace('_', "-") == one.replace('_', "-") => Kind::Attribute,
            _ => Kind::Template(Arc::new(compile(template, &patterns.into())?)),
        };
        let mapping = Self { text: text.into(), attributes, views, kind };
        mapping.probe().map_err(|message| MappingError {
            at: 0,
            message,
            hint: "the expression fails for every person; check how it uses its filters".into(),
        })?;
        Ok(mapping)
    }

    /// Returns the mapping as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the attributes that it reads, in the spelling of the schema.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Returns the variables other than attributes that it reads.
    pub(crate) fn views(&self) -> &[View] {
        &self.views
    }

    /// Binds the mapping to the people of one directory.
    pub(crate) fn bind<'m>(&'m self, directory: &'m Arc<Directory>) -> BoundMapping<'m> {
        let attribute = match self.kind {
            Kind::Attribute => directory.attributes().find(&self.attributes[0]),
            Kind::Constant | Kind::Template(_) => None,
        };
        BoundMapping { mapping: self, directory, attribute }
    }

    /// Evaluates the mapping for a person with every attribute and for a person with none.
    fn probe(&self) -> Result<(), String> {
        let mut builder = DirectoryBuilder::new();
        let ids: Vec<AttrId> = self.attributes.iter().map(|name| builder.attribute(name)).collect();
        let dn = |name: &str| Dn::parse(&format!("CN={name},OU=Probe")).map_err(|error| error.to_string());
        let mut rich = PersonEntry::new(PersonId::parse("rich"), dn("Rich")?);
        for id in ids {
            rich = rich.with(id, if AttributeTable::multi_valued(id) { "Probe" } else { "Probe 1" });
        }
        builder.person(rich);
        builder.person(PersonEntry::new(PersonId::parse("poor"), dn("Poor")?));
        let directory = Arc::new(builder.build().map_err(|error| error.to_string())?);
        let bound = self.bind(&directory);
        (0..2).try_for_each(|person| match bound.value(PersonIx(person), &mut Vec::new()) {
            Err(Fault::Expression(message)) => Err(message),
            // The made-up values may be invalid, for example as phone numbers. Only real values matter.
            Err(Fault::Value(_)) | Ok(_) => Ok(()),
        })
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapping({:?})", self.text)
    }
}

/// The reason why the evaluation of a mapping failed for a person.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The expression cannot be evaluated.
    Expression(String),
    /// A filter cannot handle the value.
    Value(String),
}

impl Fault {
    /// Returns the error message.
    pub(crate) fn into_message(self) -> String {
        match self {
            Self::Expression(message) | Self::Value(message) => message,
        }
    }

    fn of(error: &minijinja::Error) -> Self {
        if std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Unfit>) {
            Self::Value(describe(error))
        } else {
            Self::Expression(describe(error))
        }
    }
}

/// A mapping that is bound to one directory.
#[derive(Debug)]
pub(crate) struct BoundMapping<'m> {
    mapping: &'m Mapping,
    directory: &'m Arc<Directory>,
    attribute: Option<AttrId>,
}

impl<'m> BoundMapping<'m> {
    /// Returns the value for a person; `None` if it is blank. Values that `cut` shortened are added to `cuts`.
    pub(crate) fn value(&self, person: PersonIx, cuts: &mut Vec<Cut>) -> Result<Option<Cow<'m, str>>, Fault> {
        let value = match &self.mapping.kind {
            Kind::Constant => Cow::Borrowed(&*self.mapping.text),
            Kind::Attribute => {
                let values = self.attribute.map_or(&[][..], |id| self.directory.person(person).attributes.values(id));
                match values {
                    [] => return Ok(None),
                    [one] => one.display(),
                    several => return Err(Fault::Value(several_values(&self.mapping.attributes[0], several.len()))),
                }
            }
            Kind::Template(environment) => Cow::Owned(self.render(environment, person, cuts)?),
        };
        Ok(if value.trim().is_empty() { None } else { Some(value) })
    }

    fn render(
        &self,
        environment: &Environment<'static>,
        person: PersonIx,
        cuts: &mut Vec<Cut>,
    ) -> Result<String, Fault> {
        let template = environment.get_template(NAME).map_err(|error| Fault::of(&error))?;
        let seen = minijinja::Value::from_object(Seen { directory: Arc::clone(self.directory), person });
        let mut out = Capped(Vec::with_capacity(64));
        let mut rendered = template.render_captured_to(seen, &mut out).map_err(|error| {
            if out.0.len() > RESULT_LIMIT { Fault::Expression(too_long()) } else { Fault::of(&error) }
        })?;
        rendered.with_state_mut(|state| {
            if let Some(found) = state.get_extension_mut::<Cuts>() {
                cuts.append(&mut found.0);
            }
        });
        String::from_utf8(out.0).map_err(|_| Fault::Value("the result is not text".into()))
    }
}

fn compile(text: String, patterns: &Arc<[Pattern]>) -> Result<Environment<'static>, MappingError> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    environment.set_formatter(write_value);
    functions::register(&mut environment, patterns);
    environment.add_template_owned(NAME, text).map_err(|error| MappingError {
        at: error.range().map_or(0, |range| range.start),
        message: describe(&error),
        hint: "write an expression in double braces, such as `{{ givenName | lower }}`".into(),
    })?;
    Ok(environment)
}

/// Writes a value. Fails for a list with more than one item.
fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), minijinja::Error> {
    if value.kind() != minijinja::value::ValueKind::Seq && value.kind() != minijinja::value::ValueKind::Iterable {
        return minijinja::escape_formatter(out, state, value);
    }
    let mut items = value.try_iter()?;
    match (items.next(), items.next()) {
        (None, _) => Ok(()),
        (Some(one), None) => minijinja::escape_formatter(out, state, &one),
        _ => Err(functions::problem(several_values("the list", value.len().unwrap_or(2)))),
    }
}

fn several_values(what: &str, count: usize) -> String {
    format!("{what} has {count} values, but only one is allowed: use `| first`, `| last`, or `| join(', ')`")
}

fn describe(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

fn too_long() -> String {
    format!("the result is longer than {RESULT_LIMIT} bytes")
}

/// A buffer that returns an error once the result is too long.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(&bytes[..bytes.len().min(RESULT_LIMIT + 1)]);
        if self.0.len() > RESULT_LIMIT { Err(io::Error::other(too_long())) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The maximum number of instructions of one evaluation.
const FUEL: u64 = 10_000;
/// The maximum length of a result in bytes.
const RESULT_LIMIT: usize = 4_096;
/// The name of the template in the engine.
const NAME: &str = "mapping";

/// Returns the schema's spelling of an attribute name, if the attribute is known or declared in the file.
pub(super) fn attribute_name(name: &str, own: &[String]) -> Option<String> {
    let dashed = name.replace('_', "-");
    let known = |name: &str| crate::model::known_attribute(name).map(str::to_owned);
    let declared = |name: &str| own.iter().find(|own| own.eq_ignore_ascii_case(name)).cloned();
    known(name).or_else(|| declared(name)).or_else(|| known(&dashed)).or_else(|| declared(&dashed))
}

fn attribute_names(own: &[String]) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = own.iter().map(String::as_str).collect();
    for name in crate::model::known_attributes() {
        names.insert(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (usize, String, String) {
        let error = Mapping::parse(text, &["favouriteDrink".to_owned()]).unwrap_err();
        (error.at, error.message, error.hint)
    }

    /// Creates a directory with one person who has the given attributes.
    fn person(attributes: &[(&str, &str)]) -> Arc<Directory> {
        let mut builder = DirectoryBuilder::new();
        let dn = Dn::parse("CN=x,OU=Sales,DC=test").unwrap();
        let person = attributes.iter().fold(PersonEntry::new(PersonId::parse("1"), dn), |person, (name, value)| {
            person.with(builder.attribute(name), *value)
        });
        builder.person(person);
        Arc::new(builder.build().unwrap())
    }

    fn value_of(text: &str, attributes: &[(&str, &str)]) -> Result<String, String> {
        let mapping = Mapping::parse(text, &[]).unwrap_or_else(|error| panic!("{text}: {}", error.message));
        let directory = person(attributes);
        let value = mapping.bind(&directory).value(PersonIx(0), &mut Vec::new());
        value.map(|value| value.unwrap_or_default().into_owned()).map_err(Fault::into_message)
    }

    #[test]
    fn reports_mistakes_when_the_file_is_loaded() {
        assert_eq!(
            problem("{{ givenNme }}"),
            (3, "unknown attribute `givenNme`".into(), "did you mean `givenName`?".into())
        );
        assert_eq!(problem("{{ sn | lowr }}"), (8, "unknown filter `lowr`".into(), "did you mean `lower`?".into()));
        assert!(problem("{{ all_grups }}").2.contains("`all_groups`"));
        assert!(problem("{{ lower(sn) }}").2.contains("`sn | lower`"));
        assert!(problem("{{ 'x' * 100000000 }}").1.contains('*'));
        assert!(problem("{{ [{}} ~ 'x' * 100000000 }}").1.contains("bracket"));
        assert!(problem("{{ sn[::-1] }}").1.contains("`:`"));
        assert!(problem("{% for x in groups %}{{ x }}{% endfor %}").1.contains("statement"));
        assert!(problem("{{ sn.upper() }}").2.contains('|'));
        assert!(problem("{{ sn").1.len() > 5);
        assert!(problem("{{ range(5) }}").1.contains("range"));
        assert!(problem("{{ sn | cut }}").1.len() > 5);
        assert!(problem("{{ sn | slice('a') }}").1.contains("`slice` needs whole numbers"));
        assert!(Mapping::parse("{{ FAVOURITEDRINK }}", &["favouriteDrink".to_owned()]).is_ok());
    }

    #[test]
    fn checks_constant_arguments_when_the_file_is_loaded() {
        for (text, at, message) in [
            ("{{ sn | match }}", 8, "`match` needs a pattern"),
            ("{{ sn | match(givenName) }}", 14, "the pattern of `match` is not a constant"),
            ("{{ sn | match('a' ~ sn) }}", 14, "the pattern of `match` is not a constant"),
            ("{{ sn | match(0) }}", 14, "the pattern of `match` is not a constant"),
            ("{{ sn | match('') }}", 15, "the pattern is empty"),
            ("{{ sn | match('(a') }}", 15, "invalid regular expression: unclosed group"),
            ("é{{ sn | match('a(?=b)') }}", 17, "invalid regular expression: look-around"),
            (r"{{ sn | match('(a)\1') }}", 15, "invalid regular expression: backreferences are not supported"),
            ("{{ sn | match('(a)', 2) }}", 21, "the pattern has no group `2`"),
            ("{{ sn | match('(?<first>a)', 'frist') }}", 29, "the pattern has no group `frist`"),
            ("{{ sn | match('(a)', uidNumber) }}", 21, "the group of `match` is not a constant"),
            ("{{ sn | replace_regex('a') }}", 8, "the replacement of `replace_regex` is not a constant"),
            ("{{ sn | replace_regex('a', sn) }}", 27, "the replacement of `replace_regex` is not a constant"),
            ("{{ sn | replace_regex('(a)', '$1x') }}", 29, "the pattern has no group `1x`"),
            (r"{{ sn | match('(\\w{1,50}\\s){1,500}') }}", 15, "the pattern is too large"),
            ("{{ sn | ascii('dee') }}", 14, "`ascii` does not support the language `dee`"),
            ("{{ sn | ascii(c) }}", 14, "the language of `ascii` is not a constant"),
        ] {
            let (found_at, found, hint) = problem(text);
            assert!(found.starts_with(message), "{text}: {found}");
            assert_eq!(found_at, at, "{text}: {found}");
            assert!(hint.len() > 10, "{text}: {hint}");
        }
        assert!(problem("{{ sn | match('(?<first>a)', 'frist') }}").2.contains("`first`"));
    }

    #[cfg(feature = "phone")]
    #[test]
    fn reports_an_invalid_phone_number_as_a_problem_of_the_person() {
        assert!(problem("{{ telephoneNumber | phone('Germany') }}").1.contains("`Germany` is not a country"));
        let number = |text: &str, number: &str| value_of(text, &[("telephoneNumber", number), ("c", "AT")]);
        assert_eq!(number("{{ telephoneNumber | phone(c) }}", "01 5123456").as_deref(), Ok("+4315123456"));
        assert_eq!(number("{{ telephoneNumber | phone(st or 'DE') }}", " 030 123456").as_deref(), Ok("+4930123456"));
        assert_eq!(number("{{ mobile | phone('DE') }}", "").as_deref(), Ok(""));
        let problem = number("{{ telephoneNumber | phone('DE') }}", "ask Ann").unwrap_err();
        assert!(problem.contains("`ask Ann` is not a phone number in DE"), "{problem}");
    }

    #[test]
    fn documented_filters_give_the_results_of_their_examples() {
        let attributes = [
            ("givenName", "Éléonore"),
            ("sn", "von der Lühe"),
            ("otherMailbox", "a@x.test"),
            ("otherMailbox", "b@x.test"),
        ];
        for (name, _, expression, expected) in filters() {
            assert!(expression.contains(&format!("| {name}")), "{name}: {expression}");
            assert_eq!(value_of(expression, &attributes).as_deref(), Ok(*expected), "{name}: {expression}");
        }
    }

    #[test]
    fn evaluates_conditions_on_attributes_groups_and_ous() {
        let attributes = [("department", "Inside Sales"), ("title", "  "), ("otherMailbox", "x@y.test")];
        for (condition, holds) in [
            ("department | contains('SALES')", true),
            ("department | starts_with('sales')", false),
            ("department | ends_with('sales') and not title | contains('x')", true),
            ("mobile | contains('1')", false),
            ("department | contains(mobile)", false),
            ("'Sales' in ous", true),
            ("ous | contains('sales')", true),
            ("ous | contains('sale')", false),
            ("domain == 'test' and ou == 'Sales'", true),
            ("'x' in dn_parts and groups | starts_with('GoTo')", false),
            (r"department | match('(?i)^inside\b')", true),
            ("[title, otherMailbox] | first == 'x@y.test'", true),
            ("[otherMailbox, title, mobile] | last == 'x@y.test'", true),
            ("[title, mobile] | first", false),
        ] {
            let text = format!("{{{{ 'yes' if {condition} else 'no' }}}}");
            assert_eq!(value_of(&text, &attributes).as_deref(), Ok(if holds { "yes" } else { "no" }), "{condition}");
        }
    }

    #[test]
    fn takes_patterns_literally_from_the_quotes() {
        let attributes = [("sn", "it's 12.5")];
        for (expression, expected) in [
            (r"{{ sn | match('\d+\.\d+') }}", "12.5"),
            (r#"{{ sn | match("it's") }}"#, "it's"),
            (r"{{ sn | match('it\'s') }}", "it's"),
            (r"{{ sn | match('(?<whole>\d+)\.', 'whole') }}", "12"),
            (r"{{ sn | match('\bx') | default('none') }}", "none"),
            (r"{{ sn | replace_regex('(\d)', '<${1}>') | replace_regex('\s', '$$') }}", "it's$<1><2>.<5>"),
            (r"{{ sn | match('}}|\d') }}", "1"),
        ] {
            assert_eq!(value_of(expression, &attributes).as_deref(), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn records_a_cut_only_if_something_was_removed() {
        let mapping = Mapping::parse("{{ (sn | cut(3)) ~ '-' ~ (givenName | cut(8)) }}", &[]).unwrap();
        let directory = person(&[("sn", "Zoe\u{308}llner"), ("givenName", "Ann     ")]);
        let mut cuts = Vec::new();
        let value = mapping.bind(&directory).value(PersonIx(0), &mut cuts).unwrap();
        assert_eq!(value.as_deref(), Some("Zoë-Ann"));
        assert_eq!(cuts, [Cut { from: "Zoëllner".to_owned(), length: 3 }]);
    }

    #[test]
    fn limits_the_size_of_results() {
        let constant = format!("{}{{{{ sn }}}}", "x".repeat(5_000));
        assert!(problem(&constant).1.contains("4096"), "{}", problem(&constant).1);
        let nested = format!("{{{{ givenName{} }}}}", " | replace('o', 'oooooooooo')".repeat(12));
        assert!(Mapping::parse(&nested, &[]).is_err());
        for deep in ["(", "[", "not ", "-", "sn[", "sn ~ ", "sn and ", "sn if c else ", "sn | join(", "sn | default("] {
            let (at, message, _) = problem(&format!("{{{{ {}sn }}}}", deep.repeat(10_000)));
            assert!(message.contains("too deep") && at > 30, "{deep}: {message}");
        }
        for fair in [" ~ sn", " | lower", " and sn", " or not sn"] {
            assert!(Mapping::parse(&format!("{{{{ sn{} }}}}", fair.repeat(60)), &[]).is_ok(), "{fair}");
        }
        let depth = format!("{{{{ sn | match('{}a{}') }}}}", "(".repeat(200), ")".repeat(200));
        assert!(problem(&depth).1.contains("regular expression"), "{}", problem(&depth).1);
    }

    #[test]
    fn cuts_or_rejects_very_long_values() {
        let name = "ü".repeat(10_000);
        let of = |expression: &str| value_of(expression, &[("sn", &name)]);
        assert_eq!(of("{{ sn | cut(5) }}").as_deref(), Ok("üüüüü"));
        assert_eq!(of("{{ sn | slice(-2) }}").as_deref(), Ok("üü"));
        assert_eq!(of("{{ sn | slice(0, 40) | match('^ü{3}') }}").as_deref(), Ok("üüü"));
        for expression in [
            "{{ sn | upper }}",
            "{{ sn | ascii('de') }}",
            "{{ sn | replace('ü', 'uuuuuuuuuu') }}",
            "{{ sn | replace_regex('ü', 'u') }}",
            "{{ sn | match('(ü*)*$') }}",
        ] {
            assert!(of(expression).unwrap_err().contains("4096 bytes"), "{expression}");
        }
    }
}
