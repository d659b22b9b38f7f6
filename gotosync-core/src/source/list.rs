//! People in a pasted list, in the format that GoTo's admin center takes for adding users in bulk:
//! `firstName lastName emailName@domain.extension;nextName…`.

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

/// A person in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The first names; empty if there are none.
    pub first_name: String,
    /// The last name; empty if there is none.
    pub last_name: String,
    /// The e-mail; empty if there is none.
    pub email: String,
}

/// The position at which an entry begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The number of the entry, from 1.
    pub entry: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// The kind of problem with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// The entry cannot be split into names and an e-mail.
    Unreadable,
    /// One of its parts is invalid.
    Wrong,
    /// One of its parts is missing.
    Partial,
}

impl TroubleKind {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Unreadable, Self::Wrong, Self::Partial];

    /// Returns the heading for entries of this kind.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Unreadable => "cannot be parsed",
            Self::Wrong => "invalid",
            Self::Partial => "incomplete",
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

/// An entry that must be corrected before it can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The kind of problem.
    pub kind: TroubleKind,
    /// The position at which the entry begins.
    pub at: Position,
    /// The original text of the entry.
    pub text: String,
    /// A description of the problem.
    pub problem: String,
    /// The missing parts.
    pub missing: Vec<Part>,
    /// The parts that were found; missing parts are empty.
    pub found: Option<Box<Entry>>,
}

/// A parsed list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parsed {
    /// The valid entries in order, each with its position and text.
    pub people: Vec<(Position, String, Entry)>,
    /// The other entries in order.
    pub troubles: Vec<Trouble>,
}

/// Parses a list. This never fails: entries that cannot be used are reported as troubles.
///
/// A `;` or the end of the line ends an entry. Words are separated by spaces or tabs. The last word before the address is the
/// last name, and the words before it are first names; a last name may begin with particles such as `von der`. The format
/// `Last, First <address>` of mail programs is accepted, too, as is an address before the name. Lines that begin with `#` are
/// ignored. A repeated entry counts once; two different names for the same address are a trouble.
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
                    let why = format!("entry {} has the same address but a different name", first.entry);
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

/// Iterates over the entries of a list that are not blank, each with its position.
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

/// Iterates over lines that end with LF, CR, or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The people in a pasted list, as a directory.
///
/// The address is the only thing that identifies a person: the id is `<name of the source>:<address>`, so a person whose
/// address changes becomes a different person. All people are in `OU=<name of the source>`. An entry that cannot be used makes
/// the reading incomplete, because it may be anyone.
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
    /// Parses a list.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if the name is blank.
    pub fn new(name: impl Into<String>, text: &str) -> Result<Self> {
        let name = name.into();
        place::named(&name)?;
        Ok(Self { name, parsed: parse(text) })
    }

    /// Returns the parsed list.
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
            gaps.push(Gap { place: self.name.clone(), problem: "the list contains no people".to_owned() });
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
    fn parses_the_bulk_format() {
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
    fn reports_positions_as_entry_line_and_column() {
        let parsed = parse("Zoë Lee zoe@x.test; ?\r\n\r\n# x\n  ä ; Bob Ray bob@x.test;!");
        let at: Vec<_> =
            parsed.troubles.iter().map(|t| (t.at.entry, t.at.line, t.at.column, t.text.as_str())).collect();
        assert_eq!(at, [(2, 1, 21, "?"), (3, 4, 3, "ä"), (5, 4, 26, "!")]);
    }

    #[test]
    fn rejects_two_names_for_one_address() {
        let parsed = parse("Ann Lee ann@x.test;Anna Lee ANN@x.test");
        assert_eq!(parsed.people.len(), 1);
        assert_eq!(parsed.troubles[0].problem, "entry 1 has the same address but a different name");
    }

    #[test]
    fn parses_ten_thousand_entries_in_one_line_and_a_very_long_one() {
        let many = (0..10_000).map(|n| format!("First Last{n} p{n}@x.test;")).collect::<Vec<_>>().concat();
        assert_eq!(people(&many).len(), 10_000);
        let long = "x".repeat(1 << 20);
        assert_eq!(parse(&long).troubles[0].kind, TroubleKind::Unreadable);
        assert_eq!(parse(&format!("Ann Lee {long}@x.test")).troubles[0].kind, TroubleKind::Wrong);
    }
}
