//! Reads TOML so that every problem comes with file, line, column, the expected value, and the nearest valid word.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::text::nearest;
use crate::{Error, ErrorKind};

/// The problems in a file, in the order of its lines; never empty.
#[derive(Debug)]
pub struct Problems(Vec<Error>);

impl Problems {
    /// Returns each problem as an error.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    /// Converts each problem into an error.
    pub fn into_errors(self) -> Vec<Error> {
        self.0
    }
}

impl From<Problems> for Error {
    /// Returns the first problem, with the number of further problems.
    fn from(mut problems: Problems) -> Self {
        let more = problems.0.len() - 1;
        let first = problems.0.swap_remove(0);
        if more == 0 { first } else { first.with("more problems in the file", more) }
    }
}

/// A file that is being read. Reading continues after a problem and collects all of them.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    problems: RefCell<Vec<(usize, Error)>>,
}

/// A table of a file. It records which keys the reader asks for; all other keys are problems.
#[derive(Debug)]
pub(crate) struct Table<'d, 't> {
    document: &'d Document<'t>,
    name: String,
    map: &'d DeTable<'t>,
    at: Range<usize>,
    asked: RefCell<BTreeSet<String>>,
}

/// A value with its position in the file.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) at: Range<usize>,
}

impl<'t> Document<'t> {
    /// Parses a file and passes its top-level table to `read`.
    pub(crate) fn read<T>(
        file: &'t str,
        text: &'t str,
        read: impl FnOnce(&Self, &Table<'_, 't>) -> Option<T>,
    ) -> Result<T, Problems> {
        let document = Self { file, text, problems: RefCell::default() };
        let (map, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().unwrap_or(0..0);
            document.problem(
                &at,
                error.message().replace('\n', "; "),
                "correct the TOML syntax at this line and column",
            );
        }
        // After a syntax error, the parser may have misread the rest of the file.
        let value = if errors.is_empty() {
            let table = document.table("the file".to_owned(), map.get_ref(), 0..text.len());
            let value = read(&document, &table);
            table.finish();
            value
        } else {
            None
        };
        let mut problems = document.problems.into_inner();
        problems.sort_by_key(|(at, _)| *at);
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ if problems.is_empty() => {
                Err(Problems(vec![Error::new(ErrorKind::Input, "the file is not valid").with("file", file)]))
            }
            _ => Err(Problems(problems.into_iter().map(|(_, error)| error).collect())),
        }
    }

    fn table<'d>(&'d self, name: String, map: &'d DeTable<'t>, at: Range<usize>) -> Table<'d, 't> {
        Table { document: self, name, map, at, asked: RefCell::default() }
    }

    /// Records a problem with its position.
    pub(crate) fn problem(&self, at: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        if self.is_full() {
            return;
        }
        let (line, column) = self.place(at.start);
        let error = Error::new(ErrorKind::Input, message)
            .with("file", self.file)
            .with("line", line)
            .with("column", column)
            .hint(hint);
        self.problems.borrow_mut().push((at.start, error));
    }

    /// Returns `true` if the maximum number of problems has been recorded.
    fn is_full(&self) -> bool {
        self.problems.borrow().len() >= MOST_PROBLEMS
    }

    /// Returns the file name to show in problems.
    pub(crate) fn file(&self) -> &'t str {
        self.file
    }

    /// Returns the line and column of a byte, both counted from 1. The column counts characters.
    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl<'d, 't> Table<'d, 't> {
    /// Returns the position of the table.
    pub(crate) fn at(&self) -> &Range<usize> {
        &self.at
    }

    /// Returns the position of a key, or that of the table if the key is missing.
    pub(crate) fn at_key(&self, key: &str) -> Range<usize> {
        self.map.get_key_value(key).map_or_else(|| self.at.clone(), |(key, _)| key.span())
    }

    /// Returns `true` if a key is present, whatever its value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.asked.borrow_mut().insert(key.to_owned());
        self.map.contains_key(key)
    }

    /// Rejects a key that admins may expect but that does not exist, with the reason.
    pub(crate) fn refuse(&self, key: &str, why: &str, hint: &str) {
        if self.map.contains_key(key) {
            self.asked.borrow_mut().insert(key.to_owned());
            self.problem(&self.at_key(key), format!("{} has no key `{key}`: {why}", self.name), hint);
        }
    }

    /// Returns the value of a key if it is a string. The key does not count as asked for.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        match self.map.get(key)?.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns every key of the table, for tables whose keys are names.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.map.iter().map(|(key, _)| key.get_ref().to_string()).collect()
    }

    /// Returns `true` if the value of a key is a table.
    pub(crate) fn is_table(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::Table(_)))
    }

    /// Returns `true` if the value of a key is a list.
    #[cfg(all(feature = "secrets", feature = "ldif", feature = "csv", feature = "sqlite"))]
    pub(crate) fn is_list(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::Array(_)))
    }

    /// Sets a better name of the table for problems.
    pub(crate) fn rename(&mut self, name: String) {
        self.name = name;
    }

    /// Records a problem with its position.
    pub(crate) fn problem(&self, at: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.document.problem(at, message, hint);
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.map.get(key)
    }

    fn expected(&self, key: &str, what: &str, found: &Spanned<DeValue<'t>>) {
        let message = format!("`{key}` in {} is {}, expected {what}", self.name, kind_of(found.get_ref()));
        self.problem(&found.span(), message, format!("write {what}"));
    }

    /// Reads a string.
    pub(crate) fn string(&self, key: &str) -> Option<Placed<String>> {
        let found = self.value(key)?;
        if let DeValue::String(text) = found.get_ref() {
            return Some(Placed { value: text.to_string(), at: found.span() });
        }
        self.expected(key, "a string in quotes", found);
        None
    }

    /// Reads a required string that must not be blank.
    pub(crate) fn required_string(&self, key: &str, example: &str) -> Option<Placed<String>> {
        if !self.has(key) {
            self.problem(&self.at, format!("{} has no `{key}`", self.name), format!("add `{key} = \"{example}\"`"));
            return None;
        }
        let found = self.string(key)?;
        if found.value.trim().is_empty() {
            let message = format!("`{key}` in {} is empty", self.name);
            self.problem(&found.at, message, format!("write, for example, `{key} = \"{example}\"`"));
            return None;
        }
        Some(found)
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&self, key: &str) -> Option<Placed<bool>> {
        let found = self.value(key)?;
        if let DeValue::Boolean(value) = found.get_ref() {
            return Some(Placed { value: *value, at: found.span() });
        }
        self.expected(key, "true or false", found);
        None
    }

    /// Reads a string, or `false` for no value.
    pub(crate) fn string_or_false(&self, key: &str) -> Option<Placed<Option<String>>> {
        self.string_or_false_as(key, "a string in quotes, or false")
    }

    /// Reads a string, or `false` for no value. `what` describes all valid kinds of values, for the problem.
    pub(crate) fn string_or_false_as(&self, key: &str, what: &str) -> Option<Placed<Option<String>>> {
        let found = self.value(key)?;
        let value = match found.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Boolean(false) => None,
            _ => {
                self.expected(key, what, found);
                return None;
            }
        };
        Some(Placed { value, at: found.span() })
    }

    /// Reads a whole number, 0 or more.
    pub(crate) fn number(&self, key: &str) -> Option<usize> {
        let found = self.value(key)?;
        let number = match found.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.and_then(|number| usize::try_from(number).ok());
        if number.is_none() {
            self.expected(key, "a whole number, 0 or more", found);
        }
        number
    }

    /// Reads one of several words.
    pub(crate) fn word<T: Clone>(&self, key: &str, words: &[(&'static str, T)]) -> Option<T> {
        let found = self.string(key)?;
        self.chosen(key, &found, words, None)
    }

    /// Reads a word or a list of words. An invalid word is recorded as a problem and returned as `None`.
    pub(crate) fn words<T: Clone>(&self, key: &str, words: &[(&'static str, T)]) -> Vec<Option<T>> {
        self.strings(key).iter().map(|found| self.chosen(key, found, words, None)).collect()
    }

    /// Returns the value of a word. `otherwise` describes the alternative to the words, for the hint.
    pub(crate) fn chosen<T: Clone>(
        &self,
        key: &str,
        found: &Placed<String>,
        words: &[(&'static str, T)],
        otherwise: Option<&str>,
    ) -> Option<T> {
        let chosen = words.iter().find(|(word, _)| *word == found.value).map(|(_, value)| value.clone());
        if chosen.is_none() {
            let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let list = names.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let hint = match nearest(&found.value, names.iter().copied()) {
                Some(word) => format!("did you mean `{word}`?"),
                None => match otherwise {
                    Some(otherwise) => format!("write one of {list}, {otherwise}"),
                    None => format!("write one of {list}"),
                },
            };
            self.problem(
                &found.at,
                format!("`{key}` in {} is `{}`, expected one of {list}", self.name, found.value),
                hint,
            );
        }
        chosen
    }

    /// Reads a string or a list of strings.
    pub(crate) fn strings(&self, key: &str) -> Vec<Placed<String>> {
        self.items(key, "a string in quotes, or a list of strings", |found| match found.get_ref() {
            DeValue::String(text) => Some(Placed { value: text.to_string(), at: found.span() }),
            _ => None,
        })
    }

    /// Reads a string, a table, or a list of strings and tables.
    pub(crate) fn strings_or_tables(&self, key: &str, what: &str) -> Vec<StringOrTable<'d, 't>> {
        self.items(key, what, |found| match found.get_ref() {
            DeValue::String(text) => Some(StringOrTable::String(Placed { value: text.to_string(), at: found.span() })),
            DeValue::Table(map) => {
                let name = format!("`{key}` in {}", self.name);
                Some(StringOrTable::Table(self.document.table(name, map, found.span())))
            }
            _ => None,
        })
    }

    /// Reads a string or a table.
    pub(crate) fn string_or_table(&self, key: &str, what: &str) -> Option<StringOrTable<'d, 't>> {
        let found = self.value(key)?;
        match found.get_ref() {
            DeValue::String(text) => Some(StringOrTable::String(Placed { value: text.to_string(), at: found.span() })),
            DeValue::Table(map) => {
                let name = format!("`{key}` in {}", self.name);
                Some(StringOrTable::Table(self.document.table(name, map, found.span())))
            }
            _ => {
                self.expected(key, what, found);
                None
            }
        }
    }

    fn items<T>(&self, key: &str, what: &str, take: impl Fn(&'d Spanned<DeValue<'t>>) -> Option<T>) -> Vec<T> {
        let Some(found) = self.value(key) else { return Vec::new() };
        let one = |item: &'d Spanned<DeValue<'t>>| {
            let taken = take(item);
            if taken.is_none() {
                self.expected(key, what, item);
            }
            taken
        };
        match found.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(one).collect(),
            _ => one(found).into_iter().collect(),
        }
    }

    /// Reads a table.
    pub(crate) fn table(&self, key: &str) -> Option<Table<'d, 't>> {
        let found = self.value(key)?;
        if let DeValue::Table(map) = found.get_ref() {
            let name = if self.name == "the file" { format!("[{key}]") } else { format!("`{key}` in {}", self.name) };
            return Some(self.document.table(name, map, found.span()));
        }
        self.expected(key, "a table", found);
        None
    }

    /// Reads an array of tables, written `[[key]]`.
    pub(crate) fn tables(&self, key: &str) -> Vec<Table<'d, 't>> {
        let Some(found) = self.value(key) else { return Vec::new() };
        let DeValue::Array(items) = found.get_ref() else {
            self.expected(key, &format!("a table with the heading [[{key}]]"), found);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.get_ref() {
                DeValue::Table(map) => {
                    tables.push(self.document.table(format!("[[{key}]] number {}", index + 1), map, item.span()));
                }
                _ => self.expected(key, &format!("a table with the heading [[{key}]]"), item),
            }
        }
        tables
    }

    /// Records a problem for every key that the reader did not ask for.
    pub(crate) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.map {
            let name: &str = key.get_ref();
            if asked.contains(name) {
                continue;
            }
            if self.document.is_full() {
                break;
            }
            let hint = match nearest(name, asked.iter().map(String::as_str)) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("expected one of {}", asked.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
            };
            self.problem(&key.span(), format!("{} has no key `{name}`", self.name), hint);
        }
    }
}

/// A string or a table.
#[derive(Debug)]
pub(crate) enum StringOrTable<'d, 't> {
    String(Placed<String>),
    Table(Table<'d, 't>),
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The maximum number of problems that are reported for one file.
const MOST_PROBLEMS: usize = 300;
