//! The words that the enums of the package must contain, for a test that compares them.

use std::collections::BTreeMap;

use gotosync_core::ErrorKind;
use gotosync_core::model::{ActionKind, Feature, Severity, Status};
use gotosync_core::rules::{Key, KeyKind, Word, keys};
use gotosync_core::state::Ending;
use pyo3::prelude::*;

/// Returns the words of each enum, by the name of its class, and the kinds of errors.
#[pyfunction]
pub(crate) fn words() -> BTreeMap<&'static str, Vec<String>> {
    let known: [(&'static str, Vec<&'static str>); 5] = [
        ("ErrorKind", ErrorKind::ALL.map(ErrorKind::as_str).to_vec()),
        ("ActionKind", ActionKind::ALL.map(ActionKind::as_str).to_vec()),
        ("Severity", Severity::ALL.iter().map(|severity| severity.as_str()).collect()),
        ("Status", Status::ALL.iter().map(|status| status.as_str()).collect()),
        ("Ending", Ending::ALL.iter().map(|ending| ending.as_str()).collect()),
    ];
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    let mut words: BTreeMap<_, Vec<String>> = known.into_iter().map(|(class, words)| (class, owned(words))).collect();
    let features = Feature::ALL.iter().filter_map(|feature| serde_json::to_value(feature).ok());
    words.insert("Feature", features.filter_map(|word| word.as_str().map(str::to_owned)).collect());
    for (class, path) in OF_RULES {
        words.insert(class, owned(of_key(path)));
    }
    words
}

/// Returns each key of a rule with its type in Python: as an argument, and as an attribute.
#[pyfunction]
pub(crate) fn rule_keys() -> Vec<(&'static str, &'static str, &'static str)> {
    let rule = keys().iter().find(|key| key.name == "rule").map_or(&[][..], Key::inner);
    rule.iter().map(|key| (key.name, type_of(&key.kind, false), type_of(&key.kind, true))).collect()
}

/// Returns the type of a key. An argument may be any mapping; an attribute is a dict.
fn type_of(kind: &KeyKind, attribute: bool) -> &'static str {
    match kind {
        KeyKind::Text | KeyKind::Word(_) => "str",
        KeyKind::TextOrFalse => "str | Literal[False]",
        KeyKind::Flag => "bool",
        KeyKind::Number => "int",
        KeyKind::Texts | KeyKind::Words(_) | KeyKind::TextsOrTables(_) | KeyKind::Tables(_) => "Any",
        KeyKind::TextOrTable(_) | KeyKind::WordOrTable(..) if attribute => "str | dict[str, Any]",
        KeyKind::TextOrTable(_) | KeyKind::WordOrTable(..) => "str | Mapping[str, object]",
        KeyKind::TextFalseOrTable(_) if attribute => "str | Literal[False] | dict[str, Any]",
        KeyKind::TextFalseOrTable(_) => "str | Literal[False] | Mapping[str, object]",
        KeyKind::Names(_) | KeyKind::Table(_) if attribute => "dict[str, Any]",
        KeyKind::Names(_) | KeyKind::Table(_) => "Mapping[str, object]",
    }
}

/// Returns the words of a key of a rules file.
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

/// The enums of words in rules files, with the keys that use them.
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
