//! Rows of keys that are generated from the table of settings.

use super::Kind;
use super::common::RangeKeys;
use super::kinds::TextFalseOrTable;
use crate::model::{Arity, ExpressionKey, Field, Setting};
use crate::rules::key::{Key, KeyKind};

/// The two kinds of rows that are generated from the table of settings.
#[derive(Clone, Copy)]
pub(super) enum Rows {
    /// Keys of a rule.
    Rule,
    /// Expected values in an example.
    Expected,
}

/// Returns the row for a setting's key, if there is one.
const fn row(key: &ExpressionKey, rows: Rows) -> Option<Key> {
    let name = key.field.as_str();
    match (rows, key.arity) {
        (Rows::Rule, arity) => {
            let kind = match (key.field, arity) {
                (Field::Extension, _) => <TextFalseOrTable<RangeKeys> as Kind>::KIND,
                (_, Arity::One) => KeyKind::TextOrFalse,
                (_, Arity::Several) => KeyKind::Texts,
            };
            Some(Key::new(name, kind, key.about, "unchanged", key.example))
        }
        (Rows::Expected, Arity::One) => {
            let example = key.form.example();
            Some(Key::new(name, KeyKind::TextOrFalse, "the expected value", "not checked", example))
        }
        (Rows::Expected, Arity::Several) => None,
    }
}

/// Returns the number of rows that the table of settings generates.
pub(super) const fn count(rows: Rows) -> usize {
    let (mut at, mut number) = (0, 0);
    while at < Setting::ALL.len() {
        let keys = Setting::ALL[at].keys();
        let mut nth = 0;
        while nth < keys.len() {
            if let Some(key) = &keys[nth]
                && row(key, rows).is_some()
            {
                number += 1;
            }
            nth += 1;
        }
        at += 1;
    }
    number
}

/// Inserts the rows of settings into other rows, before the row with the given name.
pub(super) const fn spliced<const N: usize>(own: &[Key], before: &str, rows: Rows) -> [Key; N] {
    let mut all = [own[0]; N];
    let (mut from, mut to) = (0, 0);
    while from < own.len() {
        if same(own[from].name, before) {
            let mut at = 0;
            while at < Setting::ALL.len() {
                let keys = Setting::ALL[at].keys();
                let mut nth = 0;
                while nth < keys.len() {
                    if let Some(key) = &keys[nth]
                        && let Some(row) = row(key, rows)
                    {
                        all[to] = row;
                        to += 1;
                    }
                    nth += 1;
                }
                at += 1;
            }
        }
        all[to] = own[from];
        to += 1;
        from += 1;
    }
    assert!(to == N, "the array must have room for exactly all rows");
    all
}

/// Returns `true` if two strings are equal. `==` cannot be used in a `const fn`.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}
