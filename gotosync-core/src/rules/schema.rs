//! The keys of a rules file, and the JSON Schema and reference documentation that are generated from them. The `grammar` module
//! defines the keys.

use super::key::Key;

mod json;
mod markdown;

pub use json::json_schema;
pub use markdown::keys_markdown;

/// Returns the keys at the top of a rules file. The kind of a key holds the keys of the tables inside it.
pub fn keys() -> &'static [Key] {
    super::grammar::FILE
}

/// Returns the position of a key among the keys of a rule. New keys are inserted into a file in this order.
pub(super) fn rank(name: &str) -> Option<usize> {
    super::grammar::RULE.iter().position(|key| key.name == name)
}
