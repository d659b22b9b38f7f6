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
    assert!(said.err.contains("note: not everything could be read: incomplete; directory.ldif"), "{said:?}");
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
