//! Runs the laws, conformance tests that every implementation must pass, on every source, every target, and every
//! decorator.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use gotosync_core::model::{Account, ActionKind, Completeness, ReadRequest, Reading};
use gotosync_core::source::csv::{Columns, CsvOptions};
use gotosync_core::source::{
    CsvSource, DirectorySource, LdifSource, ListSource, MemorySource, MergedSource, MockDirectorySource,
};
use gotosync_core::state::MemoryState;
use gotosync_core::target::{
    Capabilities, FieldLimits, FlakyTarget, LocalAccount, MemoryTarget, MockProvisioningTarget, ProvisioningTarget,
    RateLimited, ReadOnly, RecordingTarget, TargetInfo,
};
use gotosync_core::{Engine, Rules};
use gotosync_tests::laws::{Factory, corpus, source, target};
use gotosync_tests::named::{NamedSource, NamedTarget};
use tempfile::TempDir;

fn memory(account: &Account) -> MemoryTarget {
    MemoryTarget::new(account.clone())
}

/// A folder for file-based accounts, each with a unique name.
struct Folder(TempDir, AtomicUsize);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap(), AtomicUsize::new(0))
    }

    fn local(&self, account: &Account) -> LocalAccount {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        LocalAccount::create(self.0.path().join(format!("{number}.db")), account).unwrap()
    }
}

async fn holds(make: &Factory<'_>) {
    let broken = target::broken(make).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Defines two tests of a decorator: one with an account in memory and one with an account in a file.
macro_rules! targets {
    ($($name:ident: $wrap:expr;)*) => {
        mod in_memory {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let wrap = $wrap;
                holds(&|account| Box::new(wrap(Box::new(memory(account)) as Box<dyn ProvisioningTarget>))).await;
            })*
        }

        mod in_a_file {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let (wrap, folder) = ($wrap, Folder::new());
                holds(&|account| Box::new(wrap(Box::new(folder.local(account)) as Box<dyn ProvisioningTarget>))).await;
            })*
        }
    };
}

targets! {
    bare: |inside| inside;
    read_only: ReadOnly::new;
    recording: RecordingTarget::new;
    rate_limited: |inside| RateLimited::new(inside, NonZeroU32::MAX);
    flaky_without_faults: |inside| FlakyTarget::new(inside, 7, 0);
    named: |inside| NamedTarget::new(inside, "account");
    all_at_once: |inside| {
        let limited = RateLimited::new(FlakyTarget::new(inside, 7, 0), NonZeroU32::MAX);
        RecordingTarget::new(NamedTarget::new(limited, "account"))
    };
}

#[tokio::test]
async fn targets_with_few_capabilities_pass_the_conformance_tests() {
    for kind in ActionKind::ALL {
        let capabilities = Capabilities { actions: [kind].into(), batch: 3, ..MemoryTarget::capabilities() };
        holds(&|account| Box::new(memory(account).with_capabilities(capabilities.clone()))).await;
    }
}

#[tokio::test]
async fn a_faulty_target_fails_the_conformance_tests() {
    let broken = target::broken(&|account| Box::new(FlakyTarget::new(memory(account), 7, 1000))).await;
    assert!(broken.len() > 10, "{broken:#?}");
}

async fn keeps(source: &dyn DirectorySource) {
    let broken = source::broken(source).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn file(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn zipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_directory_in_memory_passes_the_conformance_tests() {
    keeps(&MemorySource::new(corpus::directory().unwrap())).await;
}

#[tokio::test]
async fn an_ldif_export_passes_the_conformance_tests() {
    let folder = tempfile::tempdir().unwrap();
    let plain = LdifSource::open(file(&folder, "directory.ldif", corpus::LDIF));
    keeps(&plain).await;
    keeps(&NamedSource::new(plain, "export", folder.path())).await;
}

#[tokio::test]
async fn a_compressed_export_passes_the_conformance_tests() {
    let folder = tempfile::tempdir().unwrap();
    keeps(&LdifSource::open(file(&folder, "directory.ldif.gz", zipped(corpus::LDIF)))).await;
}

/// Four people in three groups; one person is in two groups.
const CSV: &str = "\
Nr;Vorname;Nachname;E-Mail;Gruppen
7;Fay;Lee;fay@example.test;Guests
8;Gus;\"Lee; Jr\";gus@example.test;Guests, VPN
9;Ann;Lee;ANN@example.test;VPN
10;Hal;;;
";

fn contractors(folder: &TempDir) -> CsvSource {
    let columns = Columns { id: Some("Nr".into()), groups: Some("Gruppen".into()), ..Columns::default() };
    let columns = columns.with("mail", "E-Mail").with("givenName", "Vorname").with("sn", "Nachname");
    let options = CsvOptions { columns, ..CsvOptions::default() };
    CsvSource::open("contractors", file(folder, "contractors.csv", CSV), options).unwrap()
}

#[tokio::test]
async fn a_csv_passes_the_conformance_tests() {
    keeps(&contractors(&tempfile::tempdir().unwrap())).await;
}

#[tokio::test]
async fn a_list_passes_the_conformance_tests() {
    keeps(
        &ListSource::new("guests", "Ann Lee ann@x.test; Bob von der Heide bob@x.test\nRay, Cyd <cyd@x.test>").unwrap(),
    )
    .await;
}

#[tokio::test]
async fn merged_sources_pass_the_conformance_tests() {
    let folder = tempfile::tempdir().unwrap();
    let export = LdifSource::open(file(&folder, "directory.ldif", corpus::LDIF));
    let list =
        ListSource::new("guests", "Ida Lee ida@x.test; Ann Lee ann@example.test; Gus Lee gus@example.test").unwrap();
    let all = MergedSource::new(vec![
        ("directory".into(), Box::new(export) as Box<dyn DirectorySource>),
        ("contractors".into(), Box::new(contractors(&folder))),
        ("guests".into(), Box::new(list)),
    ]);
    let all = all.unwrap();
    keeps(&all).await;
    let reading = all.read(&ReadRequest::everyone(["mail"])).await.unwrap();
    assert_eq!(reading.directory.people().len(), 4 + 3 + 1, "each person appears once");
    assert_eq!(reading.remarks.len(), 3, "{:#?}", reading.remarks);
    // Merging a single source does not change its people.
    let one = MergedSource::new(vec![("contractors".into(), Box::new(contractors(&folder)))]).unwrap();
    let request = ReadRequest::everyone(["mail", "givenName", "sn"]);
    let (merged, bare) = (one.read(&request).await.unwrap(), contractors(&folder).read(&request).await.unwrap());
    assert_eq!(format!("{:?}", merged.directory.people()), format!("{:?}", bare.directory.people()));
    assert_eq!(format!("{:?}", merged.directory.groups()), format!("{:?}", bare.directory.groups()));
    keeps(&one).await;
}

#[tokio::test]
async fn an_export_and_its_parsed_directory_have_the_same_people() {
    let folder = tempfile::tempdir().unwrap();
    let request = ReadRequest::everyone(["mail", "givenName", "sn"]);
    let read = LdifSource::open(file(&folder, "directory.ldif", corpus::LDIF)).read(&request).await.unwrap().directory;
    let value = corpus::directory().unwrap();
    assert_eq!(format!("{:?}", read.people()), format!("{:?}", value.people()));
    assert_eq!(format!("{:?}", read.groups()), format!("{:?}", value.groups()));
}

#[tokio::test]
async fn an_interrupted_source_reports_it_and_returns_its_partial_read() {
    let folder = tempfile::tempdir().unwrap();
    let limited = format!("{}\nsearch: 2\nresult: 4 Size limit exceeded\n", corpus::LDIF);
    let zip = zipped(corpus::LDIF);
    let contractors = contractors(&folder);
    file(&folder, "contractors.csv", format!("{CSV}11;Ivy\n"));
    let sources: [Box<dyn DirectorySource>; 5] = [
        Box::new(contractors),
        Box::new(ListSource::new("guests", "Ann Lee ann@x.test; Bob").unwrap()),
        Box::new(MemorySource::new(corpus::directory().unwrap()).incomplete("page 2", "lost")),
        Box::new(LdifSource::open(file(&folder, "limited.ldif", limited))),
        Box::new(LdifSource::open(file(&folder, "cut.ldif.gz", &zip[..zip.len() - 9]))),
    ];
    for source in sources {
        let broken = source::broken(&*source).await;
        assert!(broken.iter().any(|law| law.starts_with("a_read_is_complete")), "{source}: {broken:#?}");
        let reading = source.read(&ReadRequest::everyone(["mail"])).await.unwrap();
        assert!(!reading.directory.people().is_empty(), "{source}");
    }
}

#[tokio::test]
async fn an_embedder_plans_with_both_mocks() {
    let mut source = MockDirectorySource::new();
    source.expect_read().times(1).returning(|request| {
        assert!(request.attributes.iter().any(|name| name == "mail"));
        let directory = corpus::directory()?.into();
        Ok(Reading { directory, completeness: Completeness::Complete, remarks: Vec::new(), effort: None, kept: None })
    });
    let mut target = MockProvisioningTarget::new();
    target.expect_describe().returning(|| {
        Ok(TargetInfo {
            name: "a mock account".to_owned(),
            account: "1".into(),
            login: None,
            capabilities: MemoryTarget::capabilities(),
            limits: FieldLimits::VENDOR,
            remarks: Vec::new(),
        })
    });
    target.expect_read().times(1).returning(|| Ok(corpus::account()));
    target.expect_execute().never();
    let rules = Rules::parse("[[rule]]\nname = 'Legal'\nou = 'OU=Sales,DC=example,DC=test'\n", "rules.toml").unwrap();
    let engine = Engine::new(source, target, MemoryState::new(), rules);
    let plan = engine.plan().await.unwrap().plan;
    assert_eq!(plan.basis().source.name, "a mock directory");
    let subjects: Vec<&str> = plan.steps().iter().map(|step| &*step.subject).collect();
    assert_eq!(subjects, ["ann@example.test", "bob@example.test", "cyd@example.test"]);
}
