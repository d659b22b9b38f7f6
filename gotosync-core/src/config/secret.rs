//! Reads where a secret is kept.

use std::path::Path;

use crate::rules::{StringOrTable, Table};
use crate::secret::SecretSource;

/// Reads where a secret is kept. One that stands in the file itself is refused, and not shown. `example` is what it may be
/// called.
pub(super) fn read(table: &Table<'_, '_>, name: &'static str, example: &str, folder: &Path) -> Option<SecretSource> {
    let place = format!("`{name} = {{ file = \"secrets/{example}\" }}`");
    let places = match table.string_or_table(name, "a table that says where it is kept")? {
        StringOrTable::Table(places) => places,
        StringOrTable::String(text) => {
            let message = format!("`{name}` must not stand in the configuration itself");
            table.problem(&text.at, message, format!("say where it is kept: {place}, {OTHER_PLACES}"));
            return None;
        }
    };
    let known = ["file", "variable", "command", "keyring", "systemd"];
    let given: Vec<&str> = known.into_iter().filter(|key| places.has(key)).collect();
    let found = match given[..] {
        ["command"] => command(&places, example, folder),
        [key] => places.required_string(key, &named(key, example)).and_then(|text| {
            let bad = |problem: &str, hint: &str| {
                places.problem(&text.at, format!("`{key}` {problem}"), hint);
                None
            };
            let value = text.value.clone();
            match key {
                "file" => Some(SecretSource::File(folder.join(value))),
                "variable" if value.contains(['=', '\0']) => {
                    bad("is no name of a variable", "write the name alone, without `=` and a value")
                }
                "variable" => Some(SecretSource::Variable(value)),
                "systemd" if value.contains(['/', '\0']) || value.starts_with('.') => {
                    bad("is no name of a credential", "write the name that the unit gives it in `LoadCredential=`")
                }
                "systemd" => Some(SecretSource::Systemd(value)),
                _ => Some(SecretSource::keyring(&value)),
            }
        }),
        [] => {
            // A key that is mistyped is told by itself.
            if places.keys().is_empty() {
                places.problem(
                    places.at(),
                    format!("`{name}` does not say where it is kept"),
                    format!("write for example {place}"),
                );
            }
            None
        }
        [_, second, ..] => {
            places.problem(&places.at_key(second), format!("`{name}` names two places"), "keep the one that counts");
            None
        }
    };
    places.finish();
    found
}

fn command(places: &Table<'_, '_>, example: &str, folder: &Path) -> Option<SecretSource> {
    let hint =
        format!("write the program and its arguments as a list: `command = [\"pass\", \"show\", \"{example}\"]`");
    if !places.is_list("command") {
        places.problem(&places.at_key("command"), "`command` is no list; there is no shell to take it apart", hint);
        return None;
    }
    let mut words: Vec<String> = places.strings("command").into_iter().map(|word| word.value).collect();
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        places.problem(&places.at_key("command"), "`command` names no program", hint);
        return None;
    }
    // A path is one from the folder of the configuration; a name alone is looked for where programs are.
    let program = &mut words[0];
    if program.contains(std::path::is_separator) {
        *program = folder.join(&program).display().to_string();
    }
    Some(SecretSource::Command { words, folder: folder.to_owned() })
}

/// What a place may be called.
fn named(key: &str, example: &str) -> String {
    match key {
        "file" => format!("secrets/{example}"),
        "variable" => format!("{}_PASSWORD", example.to_uppercase()),
        "systemd" => example.to_owned(),
        _ => format!("gotosync/{example}"),
    }
}

const OTHER_PLACES: &str = "or with `variable`, `command`, `keyring` or `systemd` for `file`";
