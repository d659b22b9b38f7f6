//! People in a pasted list, in the vendor's bulk format: `firstName lastName emailName@domain.extension;nextName…`.

mod entry;

#[cfg(feature = "csv")]
pub(crate) use entry::say_missing;

use std::collections::hash_map::Entry as Slot;
use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

use super::place;
use super::{DirectoryInfo, DirectorySource, Node, children_of};
use crate::Result;
use crate::model::{
    Completeness, Directory, DirectoryBuilder, Dn, Email, Gap, PersonEntry, PersonId, ReadRequest, Reading, UnitKind,
    email,
};

/// Somebody of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The first names; blank if there are none.
    pub first_name: String,
    /// The last name; blank if there is none.
    pub last_name: String,
    /// The e-mail; blank if there is none.
    pub email: String,
}

/// Where an entry begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Its number among the entries, from 1.
    pub entry: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// What kind of trouble an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// It cannot be broken out at all.
    Unreadable,
    /// It is broken out, and something is wrong with a part of it.
    Wrong,
    /// It is broken out, and a part is missing.
    Partial,
}

impl TroubleKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Unreadable, Self::Wrong, Self::Partial];

    /// What the kind says of all its entries.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Unreadable => "cannot be broken out",
            Self::Wrong => "broken out, but wrong",
            Self::Partial => "broken out in part",
        }
    }
}

/// A part of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The e-mail.
    Email,
}

impl Part {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::FirstName, Self::LastName, Self::Email];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstName => "first name",
            Self::LastName => "last name",
            Self::Email => "e-mail",
        })
    }
}

/// An entry that somebody must mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// What kind of trouble.
    pub kind: TroubleKind,
    /// Where it begins.
    pub at: Position,
    /// The entry as it was.
    pub text: String,
    /// What is wrong, in words.
    pub problem: String,
    /// What is missing.
    pub missing: Vec<Part>,
    /// What was broken out, with what is missing left blank.
    pub found: Option<Box<Entry>>,
}

/// A list, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// The entries that are whole, in order, each with its place and text.
    pub people: Vec<(Position, String, Entry)>,
    /// The others, in order.
    pub troubles: Vec<Trouble>,
}

/// Takes a list apart. Any text is a list; what is no person in it is a trouble.
///
/// Entries end with `;` or with the line. A tab is as good as a space, the last word before the address is the last name
/// and those before it first names; a last name may begin with small words such as `von der`. `Last, First <address>`, as
/// mail programs write it, is understood too, and so is an address before its name. A line that begins with `#` is nothing.
/// An entry that stands there twice counts once; two names for one address are wrong.
///
/// ```
/// use gotosync_core::source::list::{Part, TroubleKind, parse};
///
/// let parsed = parse("Ann Lee ann@x.test; Bob bob@x.test; Cyd Ray cyd@x; ?");
/// assert_eq!(parsed.people[0].2.last_name, "Lee");
/// let troubles: Vec<_> = parsed.troubles.iter().map(|trouble| (trouble.at.column, trouble.kind)).collect();
/// assert_eq!(troubles, [(21, TroubleKind::Partial), (37, TroubleKind::Wrong), (52, TroubleKind::Unreadable)]);
/// assert_eq!(parsed.troubles[0].missing, [Part::LastName]);
/// ```
pub fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut known: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (at, text) in entries(text) {
        let trouble = match entry::read(text) {
            Ok(entry) => match known.entry(email::key(&entry.email).into_owned()) {
                Slot::Vacant(slot) => {
                    slot.insert(parsed.people.len());
                    parsed.people.push((at, text.to_owned(), entry));
                    continue;
                }
                Slot::Occupied(slot) => {
                    let (first, _, twin) = &parsed.people[*slot.get()];
                    if *twin == entry {
                        continue;
                    }
                    let why = format!("entry {} has the same address and another name", first.entry);
                    let found = Some(entry.into());
                    entry::Problem { kind: TroubleKind::Wrong, why, missing: Vec::new(), found }
                }
            },
            Err(problem) => problem,
        };
        let entry::Problem { kind, why: problem, missing, found } = trouble;
        parsed.troubles.push(Trouble { kind, at, text: text.to_owned(), problem, missing, found });
    }
    parsed
}

/// The entries of a list that have something in them, each with its place.
fn entries(text: &str) -> impl Iterator<Item = (Position, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut number = 0;
    lines(text).enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')).flat_map(move |(at, line)| {
        let mut column = 1;
        let mut found = Vec::new();
        for part in line.split(';') {
            let blanks = part.chars().take_while(|c| c.is_whitespace()).count();
            let entry = part.trim();
            if !entry.is_empty() {
                number += 1;
                found.push((Position { entry: number, line: at + 1, column: column + blanks }, entry));
            }
            column += part.chars().count() + 1;
        }
        found
    })
}

/// Lines that end with LF, CR or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// People of a pasted list as a directory.
///
/// An address is all there is to know a person by: the id is `<name of the source>:<address>`, so somebody who gets another
/// address is somebody else. They stand in `OU=<name of the source>`. What is no person in the list makes the reading
/// incomplete: it may be anybody.
///
/// ```
/// use gotosync_core::model::ReadRequest;
/// use gotosync_core::source::{DirectorySource, ListSource};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let source = ListSource::new("guests", "Ann Lee Ann@x.test; Bob Ray bob@x.test")?;
/// let reading = source.read(&ReadRequest::everyone(["mail"])).await?;
/// assert_eq!(reading.directory.people()[0].id.to_string(), "guests:ann@x.test");
/// assert!(reading.completeness.is_complete());
/// # Ok::<(), gotosync_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct ListSource {
    name: String,
    parsed: Parsed,
}

impl ListSource {
    /// Takes a list apart.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) when the name is blank.
    pub fn new(name: impl Into<String>, text: &str) -> Result<Self> {
        let name = name.into();
        place::named(&name)?;
        Ok(Self { name, parsed: parse(text) })
    }

    /// The list, taken apart.
    pub fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    fn directory(&self) -> Result<Directory> {
        let mut builder = DirectoryBuilder::new();
        builder.unit(place::unit(&self.name).as_str(), UnitKind::NamingContext);
        let names = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
        for (_, _, entry) in &self.parsed.people {
            let id = PersonId::parse(&place::id(&self.name, &Email::new(&entry.email).key()));
            let dn = place::below(&self.name, &format!("{} {}", entry.first_name, entry.last_name));
            let values = [&entry.email, &entry.first_name, &entry.last_name];
            let person = PersonEntry::new(id, dn);
            builder.person(names.iter().zip(values).fold(person, |person, (name, value)| person.with(*name, &**value)));
        }
        builder.build()
    }
}

impl fmt::Display for ListSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "list {}", self.name)
    }
}

#[async_trait]
impl DirectorySource for ListSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        Ok(DirectoryInfo::new(self.to_string(), vec![place::unit(&self.name)]))
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        children_of(&self.directory()?, of)
    }

    async fn read(&self, _request: &ReadRequest) -> Result<Reading> {
        let place = |at: Position| format!("{}, line {}, column {}", self.name, at.line, at.column);
        let troubles = self.parsed.troubles.iter();
        let mut gaps: Vec<Gap> =
            troubles.map(|trouble| Gap { place: place(trouble.at), problem: trouble.problem.clone() }).collect();
        if self.parsed.people.is_empty() && gaps.is_empty() {
            gaps.push(Gap { place: self.name.clone(), problem: "the list holds nobody".to_owned() });
        }
        Ok(Reading { completeness: Completeness::from_gaps(gaps), ..Reading::complete(self.directory()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(text: &str) -> Vec<[String; 3]> {
        let parsed = parse(text);
        assert!(parsed.troubles.is_empty(), "{:#?}", parsed.troubles);
        parsed.people.into_iter().map(|(_, _, entry)| [entry.first_name, entry.last_name, entry.email]).collect()
    }

    #[test]
    fn the_vendors_format_is_read() {
        let expected = [["Ann", "Lee", "ann@x.test"], ["Bob", "Ray", "bob@x.test"]];
        for text in [
            "Ann Lee ann@x.test;Bob Ray bob@x.test",
            " Ann  Lee\tann@x.test ;\u{a0}Bob Ray bob@x.test; ;",
            "Ann Lee ann@x.test\r\nBob Ray bob@x.test\r\n",
            "\u{feff}# people\rAnn\tLee\tann@x.test\r\rBob\tRay\tbob@x.test",
            "Ann Lee ann@x.test; Bob Ray bob@x.test; Ann Lee ann@x.test",
        ] {
            assert_eq!(people(text), expected, "{text:?}");
        }
        assert!(people("").is_empty() && people(" ; \n;;").is_empty());
    }

    #[test]
    fn places_are_told_by_entry_line_and_column() {
        let parsed = parse("Zoë Lee zoe@x.test; ?\r\n\r\n# x\n  ä ; Bob Ray bob@x.test;!");
        let at: Vec<_> =
            parsed.troubles.iter().map(|t| (t.at.entry, t.at.line, t.at.column, t.text.as_str())).collect();
        assert_eq!(at, [(2, 1, 21, "?"), (3, 4, 3, "ä"), (5, 4, 26, "!")]);
    }

    #[test]
    fn two_names_for_one_address_are_wrong() {
        let parsed = parse("Ann Lee ann@x.test;Anna Lee ANN@x.test");
        assert_eq!(parsed.people.len(), 1);
        assert_eq!(parsed.troubles[0].problem, "entry 1 has the same address and another name");
    }

    #[test]
    fn ten_thousand_entries_in_one_line_and_a_very_long_one_are_read() {
        let many = (0..10_000).map(|n| format!("First Last{n} p{n}@x.test;")).collect::<Vec<_>>().concat();
        assert_eq!(people(&many).len(), 10_000);
        let long = "x".repeat(1 << 20);
        assert_eq!(parse(&long).troubles[0].kind, TroubleKind::Unreadable);
        assert_eq!(parse(&format!("Ann Lee {long}@x.test")).troubles[0].kind, TroubleKind::Wrong);
    }
}
