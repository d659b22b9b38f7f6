//! The filters of mapping expressions. They are pure functions, and their results have at most 4,096 bytes.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::latin::{Habit, ascii};
use super::pattern::Pattern;
use crate::model::text::nfc;

/// The values that `cut` shortened while a mapping was evaluated for one person.
#[derive(Debug, Default)]
pub(super) struct Cuts(pub(super) Vec<Cut>);

/// A value that the filter `cut` shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The original value, or the start of it if it is very long.
    pub from: String,
    /// The number of characters that were kept.
    pub length: usize,
}

pub(super) fn register(environment: &mut Environment<'_>, patterns: &Arc<[Pattern]>) {
    environment.add_filter("lower", |value: Value| map(&value, |text| Ok(text.to_lowercase())));
    environment.add_filter("upper", |value: Value| map(&value, |text| Ok(text.to_uppercase())));
    environment.add_filter("title", |value: Value| map(&value, |text| Ok(title(text))));
    environment.add_filter("trim", |value: Value| map(&value, |text| Ok(text.trim().to_owned())));
    environment.add_filter("cut", |state: &mut State<'_, '_>, value: Value, length: Value| {
        let length = usize::try_from(length).map_err(|_| problem("`cut` needs a number of characters"))?;
        map(&value, |text| Ok(cut(state, text, length)))
    });
    environment.add_filter("slice", |value: Value, from: Value, length: Option<Value>| {
        let number = |value: Value| i64::try_from(value).map_err(|_| problem("`slice` needs whole numbers"));
        let (from, length) = (number(from)?, length.map(number).transpose()?);
        map(&value, |text| Ok(slice(text, from, length)))
    });
    environment.add_filter("replace", |value: Value, from: Cow<'_, str>, to: Cow<'_, str>| {
        map(&value, |text| replace(text, &from, &to))
    });
    environment.add_filter("before", |value: Value, separator: Cow<'_, str>| {
        map(&value, |text| Ok(text.split_once(&*separator).map_or(text, |(before, _)| before).to_owned()))
    });
    environment.add_filter("after", |value: Value, separator: Cow<'_, str>| {
        map(&value, |text| Ok(text.split_once(&*separator).map_or("", |(_, after)| after).to_owned()))
    });
    environment.add_filter("split", |value: Value, separator: Cow<'_, str>| -> Result<Value, Error> {
        Ok(text(&value)?.map_or_else(
            || Value::from(Vec::<Value>::new()),
            |text| text.split(&*separator).filter(|part| !part.is_empty()).map(Value::from).collect(),
        ))
    });
    environment.add_filter("join", |value: Value, separator: Cow<'_, str>| join(&value, &separator));
    environment.add_filter("first", |value: Value| pick(&value, End::First));
    environment.add_filter("last", |value: Value| pick(&value, End::Last));
    environment.add_filter("default", |value: Value, other: Value| if is_blank(&value) { other } else { value });
    environment.add_filter("ascii", |value: Value, habit: Option<Cow<'_, str>>| {
        let habit = habit.and_then(|name| Habit::named(&name)).unwrap_or(Habit::Plain);
        map(&value, |text| Ok(ascii(text, habit, super::RESULT_LIMIT).into_owned()))
    });
    environment.add_filter("digits", |value: Value| {
        map(&value, |text| Ok(text.chars().filter(char::is_ascii_digit).collect()))
    });
    #[cfg(feature = "phone")]
    environment.add_filter("phone", |value: Value, country: Option<Value>| {
        let country = country.map(|country| text(&country).map(|text| text.map(Cow::into_owned))).transpose()?;
        let country = country.flatten().filter(|country| !country.trim().is_empty());
        let Some(number) = text(&value)?.filter(|number| !number.trim().is_empty()) else {
            return Ok(Value::UNDEFINED);
        };
        super::phone::e164(&number, country.as_deref()).map(Value::from).map_err(unfit)
    });
    let own = Arc::clone(patterns);
    environment.add_filter("match", move |value: Value, pattern: usize, group: Option<Value>| {
        let (Some(text), Some(pattern)) = (text(&value)?, own.get(pattern)) else { return Ok(Value::UNDEFINED) };
        let group = group.map(|group| group.to_string());
        let found = pattern.find(&text, group.as_deref()).map_err(unfit)?;
        Ok(found.map_or(Value::UNDEFINED, Value::from))
    });
    let own = Arc::clone(patterns);
    environment.add_filter("replace_regex", move |value: Value, pattern: usize, to: Cow<'_, str>| {
        let Some(pattern) = own.get(pattern) else { return Ok(Value::UNDEFINED) };
        map(&value, |text| pattern.replace(text, &to).map_err(unfit))
    });
    environment.add_filter("contains", |value: Value, part: Value| {
        let in_list = is_list(&value);
        any(&value, &part, |text, part| if in_list { text == part } else { text.contains(part) })
    });
    environment
        .add_filter("starts_with", |value: Value, part: Value| any(&value, &part, |text, part| text.starts_with(part)));
    environment
        .add_filter("ends_with", |value: Value, part: Value| any(&value, &part, |text, part| text.ends_with(part)));
}

/// Creates an error in an expression.
pub(super) fn problem(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// Creates an error in a value. The same expression may succeed for another person.
fn unfit(message: String) -> Error {
    problem(message).with_source(Unfit)
}

/// Marks errors that are caused by a value, not by the expression.
#[derive(Debug)]
pub(super) struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is invalid")
    }
}

impl std::error::Error for Unfit {}

fn cut(state: &mut State<'_, '_>, text: &str, length: usize) -> String {
    // Compose characters first, so that no letter is separated from its accent.
    let text = nfc(text.trim_end());
    let Some((end, _)) = text.char_indices().nth(length) else { return text.into_owned() };
    let from = text.chars().take(KEPT_OF_CUT).collect();
    state.get_or_insert_extension_with(Cuts::default).0.push(Cut { from, length });
    text[..end].trim_end().to_owned()
}

fn slice(text: &str, from: i64, length: Option<i64>) -> String {
    let text = nfc(text);
    let count = text.chars().count() as u64;
    let start = if from < 0 { count.saturating_sub(from.unsigned_abs()) } else { from.unsigned_abs() };
    let length = length.map_or(count, |length| length.max(0).unsigned_abs());
    text.chars().skip(start as usize).take(length as usize).collect()
}

fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    if from.is_empty() {
        return Err(problem("the text to be replaced is empty"));
    }
    let (mut replaced, mut rest) = (String::with_capacity(text.len()), 0);
    for (at, found) in text.match_indices(from) {
        replaced.push_str(&text[rest..at]);
        replaced.push_str(to);
        rest = at + found.len();
        if replaced.len() > super::RESULT_LIMIT {
            return Err(problem(super::too_long()));
        }
    }
    replaced.push_str(&text[rest..]);
    Ok(replaced)
}

/// Returns `true` if a text, or any item of a list, passes a test against a part. Letter case and Unicode normalization are ignored,
/// as in a directory.
fn any(value: &Value, part: &Value, test: impl Fn(&str, &str) -> bool) -> Result<bool, Error> {
    let Some(part) = text(part)? else { return Ok(false) };
    let fold = |text: &str| nfc(text).to_lowercase();
    let part = fold(&part);
    if is_list(value) {
        return Ok(value.try_iter()?.any(|item| test(&fold(&item.to_string()), &part)));
    }
    Ok(text(value)?.is_some_and(|text| test(&fold(&text), &part)))
}

fn is_blank(value: &Value) -> bool {
    value.is_undefined() || value.is_none() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Applies a function to text. A missing value stays missing.
fn map(value: &Value, function: impl FnOnce(&str) -> Result<String, Error>) -> Result<Value, Error> {
    let Some(text) = text(value)? else { return Ok(Value::UNDEFINED) };
    bounded(function(&text)?)
}

fn bounded(text: String) -> Result<Value, Error> {
    if text.len() > super::RESULT_LIMIT {
        return Err(problem(super::too_long()));
    }
    Ok(Value::from(text))
}

/// Converts a value to text: a list with a single item to that item, and a missing value to `None`.
fn text(value: &Value) -> Result<Option<Cow<'_, str>>, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(None);
    }
    if let Some(text) = value.as_str() {
        return Ok(Some(Cow::Borrowed(text)));
    }
    if !is_list(value) {
        return Ok(Some(Cow::Owned(value.to_string())));
    }
    let mut items = value.try_iter()?;
    match (items.next(), items.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(Cow::Owned(one.to_string()))),
        _ => Err(problem(super::several_values("the list", value.len().unwrap_or(2)))),
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Iterable)
}

fn join(value: &Value, separator: &str) -> Result<Value, Error> {
    if !is_list(value) {
        return Ok(value.clone());
    }
    let mut joined = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&item.to_string());
        if joined.len() > super::RESULT_LIMIT {
            break;
        }
    }
    bounded(joined)
}

fn pick(value: &Value, end: End) -> Result<Value, Error> {
    if is_list(value) {
        return Ok(outermost(value, end).unwrap_or(Value::UNDEFINED));
    }
    map(value, |text| {
        let character = match end {
            End::First => text.chars().next(),
            End::Last => text.chars().next_back(),
        };
        Ok(character.map(String::from).unwrap_or_default())
    })
}

/// Returns the first or last item that is not blank. Nested lists are searched item by item.
fn outermost(value: &Value, end: End) -> Option<Value> {
    if !is_list(value) {
        return (!is_blank(value)).then(|| value.clone());
    }
    let mut items = value.try_iter().ok()?.filter_map(|item| outermost(&item, end));
    match end {
        End::First => items.next(),
        End::Last => items.last(),
    }
}

fn title(text: &str) -> String {
    let mut capital = true;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if capital {
            titled.extend(c.to_uppercase());
        } else {
            titled.extend(c.to_lowercase());
        }
        capital = c.is_whitespace() || c == '-';
    }
    titled
}

/// The maximum number of characters of a shortened value that are kept for the note.
const KEPT_OF_CUT: usize = 200;
