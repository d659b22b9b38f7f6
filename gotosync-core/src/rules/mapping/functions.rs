//! The filters of mapping expressions: pure, and none makes more than 4,096 bytes of its input.

use std::borrow::Cow;

use minijinja::{Environment, Error, ErrorKind, Value};

/// Every filter: its name, what it does, an example, and what the example gives for a person called Éléonore von der Lühe
/// who has two further mailboxes.
pub fn filters() -> &'static [(&'static str, &'static str, &'static str, &'static str)] {
    FILTERS
}

const FILTERS: &[(&str, &str, &str, &str)] = &[
    ("lower", "lower case", "{{ givenName | lower }}", "éléonore"),
    ("upper", "upper case", "{{ givenName | upper }}", "ÉLÉONORE"),
    ("title", "each word with a capital", "{{ sn | title }}", "Von Der Lühe"),
    ("trim", "without space at the ends", "{{ ' a ' | trim }}", "a"),
    ("cut", "the first characters, at most so many", "{{ sn | cut(7) }}", "von der"),
    ("replace", "one text for another", "{{ sn | replace(' ', '-') }}", "von-der-Lühe"),
    ("before", "what stands before the first separator", "{{ 'a@b' | before('@') }}", "a"),
    ("after", "what stands after the first separator", "{{ 'a@b' | after('@') }}", "b"),
    ("split", "a list of the parts between separators", "{{ sn | split(' ') | last }}", "Lühe"),
    (
        "join",
        "the values of a list with a separator between them",
        "{{ otherMailbox | join(', ') }}",
        "a@x.test, b@x.test",
    ),
    ("first", "the first of a list, or the first character", "{{ otherMailbox | first }}", "a@x.test"),
    ("last", "the last of a list, or the last character", "{{ otherMailbox | last }}", "b@x.test"),
    ("default", "another value where there is none", "{{ title | default('Staff') }}", "Staff"),
];

/// Says whether a filter exists.
pub(super) fn exists(name: &str) -> bool {
    FILTERS.iter().any(|(own, ..)| *own == name)
}

pub(super) fn register(environment: &mut Environment<'_>) {
    environment.add_filter("lower", |value: Value| map(&value, |text| Ok(text.to_lowercase())));
    environment.add_filter("upper", |value: Value| map(&value, |text| Ok(text.to_uppercase())));
    environment.add_filter("title", |value: Value| map(&value, |text| Ok(title(text))));
    environment.add_filter("trim", |value: Value| map(&value, |text| Ok(text.trim().to_owned())));
    environment.add_filter("cut", |value: Value, length: Value| {
        let length = usize::try_from(length).map_err(|_| problem("`cut` takes a number of characters".to_owned()))?;
        map(&value, |text| Ok(text.chars().take(length).collect::<String>().trim_end().to_owned()))
    });
    environment.add_filter("replace", |value: Value, from: Cow<'_, str>, to: Cow<'_, str>| {
        map(&value, |text| {
            if from.is_empty() {
                return Err(problem("the text to be replaced is empty".to_owned()));
            }
            Ok(text.replace(&*from, &to))
        })
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
    environment.add_filter("default", |value: Value, other: Value| {
        let blank = value.is_undefined() || value.as_str().is_some_and(|text| text.trim().is_empty());
        if blank { other } else { value }
    });
}

/// An error of an expression.
pub(super) fn problem(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// Applies a function to text; what is absent stays absent.
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

/// A value as text: the one item of a list of one, and nothing for what is absent.
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
        let mut items = value.try_iter()?;
        let item = match end {
            End::First => items.next(),
            End::Last => items.last(),
        };
        return Ok(item.unwrap_or(Value::UNDEFINED));
    }
    map(value, |text| {
        let character = match end {
            End::First => text.chars().next(),
            End::Last => text.chars().next_back(),
        };
        Ok(character.map(String::from).unwrap_or_default())
    })
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
