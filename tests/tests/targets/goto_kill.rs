//! Kills the process at random moments while it applies two thousand steps to the emulator of GoTo.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gotosync_core::model::{Account, License, Role, Status, User, UserGroup, UserGroupPath};
use gotosync_tests::command::{Said, command, said};
use gotosync_tests::goto::{Emulator, Operation};
use gotosync_tests::people::export;

/// Returns an account with an administrator and 500 of the people, whose names are outdated and who have a product
/// that they must lose.
fn account() -> Account {
    let mut account = Account::empty("8887111122223333444", "Example Ltd");
    let user = |key: usize, email: &str, first: &str| {
        let mut user = User::new(email, first, "Old");
        (user.key, user.status) = (Some(key.to_string().as_str().into()), Status::Active);
        user
    };
    let admin = User { role: Role::Administrator, ..user(7001, "admin@example.test", "Ada") };
    account.users.push(admin.into());
    for number in 0..EXISTING {
        let mut old = user(10_000 + number, &format!("person{number}@example.test"), "Person");
        old.licenses = vec!["2".into()];
        account.users.push(old.into());
    }
    account.licenses =
        vec![License::new("1", "GoToMeeting", &["G2M"], 5_000), License::new("2", "GoToTraining", &["G2T"], 5_000)];
    account.groups = vec![UserGroup { key: None, path: UserGroupPath::new("Staff") }];
    account.login = Some("7001".into());
    account
}

/// Writes a configuration for an emulator into a folder.
fn prepare(folder: &Path, emulator: &Emulator) {
    let urls = emulator.urls();
    let config = format!(
        "[source]\nldif = \"directory.ldif\"\n\n[account]\ngoto = \"emulated-client\"\nvisible_within = \"0s\"\n\
         personal_token = {{ variable = \"GOTO_TOKEN\" }}\nper_second = 100000\nbatch = 40\n\
         [account.urls]\nauthorize = \"{}\"\ntoken = \"{}\"\nadmin = \"{}\"\n",
        urls.authorize, urls.token, urls.admin
    );
    fs::write(folder.join("directory.ldif"), export(PEOPLE)).expect("the export is written");
    fs::write(folder.join("rules.toml"), RULES).expect("the rules are written");
    fs::write(folder.join("gotosync.toml"), config).expect("the configuration is written");
}

fn start() -> Emulator {
    Emulator::options().account(account()).per_second(None).start().expect("the emulator starts")
}

/// Returns the users without the keys of new users.
fn users(emulator: &Emulator) -> Vec<String> {
    let account = emulator.account();
    account
        .users
        .iter()
        .map(|user| format!("{} {} {} {:?}", user.email, user.first_name, user.last_name, user.licenses))
        .collect()
}

fn go(folder: &Path, emulator: &Emulator, words: &[&str]) -> Said {
    let mut command = command(folder, words);
    said(command.env("GOTO_TOKEN", emulator.personal_token()).output().expect("the process starts"))
}

/// Returns moments spread over the duration of a run, with some reproducible randomness.
fn moments(count: u32, whole: Duration) -> impl Iterator<Item = Duration> {
    (0..count).map(move |at| {
        let chance = (u64::from(at) * 0x9e37_79b9 + 12_345) % 1000;
        whole.mul_f64((f64::from(at) + f64::from(chance as u32) / 1000.0) / f64::from(count))
    })
}

#[test]
fn a_goto_run_killed_at_any_moment_reaches_the_same_result_when_resumed() {
    let _ = gotosync_tests::command::binary();
    let (folder, emulator) = (tempfile::tempdir().expect("a temporary folder can be created"), start());
    prepare(folder.path(), &emulator);
    let began = Instant::now();
    let whole = go(folder.path(), &emulator, &["apply"]);
    let took = began.elapsed();
    assert_eq!(whole.code, Some(0), "{whole:?}");
    let wanted = users(&emulator);
    assert_eq!(wanted.len(), PEOPLE + 1);
    assert_eq!(emulator.mails().len(), PEOPLE - EXISTING);
    let steps = go(folder.path(), &emulator, &["history", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&steps.out).expect("the history is JSON");
    let outcomes: BTreeMap<String, u64> =
        serde_json::from_value(history[0]["outcomes"].clone()).expect("a run has outcomes");
    assert_eq!(outcomes.values().sum::<u64>(), 2000, "{outcomes:?}");

    // Two kills run in parallel, each with its own folder, account, and process.
    let moments: Vec<Duration> = moments(KILLS, took).collect();
    let (next, interrupted, doubted) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(moment) = moments.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (resumed, in_doubt) = killed_at(*moment, &wanted);
                    interrupted.fetch_add(usize::from(resumed), Ordering::Relaxed);
                    doubted.fetch_add(usize::from(in_doubt), Ordering::Relaxed);
                }
            });
        }
    });
    let (interrupted, doubted) = (interrupted.into_inner(), doubted.into_inner());
    println!(
        "one run took {took:?}; {KILLS} kills: {interrupted} runs had to be resumed, {doubted} of them while users were being created"
    );
    assert!(interrupted > 5, "too few kills hit a run between its first and its last write: {interrupted}");
}

/// Kills a run at a moment, resumes it, and checks the result. Returns whether it had to be resumed and whether users
/// were being created.
fn killed_at(moment: Duration, wanted: &[String]) -> (bool, bool) {
    let (folder, emulator) = (tempfile::tempdir().expect("a temporary folder can be created"), start());
    prepare(folder.path(), &emulator);
    let mut child = command(folder.path(), &["apply"])
        .env("GOTO_TOKEN", emulator.personal_token())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    std::thread::sleep(moment);
    let _ = child.kill();
    let status = child.wait().expect("the command ends");
    let written = emulator.calls().iter().filter(|call| call.operation == Operation::CreateUsers).count();
    let resumed = go(folder.path(), &emulator, &["resume"]);
    assert_eq!(resumed.code, Some(0), "after {moment:?}: {resumed:?}");
    let did = !resumed.err.contains("nothing to resume");
    if !did {
        // The run was killed before its first write, or it had already ended.
        let again = go(folder.path(), &emulator, &["apply"]);
        assert_eq!(again.code, Some(0), "after {moment:?}: {again:?}");
    }
    let plan = go(folder.path(), &emulator, &["plan"]);
    assert_eq!(plan.code, Some(0), "after {moment:?}: {plan:?}");
    assert!(plan.out.contains("nothing to do"), "{plan:?}");
    assert_eq!(users(&emulator), wanted, "after {moment:?}");
    let mut mails: Vec<String> = emulator.mails().into_iter().map(|mail| mail.to).collect();
    mails.sort();
    let sent = mails.len();
    mails.dedup();
    assert_eq!((mails.len(), sent), (PEOPLE - EXISTING, PEOPLE - EXISTING), "after {moment:?}: a mail was sent twice");
    (!status.success() && did, !status.success() && did && written > 0)
}

/// The number of people in the directory.
const PEOPLE: usize = 2000;
/// The number of people who already have a user.
const EXISTING: usize = 500;
const KILLS: u32 = 50;

const RULES: &str = r#"
[limits]
create = "unlimited"
update = "unlimited"
release = "unlimited"
group_change = "unlimited"
emails = "unlimited"

[[rule]]
name = "Everyone"
everyone = true
products = ["GoToMeeting"]
user_group = "Staff"

[[rule]]
name = "Nobody any more"
everyone = true
filter = "(sn=nobody)"
products = ["GoToTraining"]
"#;
