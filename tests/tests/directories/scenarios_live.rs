//! Runs every folder of `scenarios/` over LDAP: a server loads its directory and must give the plan of the folder and
//! the plan of the server's own export.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use gotosync_core::source::DirectorySource;
use gotosync_tests::Trouble;
use gotosync_tests::named::QuietSource;
use gotosync_tests::scenario::{Golden, Home, Live, Printed, Run, Scenario, compare, export, run_on};

/// Scenarios that a server cannot represent, with the reason.
type Exceptions = &'static [(&'static str, &'static str)];

const CUT: &str = "a truncated export; searches that end early are covered by the table of faults";
const OF_EXCHANGE: &str = "extension attributes are part of Exchange, which Samba does not have";

const NOT_ON_SAMBA: Exceptions = &[
    ("finds_devices_by_mac_and_by_name", OF_EXCHANGE),
    ("device_wanted_by_two_people_goes_to_neither", OF_EXCHANGE),
    ("device_of_another_user", OF_EXCHANGE),
    ("unknown_device_is_skipped", OF_EXCHANGE),
    ("exclusion_by_group_and_filter", "every domain already has a group `Guests`"),
    ("ambiguous_group_name_is_an_error", "two groups of a domain cannot have the same `sAMAccountName`"),
    ("incomplete_directory_removes_nothing", CUT),
    ("incomplete_read_deletes_no_user", CUT),
    ("incomplete_read_disables_no_product_and_removes_no_role", CUT),
    ("leaver_not_deleted_before_enough_reads", CUT),
    ("primary_group_counts_as_membership", "a domain assigns SIDs itself and already has a group `Domain Users`"),
];

const NOT_ON_SLAPD: Exceptions = &[
    ("incomplete_directory_removes_nothing", CUT),
    ("incomplete_read_deletes_no_user", CUT),
    ("incomplete_read_disables_no_product_and_removes_no_role", CUT),
    ("leaver_not_deleted_before_enough_reads", CUT),
    ("unicode_form_is_no_change", "OpenLDAP accepts only ASCII in `mail`"),
];

#[tokio::test(flavor = "multi_thread")]
async fn active_directory_gives_the_recorded_plans_and_those_of_its_export() -> Result<(), Trouble> {
    everything(&Live::samba()?, NOT_ON_SAMBA).await
}

#[tokio::test(flavor = "multi_thread")]
async fn openldap_gives_the_recorded_plans_and_those_of_its_export() -> Result<(), Trouble> {
    everything(&Live::slapd()?, NOT_ON_SLAPD).await
}

/// Runs every folder. A listed exception that the server can represent is an error, as is an unlisted scenario that
/// fails.
async fn everything(server: &Live, exceptions: Exceptions) -> Result<(), Trouble> {
    let excepted: BTreeMap<&str, &str> = exceptions.iter().copied().collect();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let folders = fs::read_dir(scenarios)?.map(|entry| Ok(entry?.path())).collect::<Result<BTreeSet<_>, Trouble>>()?;
    let names: Vec<String> = folders.iter().map(|folder| name(folder)).collect();
    let mut problems: Vec<String> = (excepted.keys().filter(|name| !names.iter().any(|other| other == *name)))
        .map(|name| format!("{name}: listed as an exception, but the folder does not exist"))
        .collect();
    for (folder, name) in folders.iter().zip(&names) {
        match (visit(server, folder).await, excepted.get(name.as_str())) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(why)) => {
                problems.push(format!("{name}: listed as an exception ({why}), but the plans are equal"));
            }
            (Err(problem), None) => problems.push(format!("{name}: {problem}")),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

async fn visit(server: &Live, folder: &PathBuf) -> Result<(), Trouble> {
    let scenario = Scenario::open(folder)?;
    let exports: Mutex<BTreeMap<usize, String>> = Mutex::default();
    let open_live = |run: &Run, _: &Path| {
        server.hold(&run.directory)?;
        exports.lock().map_err(|_| "poisoned")?.insert(run.number, server.export()?);
        Ok(Box::new(QuietSource(server.source()?)) as Box<dyn DirectorySource>)
    };
    let open_export = |run: &Run, work: &Path| -> Result<Box<dyn DirectorySource>, Trouble> {
        let export = export(&exports.lock().map_err(|_| "poisoned")?[&run.number], work)?;
        Ok(Box::new(QuietSource(export)))
    };
    let works = [tempfile::tempdir()?, tempfile::tempdir()?];
    let live = run_on(&scenario, Home::Memory, &open_live, works[0].path()).await?;
    let exported = run_on(&scenario, Home::Memory, &open_export, works[1].path()).await?;
    for ((live, exported), number) in live.iter().zip(&exported).zip(1..) {
        as_the_folder_says(server, &scenario, live, number)?;
        if live != exported {
            return Err(
                format!("run {number}: the export gives another plan:\n{}\nand\n{}", live.plan, exported.plan).into()
            );
        }
    }
    Ok(())
}

fn as_the_folder_says(server: &Live, scenario: &Scenario, told: &Printed, number: usize) -> Result<(), Trouble> {
    let file =
        |stem: &str, end: &str| if number == 1 { format!("{stem}.{end}") } else { format!("{stem}.{number}.{end}") };
    compare(&scenario.folder, &file("plan", "txt"), &server.spelled(&told.plan), Golden::Keep)?;
    compare(&scenario.folder, &file("report", "txt"), &server.spelled(&told.report), Golden::Keep)?;
    compare(&scenario.folder, &file("after", "json"), &told.after, Golden::Keep)?;
    match &told.broken[..] {
        [] => Ok(()),
        [law, ..] => Err(format!("run {number}: {law}").into()),
    }
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
