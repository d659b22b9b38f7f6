//! Reads the location of a secret.

use std::path::Path;

use crate::rules::{StringOrTable, Table};
use crate::secret::SecretSource;

/// Reads the location of a secret. Rejects a secret in the configuration itself, without showing it. `example` is an example
/// name for hints.
pub(super) fn read(table: &Table<'_, '_>, name: &'static str, example: &str, folder: &Path) -> Option<SecretSource> {
    let place = format!("`{name} = {{ file = \"secrets/{example}\" }}`");
    let places = match table.string_or_table(name, "a table with its location")? {
        StringOrTable::Table(places) => places,
        StringOrTable::String(text) => {
            let message = format!("`{name}` must not be in the configuration itself");
            table.problem(
                &text.at,
                message,
                format!("store it elsewhere and give its location: {place}, {OTHER_PLACES}"),
            );
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
                "variable" if value.contains(['=', '\0']) => bad(
                    "is not a valid name of an environment variable",
                    "write only the name, without `=` and a value",
                ),
                "variable" => Some(SecretSource::Variable(value)),
                "systemd" if value.contains(['/', '\0']) || value.starts_with('.') => {
                    bad("is not a valid name of a credential", "write the name from `LoadCredential=` in the unit file")
                }
                "systemd" => Some(SecretSource::Systemd(value)),
                _ => Some(SecretSource::keyring(&value)),
            }
        }),
        [] => {
            // A mistyped key is already reported as unknown.
            if places.keys().is_empty() {
                places.problem(
                    places.at(),
                    format!("`{name}` has no location"),
                    format!("write, for example, {place}"),
                );
            }
            None
        }
        [_, second, ..] => {
            places.problem(&places.at_key(second), format!("`{name}` has two locations"), "keep only one");
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
        places.problem(
            &places.at_key("command"),
            "`command` must be a list: gotosync does not use a shell to split it",
            hint,
        );
        return None;
    }
    let mut words: Vec<String> = places.strings("command").into_iter().map(|word| word.value).collect();
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        places.problem(&places.at_key("command"), "`command` does not name a program", hint);
        return None;
    }
    // A path is relative to the folder of the configuration. A plain name is looked up in the search path.
    let program = &mut words[0];
    if program.contains(std::path::is_separator) {
        *program = folder.join(&program).display().to_string();
    }
    Some(SecretSource::Command { words, folder: folder.to_owned() })
}

/// Returns an example value for a kind of location.
fn named(key: &str, example: &str) -> String {
    match key {
        "file" => format!("secrets/{example}"),
        "variable" => format!("{}_PASSWORD", example.to_uppercase()),
        "systemd" => example.to_owned(),
        _ => format!("gotosync/{example}"),
    }
}

const OTHER_PLACES: &str = "or `variable`, `command`, `keyring`, or `systemd` instead of `file`";
