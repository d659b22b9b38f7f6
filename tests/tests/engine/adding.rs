//! Checks the page that explains how to add a setting, a source, a target, or an action.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gotosync_core::model::Setting;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace").to_path_buf()
}

/// Returns the files that each section of the page lists.
fn sections() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(root().join("gotosync-core/docs/adding.md")).expect("the file can be read");
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("# Adding ") {
            sections.push((title.to_owned(), Vec::new()));
        } else if let (Some(path), Some((_, files))) = (line.strip_prefix("- `"), sections.last_mut()) {
            files.extend(path.split_once('`').map(|(path, _)| path.to_owned()));
        }
    }
    sections
}

/// Returns the product code: each file without its inline tests. Test-only files are omitted.
fn product() -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), Vec::new());
    folders.extend(["gotosync-core/src", "gotosync-cli/src", "gotosync-py/src"].map(|folder| root().join(folder)));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder can be listed").path();
            let name = path.strip_prefix(root()).expect("the path is below the root").display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !name.contains("/cases")
                && !name.ends_with("tests.rs")
            {
                let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
                found.push((name, text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()));
            }
        }
    }
    found
}

#[test]
fn the_page_lists_existing_files() {
    let sections = sections();
    let titles: Vec<&str> = sections.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, ["a setting", "a source", "a target", "an action"]);
    for (title, files) in &sections {
        assert!(files.len() > 3, "{title} lists {files:?}");
        for file in files {
            assert!(root().join(file).is_file(), "{title} lists {file}, which does not exist");
        }
    }
}

#[test]
fn a_new_setting_needs_at_most_eight_files() {
    let (_, files) = sections().swap_remove(0);
    assert!(files.len() <= 8, "{files:?}");
    let listed: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    // The example setting has no special handling, so no other file of the product may mention it.
    let setting = Setting::ALL
        .iter()
        .find(|setting| setting.field.as_str() == "texting_numbers")
        .expect("the example setting exists");
    let words = [setting.field.as_str().to_owned(), format!("{:?}", setting.feature)];
    let knows = |text: &str| words.iter().any(|word| text.contains(word.as_str()));
    let knowing: Vec<String> = product().into_iter().filter(|(_, text)| knows(text)).map(|(name, _)| name).collect();
    assert!(knowing.contains(&"gotosync-core/src/model/settings.rs".to_owned()), "{knowing:?}");
    let beyond: Vec<&String> = knowing.iter().filter(|name| !listed.contains(name.as_str())).collect();
    assert!(beyond.is_empty(), "the page does not list {beyond:?}");
}

#[test]
fn each_setting_in_the_table_is_in_rules_schema_and_reference() {
    let rule = gotosync_core::rules::keys().iter().find(|key| key.name == "rule").expect("a rule has keys").inner();
    let schema = gotosync_core::rules::json_schema().to_string();
    let reference = fs::read_to_string(root().join("gotosync-core/docs/rules.md")).expect("the file can be read");
    let stub =
        fs::read_to_string(root().join("gotosync-py/python/gotosync/_gotosync.pyi")).expect("the file can be read");
    for key in Setting::ALL.iter().flat_map(Setting::keys).flatten() {
        let name = key.field.as_str();
        assert!(rule.iter().any(|row| row.name == name), "{name} is not a key of a rule");
        assert!(schema.contains(&format!("\"{name}\"")), "{name} is not in the schema");
        assert!(reference.contains(&format!("| `{name}` |")), "{name} is not in the reference");
        assert!(stub.contains(&format!("\n        {name}: ")), "{name} is not in the stub: stubs.py --write");
    }
}
