//! What a TOML document says, as JSON, and the other way round.

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

/// The text of a document that says what an object says; no name of it is headed.
///
/// # Errors
/// What is no object, or what TOML has no word for.
#[cfg(all(feature = "ldif", feature = "csv", feature = "sqlite"))]
pub(crate) fn text(json: &Json) -> Result<String, String> {
    let object = json.as_object().ok_or_else(|| "expected an object".to_owned())?;
    Ok(document(object, &[])?.to_string())
}

/// A document that says what an object says. What the schema heads with double brackets is headed so; everything else stands in
/// one line, in the order of the schema. What is `null` is left out.
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
    // A key below a heading would belong to it.
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

/// What is there of an object, in the order of the schema; what that does not know comes last.
fn ordered<'o>(object: &'o Map<String, Json>, keys: &[Key]) -> Vec<(&'o String, &'o Json)> {
    let rank = |name: &str| keys.iter().position(|key| key.name == name).unwrap_or(keys.len());
    let mut all: Vec<_> = object.iter().filter(|(_, value)| !value.is_null()).collect();
    all.sort_by_key(|(name, _)| rank(name));
    all
}

/// One value as TOML.
///
/// # Errors
/// What TOML has no word for.
pub(super) fn toml(value: &Json) -> Result<Value, String> {
    Ok(match value {
        Json::Null => return Err("nothing stands in a list, where there is no such value".to_owned()),
        Json::Bool(flag) => (*flag).into(),
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(float)) if !number.is_u64() => float.into(),
            _ => return Err(format!("{number} is too large a number")),
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
