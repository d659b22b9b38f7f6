//! People in a CSV file with a header row.

mod columns;
mod guess;
mod header;
mod person;
mod rows;
mod table;
mod text;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::HashMap;

pub use self::columns::Columns;
pub use self::guess::Guess;
pub(crate) use self::guess::is_header;
pub(crate) use self::person::Facts;
use self::rows::Row;
pub(crate) use self::table::Table;
pub(crate) use self::text::Content;
pub use self::text::Encoding;
use self::text::READING;
use super::{DirectoryInfo, DirectorySource, Node, PeopleBuilder, PersonRecord, children_of, place};
use crate::model::text::{SHOWN, shown};
use crate::model::{AttrId, Completeness, Dn, Gap, ReadRequest, Reading, Values};
use crate::{Error, ErrorKind, Result};

/// The options for reading a CSV file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// The columns to read. A read fails unless the id and at least one attribute have a column; [`CsvSource::guess`]
    /// suggests them.
    pub columns: Columns,
    /// The delimiter between columns: `,`, `;`, a tab, or `|`. If omitted, it is detected from the header.
    pub delimiter: Option<u8>,
    /// The encoding of a file that is not UTF-8 and does not begin with a byte order mark.
    pub encoding: Option<Encoding>,
}

/// People in a CSV file with a header row (RFC 4180).
///
/// The file is streamed: memory holds the people, not the file.
///
/// **Ids.** The id of a person is `<name of the source>:<id>`, so that the same number in two sources means two people. An
/// id that is a UUID stays as it is. Renaming the source changes the ids of all its people; they are then linked to their
/// users by e-mail again.
///
/// **Distinguished names.** People are in `OU=<name of the source>`, named by their full names. Groups are in the same unit.
/// A rule can therefore say `ou = "OU=contractors"`, or name a group.
///
/// **Incomplete readings.** These problems make a reading incomplete; the other rows are still used: a row with too few or
/// too many fields, an empty or repeated id, misplaced quotes, text that cannot be decoded, a formula instead of a value, a
/// word that means neither yes nor no, an invalid date, and a file without rows. The reading is incomplete because a row that
/// cannot be read may be anyone's. Blank rows are ignored.
///
/// **Errors.** A read fails for an empty file, two columns with the same name, a column that does not exist, and if no
/// columns are configured: guessed columns are only shown, and never used without the approval of an admin.
///
/// ```
/// use gotosync_core::model::ReadRequest;
/// use gotosync_core::source::csv::{Columns, CsvOptions, CsvSource};
/// use gotosync_core::source::DirectorySource;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("contractors.csv");
/// std::fs::write(&path, "Nr;Vorname;Nachname;E-Mail\n7;Ann;Lee;ann@x.test\n")?;
///
/// let columns = Columns { id: Some("Nr".into()), ..Columns::default() }.with("mail", "E-Mail").with("sn", "Nachname");
/// let source = CsvSource::open("contractors", path, CsvOptions { columns, ..CsvOptions::default() })?;
/// let reading = source.read(&ReadRequest::everyone(["mail"])).await?;
/// let ann = &reading.directory.people()[0];
/// assert_eq!((ann.id.to_string().as_str(), ann.dn.as_str()), ("contractors:7", "CN=Lee,OU=contractors"));
/// # Ok::<(), gotosync_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CsvSource {
    name: String,
    path: PathBuf,
    options: CsvOptions,
}

impl CsvSource {
    /// Creates a source for a file. The file is opened anew for every read.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the name is blank.
    pub fn open(name: impl Into<String>, path: impl Into<PathBuf>, options: CsvOptions) -> Result<Self> {
        let name = name.into();
        place::named(&name)?;
        Ok(Self { name, path: path.into(), options })
    }

    /// Guesses the columns from the header of the file. The configured columns are ignored.
    ///
    /// # Errors
    /// If the header cannot be read.
    pub async fn guess(&self) -> Result<Guess> {
        self.blocking(|source| Ok(Table::open(&source.content(), &source.options)?.guess())).await
    }

    fn content(&self) -> Content {
        Content::File(self.path.clone())
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Result<T> + Send + 'static) -> Result<T> {
        let source = self.clone();
        match tokio::task::spawn_blocking(move || work(&source)).await {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(ErrorKind::Unavailable, "the program is shutting down").during(READING)),
            },
        }
    }

    fn read_now(&self, request: &ReadRequest) -> Result<Reading> {
        let content = self.content();
        let before = content.stamp()?;
        let mut table = Table::open(&content, &self.options)?;
        approved(&self.options.columns, &table)?;
        let places = self.options.columns.places(&table.header)?;
        let mut people = People::new(&self.name, request)?;
        let (mut rows, mut gaps) = (0, Vec::new());
        while let Some(row) = table.next()? {
            rows += 1;
            let bad = match row.and_then(|row| people.add(&row, places.facts(&row)).map_err(|problem| row.bad(problem)))
            {
                Ok(()) => continue,
                Err(bad) => bad,
            };
            gaps.push(Gap { place: format!("{}, line {}", content.name(), bad.line), problem: bad.problem });
            if gaps.len() == MOST_GAPS {
                let problem = format!("{MOST_GAPS} rows are invalid; the rest of the file was not read");
                gaps.push(Gap { place: content.name(), problem });
                break;
            }
        }
        if rows == 0 {
            gaps.push(Gap { place: content.name(), problem: "the file has a header but no rows".to_owned() });
        }
        // A file that is still being written looks like a complete one.
        if content.stamp()? != before {
            return Err(content.changed());
        }
        let directory = people.builder.build().map_err(|error| error.during(READING).with("file", content.name()))?;
        Ok(Reading {
            directory: Arc::new(directory),
            completeness: Completeness::from_gaps(gaps),
            remarks: Vec::new(),
            effort: None,
            kept: None,
        })
    }
}

impl fmt::Display for CsvSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CSV file {}", self.path.display())
    }
}

#[async_trait]
impl DirectorySource for CsvSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        Ok(DirectoryInfo::new(self.to_string(), vec![place::unit(&self.name)]))
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        let none: [&str; 0] = [];
        children_of(&self.read(&ReadRequest::everyone(none)).await?.directory, of)
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        let request = request.clone();
        self.blocking(move |source| source.read_now(&request)).await
    }
}

/// Checks that the configuration names the columns; otherwise the error shows the guessed ones.
///
/// # Errors
/// [`ErrorKind::Input`] if the column of the id is missing, or the columns of all attributes are.
fn approved(columns: &Columns, table: &Table) -> Result<()> {
    if columns.id.is_some() && !columns.attributes.is_empty() {
        return Ok(());
    }
    let missing = if columns.id.is_none() {
        "no column is configured for the id"
    } else {
        "no columns are configured for attributes"
    };
    let lines = table.guess().indented();
    Err(table
        .header
        .error(missing.to_owned())
        .hint(format!("these are guesses; copy the correct ones into the table of this source:{lines}")))
}

/// The people read from a file so far.
struct People {
    source: String,
    builder: PeopleBuilder,
    wanted: HashMap<String, AttrId>,
    lines: HashMap<String, u64>,
}

impl People {
    fn new(source: &str, request: &ReadRequest) -> Result<Self> {
        let mut builder = PeopleBuilder::new(source)?;
        let wanted =
            request.attributes.iter().map(|name| (name.to_ascii_lowercase(), builder.attribute(name))).collect();
        Ok(Self { source: source.to_owned(), builder, wanted, lines: HashMap::new() })
    }

    fn add(&mut self, row: &Row, facts: Result<Facts, String>) -> Result<(), String> {
        let facts = facts?;
        let id = self.builder.id(&facts.id).to_string();
        if let Some(line) = self.lines.get(&id) {
            return Err(format!("the id `{}` is already used in line {line}", shown(&facts.id, SHOWN)));
        }
        self.lines.insert(id, row.line);
        let dn = Some(place::below(&self.source, &facts.name()));
        let value = |(name, value): (String, String)| {
            let number = self.wanted.get(name.to_ascii_lowercase().as_str())?;
            Some((*number, Values::One(value.into())))
        };
        let attributes = facts.attributes.into_iter().filter_map(value).collect();
        let Facts { id, groups, disabled, expires, .. } = facts;
        self.builder.add(PersonRecord { id, dn, disabled, expires, groups, attributes });
        Ok(())
    }
}

/// The number of invalid rows after which reading stops: such a file is probably not a list of people.
const MOST_GAPS: usize = 1000;

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::model::{Depth, GroupRef, Membership, Scope};

    struct File(TempDir);

    impl File {
        fn new(bytes: impl AsRef<[u8]>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("people.csv"), bytes).unwrap();
            Self(folder)
        }

        fn source(&self, options: CsvOptions) -> CsvSource {
            CsvSource::open("staff", self.0.path().join("people.csv"), options).unwrap()
        }

        async fn read(&self, columns: Columns) -> Result<Reading> {
            let options = CsvOptions { columns, ..CsvOptions::default() };
            self.source(options).read(&ReadRequest::everyone(["mail", "givenName", "sn", "department"])).await
        }

        /// Returns the lines and problems of the gaps.
        async fn gaps(&self, columns: Columns) -> Vec<String> {
            let reading = self.read(columns).await.unwrap();
            let folder = format!("{}/", self.0.path().display());
            let gaps = reading.completeness.gaps().iter();
            gaps.map(|gap| format!("{}: {}", gap.place.replace(&folder, ""), gap.problem)).collect()
        }
    }

    fn columns() -> Columns {
        let columns = Columns { id: Some("ID".into()), ..Columns::default() };
        columns.with("mail", "Mail").with("givenName", "First").with("sn", "Last")
    }

    fn summary(reading: &Reading) -> Vec<String> {
        let directory = &reading.directory;
        let text = |person, name| directory.text(person, name).unwrap_or("-").to_owned();
        let people = directory.people().iter();
        people.map(|p| format!("{} {} {} {}", p.id, p.dn, text(p, "mail"), text(p, "sn"))).collect()
    }

    #[tokio::test]
    async fn reads_people_groups_status_and_expiry() {
        let text = "\u{feff}ID;First;Last;Mail;Teams;Off;On;Until\r\n\
                    7;Ann;\"Lee; Jr\";ann@x.test;\"Sales; VPN;sales\";;yes;31.12.2026\r\n\
                    \r\n\
                    ;;;;;;;\r\n\
                    =\"08\";Zoë;Ray;zoe@x.test;vpn;x;ja;\r\n\
                    {7A1C0E30-6B0F-4C1E-9A55-0D6F5B0C0001};Cyd;;;;nein;0;\r\n";
        let with = |name: &str| Some(name.to_owned());
        let columns = Columns {
            groups: with("teams"),
            disabled: with("Off"),
            enabled: with("On"),
            expires: with("UNTIL"),
            ..columns()
        };
        let file = File::new(text);
        let reading = file.read(columns.clone()).await.unwrap();
        assert_eq!(reading.completeness, Completeness::Complete);
        assert_eq!(
            summary(&reading),
            [
                "7a1c0e30-6b0f-4c1e-9a55-0d6f5b0c0001 CN=Cyd,OU=staff - -",
                "staff:08 CN=Zoë Ray,OU=staff zoe@x.test Ray",
                "staff:7 CN=Ann Lee\\; Jr,OU=staff ann@x.test Lee; Jr",
            ]
        );
        let [cyd, zoe, ann] = reading.directory.people() else { panic!() };
        assert_eq!([cyd.disabled, zoe.disabled, ann.disabled], [true, true, false]);
        assert_eq!(ann.expires, Some("2027-01-01T00:00:00Z".parse().unwrap()));
        let groups: Vec<_> =
            reading.directory.groups().iter().map(|g| (&*g.name, g.id.to_string(), g.people.len())).collect();
        assert_eq!(groups, [("Sales", "staff:sales".into(), 1), ("VPN", "staff:vpn".into(), 2)]);
        let scopes = [
            Scope::Unit { dn: Dn::parse("ou=Staff").unwrap(), depth: Depth::OneLevel },
            Scope::Group { group: GroupRef::parse("vpn"), membership: Membership::Direct },
        ];
        assert!(scopes.iter().all(|scope| scope.find(&reading.directory).is_ok()));
        let source = file.source(CsvOptions { columns, ..CsvOptions::default() });
        assert_eq!(source.describe().await.unwrap().naming_contexts, [Dn::parse("OU=staff").unwrap()]);
        let top = &source.children(None).await.unwrap()[0];
        assert_eq!((top.people_below, top.children), (3, true));
    }

    #[tokio::test]
    async fn reports_invalid_rows_as_gaps_and_uses_the_others() {
        let text = "ID,First,Last,Mail\n\
                    1,Ann,Lee,ann@x.test\n\
                    2,Bob,Ray\n\
                    3,Cyd,Ray,cyd@x.test,extra\n\
                    ,Dan,Ray,dan@x.test\n\
                    1,Eve,Ray,eve@x.test\n\
                    4,\"two\nlines\",=1+1,f@x.test\n\
                    5,G\0,Ray,g@x.test\n\
                    6,\"Hal\"x,Ray,h@x.test\n\
                    7,Ivy,Ray,i@x.test,\n\
                    8,\"Jo,Ray,j@x.test\n";
        let file = File::new(text);
        assert_eq!(
            file.gaps(columns()).await,
            [
                "people.csv, line 3: the row has 3 fields, but the header has 4",
                "people.csv, line 4: the row has 5 fields, but the header has 4",
                "people.csv, line 5: the id is empty",
                "people.csv, line 6: the id `1` is already used in line 2",
                "people.csv, line 7: `=1+1` is a formula, expected a value",
                "people.csv, line 9: `G ` contains a control character",
                "people.csv, line 10: text follows a closing quote (line 10, column 8)",
                "people.csv, line 12: a quote is never closed",
            ]
        );
        let reading = file.read(columns()).await.unwrap();
        let ids: Vec<_> = reading.directory.people().iter().map(|person| person.id.to_string()).collect();
        assert_eq!(ids, ["staff:1", "staff:7"]);
        assert_eq!(reading.directory.people()[0].dn.name(), "Ann Lee", "the first of two keeps the id");
    }

    #[tokio::test]
    async fn reports_unclear_words_and_dates_as_gaps() {
        let text =
            "ID,Mail,Off,On,Until\n1,a@x,maybe,yes,\n2,b@x,,,\n3,c@x,no,yes,12/31/2026\n4,d@x,no,yes,2026-12-31\n";
        let columns = Columns {
            id: Some("ID".into()),
            disabled: Some("Off".into()),
            enabled: Some("On".into()),
            expires: Some("Until".into()),
            ..Columns::default()
        };
        assert_eq!(
            File::new(text).gaps(columns.with("mail", "Mail")).await,
            [
                "people.csv, line 2: `maybe` in the column for `disabled` is neither yes nor no",
                "people.csv, line 3: `` in the column for `enabled` is neither yes nor no",
                "people.csv, line 4: `12/31/2026` is not a date, expected one such as `2026-12-31` or `31.12.2026`",
            ]
        );
    }

    #[tokio::test]
    async fn reads_the_same_people_from_every_encoding() {
        let text = "ID;First;Last;Mail\r\n1;Jörg;Weiß;joerg@x.test\r\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        let western: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let encoding = Some(Encoding::parse("windows-1252").unwrap());
        for bytes in [text.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes), western.clone()] {
            let options = CsvOptions { columns: columns(), encoding, ..CsvOptions::default() };
            let reading = File::new(bytes).source(options).read(&ReadRequest::everyone(["mail", "sn"])).await.unwrap();
            assert_eq!(summary(&reading), ["staff:1 CN=Jörg Weiß,OU=staff joerg@x.test Weiß"]);
        }
        let error = File::new(western).read(columns()).await.unwrap_err();
        assert!(error.help().unwrap().contains("windows-1252"), "{error}");
        let mut odd = wide(u16::to_le_bytes);
        odd.push(b'x');
        assert_eq!(
            File::new(odd).gaps(columns()).await,
            ["people.csv, line 3: the row has 1 field, but the header has 4"]
        );
    }

    #[tokio::test]
    async fn shows_guessed_columns_but_does_not_use_them() {
        let file = File::new("Personalnummer;Vorname;Nachname;E-Mail\n1;Ann;Lee;ann@x.test\n");
        let error = file.read(Columns::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert_eq!(error.message(), "no column is configured for the id");
        assert_eq!(
            error.help().unwrap(),
            "these are guesses; copy the correct ones into the table of this source:\n    id = \"Personalnummer\"\n    \
             columns = { givenName = \"Vorname\", sn = \"Nachname\", mail = \"E-Mail\" }"
        );
        let guess = file.source(CsvOptions::default()).guess().await.unwrap();
        assert_eq!(guess.delimiter, ';');
        assert_eq!(summary(&file.read(guess.columns).await.unwrap()), ["staff:1 CN=Ann Lee,OU=staff ann@x.test Lee"]);
        let half = Columns { id: Some("Personalnummer".into()), ..Columns::default() };
        let error = file.read(half).await.unwrap_err();
        assert_eq!(error.message(), "no columns are configured for attributes");
    }

    #[tokio::test]
    async fn reports_a_header_that_does_not_match_the_configured_columns() {
        for (text, message, help) in [
            ("ID,First,Last,Email\n", "the file has no column `Mail` for `mail`", "did you mean `Email`?"),
            (
                "ID;First;Last;Address\n",
                "the file has no column `Mail` for `mail`",
                "the columns are `ID`, `First`, `Last`, `Address`",
            ),
            (
                "ID,Mail,mail \n",
                "columns 2 and 3 have the same name `mail`",
                "give each column a different name in the first row",
            ),
            ("", "the file is empty, expected a first row with the names of the columns", ""),
            ("\u{feff}\n\n", "the file is empty, expected a first row with the names of the columns", ""),
            ("ID,\"Mail\n", "a quote is never closed", ""),
        ] {
            let error = File::new(text).read(columns()).await.unwrap_err();
            assert_eq!((error.message(), error.help().unwrap_or("")), (message, help), "{text:?}");
        }
        let error = File::new("1,Ann,Lee,ann@x.test\n").read(columns()).await.unwrap_err();
        assert!(error.to_string().contains("it contains `ann@x.test`, expected names of columns"), "{error}");
        let source =
            CsvSource::open("staff", "nowhere.csv", CsvOptions { columns: columns(), ..CsvOptions::default() });
        let error = source.unwrap().read(&ReadRequest::everyone(["mail"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(CsvSource::open(" ", "x.csv", CsvOptions::default()).is_err());
    }

    #[tokio::test]
    async fn reports_a_file_without_rows_and_stops_after_1000_invalid_rows() {
        let header = "ID,First,Last,Mail\n";
        assert_eq!(File::new(header).gaps(columns()).await, ["people.csv: the file has a header but no rows"]);
        let gaps = File::new(format!("{header}{}1,a,b,c\n", "x\n".repeat(5000))).gaps(columns()).await;
        assert_eq!(gaps.len(), 1001);
        assert_eq!(gaps[1000], "people.csv: 1000 rows are invalid; the rest of the file was not read");
    }

    #[tokio::test]
    async fn skips_a_first_line_that_names_the_delimiter() {
        let file = File::new("sep=|\r\nID|First|Last|Mail, or none\r\n1|a|b|c@x.test\r\n");
        let columns = Columns { id: Some("ID".into()), ..Columns::default() }.with("mail", "mail, or none");
        assert_eq!(summary(&file.read(columns).await.unwrap()), ["staff:1 CN=c@x.test,OU=staff c@x.test -"]);
    }

    #[tokio::test]
    async fn reads_two_hundred_thousand_rows_and_a_very_long_field() {
        let mut text = String::from("ID,First,Last,Mail,Note\n");
        for number in 0..200_000 {
            text.extend(["p", &number.to_string(), ",First,\"Last, or so\",p", &number.to_string(), "@x.test,note\n"]);
        }
        text.extend(["long,A,B,l@x.test,\"", &"x".repeat(1 << 20), "\"\n"]);
        let reading = File::new(text).read(columns()).await.unwrap();
        assert!(reading.completeness.is_complete(), "{}", reading.completeness);
        assert_eq!(reading.directory.people().len(), 200_001);
    }
}
