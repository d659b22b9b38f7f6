//! Sets and removes keys of a rule in the text.

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Key, Table, Value};

use super::layout::Layout;
use super::lines::{cut, end_of_line, is_blank, line_end, line_start};
use super::{inline, json};
use crate::model::text::nearest;
use crate::rules::schema;
use crate::{Error, ErrorKind, Result};

/// The result of looking up a key.
enum Found<'d> {
    /// The key has a value of its own. The table contains the last part of the key.
    Value(&'d Table, &'d Value),
    /// The first parts of the key, of which the number is given, lead to a value; the rest of the key is inside this value.
    Inside(&'d Value, usize),
    /// The key is a table that is spread over several lines.
    Table(&'d Table),
    /// The key is an array of tables with headings.
    Tables,
    /// The part of the key with the index `depth` is missing in `table`.
    Missing { home: Home<'d>, table: &'d Table, depth: usize },
}

/// The nearest table with a heading. The heading already contains the first `depth` parts of the key.
#[derive(Clone, Copy)]
struct Home<'d> {
    table: &'d Table,
    depth: usize,
}

/// The lines that set a value.
struct Statement<'d> {
    name: &'d str,
    start: usize,
    end: usize,
}

/// Sets a key to a value.
pub(super) fn set(text: &str, document: &Document<&str>, rule: usize, key: &[String], value: &Value) -> Result<String> {
    match find(table(document, rule)?, key) {
        Found::Value(_, old) if json::value(old) == json::value(value) => Ok(text.to_owned()),
        Found::Value(_, old) => {
            let span = span(old)?;
            let new = inline::merged(&text[span.clone()], value);
            Ok(spliced(text, span, &new))
        }
        Found::Inside(outer, depth) => {
            let span = span(outer)?;
            let mut table = inline::table(&text[span.clone()]).ok_or_else(|| no_table(key, depth))?;
            inline::set(&mut table, &key[depth..], value).ok_or_else(|| no_table(key, depth))?;
            Ok(spliced(text, span, &inline::bare(table.into())))
        }
        Found::Missing { home, table, depth } => Ok(insert(text, home, table, depth, key, value)),
        Found::Table(_) | Found::Tables => {
            let text = unset(text, document, rule, key)?;
            let document = Document::parse(text.as_str()).map_err(|error| broken(&error))?;
            set(&text, &document, rule, key, value)
        }
    }
}

/// Removes a key. Comments above its line stay; a comment at the end of its line is removed.
pub(super) fn unset(text: &str, document: &Document<&str>, rule: usize, key: &[String]) -> Result<String> {
    match find(table(document, rule)?, key) {
        Found::Value(table, value) => {
            let name = key.last().and_then(|name| table.key(name)).and_then(Key::span);
            let (start, end) = (name.map_or(0, |name| name.start), span(value)?.end);
            Ok(spliced(text, line_start(text, start)..line_end(text, end), ""))
        }
        Found::Inside(outer, depth) => {
            let span = span(outer)?;
            let mut table = inline::table(&text[span.clone()]).ok_or_else(|| no_table(key, depth))?;
            let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
            inline::unset(&mut table, &key[depth..]).ok_or_else(|| missing(key, names.iter().map(String::as_str)))?;
            if table.is_empty() {
                return unset(text, document, rule, &key[..depth]);
            }
            Ok(spliced(text, span, &inline::bare(table.into())))
        }
        Found::Table(table) => {
            let mut lines: Vec<Range<usize>> = Vec::new();
            if table.is_dotted() || table.is_implicit() {
                let entire_lines = |it: Statement<'_>| line_start(text, it.start)..line_end(text, it.end);
                lines.extend(statements(table).into_iter().map(entire_lines));
            }
            let mut text = cut(text, &Layout::of(text, document).tables(rule, key));
            // The dotted lines of a table are above the headings of its subtables, so their positions are still valid.
            lines.into_iter().rev().for_each(|line| text.replace_range(line, ""));
            Ok(text)
        }
        Found::Tables => Ok(cut(text, &Layout::of(text, document).tables(rule, key))),
        Found::Missing { table, .. } => Err(missing(key, table.iter().map(|(name, _)| name))),
    }
}

/// Enables a rule.
pub(super) fn enable(text: &str, document: &Document<&str>, rule: usize) -> Result<String, Vec<Error>> {
    let one = |error| vec![error];
    let key = ["enabled".to_owned()];
    match find(table(document, rule).map_err(one)?, &key) {
        Found::Missing { .. } => Ok(text.to_owned()),
        Found::Value(_, value) if value.as_bool() == Some(true) => Ok(text.to_owned()),
        Found::Value(_, value) => {
            let end = span(value).map_err(one)?.end;
            if is_blank(&text[end..line_end(text, end)]) {
                return unset(text, document, rule, &key).map_err(one);
            }
            set(text, document, rule, &key, &Value::from(true)).map_err(one)
        }
        _ => set(text, document, rule, &key, &Value::from(true)).map_err(one),
    }
}

fn find<'d>(rule: &'d Table, key: &[String]) -> Found<'d> {
    let mut home = Home { table: rule, depth: 0 };
    let mut table = rule;
    for (depth, name) in key.iter().enumerate() {
        let last = depth + 1 == key.len();
        match table.get(name) {
            None | Some(Item::None) => return Found::Missing { home, table, depth },
            Some(Item::Value(value)) if last => return Found::Value(table, value),
            Some(Item::Value(value)) => return Found::Inside(value, depth + 1),
            Some(Item::ArrayOfTables(_)) => return Found::Tables,
            Some(Item::Table(inner)) => {
                table = inner;
                if !inner.is_dotted() && !inner.is_implicit() {
                    home = Home { table, depth: depth + 1 };
                }
            }
        }
    }
    Found::Table(table)
}

/// Inserts a line after the last line of the same table. At the top level of a rule, the line goes after the keys that precede it
/// in the schema.
fn insert(text: &str, home: Home<'_>, table: &Table, depth: usize, key: &[String], value: &Value) -> String {
    let own = statements(table);
    let all = if own.is_empty() { statements(home.table) } else { own };
    let rank = |name: &str| schema::rank(name).unwrap_or(usize::MAX);
    let fitting = all.iter().filter(|it| home.depth > 0 || depth > 0 || rank(it.name) < rank(&key[0]));
    let behind = fitting.max_by_key(|it| it.end).or(all.iter().max_by_key(|it| it.end));
    let header = home.table.span().unwrap_or(0..0);
    let (start, end) = behind.map_or((header.start, header.end), |it| (it.start, it.end));
    let line = &text[line_start(text, start)..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let name = key[home.depth..=depth].iter().map(|name| Key::new(name).to_string()).collect::<Vec<_>>().join(".");
    let value = nested(&key[depth + 1..], value);
    let (at, end) = (line_end(text, end), end_of_line(text));
    let first = if text[..at].ends_with('\n') { "" } else { end };
    spliced(text, at..at, &format!("{first}{indent}{name} = {value}{end}"))
}

fn nested(names: &[String], value: &Value) -> String {
    let mut value = value.clone();
    for name in names.iter().rev() {
        value.decor_mut().clear();
        let mut table = InlineTable::new();
        table.insert(name, value);
        value = table.into();
    }
    inline::bare(value)
}

/// Returns the statements in the lines of the table itself, without those of subtables with headings.
fn statements(table: &Table) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    for (name, item) in table {
        match item {
            Item::Value(value) => {
                if let (Some(key), Some(value)) = (table.key(name).and_then(Key::span), value.span()) {
                    found.push(Statement { name, start: key.start, end: value.end });
                }
            }
            Item::Table(inner) if inner.is_dotted() => {
                found.extend(statements(inner).into_iter().map(|it| Statement { name, ..it }));
            }
            _ => {}
        }
    }
    found.sort_by_key(|it| it.start);
    found
}

fn table<'d>(document: &'d Document<&str>, rule: usize) -> Result<&'d Table> {
    let rules = document.get("rule").and_then(Item::as_array_of_tables);
    rules.and_then(|rules| rules.get(rule)).ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such rule"))
}

fn span(value: &Value) -> Result<Range<usize>> {
    value.span().ok_or_else(|| Error::new(ErrorKind::Bug, "a parsed value has no position in the file"))
}

/// Replaces a range with new text, with the line endings of the file.
fn spliced(text: &str, at: Range<usize>, new: &str) -> String {
    let new = new.replace("\r\n", "\n").replace('\n', end_of_line(text));
    let mut text = text.to_owned();
    text.replace_range(at, &new);
    text
}

fn missing<'k>(key: &[String], names: impl Iterator<Item = &'k str>) -> Error {
    let names: Vec<&str> = names.collect();
    let hint = match nearest(key.last().map_or("", String::as_str), names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the keys are {}", names.join(", ")),
    };
    Error::new(ErrorKind::NotFound, format!("`{}` is not set in the rule", key.join("."))).hint(hint)
}

fn no_table(key: &[String], depth: usize) -> Error {
    let outer = key[..depth].join(".");
    Error::new(ErrorKind::Unsupported, format!("`{outer}` is not a table, so it has no keys to change"))
        .hint(format!("set `{outer}` itself to a new value"))
}

fn broken(error: &toml_edit::TomlError) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the change would make the file invalid TOML: {}", error.message()))
        .hint("change it in an editor with `gotosync rule edit`")
}
