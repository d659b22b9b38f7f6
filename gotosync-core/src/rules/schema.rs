//! The keys of a rules file, from which the JSON Schema for editors and the reference are made. The rows stand in `grammar`.

use super::key::Key;

mod json;
mod markdown;

pub use json::json_schema;
pub use markdown::keys_markdown;

/// The keys at the top of a rules file; those of tables hang on the kinds of their keys.
pub fn keys() -> &'static [Key] {
    super::grammar::FILE
}

/// The place of a key among those of a rule: keys are added in that order.
pub(super) fn rank(name: &str) -> Option<usize> {
    super::grammar::RULE.iter().position(|key| key.name == name)
}
