//! Conversion between TOML and JSON.

use serde_json::{Map, Value as Json};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::super::key::{Key, KeyKind};

pub(super) fn table(table: &Table) -> Json {
    Json::Object(table.iter().filter_map(|(key, found)| Some((key.to_owned(), item(found)?))).collect::<Map<_, _>>())
}

fn item(item: &Item) -> Option<Json> {
    Some(match item {
        Item::None => return None,
        Item::Value(found) => value(found),
        Item::Table(found) => table(found),
        Item::ArrayOfTables(tables) => tables.iter().map(table).collect(),
    })
}

pub(in crate::rules) fn value(found: &Value) -> Json {
    match found {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => Json::from(*number.value()),
        Value::Boolean(flag) => Json::from(*flag.value()),
        Value::Datetime(time) => Json::from(time.value().to_string()),
        Value::Array(items) => items.iter().map(value).collect(),
        Value::InlineTable(table) => {
            Json::Object(table.iter().map(|(key, found)| (key.to_owned(), value(found))).collect())
        }
    }
}

/// Converts a JSON object to the text of a TOML document without headings.
///
/// # Errors
/// A message if the value is not an object or TOML cannot represent it.
#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub(crate) fn text(json: &Json) -> Result<String, String> {
    let object = json.as_object().ok_or_else(|| "expected an object".to_owned())?;
    Ok(document(object, &[])?.to_string())
}

/// Converts a JSON object to a TOML document. Arrays of tables get headings in double brackets, as in the schema; every other value
/// is on one line. Keys are in the order of the schema, and `null` values are omitted.
pub(super) fn document(object: &Map<String, Json>, keys: &[Key]) -> Result<DocumentMut, String> {
    let mut document = DocumentMut::new();
    let mut lists = Vec::new();
    for (name, value) in ordered(object, keys) {
        let key = keys.iter().find(|key| key.name == name);
        match (key.map(|key| key.kind), value) {
            (Some(KeyKind::Tables(keys)), Json::Array(tables))
                if !tables.is_empty() && tables.iter().all(Json::is_object) =>
            {
                lists.push((name, tables, keys));
            }
            (_, value) => {
                document.insert(name, Item::Value(toml(value).map_err(|problem| format!("{name}: {problem}"))?));
            }
        }
    }
    // Headings come last, because a key below a heading would belong to its table.
    for (name, tables, keys) in lists {
        let mut list = ArrayOfTables::new();
        for (at, table) in tables.iter().enumerate() {
            let mut lines = Table::new();
            for (key, value) in table.as_object().into_iter().flat_map(|table| ordered(table, keys)) {
                let value = toml(value).map_err(|problem| format!("{name} {}: {key}: {problem}", at + 1))?;
                lines.insert(key, Item::Value(value));
            }
            list.push(lines);
        }
        document.insert(name, Item::ArrayOfTables(list));
    }
    Ok(document)
}

/// Returns the non-null entries of an object in the order of the schema, with unknown keys last.
fn ordered<'o>(object: &'o Map<String, Json>, keys: &[Key]) -> Vec<(&'o String, &'o Json)> {
    let rank = |name: &str| keys.iter().position(|key| key.name == name).unwrap_or(keys.len());
    let mut all: Vec<_> = object.iter().filter(|(_, value)| !value.is_null()).collect();
    all.sort_by_key(|(name, _)| rank(name));
    all
}

/// Converts a JSON value to a TOML value.
///
/// # Errors
/// A message if TOML cannot represent the value.
pub(super) fn toml(value: &Json) -> Result<Value, String> {
    Ok(match value {
        Json::Null => return Err("`null` is not allowed in a list".to_owned()),
        Json::Bool(flag) => (*flag).into(),
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(float)) if !number.is_u64() => float.into(),
            _ => return Err(format!("the number {number} is too large")),
        },
        Json::Array(items) => items.iter().map(toml).collect::<Result<Array, _>>()?.into(),
        Json::Object(object) => {
            let mut table = InlineTable::new();
            for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                table.insert(name, toml(value).map_err(|problem| format!("{name}: {problem}"))?);
            }
            table.into()
        }
    })
}
