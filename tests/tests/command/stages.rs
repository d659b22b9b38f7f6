//! Tests of welcome e-mails, simulated rules, deletions, and retries.

use std::fs;
use std::path::Path;

use gotosync_core::model::{Account, Email, License, User};
use gotosync_core::target::{LocalAccount, ProvisioningTarget};
use gotosync_tests::command::{Said, run};
use gotosync_tests::people::export;
use serde_json::Value;

const RULES: &str = r#"
[[welcome_email]]
name = "Sales"
subject = "Welcome, {first_name}"
text = "Dear {first_name} {last_name}, you have {products}."

[[rule]]
name = "Sales"
ou = "OU=Sales,DC=test"
products = ["Meeting"]
welcome_email = { template = "Sales" }

[[rule]]
name = "IT"
ou = "OU=IT,DC=test"
products = ["Meeting"]
welcome_email = "none"
"#;

/// Creates a folder with a directory of four people, two of them in Sales, and an empty account.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    fs::write(place.join("directory.ldif"), export(4)).expect("the file can be written");
    fs::write(place.join("rules.toml"), RULES).expect("the file can be written");
    let config = "[source]\nldif = \"directory.ldif\"\n[account]\nlocal = \"account.db\"\n";
    fs::write(place.join("gotosync.toml"), config).expect("the file can be written");
    let mut account = Account::empty("1", "Test");
    account.licenses.push(License::new("m", "Meeting", &["G2M"], 50));
    account.catalog.elsewhere.push(Email::new("taken@example.test"));
    LocalAccount::create(place.join("account.db"), &account).expect("the account can be created");
    folder
}

fn account(place: &Path) -> Account {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    let account = LocalAccount::open(place.join("account.db")).expect("the account can be opened");
    runtime.block_on(account.read()).expect("the account can be read")
}

fn user(place: &Path, email: &str) -> User {
    (**account(place).user_by_email(&Email::new(email)).unwrap_or_else(|| panic!("no user {email}"))).clone()
}

fn ends(place: &Path, words: &[&str], code: i32) -> Said {
    let said = run(place, words);
    assert_eq!(said.code, Some(code), "{words:?}: {said:?}");
    said
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("the file can be read");
    assert!(text.contains(from), "{} does not contain `{from}`", file.display());
    fs::write(file, text.replace(from, to)).expect("the file can be written");
}

#[test]
fn previews_a_welcome_email_and_sends_it_again_only_on_request() {
    let folder = place();
    let place = folder.path();
    let shown = ends(place, &["mail", "preview", "person0@example.test"], 0);
    assert_eq!(shown.out, "Subject: Welcome, Person\n\nDear Person Number 0, you have Meeting.\n");
    let wrong = ends(place, &["mail", "preview", "person1@example.test", "--template", "Sale"], 1);
    assert!(wrong.err.contains("did you mean `Sales`?"), "{wrong:?}");
    assert!(ends(place, &["mail", "preview", "person1@example.test"], 1).err.contains("no welcome e-mail"));
    assert_eq!(ends(place, &["plan"], 2).out.matches("write-template Sales").count(), 1);

    ends(place, &["apply"], 0);
    let sent = |email| user(place, email).invitation.map(|invitation| invitation.sent);
    assert_eq!((sent("person0@example.test"), sent("person1@example.test")), (Some(1), Some(0)));
    assert_eq!(account(place).catalog.welcome_emails[0].subject, "Welcome, {first_name}");
    // Later runs do not send it again.
    ends(place, &["run"], 0);
    assert_eq!(sent("person0@example.test"), Some(1));
    let again = ends(place, &["user", "invite", "person0@example.test"], 0);
    assert!(again.out.contains("invited"), "{again:?}");
    assert_eq!(sent("person0@example.test"), Some(2));
    assert!(ends(place, &["user", "invite", "nobody@example.test"], 1).err.contains("no person in the directory"));
    // A resent mail counts against the limit of e-mails.
    edit(&place.join("rules.toml"), "[[welcome_email]]", "limits = { emails = { count = 0 } }\n[[welcome_email]]");
    let held = ends(place, &["user", "invite", "person1@example.test"], 3);
    assert!(held.out.contains("e-mails would be sent; the limit is 0"), "{held:?}");
    assert_eq!(sent("person1@example.test"), Some(0));
}

/// Runs a command in a folder and masks ids, which differ between folders.
fn masked(place: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let said = run(place, words);
    let is_id = |word: &str| word.len() >= 16 && word.chars().all(|c| c.is_ascii_hexdigit() || "-:T".contains(c));
    let plain = |text: &str| -> String {
        text.split_inclusive([' ', '\n']).map(|word| if is_id(word.trim_end()) { "ID " } else { word }).collect()
    };
    (said.code, plain(&said.out), plain(&said.err))
}

#[test]
fn old_command_names_do_the_same_as_the_new_ones() {
    let [new, old] = [place(), place()];
    for place in [&new, &old] {
        ends(place.path(), &["apply"], 0);
    }
    for (now, before, rest) in [
        (["mail", "preview"], "welcome", &["person0@example.test"][..]),
        (["mail", "preview"], "welcome", &["person0@example.test", "--json"]),
        (["mail", "preview"], "welcome", &["person1@example.test", "--template", "Sales"]),
        (["mail", "preview"], "welcome", &["person1@example.test"]),
        (["mail", "preview"], "welcome", &["nobody@example.test"]),
        (["user", "invite"], "invite", &["person0@example.test", "--full"]),
        (["user", "invite"], "invite", &["nobody@example.test"]),
    ] {
        let now = masked(new.path(), &[&now, rest].concat());
        assert_eq!(now, masked(old.path(), &[&[before], rest].concat()), "{before} {rest:?}");
    }
    let sent = |place: &Path| user(place, "person0@example.test").invitation.map(|invitation| invitation.sent);
    assert_eq!((sent(new.path()), sent(old.path())), (Some(2), Some(2)));
    for (place, words) in [(&new, &["user", "invite"][..]), (&old, &["invite"])] {
        let data = json(&ends(place.path(), &[words, &["person0@example.test", "--json"]].concat(), 0));
        assert_eq!(data["report"]["lines"].as_array().map(Vec::len), Some(1), "{data}");
        // The history shows the new name of the command.
        let runs = json(&ends(place.path(), &["history", "--json", "--limit", "1"], 0));
        assert_eq!(runs[0]["command"], "gotosync user invite");
    }
    edit(&new.path().join("rules.toml"), "[[welcome_email]]", "limits = { emails = { count = 0 } }\n[[welcome_email]]");
    for words in [&["user", "invite"][..], &["invite"]] {
        ends(new.path(), &[words, &["person1@example.test"]].concat(), 3);
    }
}

#[test]
fn shows_simulated_rules_and_does_not_apply_them() {
    let folder = place();
    let place = folder.path();
    let before = fs::read(place.join("account.db")).expect("the file can be read");
    let whole = ends(place, &["run", "--simulate"], 0);
    assert!(whole.out.contains("simulated only, not applied (5)"), "{whole:?}");
    let report = json(&ends(place, &["apply", "--simulate", "--json"], 0));
    assert_eq!(report["report"]["simulated"].as_array().map(Vec::len), Some(5));
    assert_eq!(fs::read(place.join("account.db")).expect("the file can be read"), before);

    edit(&place.join("rules.toml"), "name = \"IT\"", "name = \"IT\"\nmode = \"simulate\"");
    let plan = ends(place, &["plan"], 2);
    assert!(plan.out.contains("simulated only, not applied:"), "{plan:?}");
    assert!(plan.out.contains("info: simulated only; nothing here is applied (1)"), "{plan:?}");
    let told = ends(place, &["explain", "person1@example.test"], 0);
    assert!(told.out.contains("simulated only, not applied\n  + create person1@example.test"), "{told:?}");
    ends(place, &["apply"], 0);
    assert_eq!(account(place).users.len(), 2);
    // To apply a simulated rule, it is enough to remove its `mode`.
    edit(&place.join("rules.toml"), "mode = \"simulate\"\n", "");
    ends(place, &["apply"], 0);
    assert_eq!(account(place).users.len(), 4);
    assert_eq!(ends(place, &["plan"], 0).out.matches("nothing to do").count(), 1);
}

#[test]
fn reports_people_set_aside_by_a_failure_and_retries_them_on_request() {
    let folder = place();
    let place = folder.path();
    ends(place, &["apply"], 0);
    edit(&place.join("directory.ldif"), "person2@example.test", "taken@example.test");
    let failed = ends(place, &["run"], 4);
    let line = "person2@example.test: update failed 1 time: ";
    assert!(failed.out.contains("skipped after a failure (1)") && failed.out.contains(line), "{failed:?}");

    // The next run skips that person, performs the other steps, and reports both.
    edit(&place.join("directory.ldif"), "person3@example.test", "person3.new@example.test");
    let next = ends(place, &["run"], 0);
    assert!(next.out.contains("updated") && next.out.contains(line), "{next:?}");
    assert!(ends(place, &["plan"], 0).out.contains("warning: skipped after a failure (1)"));
    assert!(ends(place, &["retry", "person3.new@example.test"], 1).err.contains("no failure is recorded for"));
    let again = ends(place, &["retry", "person2@example.test"], 4);
    assert!(again.out.contains("update failed 2 times"), "{again:?}");
    assert!(ends(place, &["retry", "all"], 4).out.contains("update failed 3 times"));

    // After the directory is fixed, the step succeeds at once, and no person is set aside any more.
    edit(&place.join("directory.ldif"), "taken@example.test", "person2@example.test");
    let mended = ends(place, &["run"], 0);
    assert!(!mended.out.contains("skipped after a failure"), "{mended:?}");
    assert!(ends(place, &["retry", "all"], 0).err.contains("nothing to retry"));
}

#[test]
fn deletions_wait_for_approval_and_other_steps_do_not() {
    let folder = place();
    let place = folder.path();
    let stages = "leavers = { first = \"suspend\", delete_after_days = 1, delete_after_reads = 2 }\n";
    let text = fs::read_to_string(place.join("rules.toml")).expect("the file can be read");
    fs::write(place.join("rules.toml"), format!("{stages}{text}")).expect("the file can be written");
    ends(place, &["apply"], 0);
    let all = export(4);
    let entries: Vec<&str> = all.split("\n\n").filter(|entry| !entry.contains("person1@")).collect();
    fs::write(place.join("directory.ldif"), entries.join("\n\n")).expect("the file can be written");
    let gone = ends(place, &["run"], 0);
    assert!(gone.out.contains("suspended"), "{gone:?}");
    ends(place, &["run"], 0);
    assert_eq!(ends(place, &["plan"], 0).out.matches("x delete").count(), 0, "the deletion must wait a day");

    // Move the stored date of the leaver into the past.
    let state = rusqlite::Connection::open(place.join("state.db")).expect("the state can be opened");
    let back = "UPDATE links SET leaver_since = '2026-01-01T00:00:00.000000000Z' WHERE leaver_since IS NOT NULL";
    assert_eq!(state.execute(back, ()).expect("the table exists"), 1);
    drop(state);
    assert!(ends(place, &["plan"], 3).out.contains("hold: users would be deleted permanently (1)"));
    edit(&place.join("directory.ldif"), "givenName: Person\nsn: Number 0", "givenName: Percy\nsn: Number 0");
    let run = ends(place, &["run"], 0);
    assert!(run.out.contains("updated"), "{run:?}");
    assert_eq!(&*user(place, "person0@example.test").first_name, "Percy");
    assert_eq!(account(place).users.len(), 4, "no user may be deleted without approval");
    let advice = run.err.lines().find(|line| line.contains("--approve")).unwrap_or_else(|| panic!("{run:?}"));
    let words: Vec<&str> = advice.split_whitespace().skip(1).collect();
    assert_eq!(ends(place, &words[..2], 3).code, Some(3), "the plan without approval must not be applied");
    assert!(ends(place, &words, 0).out.contains("deleted"));
    assert_eq!(account(place).users.len(), 3);
    ends(place, &["plan"], 0);
}
