//! A rules file that is changed and stays as its author wrote it: comments, order, blank lines and formatting of whatever
//! is not touched keep every byte.
//!
//! The text is not written anew from what was read: each operation finds the bytes it is about, replaces those, and leaves
//! the others alone. So line ends, a missing last line end and odd spacing survive too.

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

/// The text of a rules file, and operations on it.
///
/// An operation that would make the file unusable is refused with the very errors that reading such a file gives, and
/// changes nothing. Comments right above a `[[rule]]` and right below its last line go where the rule goes; comments that
/// stand apart, and those at the top and at the end of the file, stay.
///
/// ```
/// use gotosync_core::rules::{Change, Place, RulesFile};
///
/// let text = "# ours\n\n[[rule]]\nname = 'Sales'   # since 2019\neveryone = true\n";
/// let mut file = RulesFile::parse(text, "rules.toml").map_err(|mut errors| errors.remove(0))?;
/// let scope = Change::set("group", "'IT Team'").map_err(|mut errors| errors.remove(0))?;
/// file.add("IT", &[scope], &Place::First).map_err(|mut errors| errors.remove(0))?;
/// assert!(file.text().starts_with("# ours\n\n[[rule]]\nname = \"IT\"\ngroup = 'IT Team'\n\n[[rule]]\nname = 'Sales'   # since"));
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RulesFile {
    file: String,
    read: String,
    text: String,
}

/// One change to a key of a rule. The names of a key within a table are joined by dots, as `fields.email`.
#[derive(Clone, Debug)]
pub struct Change {
    key: Vec<String>,
    /// `None` takes the key away.
    value: Option<toml_edit::Value>,
}

/// A place in the order of rules, which is their priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before every other rule.
    First,
    /// After every other rule.
    Last,
    /// Right before a rule.
    Before(String),
    /// Right after a rule.
    After(String),
}

/// The former name of [`Position`].
#[deprecated(since = "0.1.0", note = "it is called `Position`")]
pub type Place = Position;

impl Change {
    /// Gives a key a value that is written as in a rules file.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the key or the value is not TOML.
    pub fn set(key: &str, value: &str) -> Result<Self, Vec<Error>> {
        let value = value.trim().parse::<toml_edit::Value>().map_err(|error| {
            let message = format!("`{value}` is not a value: {}", error.message().replace('\n', "; "));
            let hint = "write it as in the rules file: \"text\", true, 5, [\"one\", \"two\"], { count = 5 }";
            vec![Error::new(ErrorKind::Input, message).with("key", key).hint(hint)]
        })?;
        Ok(Self { key: path(key)?, value: Some(value) })
    }

    /// Gives a key a value as JSON has it; `null` takes the key away.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the key is not one, or TOML has no word for the value.
    pub fn json(key: &str, value: &Json) -> Result<Self, Vec<Error>> {
        let wrong = |problem| vec![Error::new(ErrorKind::Input, problem).with("key", key)];
        let value = if value.is_null() { None } else { Some(json::toml(value).map_err(wrong)?) };
        Ok(Self { key: path(key)?, value })
    }

    /// Gives a key a text.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the key is not one.
    pub fn text(key: &str, value: &str) -> Result<Self, Vec<Error>> {
        Ok(Self { key: path(key)?, value: Some(value.into()) })
    }

    /// Gives a key one text, or a list of several.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the key is not one.
    pub fn texts(key: &str, values: &[String], one: Single) -> Result<Self, Vec<Error>> {
        if let ([value], Single::Bare) = (values, one) {
            return Self::text(key, value);
        }
        let list: toml_edit::Array = values.iter().collect();
        Ok(Self { key: path(key)?, value: Some(list.into()) })
    }

    /// Takes a key away.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the key is not one.
    pub fn unset(key: &str) -> Result<Self, Vec<Error>> {
        Ok(Self { key: path(key)?, value: None })
    }
}

/// How a list of one is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// As the one value.
    Bare,
    /// As a list.
    Listed,
}

impl Single {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Bare, Self::Listed];
}

impl RulesFile {
    /// Takes the text of a rules file. `file` is how problems call it. Rules in it may be wrong, so that they can be mended.
    ///
    /// # Errors
    /// What is not TOML, with line and column.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<Error>> {
        if Document::parse(text).is_err() {
            return Err(match Rules::parse(text, file) {
                Err(problems) => problems.into_errors(),
                Ok(_) => vec![Error::new(ErrorKind::Bug, "the file reads in one way only").with("file", file)],
            });
        }
        Ok(Self { file: file.to_owned(), read: text.to_owned(), text: text.to_owned() })
    }

    /// Writes a file that says what an object says: the other way round of [`json`](Self::json). Rules in it may be wrong.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for what is no object, or what TOML has no word for.
    pub fn from_json(json: &Json, file: &str) -> Result<Self, Vec<Error>> {
        let wrong = |problem: String| vec![Error::new(ErrorKind::Input, problem).with("file", file)];
        let object =
            json.as_object().ok_or_else(|| wrong("rules are an object with `rule` and other keys".to_owned()))?;
        let document = json::document(object, super::keys()).map_err(wrong)?;
        Self::parse(&document.to_string(), file)
    }

    /// How problems call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as it was read.
    pub fn read(&self) -> &str {
        &self.read
    }

    /// Says whether an operation changed anything.
    pub fn is_changed(&self) -> bool {
        self.read != self.text
    }

    /// The rules as the text says them now.
    ///
    /// # Errors
    /// Every problem of the file.
    pub fn rules(&self) -> Result<Rules, Vec<Error>> {
        Rules::parse(&self.text, &self.file).map_err(super::Problems::into_errors)
    }

    /// Replaces the whole text, as an editor does.
    ///
    /// # Errors
    /// Every problem of the new text.
    pub fn replace(&mut self, text: String) -> Result<(), Vec<Error>> {
        self.accept(text)
    }

    /// The names of the rules, highest priority first.
    pub fn names(&self) -> Vec<String> {
        self.layout().map(|layout| layout.rules.into_iter().map(|block| block.name).collect()).unwrap_or_default()
    }

    /// A rule as it is written, with its comments.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name.
    pub fn written(&self, rule: &str) -> Result<String, Vec<Error>> {
        let layout = self.layout()?;
        Ok(self.block(&layout, rule)?.text(&self.text))
    }

    /// The line in which each rule starts, from 1.
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

    /// The line in which a rule starts, from 1.
    pub fn line_of(&self, rule: &str) -> Option<usize> {
        self.lines().remove(rule.trim())
    }

    /// The file as JSON: what it says without how it is written.
    pub fn json(&self) -> Json {
        self.document().map_or(Json::Null, |document| json::table(document.as_table()))
    }

    /// The attributes that the file declares.
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
    /// [`ErrorKind::Conflict`] when a rule has that name, and every problem the file would have.
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

    /// Changes keys of a rule, all of them or none.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such rule or no such key to take away, [`ErrorKind::Unsupported`] for what
    /// is written in a way that only an editor can change, and every problem the file would have.
    pub fn edit(&mut self, rule: &str, changes: &[Change]) -> Result<(), Vec<Error>> {
        let text = self.changed(rule, changes)?;
        self.accept(text)
    }

    /// Gives a rule another name. What is remembered of a rule is remembered by its name.
    ///
    /// # Errors
    /// As [`edit`](Self::edit), and [`ErrorKind::Conflict`] when another rule has that name.
    pub fn rename(&mut self, rule: &str, name: &str) -> Result<(), Vec<Error>> {
        if name.trim() != rule {
            self.must_be_free(name)?;
        }
        self.edit(rule, &[Change::text("name", name)?])
    }

    /// Lets a rule take part. A line that says nothing but `enabled = false` goes.
    ///
    /// # Errors
    /// As [`edit`](Self::edit).
    pub fn enable(&mut self, rule: &str) -> Result<(), Vec<Error>> {
        let layout = self.layout()?;
        let index = self.index(&layout, rule)?;
        let text = change::enable(&self.text, &self.document()?, index)?;
        self.accept(text)
    }

    /// Takes a rule out without removing it.
    ///
    /// # Errors
    /// As [`edit`](Self::edit).
    pub fn disable(&mut self, rule: &str) -> Result<(), Vec<Error>> {
        self.edit(rule, &[Change::set("enabled", "false")?])
    }

    /// Removes a rule with its comments.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name, [`ErrorKind::Unsupported`] for the only rule: a file needs one.
    pub fn remove(&mut self, rule: &str) -> Result<(), Vec<Error>> {
        let layout = self.layout()?;
        let block = self.block(&layout, rule)?;
        if layout.rules.len() == 1 {
            let message = format!("`{rule}` is the only rule, and a rules file needs one");
            let hint = "switch it off instead: `gotosync rule disable`; or add another rule first";
            return Err(vec![Error::new(ErrorKind::Unsupported, message).with("file", &self.file).hint(hint)]);
        }
        self.accept(lines::cut(&self.text, &block.parts))
    }

    /// Moves a rule, and with it its priority. A rule that is there already is left as it is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with the nearest name, [`ErrorKind::Input`] for a place beside itself.
    pub fn move_to(&mut self, rule: &str, place: &Position) -> Result<(), Vec<Error>> {
        let layout = self.layout()?;
        let block = self.block(&layout, rule)?;
        if let Position::Before(other) | Position::After(other) = place {
            self.block(&layout, other)?;
            if other.trim() == block.name {
                let message = format!("`{rule}` cannot stand beside itself");
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

    /// Takes a text if it is that of a usable file.
    fn accept(&mut self, text: String) -> Result<(), Vec<Error>> {
        let before = mem::replace(&mut self.text, text);
        if let Err(errors) = self.rules() {
            self.text = before;
            let told = ("nothing was saved", "the line is that of the file as it would be");
            return Err(errors.into_iter().map(|error| error.with(told.0, told.1)).collect());
        }
        Ok(())
    }

    fn document(&self) -> Result<Document<&str>, Vec<Error>> {
        parsed(&self.text)
    }

    fn layout(&self) -> Result<Layout, Vec<Error>> {
        let document = self.document()?;
        if document.get("rule").is_some_and(Item::is_value) {
            let message = "the rules stand in one list, `rule = […]`, which only an editor can change";
            let hint = "head each rule with [[rule]], its keys in lines of their own below";
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
                None => format!("there are {}", names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
            };
            let error = Error::new(ErrorKind::NotFound, format!("there is no rule `{rule}`")).with("file", &self.file);
            vec![if layout.rules.is_empty() { error.hint("the file has no rule yet") } else { error.hint(hint) }]
        })
    }

    fn block<'l>(&self, layout: &'l Layout, rule: &str) -> Result<&'l Block, Vec<Error>> {
        Ok(&layout.rules[self.index(layout, rule)?])
    }

    fn must_be_free(&self, name: &str) -> Result<(), Vec<Error>> {
        if self.names().iter().any(|own| own == name.trim()) {
            let message = format!("there is a rule `{}` already", name.trim());
            let hint = "take another name, or change that one: `gotosync rule edit`";
            return Err(vec![Error::new(ErrorKind::Conflict, message).with("file", &self.file).hint(hint)]);
        }
        Ok(())
    }

    /// The byte at which a rule for a place is put in.
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
        let message = format!("the file would not be TOML any more: {}", error.message().replace('\n', "; "));
        vec![Error::new(ErrorKind::Unsupported, message).hint("change it in an editor: `gotosync rule edit`")]
    })
}

/// The names of a key that is written with dots.
fn path(key: &str) -> Result<Vec<String>, Vec<Error>> {
    let keys = toml_edit::Key::parse(key).map_err(|_| {
        let hint = "write the name of a key, with dots for one within a table: `fields.email`";
        vec![Error::new(ErrorKind::Input, format!("`{key}` is not a key")).hint(hint)]
    })?;
    Ok(keys.iter().map(|key| key.get().to_owned()).collect())
}

#[cfg(test)]
mod tests;
