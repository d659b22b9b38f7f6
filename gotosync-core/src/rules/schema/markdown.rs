//! The reference of keys as text for a page.

use std::fmt::Write as _;

use super::keys;
use crate::rules::key::{Key, KeyKind, Word};

/// Every key of a rules file as tables in Markdown, one a place where keys stand; places with the same keys are told once.
pub fn keys_markdown() -> String {
    let mut text = String::new();
    section(&mut text, "At the top of the file", keys(), &mut Vec::new());
    text
}

fn section(text: &mut String, place: &str, keys: &[Key], told: &mut Vec<*const Key>) {
    let _ = write!(text, "{place}:\n\n| key | what it does | value | if absent | example |\n|---|---|---|---|---|\n");
    for key in keys {
        let cells = [format!("`{}`", key.name), about(key), key.expected(), key.absent.to_owned()];
        let cells = cells.map(|cell| cell.replace('|', "\\|")).join(" | ");
        let _ = writeln!(text, "| {cells} | `{}` |", key.example.replace('|', "\\|"));
    }
    text.push('\n');
    for key in keys.iter().filter(|key| !key.inner().is_empty()) {
        if told.contains(&key.inner().as_ptr()) {
            continue;
        }
        told.push(key.inner().as_ptr());
        let same = keys.iter().filter(|other| std::ptr::eq(other.inner(), key.inner()));
        let names = same.map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ");
        let within =
            if place.starts_with("At") { String::new() } else { format!(", {}", place.replacen("In", "in", 1)) };
        let head = if matches!(key.kind, KeyKind::Tables(_)) {
            format!("In a `[[{}]]`", key.name)
        } else {
            format!("In {names}{within}")
        };
        section(text, &head, key.inner(), told);
    }
}

fn about(key: &Key) -> String {
    let (KeyKind::Word(words) | KeyKind::Words(words) | KeyKind::WordOrTable(words, _)) = key.kind else {
        return key.about.to_owned();
    };
    let told = |word: &Word| format!("`\"{}\"`: {}", word.word, word.about);
    format!("{} ({})", key.about, words.iter().map(told).collect::<Vec<_>>().join("; "))
}
