//! Tests of `gotosync rule` and `gotosync check --rules`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use gotosync_core::model::{Account, License, UserGroup, UserGroupPath};
use gotosync_core::rules::{Change, Position};
use gotosync_core::target::LocalAccount;
use gotosync_core::{Config, ErrorKind, Rules};
use gotosync_tests::command::{Said, command, run};
use serde_json::Value;

/// Creates a folder with three people, an account with one license and one user group, and two rules.
fn office() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    fs::write(place.join("directory.ldif"), DIRECTORY).expect("the file can be written");
    fs::write(place.join("rules.toml"), RULES).expect("the file can be written");
    fs::write(place.join("gotosync.toml"), CONFIG).expect("the file can be written");
    let mut account = Account::empty("1", "Test");
    let products = vec!["G2M".to_owned()];
    account.licenses.push(License { products, ..License::new("10", "GoToMeeting", &[], 9) });
    account.groups.push(UserGroup { key: None, path: UserGroupPath::new("Sales") });
    LocalAccount::create(place.join("account.db"), &account).expect("the account can be created");
    folder
}

fn text(folder: &Path) -> String {
    fs::read_to_string(folder.join("rules.toml")).expect("the file can be read")
}

fn names(folder: &Path) -> Vec<String> {
    let rules = Rules::parse(&text(folder), "rules.toml").expect("the rules are valid");
    rules.list.iter().map(|rule| rule.name.to_string()).collect()
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[track_caller]
fn fine(folder: &Path, words: &[&str]) -> Said {
    let said = run(folder, words);
    assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
    said
}

#[test]
fn adds_changes_disables_moves_and_removes_a_rule_and_keeps_the_rest_of_the_file() {
    let folder = office();
    let place = folder.path();
    let said = fine(place, &["rule", "add", "IT", "--ou", "OU=IT,DC=x", "--product", "G2M", "--before", "Everyone"]);
    assert_eq!(said.err, "added rule `IT` in rules.toml, line 8; it selects 1 person\n");
    let block = "[[rule]]\nname = \"IT\"\nou = \"OU=IT,DC=x\"\nproducts = [\"G2M\"]\n\n";
    assert_eq!(text(place), RULES.replace("# the rest", &format!("{block}# the rest")));

    let said =
        fine(place, &["rule", "edit", "IT", "--user-group", "Sales", "--set", "update=false", "--set", "leavers=keep"]);
    assert!(said.err.starts_with("saved rule `IT` in rules.toml"), "{said:?}");
    assert!(text(place).contains("update = false\nproducts = [\"G2M\"]\nuser_group = \"Sales\"\nleavers = \"keep\"\n"));
    fine(
        place,
        &[
            "rule",
            "edit",
            "IT",
            "--unset",
            "leavers",
            "--unset",
            "user_group",
            "--unset",
            "update",
            "--name",
            "Technik",
        ],
    );
    assert_eq!(
        text(place),
        RULES.replace("# the rest", &format!("{}# the rest", block.replace("IT\"\nou", "Technik\"\nou")))
    );

    let said = fine(place, &["rule", "disable", "Everyone"]);
    assert!(said.err.contains("it is disabled, and would select 3 people"), "{said:?}");
    let listed = json(&fine(place, &["rule", "list", "--json"]));
    let people: Vec<_> =
        listed.as_array().expect("the output is a list").iter().map(|row| row["people"].as_u64()).collect();
    assert_eq!(people, [Some(2), Some(1), None]);
    fine(place, &["rule", "enable", "Everyone"]);
    let said = fine(place, &["rule", "move", "Technik", "--first"]);
    assert!(said.err.contains("moved rule `Technik` in rules.toml, line 3"), "{said:?}");
    assert_eq!(names(place), ["Technik", "Sales", "Everyone"]);
    let said = fine(place, &["rule", "move", "Technik", "--first"]);
    assert_eq!(said.err, "rule `Technik` in rules.toml is unchanged: it was like this already\n");
    fine(place, &["rule", "remove", "Technik"]);
    assert_eq!(text(place), RULES, "the rest of the file must stay unchanged");

    let said = fine(place, &["rule", "remove", "Everyone"]);
    assert!(said.err.contains("1 person is no longer selected by any rule"), "{said:?}");
}

#[test]
fn list_and_show_print_the_selection_and_its_number_of_people() {
    let folder = office();
    let place = folder.path();
    insta::assert_snapshot!(fine(place, &["rule", "list"]).out);
    let said = fine(place, &["rule", "show", "Sales"]);
    assert_eq!(said.out, "[[rule]]\nname = \"Sales\"   # 2019\nou = \"OU=Sales,DC=x\"\nproducts = [\"GoToMeeting\"]\n");
    assert_eq!(said.err, "rule 1 of rules.toml, line 3; it selects 2 people\n");
    let shown = json(&fine(place, &["rule", "show", "Everyone", "--json"]));
    assert_eq!((&shown["number"], &shown["people"], &shown["keys"]["everyone"]), (&2.into(), &3.into(), &true.into()));
    // Commands that only read rules also work if the directory is unavailable.
    fs::remove_file(place.join("directory.ldif")).expect("the file can be removed");
    let said = fine(place, &["rule", "list"]);
    assert!(said.err.contains("could not count the people that each rule selects"), "{said:?}");
    assert!(said.out.contains("  ?  Sales"), "{said:?}");
    assert_eq!(json(&fine(place, &["rule", "list", "--json"]))[0]["people"], Value::Null);
    fine(place, &["rule", "show", "Sales"]);
}

#[test]
fn does_not_save_unknown_names_and_suggests_the_nearest() {
    let folder = office();
    let place = folder.path();
    let mut told = String::new();
    let attempts: [&[&str]; 15] = [
        &["rule", "add", "New", "--ou", "OU=Sale,DC=x", "--product", "GoToMeting", "--user-group", "Sale"],
        &["rule", "add", "New", "--ou", "Sales"],
        &["rule", "add", "New", "--group", "Team"],
        &["rule", "add", "New", "--everyone", "--filter", "(titel=A)"],
        &["rule", "add", "New", "--everyone", "--filter", "(title=A"],
        &["rule", "add", "New"],
        &["rule", "add", "Sales", "--everyone"],
        &["rule", "add", "New", "--everyone", "--set", "productz=['G2M']"],
        &["rule", "add", "New", "--everyone", "--set", "update"],
        &["rule", "add", "New", "--everyone", "--before", "Everyon"],
        &["rule", "edit", "Sales", "--ou", "OU=Sale,DC=x"],
        &["rule", "edit", "Sales", "--unset", "product"],
        &["rule", "edit", "Sales"],
        &["rule", "move", "Sales"],
        &["rule", "show", "Seles"],
    ];
    for words in attempts {
        let said = run(place, words);
        assert_eq!(said.code, Some(1), "{words:?}: {said:?}");
        let _ = write!(told, "$ gotosync {}\n{}\n", words.join(" "), said.err);
    }
    assert_eq!(text(place), RULES, "the file must stay unchanged");
    insta::assert_snapshot!(told);
}

#[test]
fn force_saves_a_rule_with_names_that_cannot_be_checked() {
    let folder = office();
    let place = folder.path();
    let said = fine(place, &["rule", "add", "New", "--ou", "OU=Sale,DC=x", "--force"]);
    assert!(said.err.contains("note: the OU `OU=Sale,DC=x` is not in the directory"), "{said:?}");
    assert!(said.err.contains("it cannot be evaluated"), "{said:?}");
    fine(place, &["rule", "remove", "New"]);
    fs::remove_file(place.join("directory.ldif")).expect("the file can be removed");
    let said = run(place, &["rule", "add", "New", "--ou", "OU=IT,DC=x"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("--force") && said.err.contains("directory.ldif"), "{said:?}");
    assert_eq!(text(place), RULES);
    let said = fine(place, &["rule", "add", "New", "--ou", "OU=IT,DC=x", "--disabled", "--force"]);
    assert!(said.err.contains("could not count the people that it selects"), "{said:?}");
    assert_eq!(names(place), ["Sales", "Everyone", "New"]);
    // An edit without new names does not need the directory.
    fine(place, &["rule", "disable", "Sales"]);
    fine(place, &["rule", "remove", "Sales"]);
}

#[test]
fn adding_the_first_rule_creates_the_file_and_an_invalid_rule_can_be_fixed() {
    let folder = office();
    let place = folder.path();
    fs::remove_file(place.join("rules.toml")).expect("the file can be removed");
    fine(place, &["rule", "add", "All", "--everyone"]);
    assert_eq!(text(place), "[[rule]]\nname = \"All\"\neveryone = true\n");
    fs::write(place.join("rules.toml"), RULES.replace("products =", "product =")).expect("the file can be written");
    let said = run(place, &["rule", "list"]);
    assert!(said.code == Some(1) && said.err.contains("did you mean `products`?"), "{said:?}");
    assert_eq!(
        run(place, &["rule", "disable", "Everyone"]).code,
        Some(1),
        "the file would stay invalid, so nothing is saved"
    );
    fine(place, &["rule", "edit", "Sales", "--unset", "product", "--product", "GoToMeeting"]);
    assert_eq!(text(place), RULES);
}

#[test]
fn says_how_to_make_the_first_rule_if_the_rules_file_is_missing() {
    let folder = office();
    let place = folder.path();
    fs::remove_file(place.join("rules.toml")).expect("rules were there");
    for words in [&["rule", "list"][..], &["plan"]] {
        let said = run(place, words);
        assert_eq!(said.code, Some(1), "{said:?}");
        for part in ["the rules file does not exist", "--> rules.toml", "gotosync rule add"] {
            assert!(said.err.contains(part), "{part}: {said:?}");
        }
    }
}

#[test]
fn says_which_options_select_people_if_a_new_rule_has_none() {
    let folder = office();
    let said = run(folder.path(), &["rule", "add", "New", "--product", "GoToMeeting"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("the new rule `New` selects no people"), "{said:?}");
    assert!(said.err.contains("help: add --ou DN, --group GROUP, or --everyone"), "{said:?}");
    fine(folder.path(), &["rule", "add", "New", "--set", "ou=OU=Sales,DC=x"]);
}

#[test]
fn saving_reports_a_rule_that_changes_nothing() {
    let folder = office();
    let place = folder.path();
    let said = fine(place, &["rule", "add", "Late", "--ou", "OU=Sales,DC=x", "--product", "GoToMeeting"]);
    assert!(said.err.contains("note: warning: rule `Late` has no effect"), "{said:?}");
}

#[test]
fn check_rules_reports_problems_and_exits_with_3_on_warnings() {
    let folder = office();
    let place = folder.path();
    let said = run(place, &["check", "--rules"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{said:?}");
    assert!(said.err.contains("no problems found in the rules"), "{said:?}");
    fs::write(place.join("rules.toml"), WRONG).expect("the file can be written");
    let said = run(place, &["check", "--rules"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    insta::assert_snapshot!(said.out + &said.err);
    let told = json(&run(place, &["check", "--rules", "--json"]));
    let kinds: Vec<_> =
        told["findings"].as_array().expect("the JSON has findings").iter().map(|one| one["kind"].clone()).collect();
    assert!(kinds.contains(&"no-effect".into()) && told["findings"][0]["severity"] == "info", "{told}");
    assert_eq!(told["unverified"], Value::Array(Vec::new()));
    // Without the directory and the account, the checks that need them are skipped and listed.
    fs::remove_file(place.join("directory.ldif")).expect("the file can be removed");
    fs::remove_file(place.join("account.db")).expect("the file can be removed");
    let less = json(&run(place, &["check", "--rules", "--json"]));
    assert_eq!(less["unverified"].as_array().map(Vec::len), Some(2), "{less}");
    assert!(less["findings"].as_array().expect("the JSON has findings").len() < kinds.len(), "{less}");
    fs::write(place.join("rules.toml"), RULES).expect("the file can be written");
    assert_eq!(run(place, &["check", "--rules"]).code, Some(0));
}

#[test]
fn prints_the_published_schema() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let said = fine(folder.path(), &["rule", "schema"]);
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gotosync-core/schema/rules.schema.json");
    assert_eq!(said.out, fs::read_to_string(published).expect("the schema can be read"));
}

#[test]
fn refuses_the_second_of_two_concurrent_edits_and_loses_nothing() {
    let folder = office();
    let config = Config::load(folder.path().join("gotosync.toml")).expect("the configuration is valid");
    let mut first = config.rules_file().expect("the rules are valid");
    let mut second = first.clone();
    let everyone = [Change::set("everyone", "true").expect("the value is valid")];
    first.add("First", &everyone, &Position::Last).expect("the rule can be added");
    second.add("Second", &everyone, &Position::Last).expect("the rule can be added");
    config.save_rules(&first).expect("the rules can be saved");
    let refused = config.save_rules(&second).expect_err("the file has changed");
    assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
    assert_eq!(text(folder.path()), first.text());
    // A new file is not overwritten either if another process has created it first.
    fs::remove_file(folder.path().join("rules.toml")).expect("the file can be removed");
    let mut new = config.rules_file().expect("a missing rules file is empty");
    new.add("New", &everyone, &Position::Last).expect("the rule can be added");
    fs::write(folder.path().join("rules.toml"), RULES).expect("the file can be written");
    assert_eq!(config.save_rules(&new).expect_err("the file exists by now").kind(), ErrorKind::Conflict);
    assert_eq!(text(folder.path()), RULES);
}

#[test]
fn concurrent_processes_save_their_rule_or_report_that_they_did_not() {
    let folder = office();
    let place = folder.path();
    let mut saved = 0;
    for round in 0..4 {
        let start = |number: usize| {
            let name = format!("R{round}-{number}");
            let child = command(place, &["rule", "add", &name, "--everyone"]).stderr(Stdio::piped()).spawn();
            (name, child.expect("the command starts"))
        };
        let children: Vec<_> = (0..6).map(start).collect();
        for (name, child) in children {
            let output = child.wait_with_output().expect("the process ends");
            let said = String::from_utf8_lossy(&output.stderr);
            let there = names(place).contains(&name);
            assert_eq!(output.status.code(), Some(i32::from(!there)), "{name}: {said}");
            assert!(there || said.contains("changed by another process"), "{said}");
            saved += usize::from(there);
        }
    }
    assert!(saved >= 4, "{saved}");
    assert_eq!(names(place).len(), saved + 2);
}

#[test]
fn a_killed_process_leaves_the_old_file_or_the_new_file() {
    let folder = office();
    let place = folder.path();
    // The file must be long enough that writing it takes a while.
    let old = format!("{}\n{RULES}", "# a comment that takes its room\n".repeat(4_000));
    let words = ["rule", "disable", "Sales"];
    fs::write(place.join("rules.toml"), &old).expect("the file can be written");
    let _ = gotosync_tests::command::binary();
    let began = Instant::now();
    fine(place, &words);
    let took = began.elapsed();
    let new = text(place);
    assert_ne!(old, new);
    let (mut kept, mut changed) = (0, 0);
    for moment in (0..40_u32).map(|at| took * (at * 17 % 40) / 40) {
        fs::write(place.join("rules.toml"), &old).expect("the file can be written");
        let mut child =
            command(place, &words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the process starts");
        std::thread::sleep(moment);
        let _ = child.kill();
        let _ = child.wait();
        let now = text(place);
        assert!(now == old || now == new, "after {moment:?} the file is neither the old nor the new one");
        kept += usize::from(now == old);
        changed += usize::from(now == new);
    }
    assert!(kept > 0 && kept + changed == 40);
    // A leftover file of a killed process does not disturb later runs, and they remove it.
    fs::write(place.join("rules.toml"), &old).expect("the file can be written");
    fs::write(place.join(".rules.toml.part"), "half a fi").expect("the file can be written");
    fine(place, &words);
    assert_eq!(text(place), new);
    assert!(!place.join(".rules.toml.part").exists());
}

#[cfg(unix)]
#[test]
fn keeps_permissions_and_links_and_does_not_write_read_only_files() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = office();
    let place = folder.path();
    fs::create_dir(place.join("real")).expect("the folder can be created");
    fs::rename(place.join("rules.toml"), place.join("real/ours.toml")).expect("the file can be moved");
    symlink("real/ours.toml", place.join("rules.toml")).expect("the link can be created");
    let mode = |mode: u32| {
        let file = place.join("real/ours.toml");
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("the permissions can be set");
    };
    mode(0o640);
    fine(place, &["rule", "disable", "Sales"]);
    assert!(fs::symlink_metadata(place.join("rules.toml")).expect("the link exists").is_symlink());
    let file = fs::metadata(place.join("real/ours.toml")).expect("the file exists");
    assert_eq!(file.permissions().mode() & 0o777, 0o640);
    assert!(text(place).contains("enabled = false"));
    assert_eq!(
        fs::read_dir(place.join("real")).expect("the folder can be listed").count(),
        1,
        "no other file may be left"
    );
    mode(0o440);
    let said = run(place, &["rule", "enable", "Sales"]);
    assert!(said.code == Some(1) && said.err.contains("the file is read-only"), "{said:?}");
    assert!(text(place).contains("enabled = false"));
}

/// Edits a rule with a sed command as the editor, on a terminal that `script` creates.
#[cfg(target_os = "linux")]
fn in_editor(folder: &Path, sed: &str) -> Said {
    use std::os::unix::fs::PermissionsExt;
    let editor = folder.join("editor.sh");
    fs::write(&editor, format!("#!/bin/sh\nsed -i '{sed}' \"$1\"\n")).expect("the file can be written");
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("the file can be made executable");
    let words = format!("'{}' rule edit Sales", gotosync_tests::command::binary().display());
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &words, "/dev/null"]).current_dir(folder).stdin(Stdio::null());
    script.env("VISUAL", &editor).env("TMPDIR", folder).env_remove("GOTOSYNC_CONFIG");
    let output = script.output().expect("the command `script` is installed");
    let out = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    Said { code: output.status.code(), out, err: String::new() }
}

#[cfg(target_os = "linux")]
#[test]
fn opens_an_editor_without_options_and_keeps_an_invalid_draft_unsaved() {
    let folder = office();
    let place = folder.path();
    let drafts = || {
        let files = fs::read_dir(place)
            .expect("the folder can be listed")
            .map(|entry| entry.expect("the entry can be read").file_name());
        files.filter(|name| name.to_string_lossy().starts_with("gotosync-rules")).count()
    };
    let said = in_editor(place, "s/# Ours/# Theirs/");
    assert!(said.code == Some(0) && said.out.contains("saved rule `Sales`"), "{said:?}");
    assert_eq!((text(place), drafts()), (RULES.replace("# Ours", "# Theirs"), 0));
    let said = in_editor(place, "s/nothing/at all/");
    assert!(said.code == Some(0) && said.out.contains("nothing was changed"), "{said:?}");
    assert_eq!(drafts(), 0);
    for (wrong, told) in
        [("s/products/product/", "did you mean `products`?"), ("s/OU=Sales/OU=Sale/", "did you mean `OU=Sales,DC=x`?")]
    {
        let said = in_editor(place, wrong);
        assert!(said.code == Some(1) && said.out.contains(told), "{said:?}");
        assert!(said.out.contains("your changes are kept in"), "{said:?}");
    }
    assert_eq!((text(place), drafts()), (RULES.replace("# Ours", "# Theirs"), 2));
}

const RULES: &str = "\
# Ours.

[[rule]]
name = \"Sales\"   # 2019
ou = \"OU=Sales,DC=x\"
products = [\"GoToMeeting\"]

# the rest
[[rule]]
name = 'Everyone'
everyone = true
";

const WRONG: &str = r#"
attributes = ["shoeSize"]

[[rule]]
name = "Sales"
ou = "OU=Sales,DC=x"
user_group = "Sales"
products = ["GoToMeeting"]

[[rule]]
name = "Sales again"
ou = "OU=Sales,DC=x"
products = ["GoToMeeting"]

[[rule]]
name = "Sales otherwise"
group = "Team A"
user_group = "Marketing"
fields = { last_name = "{{ sn | upper }}" }

[[rule]]
name = "Nobody"
everyone = true
exclude = { ou = "DC=x" }

[[rule]]
name = "Mistyped"
ou = "OU=Sales,OU=People,DC=x"
filter = "(departmnt=*)"
products = ["GoToMeetings"]

[[rule]]
name = "Everyone"
everyone = true
language = "de_DE"

[[rule]]
name = "IT"
ou = "OU=IT,DC=x"
language = "en_US"
products = ["G2M"]
"#;

const CONFIG: &str = "[source]\nldif = \"directory.ldif\"\n[account]\nlocal = \"account.db\"\n";

const DIRECTORY: &str = "\
dn: DC=x
objectClass: domain

dn: OU=Sales,DC=x
objectClass: organizationalUnit

dn: OU=IT,DC=x
objectClass: organizationalUnit

dn: CN=Team A,DC=x
objectClass: group
cn: Team A
sAMAccountName: Team A
objectGUID: 00000000-0000-0000-0000-00000000000a
member: CN=Ann Lee,OU=Sales,DC=x

dn: CN=Ann Lee,OU=Sales,DC=x
objectClass: user
objectGUID: 00000000-0000-0000-0000-000000000001
givenName: Ann
sn: Lee
mail: ann@x.test
title: Director

dn: CN=Bo Ray,OU=Sales,DC=x
objectClass: user
objectGUID: 00000000-0000-0000-0000-000000000002
givenName: Bo
sn: Ray
mail: bo@x.test

dn: CN=Cy Fox,OU=IT,DC=x
objectClass: user
objectGUID: 00000000-0000-0000-0000-000000000003
givenName: Cy
sn: Fox
mail: cy@x.test
";
