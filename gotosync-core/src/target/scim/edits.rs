//! Changes to a resource, in each form that services accept.

use serde_json::{Map, Value, json};

use super::wire::{ENTERPRISE, Operation, PATCH};
use crate::model::Change;

/// Attributes with their new values; `None` removes an attribute.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Edits(Vec<(AttributePath, Option<Value>)>);

#[derive(Debug, Clone, PartialEq)]
enum AttributePath {
    /// An attribute, or a sub-attribute after a dot.
    Core(&'static str),
    /// An attribute of the enterprise extension.
    Enterprise(String),
}

impl Edits {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn set(&mut self, path: &'static str, value: Value) {
        self.0.push((AttributePath::Core(path), Some(value)));
    }

    /// Sets or removes an attribute.
    pub(super) fn put(&mut self, path: &'static str, value: Option<Value>) {
        self.0.push((AttributePath::Core(path), value));
    }

    /// Adds a change, if there is one.
    pub(super) fn change<T>(&mut self, path: &'static str, change: Option<&Change<T>>, value: impl Fn(&T) -> Value) {
        if let Some(change) = change {
            self.put(path, change.after().map(value));
        }
    }

    pub(super) fn put_enterprise(&mut self, name: &str, value: Option<Value>) {
        self.0.push((AttributePath::Enterprise(name.to_owned()), value));
    }

    /// Formats the changes as operations of a PATCH (RFC 7644, section 3.5.2).
    pub(super) fn as_operations(&self) -> Value {
        let operation = |(place, value): &(AttributePath, Option<Value>)| {
            let path = match place {
                AttributePath::Core(path) => (*path).to_owned(),
                AttributePath::Enterprise(name) => format!("{ENTERPRISE}:{name}"),
            };
            Operation { op: if value.is_some() { "replace" } else { "remove" }, path, value: value.clone() }
        };
        json!({ "schemas": [PATCH], "Operations": self.0.iter().map(operation).collect::<Vec<_>>() })
    }

    /// Formats the changes as a partial resource, for the older dialect.
    pub(super) fn as_part(&self) -> Value {
        let mut part = Value::Object(Map::new());
        self.write(&mut part, |object, name, value| drop(object.insert(name.to_owned(), value.unwrap_or_default())));
        part
    }

    /// Applies the changes to a complete resource, for a PUT. All other attributes remain.
    pub(super) fn apply_to(&self, resource: &mut Value) {
        self.write(resource, |object, name, value| match value {
            Some(value) => drop(object.insert(name.to_owned(), value)),
            None => drop(object.remove(name)),
        });
        if let Some(schemas) = resource["schemas"].as_array_mut()
            && self.0.iter().any(|(place, _)| matches!(place, AttributePath::Enterprise(_)))
            && !schemas.iter().any(|own| own == ENTERPRISE)
        {
            schemas.push(ENTERPRISE.into());
        }
    }

    fn write(&self, resource: &mut Value, put: impl Fn(&mut Map<String, Value>, &str, Option<Value>)) {
        for (place, value) in &self.0 {
            let (outer, inner) = match place {
                AttributePath::Core(path) => {
                    path.split_once('.').map_or((*path, None), |(outer, inner)| (outer, Some(inner)))
                }
                AttributePath::Enterprise(name) => (ENTERPRISE, Some(name.as_str())),
            };
            let Some(object) = resource.as_object_mut() else { return };
            let Some(inner) = inner else {
                put(object, outer, value.clone());
                continue;
            };
            let part = object.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if !part.is_object() {
                *part = Value::Object(Map::new());
            }
            if let Some(part) = part.as_object_mut() {
                put(part, inner, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits() -> Edits {
        let mut edits = Edits::default();
        edits.set("name.familyName", "Berg".into());
        edits.put("locale", None);
        edits.change("timezone", None::<&Change<bool>>, |is| (*is).into());
        edits.put_enterprise("department", Some("IT".into()));
        edits
    }

    #[test]
    fn expresses_a_change_as_patch_part_and_put() {
        let operations = edits().as_operations();
        assert_eq!(
            operations["Operations"],
            json!([
                { "op": "replace", "path": "name.familyName", "value": "Berg" },
                { "op": "remove", "path": "locale" },
                { "op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "IT" },
            ])
        );
        assert_eq!(
            edits().as_part(),
            json!({ "name": { "familyName": "Berg" }, "locale": null, ENTERPRISE: { "department": "IT" } })
        );
        let mut complete = json!({
            "schemas": ["a"], "name": { "givenName": "Ann" }, "locale": "en-US", "nickName": "A", ENTERPRISE: null
        });
        edits().apply_to(&mut complete);
        assert_eq!(
            complete,
            json!({
                "schemas": ["a", ENTERPRISE], "name": { "givenName": "Ann", "familyName": "Berg" }, "nickName": "A",
                ENTERPRISE: { "department": "IT" },
            })
        );
    }
}
