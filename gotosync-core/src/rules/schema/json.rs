//! The JSON Schema (draft 2020-12) of a rules file, generated from the table of keys.

use serde_json::{Map, Value, json};

use super::keys;
use crate::rules::key::{Key, KeyKind, Need, Word};

/// Returns the JSON Schema that lets an editor complete and validate a rules file. Its error messages use the same words as gotosync.
///
/// TOML editors find the schema through a first line such as `#:schema rules.schema.json`. The schema cannot check everything:
/// for example, only gotosync checks the syntax of filters and expressions and finds rules with the same name.
pub fn json_schema() -> Value {
    let mut schema = object(keys());
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), "gotosync rules file".into());
    schema.insert("description".into(), "rules that select people and set what they get, in order of priority".into());
    Value::Object(schema)
}

/// Returns the schema of a table that allows only these keys.
fn object(keys: &[Key]) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("additionalProperties".into(), false.into());
    let properties: Map<_, _> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    schema.insert("properties".into(), properties.into());
    let with = |need| keys.iter().filter(move |key| key.need == need).map(|key| key.name);
    let required: Vec<_> = with(Need::Required).collect();
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    for (need, word) in [(Need::Any, "anyOf"), (Need::One, "oneOf")] {
        let choices: Vec<Value> = with(need).map(|name| json!({ "required": [name] })).collect();
        if !choices.is_empty() {
            schema.insert(word.into(), choices.into());
        }
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = value(key);
    // Some editors ignore `errorMessage`, but show the description when the pointer is over the key.
    let mut about = format!("{}\n\nexpected {}", key.about, key.expected());
    if key.need == Need::Required {
        about += "\n\nrequired";
    } else if !key.absent.is_empty() {
        about += "\n\ndefault: ";
        about += key.absent;
    }
    schema.insert("description".into(), about.into());
    let default = key.absent.strip_prefix('`').and_then(|text| text.strip_suffix('`')).and_then(toml);
    schema.extend(default.map(|value| ("default".to_owned(), value)));
    schema.extend(toml(key.example).map(|value| ("examples".to_owned(), json!([value]))));
    schema.insert("errorMessage".into(), format!("`{}`: expected {}", key.name, key.expected()).into());
    if let KeyKind::Word(words) = key.kind {
        let meanings: Vec<_> = words.iter().map(|word| word.about).collect();
        schema.insert("x-taplo".into(), json!({ "docs": { "enumValues": meanings } }));
    }
    Value::Object(schema)
}

fn value(key: &Key) -> Map<String, Value> {
    let text = || match key.need {
        Need::Required => json!({ "type": "string", "pattern": "\\S" }),
        _ => json!({ "type": "string" }),
    };
    let one_or_many = |one: Value| json!({ "anyOf": [one, { "type": "array", "items": one }] });
    let schema = match key.kind {
        KeyKind::Text => text(),
        KeyKind::TextOrFalse => json!({ "anyOf": [{ "type": "string" }, { "const": false }] }),
        KeyKind::Flag => json!({ "type": "boolean" }),
        KeyKind::Number => json!({ "type": "integer", "minimum": 0 }),
        KeyKind::Word(words) => json!({ "enum": spellings(words) }),
        KeyKind::Texts => one_or_many(json!({ "type": "string", "pattern": "\\S" })),
        KeyKind::Words(words) => one_or_many(json!({ "enum": spellings(words) })),
        KeyKind::TextOrTable(keys) => json!({ "anyOf": [{ "type": "string" }, object(keys)] }),
        KeyKind::TextFalseOrTable(keys) => {
            json!({ "anyOf": [{ "type": "string" }, { "const": false }, object(keys)] })
        }
        KeyKind::Names(named) => json!({ "type": "object", "additionalProperties": property(named) }),
        KeyKind::TextsOrTables(keys) => {
            one_or_many(json!({ "anyOf": [{ "type": "string", "pattern": "\\S" }, object(keys)] }))
        }
        KeyKind::WordOrTable(words, keys) => json!({ "anyOf": [{ "enum": spellings(words) }, object(keys)] }),
        KeyKind::Table(keys) => Value::Object(object(keys)),
        KeyKind::Tables(keys) => json!({ "type": "array", "minItems": 1, "items": object(keys) }),
    };
    match schema {
        Value::Object(schema) => schema,
        other => Map::from_iter([("const".to_owned(), other)]),
    }
}

fn spellings(words: &[Word]) -> Vec<&'static str> {
    words.iter().map(|word| word.word).collect()
}

/// Parses a TOML value and converts it to JSON.
fn toml(text: &str) -> Option<Value> {
    text.parse().ok().map(|value| super::super::edit::json_of(&value))
}
