//! Tests of a directory and a CSV of contractors merged into one source: links to users, and leavers.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use gotosync_core::apply::Stop;
use gotosync_core::model::{
    Account, Directory, DirectoryBuilder, Dn, License, NoteKind, PersonEntry, PersonId, Role, UnitKind, User,
};
use gotosync_core::source::csv::{Columns, CsvOptions};
use gotosync_core::source::{CsvSource, DirectorySource, MergedSource};
use gotosync_core::state::StateStore;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, ErrorKind, Plan, Report, Rules};
use gotosync_tests::world;

/// Staff get Meeting, and contractors get Webinar. The limits are high enough not to matter here.
const RULES: &str = "
    [limits]
    suspend = { count = 100 }
    release = { count = 100 }
    shrink = \"unlimited\"
    [[rule]]
    name = \"Staff\"
    ou = \"OU=Staff,DC=x\"
    products = [\"Meeting\"]
    [[rule]]
    name = \"Contractors\"
    ou = \"OU=contractors\"
    products = [\"Webinar\"]
";
const HEADER: &str = "Nr;Vorname;Nachname;E-Mail\n";

struct World {
    folder: tempfile::TempDir,
    inner: world::World,
}

impl World {
    /// Creates a world with staff as `[id, mail]` and contractors as rows of a CSV.
    fn new(staff: &[[&str; 2]], contractors: &[&str]) -> Self {
        let mut account = Account::empty("1", "World");
        for (key, name) in [("meeting", "Meeting"), ("webinar", "Webinar")] {
            account.licenses.push(License::new(key, name, &[], 50));
        }
        let mut root = User::new("root@x.test", "Ro", "Ot");
        root.key = Some("root".into());
        root.role = Role::Administrator;
        account.users.push(Arc::new(root));
        account.login = Some("root".into());
        let inner = world::World::with(people(staff), MemoryTarget::new(account));
        let world = Self { folder: tempfile::tempdir().unwrap(), inner };
        world.contractors_are(contractors);
        world
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("contractors.csv")
    }

    fn contractors_are(&self, rows: &[&str]) {
        fs::write(self.file(), format!("{HEADER}{}\n", rows.join("\n"))).unwrap();
    }

    fn source(&self) -> MergedSource {
        let columns = Columns { id: Some("Nr".into()), ..Columns::default() };
        let columns = columns.with("mail", "E-Mail").with("givenName", "Vorname").with("sn", "Nachname");
        let contractors = CsvSource::open("contractors", self.file(), CsvOptions { columns, ..CsvOptions::default() });
        let staff: Box<dyn DirectorySource> = Box::new(Arc::clone(&self.inner.source));
        MergedSource::new(vec![("staff".into(), staff), ("contractors".into(), Box::new(contractors.unwrap()))])
            .unwrap()
    }

    fn engine(&self) -> Engine {
        self.inner.engine_on(self.source(), self.inner.state.clone(), RULES)
    }

    async fn run(&self) -> Report {
        self.engine().run(&Stop::new()).await.unwrap_or_else(|unfinished| panic!("{:?}", unfinished.error))
    }

    /// Makes a plan and applies it with approval.
    async fn approve(&self) -> Plan {
        let engine = self.engine();
        let plan = engine.plan().await.unwrap().plan;
        engine.apply(&plan, Some(plan.id()), &Stop::new()).await.unwrap();
        plan
    }

    fn user(&self, mail: &str) -> Arc<User> {
        self.inner.user(mail)
    }

    fn licenses(&self, mail: &str) -> Vec<String> {
        self.user(mail).licenses.iter().map(ToString::to_string).collect()
    }

    fn active(&self, mail: &str) -> bool {
        self.inner.active(mail)
    }
}

fn people(staff: &[[&str; 2]]) -> Directory {
    let mut builder = DirectoryBuilder::new();
    builder.unit("OU=Staff,DC=x", UnitKind::Unit);
    let [mail, first, last] = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
    for [id, address] in staff {
        let dn = Dn::parse(&format!("CN={id},OU=Staff,DC=x")).unwrap();
        let entry = PersonEntry::new(PersonId::parse(id), dn);
        builder.person(entry.with(mail, *address).with(first, "First").with(last, "Last"));
    }
    builder.build().unwrap()
}

/// A contractor who is hired is in both sources for a while, and at the end only in the directory.
#[tokio::test]
async fn a_contractor_who_is_hired_keeps_the_user() {
    let world = World::new(&[["p1", "ann@x.test"]], &["7;Bob;Ray;bob@x.test", "8;Cyd;Lee;cyd@x.test"]);
    world.run().await;
    let before = world.user("bob@x.test");
    assert_eq!(world.licenses("bob@x.test"), ["webinar"]);

    world.inner.source.set(people(&[["p1", "ann@x.test"], ["p2", "Bob@x.test"]]));
    let plan = world.engine().plan().await.unwrap().plan;
    let remark = plan.notes().iter().find(|note| note.kind == NoteKind::Remark).expect("the duplicate is reported");
    assert_eq!(
        remark.evidence,
        "contractors: Bob Ray is left out: p2 in staff has the same e-mail bob@x.test and takes precedence"
    );
    world.run().await;
    assert_eq!(world.user("bob@x.test").key, before.key);
    assert_eq!(world.licenses("bob@x.test"), ["meeting"]);

    world.contractors_are(&["8;Cyd;Lee;cyd@x.test"]);
    assert!(world.engine().plan().await.unwrap().plan.is_empty());
    // The person moves back and is still the same person.
    world.inner.source.set(people(&[["p1", "ann@x.test"]]));
    world.contractors_are(&["7;Bob;Ray;bob@x.test", "8;Cyd;Lee;cyd@x.test"]);
    world.run().await;
    assert_eq!(world.user("bob@x.test").key, before.key);
    assert_eq!(world.licenses("bob@x.test"), ["webinar"]);
    assert!(world.engine().plan().await.unwrap().plan.is_empty());
}

#[tokio::test]
async fn only_people_missing_from_all_sources_are_leavers() {
    let world = World::new(&[["p1", "ann@x.test"]], &["7;Bob;Ray;bob@x.test", "8;Cyd;Lee;cyd@x.test"]);
    world.run().await;
    world.contractors_are(&["8;Cyd;Lee;cyd@x.test"]);
    world.run().await;
    assert!(!world.active("bob@x.test"));
    assert!(world.active("ann@x.test") && world.active("cyd@x.test"));
    // A row with the same number is the same person, who gets access back.
    world.contractors_are(&["8;Cyd;Lee;cyd@x.test", "7;Bob;Ray;bob@x.test"]);
    world.run().await;
    assert!(world.active("bob@x.test"));
}

/// An unreadable row could belong to any person of either source.
#[tokio::test]
async fn an_invalid_row_removes_nothing() {
    let world =
        World::new(&[["p1", "ann@x.test"], ["p2", "bob@x.test"]], &["7;Cyd;Lee;cyd@x.test", "8;Dan;Lee;dan@x.test"]);
    world.run().await;
    world.inner.source.set(people(&[["p1", "ann@x.test"]]));
    for broken in ["7;Cyd", "7;\"Cyd;Lee;cyd@x.test", ";Cyd;Lee;cyd@x.test", "8;Cyd;Lee;cyd@x.test", "7;Cyd;Lee;=A1"] {
        world.contractors_are(&["8;Dan;Lee;dan@x.test", broken, "9;Eve;Lee;eve@x.test"]);
        let error = world.engine().run(&Stop::new()).await.unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::Stopped, "{broken}");
        let plan = world.approve().await;
        let gap =
            plan.notes().iter().find(|note| note.kind == NoteKind::SourceIncomplete).expect("the gap is reported");
        assert!(gap.evidence.contains("contractors.csv, line 3: "), "{}", gap.evidence);
        assert!(world.active("bob@x.test") && world.active("cyd@x.test"), "{broken}");
        assert!(world.active("eve@x.test"), "valid rows must be used");
    }
    world.contractors_are(&["8;Dan;Lee;dan@x.test", "9;Eve;Lee;eve@x.test"]);
    world.run().await;
    assert!(!world.active("bob@x.test") && !world.active("cyd@x.test"));
}

#[tokio::test]
async fn a_failed_or_incomplete_source_makes_no_leavers_of_the_other() {
    let world = World::new(&[["p1", "ann@x.test"]], &["7;Bob;Ray;bob@x.test"]);
    world.run().await;
    world.contractors_are(&["8;Cyd;Lee;cyd@x.test"]);
    world.inner.source.fail_with(ErrorKind::Unavailable, "no route to host");
    let error = world.engine().run(&Stop::new()).await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("source: staff"), "{error}");
    world.inner.source.set(people(&[]));
    fs::remove_file(world.file()).unwrap();
    let error = world.engine().plan().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("source: contractors"), "{error}");
    // A file with only a header may be the result of a failed export.
    fs::write(world.file(), HEADER).unwrap();
    world.approve().await;
    assert!(world.active("ann@x.test") && world.active("bob@x.test"));
}

/// Links are stored by person id, so adding a source must not change the ids of existing rows.
#[tokio::test]
async fn adding_a_source_keeps_ids() {
    let world = World::new(&[], &["7;Bob;Ray;bob@x.test"]);
    let columns = Columns { id: Some("Nr".into()), ..Columns::default() }.with("mail", "E-Mail").with("sn", "Nachname");
    let columns = columns.with("givenName", "Vorname");
    let alone = CsvSource::open("contractors", world.file(), CsvOptions { columns, ..CsvOptions::default() }).unwrap();
    let rules = Rules::parse(&RULES.replace("OU=Staff,DC=x", "OU=contractors"), "rules.toml").unwrap();
    let engine = Engine::new(alone, Arc::clone(&world.inner.target), world.inner.state.clone(), rules);
    engine.run(&Stop::new()).await.unwrap_or_else(|unfinished| panic!("{:?}", unfinished.error));
    let links = || async { world.inner.state.load(&"1".into()).await.unwrap().links };
    let before = links().await;
    assert_eq!(before[0].person.to_string(), "contractors:7");
    world.inner.source.set(people(&[["7", "ann@x.test"]]));
    world.run().await;
    let after = links().await;
    let people: Vec<_> = after.iter().map(|link| link.person.to_string()).collect();
    assert_eq!(people, ["7", "contractors:7"]);
    assert_eq!(after[1].user, before[0].user);
}
