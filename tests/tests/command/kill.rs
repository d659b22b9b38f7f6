//! Tests that kill the process at random moments, and that run two processes at once.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gotosync_core::model::{Account, ActionKind, License};
use gotosync_core::target::{LocalAccount, ProvisioningTarget};
use gotosync_tests::command::{command, run};
use gotosync_tests::people::export;

/// Writes a directory of 700 people, rules for it, and an empty account.
fn prepare(folder: &Path) {
    std::fs::write(folder.join("directory.ldif"), export(700)).expect("the export is written");
    std::fs::write(folder.join("rules.toml"), RULES).expect("the rules are written");
    std::fs::write(folder.join("gotosync.toml"), CONFIG).expect("the configuration is written");
    let mut account = Account::empty("1", "Test");
    let meeting = License::new("10", "GoToMeeting", &[], 1_000);
    account.licenses.push(meeting);
    LocalAccount::create(folder.join("account.db"), &account).expect("the account can be created");
}

/// Returns the users of the account without their keys, and the number of creations in the account's history.
fn look(folder: &Path) -> (Vec<String>, usize) {
    let target = LocalAccount::open(folder.join("account.db")).expect("the account opens after any crash");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    runtime.block_on(async {
        let account = target.read().await.expect("the account reads after any crash");
        let users = account.users.iter().map(|user| format!("{} {:?} {:?}", user.email, user.licenses, user.group));
        let activity = target.activity(100_000).await.expect("the history reads");
        (users.collect(), activity.iter().filter(|entry| entry.action == ActionKind::Create).count())
    })
}

/// Returns moments spread over the duration of a run, the same in every run of the test.
fn moments(count: u32, whole: Duration) -> impl Iterator<Item = Duration> {
    (0..count).map(move |at| whole * (at * 37 % count) / count)
}

#[test]
fn a_run_killed_at_any_moment_reaches_the_same_result_when_resumed() {
    let whole = tempfile::tempdir().expect("a temporary folder can be created");
    prepare(whole.path());
    // Build the command before the time is measured.
    let _ = gotosync_tests::command::binary();
    let began = Instant::now();
    let said = run(whole.path(), &["apply"]);
    let took = began.elapsed();
    assert_eq!(said.code, Some(0), "{said:?}");
    let (wanted, created) = look(whole.path());
    assert_eq!(created, 700);
    let mut interrupted = 0;
    for moment in moments(24, took) {
        let folder = tempfile::tempdir().expect("a temporary folder can be created");
        prepare(folder.path());
        let mut child = command(folder.path(), &["apply"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command starts");
        std::thread::sleep(moment);
        let _ = child.kill();
        let status = child.wait().expect("the command ends");
        let resumed = run(folder.path(), &["resume"]);
        assert_eq!(resumed.code, Some(0), "after {moment:?}: {resumed:?}");
        interrupted += usize::from(!status.success() && resumed.out.contains("created"));
        let again = run(folder.path(), &["apply"]);
        assert_eq!(again.code, Some(0), "after {moment:?}: {again:?}");
        let plan = run(folder.path(), &["plan"]);
        assert_eq!(plan.code, Some(0), "after {moment:?}: {plan:?}");
        assert!(plan.out.contains("nothing to do"), "{plan:?}");
        let (users, created) = look(folder.path());
        assert_eq!(users, wanted, "after {moment:?}");
        assert_eq!(created, 700, "after {moment:?}: a user was created twice");
    }
    assert!(interrupted > 0, "no kill hit a run between its first and its last write: choose other moments");
}

#[test]
fn the_second_of_two_runs_names_the_process_that_locks_the_account() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    prepare(folder.path());
    let mut children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = command(folder.path(), &["apply"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts")
        })
        .collect();
    let pids: Vec<u32> = children.iter().map(std::process::Child::id).collect();
    let outputs: Vec<_> = children.drain(..).map(|child| child.wait_with_output().expect("the command ends")).collect();
    let done = outputs.iter().filter(|output| output.status.code() == Some(0)).count();
    assert!(done >= 1, "{outputs:?}");
    for output in outputs.iter().filter(|output| output.status.code() != Some(0)) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("another run holds the lock on the account"), "{said}");
        assert!(pids.iter().any(|pid| said.contains(&pid.to_string())), "the error must name the process: {said}");
    }
    let (users, created) = look(folder.path());
    assert_eq!((users.len(), created), (700, 700));
}

const CONFIG: &str = r#"
[source]
ldif = "directory.ldif"
[account]
local = "account.db"
"#;

const RULES: &str = r#"
[limits]
create = "unlimited"
emails = "unlimited"

[[rule]]
name = "Everyone"
everyone = true
products = ["GoToMeeting"]
user_group = "Staff/All"
create_user_group = true
"#;
