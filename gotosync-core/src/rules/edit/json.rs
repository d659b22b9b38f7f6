//! What a TOML document says, as JSON.

use serde_json::{Map, Value as Json};
use toml_edit::{Item, Table, Value};

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
