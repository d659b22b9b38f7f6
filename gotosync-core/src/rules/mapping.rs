//! Mapping expressions: a field of a user from the attributes of a person.
//!
//! A mapping is text with expressions in double braces, in the syntax of Jinja: `{{ givenName }}`,
//! `{{ mail or userPrincipalName }}`, `{{ givenName | first | lower }}.{{ sn | lower }}@example.test`. It is checked when the
//! file is loaded, sees nothing but the person, and is bounded in time and size: there are no statements, no loops, no
//! multiplication, and a result ends at 4,096 bytes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior};

use crate::model::{
    AttrId, AttributeTable, Directory, DirectoryBuilder, Dn, Person, PersonEntry, PersonId, PersonIx, Value,
};

mod functions;
mod scan;

pub use functions::filters;

/// How one field comes from attributes.
#[derive(Clone)]
pub struct Mapping {
    text: Arc<str>,
    attributes: Vec<String>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// No expression in it.
    Constant,
    /// Nothing but one attribute: read without the template engine.
    Attribute,
    /// Anything else.
    Template(Arc<Environment<'static>>),
}

/// Why a mapping cannot be used.
#[derive(Debug)]
pub(super) struct MappingError {
    /// The byte in the mapping.
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Mapping {
    /// Reads and checks a mapping. `own` are attribute names that the file declares beyond the known ones.
    pub(super) fn parse(text: &str, own: &[String]) -> Result<Self, MappingError> {
        let attributes = scan::check(text, own)?;
        let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).map(str::trim);
        let kind = match (attributes.as_slice(), inner) {
            ([], None) if !text.contains("{{") => Kind::Constant,
            ([one], Some(inner)) if inner.replace('_', "-") == one.replace('_', "-") => Kind::Attribute,
            _ => Kind::Template(Arc::new(compile(text)?)),
        };
        let mapping = Self { text: text.into(), attributes, kind };
        mapping.probe().map_err(|message| MappingError {
            at: 0,
            message,
            hint: "the expression fails for any person; see the list of filters".into(),
        })?;
        Ok(mapping)
    }

    /// The mapping as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The attributes it reads, as the schema spells them.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Makes the mapping ready for the people of one directory.
    pub(super) fn bind<'m>(&'m self, directory: &'m Arc<Directory>) -> BoundMapping<'m> {
        let attribute = match self.kind {
            Kind::Attribute => directory.attributes().find(&self.attributes[0]),
            Kind::Constant | Kind::Template(_) => None,
        };
        BoundMapping { mapping: self, directory, attribute }
    }

    /// Evaluates for a person who has every attribute and for one who has none.
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
        (0..2).try_for_each(|person| bound.value(PersonIx(person)).map(|_| ()))
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapping({:?})", self.text)
    }
}

/// A mapping for one directory.
#[derive(Debug)]
pub(super) struct BoundMapping<'m> {
    mapping: &'m Mapping,
    directory: &'m Arc<Directory>,
    attribute: Option<AttrId>,
}

impl<'m> BoundMapping<'m> {
    /// The value for a person; `None` where it comes out blank.
    pub(super) fn value(&self, person: PersonIx) -> Result<Option<Cow<'m, str>>, String> {
        let value = match &self.mapping.kind {
            Kind::Constant => Cow::Borrowed(&*self.mapping.text),
            Kind::Attribute => {
                let values = self.attribute.map_or(&[][..], |id| self.directory.person(person).attributes.values(id));
                match values {
                    [] => return Ok(None),
                    [one] => one.display(),
                    several => return Err(several_values(&self.mapping.attributes[0], several.len())),
                }
            }
            Kind::Template(environment) => Cow::Owned(self.render(environment, person)?),
        };
        Ok(if value.trim().is_empty() { None } else { Some(value) })
    }

    fn render(&self, environment: &Environment<'static>, person: PersonIx) -> Result<String, String> {
        let template = environment.get_template(NAME).map_err(|error| describe(&error))?;
        let view = minijinja::Value::from_object(View { directory: Arc::clone(self.directory), person });
        let mut out = Capped(Vec::with_capacity(64));
        template
            .render_captured_to(view, &mut out)
            .map_err(|error| if out.0.len() > RESULT_LIMIT { too_long() } else { describe(&error) })?;
        String::from_utf8(out.0).map_err(|_| "the result is not text".into())
    }
}

/// A person as expressions see them.
#[derive(Debug)]
struct View {
    directory: Arc<Directory>,
    person: PersonIx,
}

impl View {
    fn person(&self) -> &Person {
        self.directory.person(self.person)
    }
}

impl Object for View {
    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        match key {
            "dn" => return Some(self.person().dn.as_str().into()),
            "ou" => return Some(self.directory.unit(self.person().unit).dn.name().into()),
            "groups" => {
                let groups =
                    self.person().direct_groups().map(|ix| minijinja::Value::from(&*self.directory.group(ix).name));
                return Some(groups.collect());
            }
            _ => {}
        }
        let table = self.directory.attributes();
        let id = table.find(key).or_else(|| key.contains('_').then(|| table.find(&key.replace('_', "-")))?)?;
        let values = self.person().attributes.values(id);
        if values.is_empty() {
            return None;
        }
        // By schema, not by count: an expression must not change its meaning when somebody gets a second value.
        if AttributeTable::multi_valued(id) {
            return Some(values.iter().map(|value| minijinja::Value::from(&*value.display())).collect());
        }
        values.first().map(|value| minijinja::Value::from(&*value.display()))
    }
}

fn compile(text: &str) -> Result<Environment<'static>, MappingError> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    environment.set_formatter(write_value);
    functions::register(&mut environment);
    environment.add_template_owned(NAME, text.to_owned()).map_err(|error| MappingError {
        at: error.range().map_or(0, |range| range.start),
        message: describe(&error),
        hint: "an expression stands in double braces, as `{{ givenName | lower }}`".into(),
    })?;
    Ok(environment)
}

/// Writes a value; a list only if it holds one.
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
    format!("{what} has {count} values where one is wanted: take `| first`, `| last` or `| join(', ')`")
}

fn describe(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

fn too_long() -> String {
    format!("the result is longer than {RESULT_LIMIT} bytes")
}

/// Takes bytes up to a size, and then refuses.
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

/// Names that are no attributes and yet stand for something.
const VIEWS: [&str; 3] = ["dn", "ou", "groups"];
/// The most instructions of one evaluation.
const FUEL: u64 = 10_000;
/// The longest result in bytes.
const RESULT_LIMIT: usize = 4_096;
const NAME: &str = "mapping";

/// The names of attributes a directory may have: the known ones and those the file declares.
fn attribute_name(name: &str, own: &[String]) -> Option<String> {
    let dashed = name.replace('_', "-");
    let known = |name: &str| crate::model::known_attribute(name).map(str::to_owned);
    let declared = |name: &str| own.iter().find(|own| own.eq_ignore_ascii_case(name)).cloned();
    known(name).or_else(|| declared(name)).or_else(|| known(&dashed)).or_else(|| declared(&dashed))
}

fn attribute_names(own: &[String]) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = own.iter().map(String::as_str).collect();
    for name in crate::model::known_attributes().chain(VIEWS) {
        names.insert(name);
    }
    names
}

fn is_view(name: &str) -> bool {
    VIEWS.contains(&name)
}

impl From<&Value> for minijinja::Value {
    fn from(value: &Value) -> Self {
        Self::from(&*value.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (usize, String, String) {
        let error = Mapping::parse(text, &["favouriteDrink".to_owned()]).unwrap_err();
        (error.at, error.message, error.hint)
    }

    #[test]
    fn mistakes_are_found_when_the_file_is_loaded() {
        assert_eq!(
            problem("{{ givenNme }}"),
            (3, "unknown attribute `givenNme`".into(), "did you mean `givenName`?".into())
        );
        assert_eq!(problem("{{ sn | lowr }}"), (8, "unknown filter `lowr`".into(), "did you mean `lower`?".into()));
        assert!(problem("{{ 'x' * 100000000 }}").1.contains('*'));
        assert!(problem("{% for x in groups %}{{ x }}{% endfor %}").1.contains("statement"));
        assert!(problem("{{ sn.upper() }}").2.contains('|'));
        assert!(problem("{{ sn").1.len() > 5);
        assert!(problem("{{ range(5) }}").1.contains("range"));
        assert!(Mapping::parse("{{ FAVOURITEDRINK }}", &["favouriteDrink".to_owned()]).is_ok());
    }

    #[test]
    fn every_documented_filter_does_what_its_example_says() {
        for (name, _, expression, expected) in filters() {
            let mapping = Mapping::parse(expression, &[]).unwrap_or_else(|error| panic!("{name}: {}", error.message));
            let mut builder = DirectoryBuilder::new();
            let (given, sn, proxies) =
                (builder.attribute("givenName"), builder.attribute("sn"), builder.attribute("otherMailbox"));
            let person = PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=x,OU=Sales,DC=test").unwrap());
            builder.person(
                person
                    .with(given, "Éléonore")
                    .with(sn, "von der Lühe")
                    .with(proxies, "a@x.test")
                    .with(proxies, "b@x.test"),
            );
            let directory = Arc::new(builder.build().unwrap());
            let value = mapping.bind(&directory).value(PersonIx(0)).unwrap();
            assert_eq!(value.as_deref().unwrap_or(""), *expected, "{name}: {expression}");
        }
    }

    #[test]
    fn a_result_cannot_grow_without_bound() {
        let doubled = format!("{{{{ {} }}}}", ["givenName"; 900].join(" ~ "));
        let mapping = Mapping::parse(&doubled, &[]).unwrap_err();
        assert!(mapping.message.contains("4096"), "{}", mapping.message);
        let nested = format!("{{{{ givenName{} }}}}", " | replace('o', 'oooooooooo')".repeat(12));
        assert!(Mapping::parse(&nested, &[]).is_err());
    }
}
