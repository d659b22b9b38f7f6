//! A validator for the parts of JSON Schema draft 2020-12 that the schema of rules files uses.

use serde_json::Value;

/// Returns the violations of a schema, each with its location in the value.
///
/// # Panics
/// If the schema uses a keyword that this validator does not support and would therefore ignore.
pub fn mistakes(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(schema, value, "", &mut found);
    found
}

fn look(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let words = schema.as_object().unwrap_or_else(|| panic!("not a schema: {schema}"));
    for (word, says) in words {
        let fine = match word.as_str() {
            "$schema" | "title" | "description" | "default" | "examples" | "errorMessage" | "x-taplo" => true,
            "type" => is(value, says.as_str().expect("one type")),
            "const" => value == says,
            "enum" => list(says).contains(value),
            "pattern" => {
                assert_eq!(says, "\\S", "this validator supports no other pattern");
                value.as_str().is_none_or(|text| text.contains(|c: char| !c.is_whitespace()))
            }
            "minimum" => value.as_i64().is_none_or(|number| Some(number) >= says.as_i64()),
            "minItems" => value.as_array().is_none_or(|items| Some(items.len() as u64) >= says.as_u64()),
            "required" => value
                .as_object()
                .is_none_or(|map| list(says).iter().all(|name| map.contains_key(name.as_str().expect("a name")))),
            "anyOf" => list(says).iter().any(|one| mistakes(one, value).is_empty()),
            "oneOf" => list(says).iter().filter(|one| mistakes(one, value).is_empty()).count() == 1,
            "additionalProperties" if *says == Value::Bool(false) => {
                let known = &schema["properties"];
                value.as_object().is_none_or(|map| map.keys().all(|name| known.get(name).is_some()))
            }
            "additionalProperties" => {
                assert!(schema.get("properties").is_none(), "`properties` beside this keyword is not supported");
                for (name, own) in value.as_object().into_iter().flatten() {
                    look(says, own, &format!("{at}.{name}"), found);
                }
                true
            }
            "properties" => {
                for (name, inner) in says.as_object().expect("properties") {
                    if let Some(own) = value.get(name) {
                        look(inner, own, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            "items" => {
                for (index, own) in value.as_array().into_iter().flatten().enumerate() {
                    look(says, own, &format!("{at}[{index}]"), found);
                }
                true
            }
            _ => panic!("the schema keyword `{word}` is not supported"),
        };
        if !fine {
            found.push(format!("{at}: {value} violates `{word}`: {says}"));
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => panic!("the schema type `{name}` is not supported"),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).expect("a list")
}
