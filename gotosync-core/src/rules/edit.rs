//! Editing of rules files. Comments, order, blank lines, and formatting of everything that an edit does not touch are kept byte for
//! byte.
//!
//! The text is not regenerated from the parsed file. Each operation finds the bytes that it affects and replaces only those, so line
//! endings, a missing newline at the end, and unusual spacing survive too.

use std::collections::BTreeMap;
use std::mem;

use serde_json::Value as Json;
use toml_edit::{Document, Item};

use super::Rules;
use crate::model::text::nearest;
use crate::{Error, ErrorKind, Result};

mod change;
mod inline;
mod json;
mod layout;
mod lines;

#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub(crate) use json::text as toml_text;
pub(super) use json::value as json_of;
use layout::{Block, Layout};

/// The text of a rules file, with operations to edit it.
///
/// An operation that would make the file invalid changes nothing and returns the errors that parsing the changed file would give.
/// Comments directly above a `[[rule]]` and directly below its last line move with the rule. Comments separated by a blank line, and
/// those at the top and the end of the file, stay where they are.
///
/// ```
/// use gotosync_core::rules::{Change, Position, RulesFile};
///
/// let text = "# ours\n\n[[rule]]\nname = 'Sales'   # since 2019\neveryone = true\n";
/// let mut file = RulesFile::parse(text, "rules.toml").map_err(|mut errors| errors.remove(0))?;
/// let scope = Change::set("group", "'IT Team'").map_err(|mut errors| errors.remove(0))?;
/// file.add("IT", &[scope], &Position::First).map_err(|mut errors| errors.remove(0))?;
/// assert!(file.text().starts_with("# ours\n\n[[rule]]\nname = \"IT\"\ngroup = 'IT Team'\n\n[[rule]]\nname = 'Sales'   # since"));
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RulesFile {
    file: String,
    read: String,
    text: String,
}

/// A change to a key of a rule. A key inside a table is written with dots, such as `fields.email`.
#[derive(Clone, Debug)]
pub struct Change {
    key: Vec<String>,
    /// The new value; `None` removes the key.
    value: Option<toml_edit::Value>,
}

/// A position in the order of rules, which is their priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before every other rule.
    First,
    /// After every other rule.
    Last,
    /// Directly before the rule with this name.
    Before(String),
    /// Directly after the rule with this name.
    After(String),
}

/// The former name of [`Position`].
#[deprecated(since = "0.1.0", note = "renamed to `Position`")]
pub type Place = Position;

impl Change {
    /// Sets a key to a value in TOML syntax.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the key or the value is not valid TOML.
    pub fn set(key: &str, value: &str) -> Result<Self, Vec<Error>> {
        let value = value.trim().parse::<toml_edit::Value>().map_err(|error| {
            let message = format!("`{value}` is not a valid TOML value: {}", error.message().replace('\n', "; "));
            let hint = "write it as in the rules file: \"text\", true, 5, [\"one\", \"two\"], or { count = 5 }";
            vec![Error::new(ErrorKind::Input, message).with("key", key).hint(hint)]
        })?;
        Ok(Self { key: path(key)?, value: Some(value) })
    }

    /// Sets a key to a JSON value; `null` removes the key.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the key is invalid or TOML cannot represent the value.
    pub fn json(key: &str, value: &Json) -> Result<Self, Vec<Error>> {
        let wrong = |problem| vec![Error::new(ErrorKind::Input, problem).with("key", key)];
        let value = if value.is_null() { None } else { Some(json::toml(value).map_err(wrong)?) };
        Ok(Self { key: path(key)?, value })
    }

    /// Sets a key to a string.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the key is invalid.
    pub fn text(key: &str, value: &str) -> Result<Self, Vec<Error>> {
        Ok(Self { key: path(key)?, value: Some(value.into()) })
    }

    /// Sets a key to a string or to a list of strings.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the key is invalid.
    pub fn texts(key: &str, values: &[String], one: Single) -> Result<Self, Vec<Error>> {
        if let ([value], Single::Bare) = (values, one) {
            return Self::text(key, value);
        }
        let list: toml_edit::Array = values.iter().collect();
        Ok(Self { key: path(key)?, value: Some(list.into()) })
    }

    /// Removes a key.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the key is invalid.
    pub fn unset(key: &str) -> Result<Self, Vec<Error>> {
        Ok(Self { key: path(key)?, value: None })
    }
}

/// The way to write a list with a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// As the value without brackets.
    Bare,
    /// As a list.
    Listed,
}

impl Single {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Bare, Self::Listed];
}

impl RulesFile {
    /// Parses the TOML of a rules file. `file` is the file name to show in errors. The rules may be invalid, so that edits can fix them.
    ///
    /// # Errors
    /// The syntax errors, with line and column.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<Error>> {
        if Document::parse(text).is_err() {
            return Err(match Rules::parse(text, file) {
                Err(problems) => problems.into_errors(),
                Ok(_) => vec![
                    Error::new(ErrorKind::Bug, "one TOML parser accepts the file, but the other one does not")
                        .with("file", file),
                ],
            });
        }
        Ok(Self { file: file.to_owned(), read: text.to_owned(), text: text.to_owned() })
    }

    /// Creates a file from a JSON object: the reverse of [`json`](Self::json). The rules may be invalid.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if `json` is not an object or TOML cannot represent it.
    pub fn from_json(json: &Json, file: &str) -> Result<Self, Vec<Error>> {
        let wrong = |problem: String| vec![Error::new(ErrorKind::Input, problem).with("file", file)];
        let object = json.as_object().ok_or_else(|| wrong("rules must be an object with the key `rule`".to_owned()))?;
        let document = json::document(object, super::keys()).map_err(wrong)?;
        Self::parse(&document.to_string(), file)
    }

    /// Returns the file name to show in errors.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the current text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the original text.
    pub fn read(&self) -> &str {
        &self.read
    }

    /// Returns `true` if an operation has changed the text.
    pub fn is_changed(&self) -> bool {
        self.read != self.text
    }

    /// Parses the rules of the current text.
    ///
    /// # Errors
    /// Every problem in the file.
    pub fn rules(&self) -> Result<Rules, Vec<Error>> {
        Rules::parse(&self.text, &self.file).map_err(super::Problems::into_errors)
    }

    /// Replaces the entire text, for example with the result of an editor.
    ///
    /// # Errors
    /// Every problem in the new text.
    pub fn replace(&mut self, text: String) -> Result<(), Vec<Error>> {
        self.accept(text)
    }

    /// Returns the names of the rules, highest priority first.
    pub fn names(&self) -> Vec<String> {
        self.layout().map(|layout| layout.rules.into_iter().map(|block| block.name).collect()).unwrap_or_default()
    }

    /// Returns the text of a rule, with its comments.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name if there is no such rule.
    pub fn written(&self, rule: &str) -> Result<String, Vec<Error>> {
        let layout = self.layout()?;
        Ok(self.block(&layout, rule)?.text(&self.text))
    }

    /// Returns the line in which each rule starts, counted from 1.
    pub fn lines(&self) -> BTreeMap<String, usize> {
        let Ok(layout) = self.layout() else { return BTreeMap::new() };
        let (mut lines, mut line, mut seen) = (BTreeMap::new(), 1, 0);
        for Block { name, header, .. } in layout.rules {
            line += self.text[seen..header].matches('\n').count();
            seen = header;
            lines.insert(name, line);
        }
        lines
    }

    /// Returns the line in which a rule starts, counted from 1.
    pub fn line_of(&self, rule: &str) -> Option<usize> {
        self.lines().remove(rule.trim())
    }

    /// Returns the contents of the file as JSON, without comments and formatting.
    pub fn json(&self) -> Json {
        self.document().map_or(Json::Null, |document| json::table(document.as_table()))
    }

    /// Returns the custom attributes that the file declares.
    pub fn declared(&self) -> Vec<String> {
        let texts = |item: &Json| match item {
            Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            other => other.as_str().map(str::to_owned).into_iter().collect(),
        };
        self.json().get("attributes").map(texts).unwrap_or_default()
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a rule with that name exists, and every problem that the changed file would have.
    pub fn add(&mut self, name: &str, changes: &[Change], place: &Position) -> Result<(), Vec<Error>> {
        self.must_be_free(name)?;
        let at = self.place(&self.layout()?, place)?;
        let end = lines::end_of_line(&self.text);
        let block = format!("[[rule]]{end}name = {}{end}", toml_edit::Value::from(name));
        let text = lines::insert(&self.text, at, &block);
        let grown = Self { text, ..self.clone() };
        let text = grown.changed(name, changes)?;
        self.accept(text)
    }

    /// Changes keys of a rule. If one change fails, none is made.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such rule or no such key to remove, [`ErrorKind::Unsupported`] if the TOML is in a form that
    /// must be edited by hand, and every problem that the changed file would have.
    pub fn edit(&mut self, rule: &str, changes: &[Change]) -> Result<(), Vec<Error>> {
        let text = self.changed(rule, changes)?;
        self.accept(text)
    }

    /// Renames a rule. The state store knows rules by name, so a renamed rule counts as a new one there.
    ///
    /// # Errors
    /// Those of [`edit`](Self::edit), and [`ErrorKind::Conflict`] if another rule has that name.
    pub fn rename(&mut self, rule: &str, name: &str) -> Result<(), Vec<Error>> {
        if name.trim() != rule {
            self.must_be_free(name)?;
        }
        self.edit(rule, &[Change::text("name", name)?])
    }

    /// Enables a rule. A line `enabled = false` without a comment is removed.
    ///
    /// # Errors
    /// Those of [`edit`](Self::edit).
    pub fn enable(&mut self, rule: &str) -> Result<(), Vec<Error>> {
        let layout = self.layout()?;
        let index = self.index(&layout, rule)?;
        let text = change::enable(&self.text, &self.document()?, index)?;
        self.accept(text)
    }

    /// Disables a rule without removing it.
    ///
    /// # Errors
    /// Those of [`edit`](Self::edit).
    pub fn disable(&mut self, rule: &str) -> Result<(), Vec<Error>> {
        self.edit(rule, &[Change::set("enabled", "false")?])
    }

    /// Removes a rule with its comments.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name if there is no such rule, and [`ErrorKind::Unsupported`] for the only rule, because a
    /// file needs at least one.
    pub fn remove(&mut self, rule: &str) -> Result<(), Vec<Error>> {
        let layout = self.layout()?;
        let block = self.block(&layout, rule)?;
        if layout.rules.len() == 1 {
            let message = format!("`{rule}` is the only rule, and a rules file needs at least one");
            let hint = "disable it with `gotosync rule disable`, or add another rule first";
            return Err(vec![Error::new(ErrorKind::Unsupported, message).with("file", &self.file).hint(hint)]);
        }
        self.accept(lines::cut(&self.text, &block.parts))
    }

    /// Moves a rule to another position, and so changes its priority. Does nothing if the rule already has that position.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name if there is no such rule, and [`ErrorKind::Input`] for a position next to itself.
    pub fn move_to(&mut self, rule: &str, place: &Position) -> Result<(), Vec<Error>> {
        let layout = self.layout()?;
        let block = self.block(&layout, rule)?;
        if let Position::Before(other) | Position::After(other) = place {
            self.block(&layout, other)?;
            if other.trim() == block.name {
                let message = format!("cannot move the rule `{rule}` before or after itself");
                return Err(vec![Error::new(ErrorKind::Input, message).hint("name another rule")]);
            }
        }
        let rest = Self { text: lines::cut(&self.text, &block.parts), ..self.clone() };
        let at = rest.place(&rest.layout()?, place)?;
        let moved = Self { text: lines::insert(&rest.text, at, &block.text(&self.text)), ..self.clone() };
        if moved.names() == self.names() {
            return Ok(());
        }
        self.accept(moved.text)
    }

    fn changed(&self, rule: &str, changes: &[Change]) -> Result<String, Vec<Error>> {
        let index = self.index(&self.layout()?, rule)?;
        let mut text = self.text.clone();
        for Change { key, value } in changes {
            let document = parsed(&text)?;
            text = match value {
                Some(value) => change::set(&text, &document, index, key, value),
                None => change::unset(&text, &document, index, key),
            }
            .map_err(|error| vec![error.with("rule", rule).with("key", key.join("."))])?;
        }
        Ok(text)
    }

    /// Accepts a new text if it is a valid rules file.
    fn accept(&mut self, text: String) -> Result<(), Vec<Error>> {
        let before = mem::replace(&mut self.text, text);
        if let Err(errors) = self.rules() {
            self.text = before;
            let note = ("nothing was saved", "the line number refers to the changed file");
            return Err(errors.into_iter().map(|error| error.with(note.0, note.1)).collect());
        }
        Ok(())
    }

    fn document(&self) -> Result<Document<&str>, Vec<Error>> {
        parsed(&self.text)
    }

    fn layout(&self) -> Result<Layout, Vec<Error>> {
        let document = self.document()?;
        if document.get("rule").is_some_and(Item::is_value) {
            let message = "the rules are in an inline list, `rule = […]`, which must be edited by hand";
            let hint = "write [[rule]] above each rule, and each of its keys on a line below";
            return Err(vec![Error::new(ErrorKind::Unsupported, message).with("file", &self.file).hint(hint)]);
        }
        Ok(Layout::of(&self.text, &document))
    }

    fn index(&self, layout: &Layout, rule: &str) -> Result<usize, Vec<Error>> {
        let found = layout.rules.iter().position(|block| block.name == rule.trim());
        found.ok_or_else(|| {
            let names = layout.rules.iter().map(|block| block.name.as_str());
            let hint = match nearest(rule, names.clone()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => {
                    format!("the rules are {}", names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
                }
            };
            let error = Error::new(ErrorKind::NotFound, format!("there is no rule `{rule}`")).with("file", &self.file);
            vec![if layout.rules.is_empty() { error.hint("the file has no rules yet") } else { error.hint(hint) }]
        })
    }

    fn block<'l>(&self, layout: &'l Layout, rule: &str) -> Result<&'l Block, Vec<Error>> {
        Ok(&layout.rules[self.index(layout, rule)?])
    }

    fn must_be_free(&self, name: &str) -> Result<(), Vec<Error>> {
        if self.names().iter().any(|own| own == name.trim()) {
            let message = format!("a rule with the name `{}` exists already", name.trim());
            let hint = "choose another name, or change that rule with `gotosync rule edit`";
            return Err(vec![Error::new(ErrorKind::Conflict, message).with("file", &self.file).hint(hint)]);
        }
        Ok(())
    }

    /// Returns the byte at which to insert a rule for a position.
    fn place(&self, layout: &Layout, place: &Position) -> Result<usize, Vec<Error>> {
        let all = &layout.rules;
        Ok(match place {
            Position::First => all.first().map_or(self.text.len(), Block::start),
            Position::Last => all.last().map_or(self.text.len(), Block::end),
            Position::Before(other) => self.block(layout, other)?.start(),
            Position::After(other) => self.block(layout, other)?.end(),
        })
    }
}

fn parsed(text: &str) -> Result<Document<&str>, Vec<Error>> {
    Document::parse(text).map_err(|error| {
        let message = format!("the change would make the file invalid TOML: {}", error.message().replace('\n', "; "));
        vec![Error::new(ErrorKind::Unsupported, message).hint("change it in an editor with `gotosync rule edit`")]
    })
}

/// Splits a dotted key into its parts.
fn path(key: &str) -> Result<Vec<String>, Vec<Error>> {
    let keys = toml_edit::Key::parse(key).map_err(|_| {
        let hint = "write the name of a key, with dots for a key inside a table, such as `fields.email`";
        vec![Error::new(ErrorKind::Input, format!("`{key}` is not a valid key")).hint(hint)]
    })?;
    Ok(keys.iter().map(|key| key.get().to_owned()).collect())
}

#[cfg(test)]
mod tests;
