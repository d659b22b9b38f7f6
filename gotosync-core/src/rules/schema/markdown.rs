//! The reference of all keys as Markdown.

use std::fmt::Write as _;

use super::keys;
use crate::rules::key::{Key, KeyKind, Word};

/// Returns every key of a rules file as Markdown tables, one table for each kind of TOML table. Tables with the same keys are listed once.
pub fn keys_markdown() -> String {
    let mut text = String::new();
    section(&mut text, "At the top of the file", keys(), &mut Vec::new());
    text
}

fn section(text: &mut String, place: &str, keys: &[Key], listed: &mut Vec<*const Key>) {
    let _ = write!(text, "{place}:\n\n| key | description | value | default | example |\n|---|---|---|---|---|\n");
    for key in keys {
        let cells = [format!("`{}`", key.name), about(key), key.expected(), key.absent.to_owned()];
        let cells = cells.map(|cell| cell.replace('|', "\\|")).join(" | ");
        let _ = writeln!(text, "| {cells} | `{}` |", key.example.replace('|', "\\|"));
    }
    text.push('\n');
    for key in keys.iter().filter(|key| !key.inner().is_empty()) {
        if listed.contains(&key.inner().as_ptr()) {
            continue;
        }
        listed.push(key.inner().as_ptr());
        let same = keys.iter().filter(|other| std::ptr::eq(other.inner(), key.inner()));
        let names = same.map(|key| format!("`{}`", key.name)).collect::<Vec<_>>().join(", ");
        let within =
            if place.starts_with("At") { String::new() } else { format!(", {}", place.replacen("In", "in", 1)) };
        let head = if matches!(key.kind, KeyKind::Tables(_)) {
            format!("In a `[[{}]]`", key.name)
        } else {
            format!("In {names}{within}")
        };
        section(text, &head, key.inner(), listed);
    }
}

fn about(key: &Key) -> String {
    let (KeyKind::Word(words) | KeyKind::Words(words) | KeyKind::WordOrTable(words, _)) = key.kind else {
        return key.about.to_owned();
    };
    let meaning = |word: &Word| format!("`\"{}\"`: {}", word.word, word.about);
    format!("{} ({})", key.about, words.iter().map(meaning).collect::<Vec<_>>().join("; "))
}
