//! Tests of the command line: output, output streams, and exit codes.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use gotosync_tests::command::{Said, command, run};
use gotosync_tests::people::export;
use serde_json::Value;

/// Creates a folder that contains the quickstart example.
fn example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let said = run(folder.path(), &["quickstart", "example"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    folder
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("the file can be read");
    assert!(text.contains(from), "{} does not contain `{from}`", file.display());
    fs::write(file, text.replace(from, to)).expect("the file can be written");
}

#[test]
fn quickstart_applies_its_example_once_and_then_has_nothing_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let first = run(folder.path(), &["quickstart"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    for told in ["create ", "check passed", "created ", "nothing to do", "try next"] {
        assert!(first.out.contains(told) || first.err.contains(told), "`{told}` is missing: {first:?}");
    }
    let second = run(folder.path(), &["quickstart"]);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.out.contains("nothing to do") && !second.out.contains("created "), "{second:?}");
}

#[test]
fn quickstart_does_not_touch_folders_of_others() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    fs::create_dir(folder.path().join("mine")).expect("the folder can be created");
    fs::write(folder.path().join("mine/gotosync.toml"), "# my own\n").expect("the file can be written");
    let said = run(folder.path(), &["quickstart", "mine"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("help:"), "{said:?}");
    assert_eq!(fs::read_dir(folder.path().join("mine")).expect("the folder can be listed").count(), 1);
}

#[test]
fn plan_exits_with_2_while_changes_are_pending_and_writes_nothing() {
    let folder = example();
    let place = folder.path().join("example");
    assert_eq!(run(&place, &["plan"]).code, Some(0));
    edit(&place.join("rules.toml"), "de_DE", "de_AT");
    let first = run(&place, &["plan", "--out", "plan.json"]);
    assert_eq!(first.code, Some(2), "{first:?}");
    assert!(first.out.contains("language: de_DE -> de_AT"), "{first:?}");
    let again = run(&place, &["plan", "--json"]);
    assert_eq!(again.code, Some(2), "planning must not write anything: {again:?}");
    let steps = json(&again)["steps"].as_array().expect("the JSON has steps").clone();
    assert!(
        steps.iter().all(|step| step["action"]["do"] == "update" && step["reasons"][0]["field"] == "language"),
        "{steps:?}"
    );

    let applied = run(&place, &["apply", "plan.json"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!(run(&place, &["plan"]).code, Some(0));
    // Apply the same plan again: each user has changed since, so each step is refused.
    let stale = run(&place, &["apply", "plan.json"]);
    assert_eq!(stale.code, Some(4), "{stale:?}");
    assert!(stale.out.contains("changed since the plan was made"), "{stale:?}");
}

#[test]
fn an_exceeded_limit_stops_the_run_and_shows_how_to_approve_the_plan() {
    let folder = example();
    let place = folder.path().join("example");
    edit(&place.join("rules.toml"), "de_DE", "de_AT");
    let text = fs::read_to_string(place.join("rules.toml")).expect("the file can be read");
    let text = text.replacen("[limits]", "[limits]\nupdate = { count = 3 }", 1);
    fs::write(place.join("rules.toml"), text).expect("the file can be written");

    let stopped = run(&place, &["apply"]);
    assert_eq!(stopped.code, Some(3), "{stopped:?}");
    assert!(stopped.out.contains("users would be updated; the limit is 3"), "{stopped:?}");
    let advice = stopped.err.lines().find(|line| line.contains("--approve")).unwrap_or_else(|| panic!("{stopped:?}"));
    let words: Vec<&str> = advice.split_whitespace().skip(1).collect();
    assert_eq!(run(&place, &["check"]).code, Some(3));

    // The id of another plan does not approve this plan.
    let wrong = run(&place, &["apply", words[1], "--approve", "0000000000000000"]);
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    let approved = run(&place, &words);
    assert_eq!(approved.code, Some(0), "{words:?} {approved:?}");
    assert_eq!(run(&place, &["plan"]).code, Some(0));
    let history = json(&run(&place, &["history", "--json"]));
    let endings: Vec<_> =
        history.as_array().expect("the output is a list").iter().map(|run| run["ending"].clone()).collect();
    assert_eq!(endings, ["done", "stopped", "stopped", "done"], "the history includes stopped runs");
}

#[test]
fn refuses_an_edited_plan() {
    let folder = example();
    let place = folder.path().join("example");
    edit(&place.join("rules.toml"), "de_DE", "de_AT");
    assert_eq!(run(&place, &["plan", "--out", "plan.json"]).code, Some(2));
    edit(&place.join("plan.json"), "de_AT", "fr_FR");
    let said = run(&place, &["apply", "plan.json"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("the plan was edited after it was made"), "{said:?}");
}

#[test]
fn every_listing_has_a_json_form() {
    let folder = example();
    let place = folder.path().join("example");
    for words in [
        &["plan", "--json"][..],
        &["check", "--json"],
        &["explain", "grace.wilson@example.test", "--json"],
        &["browse", "--json"],
        &["browse", "--people", "--json"],
        &["browse", "--search", "wilson", "--json"],
        &["describe", "--json"],
        &["history", "--json"],
        &["about", "--json"],
        &["run", "--json"],
        &["resume", "--json"],
    ] {
        let said = run(&place, words);
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        assert!(json(&said).is_object() || json(&said).is_array(), "{words:?}");
    }
}

#[test]
fn mistakes_exit_with_1_and_name_the_place_and_the_fix() {
    let folder = example();
    let place = folder.path().join("example");
    for words in [
        &["plan", "--config", "nowhere.toml"][..],
        &["explain", "nobody at all"],
        &["browse", "OU=Nowhere,DC=x"],
        &["browse", "OU=Nowhere,DC=x", "--people"],
        &["browse", "--search", " "],
        &["aply"],
    ] {
        let said = run(&place, words);
        assert_eq!(said.code, Some(1), "{words:?}: {said:?}");
        assert!(said.out.is_empty(), "errors must not be on standard output: {said:?}");
        assert!(said.err.contains("help:") || said.err.contains("Usage"), "{words:?}: {said:?}");
    }
    edit(&place.join("rules.toml"), "products", "prodcts");
    let said = run(&place, &["plan"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("rules.toml:") && said.err.contains("did you mean `products`?"), "{said:?}");
}

#[test]
fn a_truncated_export_stops_the_run_and_removes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    assert_eq!(run(place, &["quickstart", "example"]).code, Some(0));
    let place = place.join("example");
    let whole = fs::read(place.join("directory.ldif.gz")).expect("the file can be read");
    for share in [2, 3, 5, 10, 100] {
        fs::write(place.join("directory.ldif.gz"), &whole[..whole.len() / share]).expect("the file can be written");
        let said = run(&place, &["run"]);
        assert!(matches!(said.code, Some(1 | 3)), "1/{share} of the export: {said:?}");
        assert!(!said.out.contains("suspended  "), "{said:?}");
    }
    fs::write(place.join("directory.ldif.gz"), &whole).expect("the file can be written");
    assert_eq!(run(&place, &["plan"]).code, Some(0), "the truncated export must not change anything");
}

#[test]
fn creates_a_missing_local_account_from_json() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    fs::write(place.join("directory.ldif"), export(20)).expect("the file can be written");
    let config = "[source]\nldif = \"directory.ldif\"\n[account]\nlocal = \"account.db\"\nfrom = \"account.json\"\n";
    fs::write(place.join("gotosync.toml"), config).expect("the file can be written");
    fs::write(place.join("rules.toml"), "[[rule]]\nname = \"All\"\neveryone = true\nproducts = [\"GoToMeeting\"]\n")
        .expect("the file can be written");
    fs::write(place.join("account.json"), "{ \"key\": 1 }").expect("the file can be written");
    let wrong = run(place, &["plan"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.err.contains("account.json") && wrong.err.contains("does not contain a valid account"), "{wrong:?}");
    // The account from the page on files.
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../gotosync-core/docs/files.md"))
        .expect("the file can be read");
    let shown =
        readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the page shows an account");
    fs::write(place.join("account.json"), shown).expect("the file can be written");
    assert_eq!(run(place, &["plan"]).code, Some(2));
    assert_eq!(run(place, &["apply"]).code, Some(0));
    assert_eq!(run(place, &["plan"]).code, Some(0));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_run_after_the_current_batch_and_the_next_run_does_the_rest() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    fs::write(place.join("directory.ldif"), export(8_000)).expect("the file can be written");
    fs::write(place.join("gotosync.toml"), "[source]\nldif = \"directory.ldif\"\n[account]\nlocal = \"account.db\"\n")
        .expect("the file can be written");
    let rules = "[limits]\ncreate = \"unlimited\"\nemails = \"unlimited\"\n[[rule]]\nname = \"All\"\neveryone = true\n";
    fs::write(place.join("rules.toml"), rules).expect("the file can be written");
    let account = gotosync_core::model::Account::empty("1", "Test");
    gotosync_core::target::LocalAccount::create(place.join("account.db"), &account)
        .expect("the account can be created");
    let child =
        command(place, &["apply"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the process starts");
    // Wait until something was written: the state file is opened first, and the account file grows later.
    let before = fs::metadata(place.join("account.db")).map_or(0, |file| file.len());
    let grown = || fs::metadata(place.join("account.db-wal")).is_ok_and(|file| file.len() > before);
    for _ in 0..600 {
        if grown() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let signaled =
        std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(signaled.success(), "the run ended before it received the signal");
    let output = child.wait_with_output().expect("the process ends");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{out}{err}");
    assert!(out.contains("interrupted") && out.contains("skipped"), "{out}");
    assert!(err.contains("stopping after the current batch"), "{err}");
    let rest = run(place, &["apply"]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    assert_eq!(run(place, &["plan"]).code, Some(0));
}

#[test]
fn help_lists_the_commands_in_groups_and_explains_each() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let help = run(folder.path(), &["--help"]);
    assert_eq!(help.code, Some(0));
    let lines = || help.out.lines().skip_while(|line| *line != "Run:").take_while(|line| *line != "Options:");
    let headings: Vec<&str> = lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
    assert_eq!(headings, ["Run:", "Rules:", "People:", "Setup:", "Look:"]);
    let verbs: Vec<&str> = lines()
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(verbs[..6], ["plan", "check", "apply", "run", "resume", "retry"], "the first commands in the help");
    assert!(!verbs.contains(&"invite") && !verbs.contains(&"welcome"), "{verbs:?}");
    for verb in &verbs {
        let said = run(folder.path(), &[verb, "--help"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.len() > 100, "the help of {verb} is too short: {said:?}");
    }
    // `-h`, `help`, and no argument show the same list, and it fits the terminal.
    for (words, code) in [(&["-h"][..], 0), (&["help"], 0), (&[], 1)] {
        let mut narrow = command(folder.path(), words);
        let output = narrow.env("COLUMNS", "80").output().expect("the process starts");
        assert_eq!(output.status.code(), Some(code), "{words:?}");
        let text = String::from_utf8_lossy(if code == 0 { &output.stdout } else { &output.stderr });
        assert!(verbs.iter().all(|verb| text.contains(&format!("\n  {verb} "))), "{words:?}: {text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }
}

#[test]
fn completions_offer_the_commands_that_help_lists() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let offered = |words: &[&str]| -> Vec<String> {
        let mut shell = command(folder.path(), &[&["--", "gotosync"], words].concat());
        let output = shell.env("GOTOSYNC_COMPLETE", "fish").output().expect("the process starts");
        let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
        text.lines().filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
    };
    let verbs = offered(&[""]);
    for verb in ["plan", "retry", "rule", "user", "mail", "login", "browse", "about"] {
        assert!(verbs.iter().any(|offered| offered == verb), "{verb}: {verbs:?}");
    }
    assert_eq!(offered(&["user", "i"]), ["invite"]);
    assert_eq!(offered(&["mail", "p"]), ["preview"]);
    for old in ["inv", "invite", "welc"] {
        assert_eq!(offered(&[old]), [] as [&str; 0], "completion must not offer an old name");
    }
}

#[test]
fn check_reports_each_failing_example_and_run_continues() {
    let folder = example();
    let place = folder.path().join("example");
    let rules = fs::read_to_string(place.join("rules.toml")).expect("the file can be read");
    let attributes = "attributes = { givenName = 'Ann', sn = 'Lee', mail = 'ann@example.test' }";
    let example = format!("\n[[example]]\nname = \"Ann\"\n{attributes}\nfields = {{ first_name = \"Ann\" }}\n");
    fs::write(place.join("rules.toml"), format!("{rules}{example}")).expect("the file can be written");
    let fine = run(&place, &["check"]);
    assert_eq!(fine.code, Some(0), "{fine:?}");
    assert!(fine.err.contains("examples: 1 of 1 passed"), "{fine:?}");

    edit(&place.join("rules.toml"), "first_name = \"Ann\"", "first_name = \"Anne\"");
    let line = format!("{rules}{example}").lines().count();
    let wrong = run(&place, &["check"]);
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    for told in [&*format!("rules.toml:{line}:25"), "example `Ann`", "expected: `Anne`", "got: `Ann`", "0 of 1"] {
        assert!(wrong.err.contains(told), "`{told}` is missing: {wrong:?}");
    }
    let data = run(&place, &["check", "--json"]);
    assert_eq!(
        (
            data.code,
            json(&data).as_array().and_then(|notes| notes.last().cloned()).expect("the plan has the note")["expected"]
                .as_str()
        ),
        (Some(3), Some("`Anne`"))
    );
    for verb in ["plan", "run"] {
        let said = run(&place, &[verb]);
        assert_eq!(said.code, Some(0), "a failing example must not stop `{verb}`: {said:?}");
    }
}
