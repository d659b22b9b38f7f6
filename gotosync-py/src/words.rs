//! The words that the enums of the package have to have, so that a test can hold them together.

use std::collections::BTreeMap;

use gotosync_core::ErrorKind;
use gotosync_core::model::{ActionKind, Severity, Status};
use gotosync_core::rules::{Key, KeyKind, Word, keys};
use gotosync_core::state::Ending;
use pyo3::prelude::*;

/// The words of each enum, by the name of its class, and the kinds of errors.
#[pyfunction]
pub(crate) fn words() -> BTreeMap<&'static str, Vec<&'static str>> {
    let severities = [Severity::Info, Severity::Warning, Severity::Hold, Severity::Stop];
    let statuses = [Status::Active, Status::Inactive, Status::Invited, Status::Suspended];
    let endings = [
        Ending::Open,
        Ending::Simulated,
        Ending::Done,
        Ending::Partial,
        Ending::Interrupted,
        Ending::Stopped,
        Ending::Failed,
    ];
    let mut words = BTreeMap::from([
        ("ErrorKind", ErrorKind::ALL.map(ErrorKind::as_str).to_vec()),
        ("ActionKind", ActionKind::ALL.map(ActionKind::as_str).to_vec()),
        ("Severity", severities.map(Severity::as_str).to_vec()),
        ("Status", statuses.map(Status::as_str).to_vec()),
        ("Ending", endings.map(Ending::as_str).to_vec()),
    ]);
    for (class, path) in OF_RULES {
        words.insert(class, of_key(path));
    }
    words
}

/// The words of a key of a rules file.
fn of_key(path: &[&str]) -> Vec<&'static str> {
    let mut found: Option<&Key> = None;
    let mut here = keys();
    for name in path {
        found = here.iter().find(|key| key.name == *name);
        here = found.map_or(&[], Key::inner);
    }
    let words: &[Word] = match found.map(|key| key.kind) {
        Some(KeyKind::Word(words) | KeyKind::Words(words) | KeyKind::WordOrTable(words, _)) => words,
        _ => &[],
    };
    words.iter().map(|word| word.word).collect()
}

/// Enums of words that stand in rules files, and where.
const OF_RULES: [(&str, &[&str]); 8] = [
    ("Mode", &["mode"]),
    ("LeaverPolicy", &["leavers"]),
    ("SeatPolicy", &["seats"]),
    ("Depth", &["rule", "ou", "depth"]),
    ("Membership", &["rule", "group", "members"]),
    ("Role", &["rule", "role"]),
    ("Privilege", &["rule", "role", "privileges"]),
    ("WelcomeEmail", &["rule", "welcome_email"]),
];
