//! Tests of `gotosync browse` and `gotosync describe`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gotosync_tests::command::{Said, run};
use serde_json::Value;

/// Creates a folder with an export of four people in two units and a group.
fn office() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    fs::write(place.join("directory.ldif"), DIRECTORY).expect("the file can be written");
    fs::write(place.join("gotosync.toml"), "[source]\nldif = \"directory.ldif\"\n[account]\nlocal = \"account.db\"\n")
        .expect("the file can be written");
    folder
}

#[track_caller]
fn fine(folder: &Path, words: &[&str]) -> Said {
    let said = run(folder, words);
    assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
    said
}

#[test]
fn shows_the_people_of_a_unit_and_search_results_as_tables() {
    let folder = office();
    let mut told = String::new();
    for words in [
        &["browse"][..],
        &["browse", "DC=x"],
        &["browse", "OU=Sales,DC=x", "--people"],
        &["browse", "DC=x", "--people"],
        &["browse", "DC=x", "--people", "--below", "--limit", "3"],
        &["browse", "DC=x", "--people", "--below", "--limit", "3", "--page", "2"],
        &["browse", "DC=x", "--people", "--below", "--limit", "3", "--page", "9"],
        &["browse", "CN=Team,OU=Sales,DC=x", "--people"],
        &["browse", "--search", "sa"],
        &["browse", "--search", "sa", "--limit", "1"],
        &["browse", "--search", "sa", "--people"],
        &["browse", "OU=Sales,DC=x", "--search", "sales"],
        &["describe"],
    ] {
        let Said { out, err, .. } = fine(folder.path(), words);
        let _ = write!(told, "$ gotosync {}\n{out}{err}\n", words.join(" "));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn finds_an_ou_or_group_by_name() {
    let folder = office();
    let named = |name: &str| fine(folder.path(), &["browse", name, "--people"]);
    assert_eq!(named("sales").out, named("OU=Sales,DC=x").out);
    let group = named("CN=Team,OU=Sales,DC=x");
    for name in ["Team", "Team Sales", "00000000-0000-0000-0000-000000000005"] {
        assert_eq!(named(name).out, group.out, "{name}");
    }
}

#[test]
fn suggests_the_nearest_name_if_no_ou_or_group_has_that_name() {
    let folder = office();
    for (name, message, hint) in [
        ("Salse", "no OU, container, or group is named `Salse`", "help: did you mean `Sales`?"),
        ("Zzz", "no OU, container, or group is named `Zzz`", "gotosync browse --search 'Zzz'"),
        ("OU=", "`OU=` is not a distinguished name", "help: "),
    ] {
        let said = run(folder.path(), &["browse", name]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains(message) && said.err.contains(hint), "{said:?}");
    }
    let same = DIRECTORY.replace("CN=Team,", "CN=Sales,");
    fs::write(folder.path().join("directory.ldif"), same).expect("an export");
    let said = run(folder.path(), &["browse", "Sales"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("`OU=Sales,DC=x`, `CN=Sales,OU=Sales,DC=x`"), "{said:?}");
}

#[test]
fn prints_pages_as_json() {
    let folder = office();
    let said = fine(folder.path(), &["browse", "--people", "--limit", "3", "--page", "2", "--json"]);
    let data: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    assert_eq!((&data["total"], &data["completeness"]["state"]), (&4.into(), &"complete".into()));
    let [person] = &data["people"].as_array().expect("the output lists people")[..] else { panic!("{data}") };
    assert_eq!((&person["name"], &person["standing"]), (&"Sam Sale".into(), &"expired".into()));
    assert!(said.err.contains("4 people; page 2 of 2"), "{said:?}");
}

#[test]
fn reports_an_incomplete_read() {
    let folder = office();
    let cut = format!("{DIRECTORY}\nsearch: 2\nresult: 4 Size limit exceeded\n");
    fs::write(folder.path().join("directory.ldif"), cut).expect("the file can be written");
    let said = fine(folder.path(), &["browse", "--people"]);
    assert!(
        said.err.contains("note: the directory could not be read completely: incomplete; directory.ldif"),
        "{said:?}"
    );
}

/// Only a complete read proves that a name does not exist; a name that was found can be used anyway.
#[test]
fn does_not_call_a_name_missing_after_an_incomplete_read() {
    let folder = office();
    let cut = format!("{DIRECTORY}\nsearch: 2\nresult: 4 Size limit exceeded\n");
    fs::write(folder.path().join("directory.ldif"), cut).expect("the file can be written");
    let said = run(folder.path(), &["browse", "Zzz"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("the directory could not be read completely") && !said.err.contains("no OU"), "{said:?}");
    fine(folder.path(), &["browse", "Sales"]);
}

const DIRECTORY: &str = "\
dn: CN=Ann Lee,OU=Sales,DC=x
objectClass: user
entryUUID: 00000000-0000-0000-0000-000000000001
displayName: Lee, Ann
mail: ann@x.test
title: Head of Sales
department: Sales
telephoneNumber: +49 30 1

dn: CN=Müller\\, Zoë,OU=Sales,DC=x
objectClass: user
entryUUID: 00000000-0000-0000-0000-000000000002
userAccountControl: 514
mail: zoe@x.test

dn: CN=Sam Sale,OU=IT,DC=x
objectClass: user
entryUUID: 00000000-0000-0000-0000-000000000003
accountExpires: 132000000000000000
mobile: +49 170 1

dn: CN=Bob Ray,OU=IT,DC=x
objectClass: user
entryUUID: 00000000-0000-0000-0000-000000000004
departmentNumber: 42

dn: CN=Team,OU=Sales,DC=x
objectClass: group
entryUUID: 00000000-0000-0000-0000-000000000005
sAMAccountName: Team Sales
member: CN=Bob Ray,OU=IT,DC=x

dn: OU=Sales,DC=x
objectClass: organizationalUnit
";
