//! People from a file, brought in once: a CSV with a header row, or a pasted list, by the settings of one rule.
//!
//! An import adds and never takes away. Everybody in the file is selected by one rule, whose other conditions do not count,
//! and no other rule takes part. Users are found by e-mail, and nothing about who is whom is remembered: so nobody of the
//! file is a leaver of this run or of the next. Whoever the file says is switched off or has expired is left out, and who is
//! suspended in the account stays so.

mod directory;
mod mend;

use std::io::Read;
use std::sync::Arc;

use hashbrown::HashMap;

use self::directory::{FileSource, directory};
use crate::model::text::{SHOWN, nearest, shown};
use crate::model::{Email, Field, Scope, email};
use crate::rules::{Desire, Rules, Selection, Trial, desire};
use crate::source::csv::{Columns, Content, CsvOptions, Facts, Table, is_header};
use crate::source::list::{self, Entry, Part, Position, Trouble, TroubleKind};
use crate::sync::Engine;
use crate::target::FieldLimits;
use crate::{Error, ErrorKind, Result};

/// What a file of people is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A CSV with a header row.
    Csv,
    /// A pasted list: see [`list::parse`].
    List,
}

impl Format {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Csv, Self::List];
}

/// What becomes of columns that were only guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guesses {
    /// They are shown, and nothing is read.
    #[default]
    Show,
    /// They are taken.
    Accept,
}

impl Guesses {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Show, Self::Accept];
}

/// How a file is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The format. Where it is not given, a first line that looks like a header makes it a CSV.
    pub format: Option<Format>,
    /// How a CSV is to be read; the encoding is that of a list too. The id may be left out.
    pub csv: CsvOptions,
    /// What becomes of guesses where no column is named.
    pub guesses: Guesses,
}

/// A file of people, taken apart.
///
/// ```
/// use gotosync_core::import::{Import, ImportOptions};
/// use gotosync_core::model::{Account, Directory};
/// use gotosync_core::source::MemorySource;
/// use gotosync_core::state::MemoryState;
/// use gotosync_core::target::MemoryTarget;
/// use gotosync_core::{Engine, Rules};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let rules = Rules::parse("[[rule]]\nname = 'Guests'\nou = 'OU=Guests,DC=x'", "rules.toml")?;
/// let target = MemoryTarget::new(Account::empty("1", "Example"));
/// let engine = Engine::new(MemorySource::new(Directory::default()), target, MemoryState::new(), rules);
///
/// let import = Import::read("Ann Lee ann@x.test; Bob bob@x.test", "guests.txt", &ImportOptions::default())?;
/// let ready = import.prepare(&engine, "Guests").await?;
/// assert_eq!(ready.engine.plan().await?.plan.steps()[0].subject.as_ref(), "ann@x.test");
/// assert_eq!(ready.troubles[0].problem, "the last name is missing");
/// # Ok::<(), gotosync_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Import {
    name: String,
    format: Format,
    /// The first row of a CSV, as it was.
    header: String,
    drafts: Vec<Draft>,
    troubles: Vec<Trouble>,
}

/// Somebody of the file who could be broken out.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    at: Position,
    text: String,
    facts: Facts,
}

/// An import that is ready to be planned.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Plans, checks and applies the import. Its account, state, clock and watch are those of the engine it was made from.
    pub engine: Engine,
    /// How many people it brings in.
    pub people: usize,
    /// What must be mended, in the order of the file. It is not imported.
    pub troubles: Vec<Trouble>,
    /// A file of what must be mended, to be imported again; `None` if that is nothing.
    pub mend: Option<String>,
}

impl Import {
    /// Takes a file apart. `name` is how it is called.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] when it is no text or holds nobody, and of a CSV [`ErrorKind::Input`] when nobody has said which
    /// column is what: the guesses come with it.
    pub fn read(bytes: impl Into<Vec<u8>>, name: impl Into<String>, options: &ImportOptions) -> Result<Self> {
        let name = name.into();
        let content = Content::Bytes(bytes.into().into(), name.clone());
        let mut text = String::new();
        content.text(options.csv.encoding)?.read_to_string(&mut text)?;
        let first = || text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let format = options.format.unwrap_or_else(|| if is_header(first()) { Format::Csv } else { Format::List });
        let import = match format {
            Format::Csv => Self::csv(name, &content, options)?,
            Format::List => Self::list(name, &text),
        };
        if import.drafts.is_empty() && import.troubles.is_empty() {
            return Err(Error::new(ErrorKind::Data, "nobody is in the file").during(READING).with("file", import.name));
        }
        Ok(import)
    }

    /// The format it was read in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Readies it by the settings of a rule, which may be one that is off.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such rule, and what keeps the account from being described or what is
    /// remembered from being read.
    pub async fn prepare(&self, engine: &Engine, rule: &str) -> Result<Ready> {
        let rules = only(engine.rules(), rule)?;
        let limits = engine.target().describe().await?.limits;
        let (drafts, mut remarks) = self.present(engine.time());
        let Sorted { good, mut troubles } = sorted(drafts, &rules, limits)?;
        let people: Vec<&Draft> = good.iter().map(|(draft, _)| *draft).collect();
        let emails: Vec<&Email> = good.iter().map(|(_, email)| email).collect();
        remarks.extend(managed(engine, &emails).await?);
        troubles.extend(self.troubles.iter().cloned());
        troubles.sort_by_key(|trouble| trouble.at);
        let mend = mend::file(self.format, &self.name, &self.header, &troubles);
        let source = FileSource::new(&self.name, directory(&people)?, remarks);
        Ok(Ready { engine: engine.importing(source, rules), people: people.len(), troubles, mend })
    }

    fn list(name: String, text: &str) -> Self {
        let parsed = list::parse(text);
        let draft = |(at, text, entry): (Position, String, Entry)| {
            let attributes = [("mail", entry.email), ("givenName", entry.first_name), ("sn", entry.last_name)];
            let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
            Draft { at, text, facts: Facts { attributes, ..Facts::default() } }
        };
        let drafts = parsed.people.into_iter().map(draft).collect();
        Self { name, format: Format::List, header: String::new(), drafts, troubles: parsed.troubles }
    }

    fn csv(name: String, content: &Content, options: &ImportOptions) -> Result<Self> {
        let mut table = Table::open(content, &options.csv)?;
        let places = columns(&table, options)?.places(&table.header)?;
        let (mut drafts, mut troubles) = (Vec::new(), Vec::new());
        let mut ids: HashMap<String, u64> = HashMap::new();
        let mut number = 0;
        while let Some(row) = table.next()? {
            number += 1;
            let at = |line: u64| Position { entry: number, line: line as usize, column: 1 };
            let trouble = |kind, at, text, problem| Trouble { kind, at, text, problem, missing: vec![], found: None };
            let row = match row {
                Ok(row) => row,
                Err(bad) => {
                    troubles.push(trouble(TroubleKind::Unreadable, at(bad.line), bad.raw, bad.problem));
                    continue;
                }
            };
            let facts = places.facts(&row).and_then(|facts| {
                let line = *ids.entry(facts.id.clone()).or_insert(row.line);
                if line == row.line || facts.id.is_empty() {
                    return Ok(facts);
                }
                Err(format!("its id `{}` stands in line {line} already", shown(&facts.id, SHOWN)))
            });
            match facts {
                Ok(facts) => drafts.push(Draft { at: at(row.line), text: row.raw, facts }),
                Err(problem) => troubles.push(trouble(TroubleKind::Wrong, at(row.line), row.raw, problem)),
            }
        }
        let header = table.header.raw;
        Ok(Self { name, format: Format::Csv, header, drafts, troubles })
    }

    /// Those whom the file does not say to be switched off or gone, and a remark about each of the others.
    fn present(&self, now: jiff::Timestamp) -> (Vec<&Draft>, Vec<String>) {
        let gone = |draft: &Draft| draft.facts.disabled || draft.facts.expires.is_some_and(|end| end <= now);
        let remark = |draft: &&Draft| {
            let why = if draft.facts.disabled { "is switched off in the file" } else { "has expired by the file" };
            format!("line {}: {} {why}: not imported", draft.at.line, draft.facts.name())
        };
        let (gone, present): (Vec<&Draft>, Vec<&Draft>) = self.drafts.iter().partition(|draft| gone(draft));
        (present, gone.iter().map(remark).collect())
    }
}

/// The columns of a CSV: those that were named, or guesses that were accepted.
fn columns(table: &Table, options: &ImportOptions) -> Result<Columns> {
    let named = &options.csv.columns;
    if !named.attributes.is_empty() {
        return Ok(named.clone());
    }
    let guess = table.guess();
    if options.guesses == Guesses::Accept && !guess.columns.attributes.is_empty() {
        // The id of a CSV tells rows apart over time, and an import happens once: a guess could only do harm.
        return Ok(Columns { id: named.id.clone(), ..guess.columns });
    }
    let lines = guess.indented();
    let message = "nobody has said which column is which attribute";
    let error = Error::new(ErrorKind::Input, message).during(READING).with("file", &table.header.file);
    Err(if guess.columns.attributes.is_empty() {
        error.hint(format!("no column was recognized; name them with --columns 'mail=…,givenName=…,sn=…'{lines}"))
    } else {
        error.hint(format!("take these guesses with --accept-guesses, or name columns with --columns:{lines}"))
    })
}

/// The rules with one rule alone, which selects everybody.
fn only(rules: &Rules, name: &str) -> Result<Rules> {
    let Some(rule) = rules.rule(name) else {
        let names = || rules.list.iter().map(|rule| &*rule.name);
        let error = Error::new(ErrorKind::NotFound, format!("no rule is called `{name}`"));
        return Err(match nearest(name, names()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the rules are {}", names().collect::<Vec<_>>().join(", "))),
        });
    };
    let mut rule = rule.clone();
    rule.enabled = true;
    rule.people = Selection { scopes: vec![Scope::Everyone], ..Selection::default() };
    Ok(Rules { list: vec![rule], ..rules.clone() })
}

/// People of a file by whether a rule can make users of them.
struct Sorted<'i> {
    /// Those of whom it can, each with the e-mail.
    good: Vec<(&'i Draft, Email)>,
    /// What is wrong with the others.
    troubles: Vec<Trouble>,
}

fn sorted<'i>(drafts: Vec<&'i Draft>, rules: &Rules, limits: FieldLimits) -> Result<Sorted<'i>> {
    let everybody = Arc::new(directory(&drafts)?);
    let desires = desire(rules, &everybody, limits, Trial::Include);
    let mut known: HashMap<String, &Draft> = HashMap::new();
    let (mut good, mut troubles) = (Vec::new(), Vec::new());
    for (draft, desire) in drafts.into_iter().zip(&desires.people) {
        let trouble = trouble(desire).or_else(|| {
            let address = desire.email.as_deref().unwrap_or_default();
            match known.get(&*email::key(address)) {
                Some(twin) if twin.facts == draft.facts => None,
                Some(twin) => {
                    let problem = format!("the address stands in line {} already", twin.at.line);
                    Some((TroubleKind::Wrong, problem, Vec::new()))
                }
                None => {
                    known.insert(email::key(address).into_owned(), draft);
                    good.push((draft, Email::new(address)));
                    None
                }
            }
        });
        if let Some((kind, problem, missing)) = trouble {
            let found = Some(Box::new(Entry {
                first_name: desire.first_name.to_string(),
                last_name: desire.last_name.to_string(),
                email: desire.email.as_deref().unwrap_or_default().to_owned(),
            }));
            troubles.push(Trouble { kind, at: draft.at, text: draft.text.clone(), problem, missing, found });
        }
    }
    Ok(Sorted { good, troubles })
}

/// What keeps somebody from becoming a user.
fn trouble(desire: &Desire<'_>) -> Option<(TroubleKind, String, Vec<Part>)> {
    let parts = [
        (Part::FirstName, desire.first_name.is_empty()),
        (Part::LastName, desire.last_name.is_empty()),
        (Part::Email, desire.email.is_none()),
    ];
    let missing: Vec<Part> = parts.into_iter().filter(|(_, missing)| *missing).map(|(part, _)| part).collect();
    let empty = |field| match field {
        Field::FirstName => desire.first_name.is_empty(),
        Field::LastName => desire.last_name.is_empty(),
        _ => false,
    };
    if let Some(problem) = desire.problem.as_ref().filter(|problem| !empty(problem.field)) {
        return Some((TroubleKind::Wrong, format!("{}: {}", problem.field, problem.problem), missing));
    }
    if missing.is_empty() {
        return None;
    }
    Some((TroubleKind::Partial, list::say_missing(&missing), missing))
}

/// A remark about each user whom the directory keeps as well: its rules have the last word.
async fn managed(engine: &Engine, emails: &[&Email]) -> Result<Vec<String>> {
    let remembered = engine.remembered().await?;
    let links: HashMap<_, _> = remembered.links.iter().map(|link| (link.email.key(), link)).collect();
    let remark = |email: &&Email| {
        let link = links.get(&email.key())?;
        Some(match (link.suspended, link.rules.first()) {
            (Some(at), _) => {
                let day = at.strftime("%Y-%m-%d");
                format!("{email} was suspended by the directory's rules on {day}: an import gives nobody access back")
            }
            (None, Some(rule)) => {
                format!("{email} is kept by the directory (rule `{rule}`): its next run decides again")
            }
            (None, None) => format!("{email} is kept by the directory: its next run decides again"),
        })
    };
    Ok(emails.iter().filter_map(remark).collect())
}

/// What was being done, as errors say it.
const READING: &str = "read the file to import";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::Stop;
    use crate::model::{Account, Directory, License, Status, User, UserKey};
    use crate::plan::{Plan, Purpose};
    use crate::source::MemorySource;
    use crate::state::{MemoryState, StateStore};
    use crate::target::MemoryTarget;

    const RULES: &str = "
        [[rule]]
        name = 'Staff'
        everyone = true
        products = ['Meeting']
        [[rule]]
        name = 'Guests'
        enabled = false
        ou = 'OU=Nowhere,DC=x'
        products = ['Webinar']
    ";

    struct World {
        target: Arc<MemoryTarget>,
        state: MemoryState,
    }

    impl World {
        fn new(users: &[(&str, &[&str], Status)]) -> Self {
            let mut account = Account::empty("1", "World");
            for (key, name) in [("m", "Meeting"), ("w", "Webinar"), ("o", "Other")] {
                account.licenses.push(License::new(key, name, &[], 9));
            }
            for (mail, licenses, status) in users {
                let mut user = User::new(mail, "Old", "Name");
                user.key = Some(UserKey::new(*mail));
                user.licenses = licenses.iter().map(|license| (*license).into()).collect();
                user.status = *status;
                account.users.push(Arc::new(user));
            }
            Self { target: Arc::new(MemoryTarget::new(account)), state: MemoryState::new() }
        }

        fn engine(&self) -> Engine {
            let rules = Rules::parse(RULES, "rules.toml").unwrap();
            let source = MemorySource::new(Directory::default());
            Engine::new(source, Arc::clone(&self.target), self.state.clone(), rules)
        }

        async fn ready(&self, text: &str) -> Ready {
            let options = ImportOptions { guesses: Guesses::Accept, ..ImportOptions::default() };
            Import::read(text, "people", &options).unwrap().prepare(&self.engine(), "Guests").await.unwrap()
        }

        fn user(&self, mail: &str) -> Option<Arc<User>> {
            self.target.account().user_by_email(&Email::new(mail)).cloned()
        }
    }

    fn told(ready: &Ready) -> Vec<(usize, TroubleKind, &str)> {
        ready.troubles.iter().map(|trouble| (trouble.at.line, trouble.kind, trouble.problem.as_str())).collect()
    }

    #[tokio::test]
    async fn an_import_adds_by_one_rule_and_remembers_nobody() {
        let world = World::new(&[
            ("ann@x.test", &["m", "o"], Status::Active),
            ("off@x.test", &[], Status::Suspended),
            ("else@x.test", &["w"], Status::Active),
        ]);
        let ready = world.ready("Ann Lee ann@x.test;Off Lee off@x.test;New Lee new@x.test").await;
        assert_eq!((ready.people, ready.mend.as_deref()), (3, None));
        let plan = ready.engine.plan().await.unwrap().plan;
        assert_eq!(plan.basis().purpose, Purpose::Import);
        assert!(plan.links().is_empty() && plan.steps().iter().all(|step| step.person.is_none()));
        assert_eq!(Plan::from_json(&plan.to_json()).unwrap(), plan);
        let report = ready.engine.apply(&plan, None, &Stop::new()).await.unwrap();
        assert!(report.all_done());
        let licenses =
            |mail: &str| world.user(mail).unwrap().licenses.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(licenses("ann@x.test"), ["m", "o", "w"], "nothing goes that no rule of the import gives");
        assert_eq!(licenses("new@x.test"), ["w"]);
        assert_eq!(world.user("off@x.test").unwrap().status, Status::Suspended, "suspended by hand");
        let remembered = world.state.load(&"1".into()).await.unwrap();
        assert!(remembered.links.is_empty() && remembered.populations.is_empty());
        assert_eq!(ready.engine.plan().await.unwrap().plan.steps(), []);
    }

    /// An import that died is ended by the ordinary resume, which must remember nobody either.
    #[tokio::test]
    async fn an_import_that_was_interrupted_is_resumed_and_remembers_nobody() {
        let world = World::new(&[]);
        let ready = world.ready("Ann Lee ann@x.test;Bob Lee bob@x.test").await;
        let plan = ready.engine.plan().await.unwrap().plan;
        world.state.crash_after(3);
        assert!(ready.engine.apply(&plan, None, &Stop::new()).await.is_err());
        world.state.heal();
        let rules = Rules::parse(RULES, "rules.toml").unwrap();
        let engine =
            Engine::new(MemorySource::new(Directory::default()), Arc::clone(&world.target), world.state.clone(), rules);
        let report = engine.resume(&Stop::new()).await.unwrap().expect("a run was interrupted");
        assert!(report.all_done(), "{report:?}");
        assert!(world.user("ann@x.test").is_some() && world.user("bob@x.test").is_some());
        let remembered = world.state.load(&"1".into()).await.unwrap();
        assert!(remembered.links.is_empty() && remembered.populations.is_empty());
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_told_by_kind_and_written_to_be_mended() {
        let world = World::new(&[]);
        let text = "Ann Lee ann@x.test;Bob bob@x.test\nCyd Lee cyd@x;???;#x\nAnn Mary Lee ann@x.test; \
                    Toolongforanybodyatallwhoreadsthis Lee t@x.test";
        let ready = world.ready(text).await;
        assert_eq!(
            told(&ready),
            [
                (1, TroubleKind::Partial, "the last name is missing"),
                (2, TroubleKind::Wrong, "`cyd@x`: its domain has no dot"),
                (2, TroubleKind::Unreadable, "it is neither an address nor a first and a last name"),
                (2, TroubleKind::Unreadable, "it is neither an address nor a first and a last name"),
                (3, TroubleKind::Wrong, "entry 1 has the same address and another name"),
                (
                    3,
                    TroubleKind::Wrong,
                    "first_name: `Toolongforanybodyatallwhoreadsthis` has 34 characters, but the account allows 32"
                ),
            ]
        );
        let mend = ready.mend.clone().unwrap();
        let again = world.ready(&mend).await;
        assert_eq!(again.people, 1, "who was imported under another name can be, alone");
        assert_eq!(again.troubles.len(), 5, "{mend}");
        let mended = mend.replace("Bob bob@", "Bob Ray bob@").replace("cyd@x\n", "cyd@x.test\n");
        assert_eq!(world.ready(&mended).await.people, 3);
    }

    #[tokio::test]
    async fn a_csv_is_told_from_a_list_and_its_bad_rows_are_kept_as_they_were() {
        let world = World::new(&[]);
        let text = "Vorname;Nachname;E-Mail;Gesperrt\n\
                    Ann;Lee;ann@x.test;\n\
                    Zoë;\"Lee; \n Jr\";zoe@x;\n\
                    Bob;bob@x.test\n\
                    Cyd;;cyd@x.test;\n\
                    Dan;Lee;dan@x.test;ja\n\
                    Ann;Lee;ANN@x.test ;\n\
                    Eve;\"Lee;eve@x.test;\n";
        let ready = world.ready(text).await;
        assert_eq!(
            told(&ready),
            [
                (3, TroubleKind::Wrong, "email: `zoe@x`: its domain has no dot"),
                (5, TroubleKind::Unreadable, "it has 2 fields, the header has 4"),
                (6, TroubleKind::Partial, "the last name is missing"),
                (8, TroubleKind::Wrong, "the address stands in line 2 already"),
                (9, TroubleKind::Unreadable, "a quote is opened and never closed"),
            ]
        );
        let plan = ready.engine.plan().await.unwrap().plan;
        assert_eq!(plan.steps().len(), 1);
        assert!(
            plan.notes()
                .iter()
                .any(|note| note.evidence == "line 7: Dan Lee is switched off in the file: not imported")
        );
        let mend = ready.mend.unwrap();
        assert!(
            mend.starts_with("\u{feff}Vorname;Nachname;E-Mail;Gesperrt\nZoë;\"Lee; \n Jr\";zoe@x;\nBob;bob@x.test\n")
        );
        assert_eq!(world.ready(&mend).await.troubles.len(), 4, "the second Ann is alone now");
        let mended =
            mend.replace("zoe@x;", "zoe@x.test;").replace("Bob;bob", "Bob;Ray;bob").replace("Cyd;;", "Cyd;Lee;");
        assert_eq!(world.ready(&mended.replace("bob@x.test\n", "bob@x.test;\n")).await.people, 4);
    }

    #[tokio::test]
    async fn guesses_are_shown_before_they_are_taken() {
        let text = "Vorname;Nachname;E-Mail\nAnn;Lee;ann@x.test\n";
        let error = Import::read(text, "people.csv", &ImportOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(
            error
                .help()
                .unwrap()
                .contains("columns = { givenName = \"Vorname\", sn = \"Nachname\", mail = \"E-Mail\" }")
        );
        let columns = Columns::default().with("mail", "E-Mail").with("sn", "Vorname").with("givenName", "nachname");
        let options =
            ImportOptions { csv: CsvOptions { columns, ..CsvOptions::default() }, ..ImportOptions::default() };
        let import = Import::read(text, "people.csv", &options).unwrap();
        assert_eq!(import.format(), Format::Csv);
        let ready = import.prepare(&World::new(&[]).engine(), "Guests").await.unwrap();
        assert_eq!(ready.people, 1);
        let list = ImportOptions { format: Some(Format::List), ..ImportOptions::default() };
        assert_eq!(Import::read(text, "people.csv", &list).unwrap().troubles.len(), 6, "as a list it is nothing");
        for empty in ["", "\n;;\n", "# nobody\n"] {
            assert_eq!(
                Import::read(empty, "x", &ImportOptions::default()).unwrap_err().message(),
                "nobody is in the file"
            );
        }
    }

    #[tokio::test]
    async fn a_rule_that_is_not_there_is_an_error_with_the_nearest() {
        let import = Import::read("Ann Lee ann@x.test", "x", &ImportOptions::default()).unwrap();
        let error = import.prepare(&World::new(&[]).engine(), "Gests").await.unwrap_err();
        assert_eq!((error.kind(), error.help()), (ErrorKind::NotFound, Some("did you mean `Guests`?")));
    }
}
