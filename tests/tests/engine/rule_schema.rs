//! Compares the table of keys with the parser of rules files, and the published schema with both.
//!
//! With `GOTOSYNC_BLESS=1`, the tests write the schema and fail nevertheless if it differed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gotosync_core::rules::{Key, KeyKind, Need, RulesFile, json_schema, keys, keys_markdown};
use gotosync_core::{Error, Rules};
use gotosync_tests::schema::mistakes;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace").to_path_buf()
}

fn problems(text: &str) -> Vec<Error> {
    Rules::parse(text, "rules.toml").map_or_else(gotosync_core::rules::Problems::into_errors, |_| Vec::new())
}

fn as_json(text: &str) -> Value {
    RulesFile::parse(text, "rules.toml").unwrap_or_else(|errors| panic!("{errors:?}\n{text}")).json()
}

/// A table of a rules file, and the text around its keys.
struct Site {
    place: String,
    keys: &'static [Key],
    around: Box<dyn Fn(&str) -> String>,
}

/// Returns every table of a rules file.
fn sites() -> Vec<Site> {
    let rule = "[[rule]]\nname = 'Sales'\neveryone = true\n";
    let mut sites = Vec::new();
    let top = move |inner: &str| format!("{inner}\n{rule}");
    sites.push(Site { place: String::new(), keys: keys(), around: Box::new(top) });
    let rules = keys().iter().find(|key| key.name == "rule").expect("there are rules");
    let in_rule = |inner: &str| format!("[[rule]]\n{inner}\n");
    sites.push(Site { place: "rule".into(), keys: rules.inner(), around: Box::new(in_rule) });
    let mut at = 0;
    while at < sites.len() {
        let (place, inside_rule) = (sites[at].place.clone(), at > 0 && sites[at].place.starts_with("rule"));
        for key in sites[at].keys.iter().filter(|key| !key.inner().is_empty() && key.name != "rule") {
            let path = if place.is_empty() { key.name.to_owned() } else { format!("{place}.{}", key.name) };
            let within: Vec<String> = path.split('.').skip(usize::from(inside_rule)).map(str::to_owned).collect();
            // For an array of tables, the text contains one table.
            let listed = keys().iter().any(|top| top.name == within[0] && matches!(top.kind, KeyKind::Tables(_)));
            let (before, after) = if listed && !inside_rule { ("[", "]") } else { ("", "") };
            let around = move |inner: &str| {
                let open = within[1..].iter().map(|name| format!("{{ {name} = ")).collect::<Vec<_>>().concat();
                let close = " }".repeat(within.len() - 1);
                let line = format!("{} = {before}{open}{{ {inner} }}{close}{after}", within[0]);
                if inside_rule {
                    format!("[[rule]]\nname = 'Base'\neveryone = true\n{line}\n")
                } else {
                    format!("{line}\n{rule}")
                }
            };
            sites.push(Site { place: path, keys: key.inner(), around: Box::new(around) });
        }
        at += 1;
    }
    sites
}

/// Returns statements that set a key and the other keys that it requires.
fn with_company(site: &Site, key: &Key, value: &str) -> String {
    let glue = if site.place.is_empty() || site.place == "rule" { "\n" } else { ", " };
    let mut lines = Vec::new();
    let chosen = site.keys.iter().any(|other| other.need == Need::Required || other.need == key.need);
    for other in site.keys.iter().filter(|other| other.name != key.name && other.name != "rule" && chosen) {
        // If one of several keys is required, the last one is used, because it is the simplest.
        let last = site.keys.iter().rev().find(|one| one.need == other.need).is_some_and(|one| one.name == other.name);
        let wanted = match other.need {
            Need::Required => true,
            Need::Any => last,
            Need::One => last && key.need != Need::One,
            Need::Optional => false,
        };
        if wanted {
            lines.push(format!("{} = {}", other.name, other.example));
        }
    }
    lines.push(format!("{} = {value}", key.name));
    lines.join(glue)
}

#[test]
fn reads_every_key_of_the_table_and_its_example() {
    let schema = json_schema();
    for site in sites() {
        for key in site.keys.iter().filter(|key| key.name != "rule") {
            let text = (site.around)(&with_company(&site, key, key.example));
            let found = problems(&text);
            assert!(found.is_empty(), "{}.{}: {found:?}\n{text}", site.place, key.name);
            let wrong = mistakes(&schema, &as_json(&text));
            assert!(wrong.is_empty(), "{}.{}: {wrong:?}\n{text}", site.place, key.name);
            assert!(!key.about.ends_with('.') && !key.about.is_empty(), "{}: {}", key.name, key.about);
        }
    }
}

#[test]
fn the_table_has_every_key() {
    for site in sites() {
        let text = (site.around)("zzzzzzzzzz = 1");
        let found = problems(&text);
        let told = found.iter().find(|error| error.message().ends_with("has no key `zzzzzzzzzz`"));
        let told = told.unwrap_or_else(|| panic!("{}: {found:?}\n{text}", site.place));
        let asked = told.help().and_then(|help| help.strip_prefix("expected one of ")).expect("no key is similar");
        let asked: BTreeSet<&str> = asked.split(", ").collect();
        let rows: BTreeSet<&str> = site.keys.iter().map(|key| key.name).collect();
        assert_eq!(rows, asked, "in `{}`", site.place);
        assert!(!mistakes(&json_schema(), &as_json(&text)).is_empty(), "the schema accepts an unknown key: {text}");
    }
}

#[test]
fn rejects_settings_that_no_api_offers_with_the_reason() {
    for (key, why) in [
        ("outbound_caller_id", "GoTo has no API to set the caller ID of a line"),
        ("queues", "GoTo has no API to change dial plans, queues, and ring groups"),
    ] {
        let text = format!("[[rule]]\nname = 'Sales'\neveryone = true\n{key} = 'Main'\n");
        let [told] = &problems(&text)[..] else { panic!("expected one problem: {text}") };
        assert_eq!(told.message(), format!("rule `Sales` has no key `{key}`: {why}"));
        assert!(told.to_string().contains("line: 4, column: 1"), "{told}");
        assert!(told.help().is_some_and(|help| help.contains("in GoTo Connect Admin")));
    }
    let text =
        "[[rule]]\nname = 'Sales'\neveryone = true\nextension = '{{ ipPhone }}'\nvoicemail = { password = '1234' }\n";
    let told = problems(text);
    assert!(told[1].message().ends_with("gotosync does not set voicemail passwords"), "{told:?}");
    assert!(!format!("{told:?}").contains("1234"), "{told:?}");
    assert_eq!(told[0].message(), "`voicemail` has no effect");
}

#[test]
fn the_schema_and_the_reader_reject_the_same_values() {
    let schema = json_schema();
    for site in sites() {
        for key in site.keys.iter().filter(|key| key.name != "rule") {
            // No key accepts a date. For keys with fixed words, the value must be an unknown word.
            let wrong = if matches!(key.kind, KeyKind::Word(_)) { "'zzzzzzzzzz'" } else { "2026-01-01" };
            let text = (site.around)(&with_company(&site, key, wrong));
            let expected = key.expected();
            let found = problems(&text);
            assert!(
                found.iter().any(|error| error.message().ends_with(&format!("expected {expected}"))),
                "{}.{}: expected {expected}: {found:?}",
                site.place,
                key.name
            );
            let message = format!("`{}`: expected {expected}", key.name);
            assert!(schema.to_string().contains(&Value::from(message.clone()).to_string()), "{message}");
            let json = as_json(&text);
            let date = matches!(
                key.kind,
                KeyKind::Text
                    | KeyKind::TextOrFalse
                    | KeyKind::TextFalseOrTable(_)
                    | KeyKind::Texts
                    | KeyKind::TextsOrTables(_)
            );
            if !date {
                // In JSON, a date is a string; the schema rejects every other mistake, too.
                assert!(
                    !mistakes(&schema, &json).is_empty(),
                    "{}.{}: the schema accepts {wrong}",
                    site.place,
                    key.name
                );
            }
        }
    }
}

#[test]
fn documented_defaults_are_the_actual_defaults() {
    let base = "[[rule]]\nname = 'Base'\neveryone = true\n";
    let plain = Rules::parse(base, "rules.toml").expect("the rules are valid");
    for site in sites().iter().filter(|site| site.place.is_empty() || site.place == "rule") {
        for key in site.keys {
            let Some(value) = key.absent.strip_prefix('`').and_then(|text| text.strip_suffix('`')) else { continue };
            let line = format!("{} = {value}\n", key.name);
            let text = if site.place.is_empty() { format!("{line}{base}") } else { format!("{base}{line}") };
            if key.name == "everyone" {
                continue;
            }
            let mut told = Rules::parse(&text, "rules.toml").unwrap_or_else(|problems| panic!("{problems:?}"));
            told.fingerprint = plain.fingerprint.clone();
            assert_eq!(format!("{told:?}"), format!("{plain:?}"), "{}", key.name);
        }
    }
}

#[test]
fn the_schema_accepts_real_rules_and_rejects_mistakes() {
    let schema = json_schema();
    let mut files = vec![root().join("gotosync-cli/data/rules.toml")];
    for scenario in fs::read_dir(root().join("tests/scenarios")).expect("the scenarios can be listed") {
        let folder = scenario.expect("the entry can be read").path();
        let names = fs::read_dir(folder)
            .expect("the folder can be listed")
            .map(|entry| entry.expect("the entry can be read").path());
        let rules = |path: &PathBuf| {
            let begins = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rules"));
            begins && path.extension().is_some_and(|end| end == "toml")
        };
        files.extend(names.filter(rules));
    }
    assert!(files.len() > 30, "only {} rules files", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("the file can be read");
        if Rules::parse(&text, "rules.toml").is_ok() {
            assert_eq!(mistakes(&schema, &as_json(&text)), Vec::<String>::new(), "{}", file.display());
        }
    }
    for wrong in [
        "",
        "[[rule]]\neveryone = true",
        "[[rule]]\nname = ' '\neveryone = true",
        "[[rule]]\nname = 'A'",
        "leaver = 'keep'\n[[rule]]\nname = 'A'\neveryone = true",
        "seats = 'fil'\n[[rule]]\nname = 'A'\neveryone = true",
        "[[rule]]\nname = 'A'\neveryone = 'yes'",
        "[[rule]]\nname = 'A'\ngroup = { name = 'a', dn = 'CN=a,DC=x' }",
        "[[rule]]\nname = 'A'\nou = { depth = 'subtree' }",
        "[limits]\nupdate = 17\n[[rule]]\nname = 'A'\neveryone = true",
        "[limits]\nupdate = { floor = 5 }\n[[rule]]\nname = 'A'\neveryone = true",
        "[limits]\nupdate = { count = -5 }\n[[rule]]\nname = 'A'\neveryone = true",
        "[[rule]]\nname = 'A'\neveryone = true\nproducts = ['X', 5]",
    ] {
        assert!(!problems(wrong).is_empty(), "the parser accepts it: {wrong}");
        assert!(!mistakes(&schema, &as_json(wrong)).is_empty(), "the schema accepts it: {wrong}");
    }
}

#[test]
fn the_published_schema_matches_the_table() {
    let file = root().join("gotosync-core/schema/rules.schema.json");
    let wanted = serde_json::to_string_pretty(&json_schema()).expect("the output is JSON") + "\n";
    let published = fs::read_to_string(&file).unwrap_or_default();
    if published != wanted && std::env::var_os("GOTOSYNC_BLESS").is_some() {
        fs::create_dir_all(file.parent().expect("the folder can be created")).expect("the folder can be created");
        fs::write(&file, &wanted).expect("the file can be written");
    }
    assert!(published == wanted, "the table has changed: run with GOTOSYNC_BLESS=1 to publish the schema again");
}

#[test]
fn the_reference_names_every_key_with_its_example() {
    let text = keys_markdown();
    for site in sites() {
        for key in site.keys {
            let (about, example) = (key.about.replace('|', "\\|"), key.example.replace('|', "\\|"));
            let told =
                |line: &&str| line.starts_with(&format!("| `{}` | {about}", key.name)) && line.contains(&example);
            let row = text.lines().find(told);
            let row = row.unwrap_or_else(|| panic!("no row for `{}` of `{}`:\n{text}", key.name, site.place));
            assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
        }
    }
}

#[test]
fn a_list_of_limits_is_read_as_its_last_item() {
    let with = |limit: &str| {
        let text = format!("limits = {{ create = {limit} }}\n[[rule]]\nname = 'A'\neveryone = true");
        Rules::parse(&text, "rules.toml").unwrap_or_else(|errors| panic!("{errors:?}")).limits
    };
    assert_eq!(with("[{ count = 9 }, { count = 5 }]"), with("{ count = 5 }"));
    assert_ne!(with("{ count = 9 }"), with("{ count = 5 }"));
}
