//! Regular expressions of a mapping. They are constants that are compiled when the rules are loaded.
//!
//! They do not backtrack, so the time of a match is linear in the length of the text.

use regex::{Regex, RegexBuilder};

use super::{MappingError, RESULT_LIMIT};
use crate::model::text::nearest;

/// A regular expression of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern. `at` is its position in the mapping, for errors.
    pub(super) fn new(text: &str, at: usize) -> Result<Self, MappingError> {
        if text.is_empty() {
            let hint = "write a regular expression, such as `match('[0-9]+')`";
            return Err(MappingError { at, message: "the pattern is empty".into(), hint: hint.into() });
        }
        let built = RegexBuilder::new(text).size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(DEPTH).build();
        built.map(Self).map_err(|error| mistake(&error, at))
    }

    /// Returns a hint if the pattern does not have the group that a mapping names.
    pub(super) fn lacks(&self, group: &str) -> Option<String> {
        let known = match group.parse::<usize>() {
            Ok(number) => number < self.0.captures_len(),
            Err(_) => self.0.capture_names().flatten().any(|name| name == group),
        };
        if known {
            return None;
        }
        let names: Vec<&str> = self.0.capture_names().flatten().collect();
        Some(match (nearest(group, names.iter().copied()), self.0.captures_len() - 1) {
            (Some(name), _) => format!("did you mean `{name}`?"),
            (None, 0) => "the pattern has no groups; write a group in parentheses".to_owned(),
            (None, 1) => "the pattern has only the group 1; 0 is the entire match".to_owned(),
            (None, last) => format!("the pattern has the groups 1 to {last}; 0 is the entire match"),
        })
    }

    /// Returns the first match, or the text of one of its groups; `None` if nothing matches.
    pub(super) fn find<'t>(&self, text: &'t str, group: Option<&str>) -> Result<Option<&'t str>, String> {
        short_enough(text)?;
        let Some(group) = group else { return Ok(self.0.find(text).map(|found| found.as_str())) };
        let Some(captures) = self.0.captures(text) else { return Ok(None) };
        let found = match group.parse() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(group),
        };
        Ok(found.map(|found| found.as_str()))
    }

    /// Replaces every match with `to`, in which `$1` and `${name}` refer to groups.
    pub(super) fn replace(&self, text: &str, to: &str) -> Result<String, String> {
        short_enough(text)?;
        let (mut replaced, mut from) = (String::with_capacity(text.len()), 0);
        for captures in self.0.captures_iter(text) {
            let found = captures.get_match();
            replaced.push_str(&text[from..found.start()]);
            captures.expand(to, &mut replaced);
            from = found.end();
            if replaced.len() > RESULT_LIMIT {
                return Err(super::too_long());
            }
        }
        replaced.push_str(&text[from..]);
        Ok(replaced)
    }
}

fn short_enough(text: &str) -> Result<(), String> {
    if text.len() <= RESULT_LIMIT {
        return Ok(());
    }
    Err(format!(
        "the text is longer than {RESULT_LIMIT} bytes, the maximum for regular expressions: shorten it with `slice` first"
    ))
}

fn mistake(error: &regex::Error, at: usize) -> MappingError {
    let (message, hint) = match error {
        regex::Error::CompiledTooBig(_) => (
            "the pattern is too large".to_owned(),
            "use `+` instead of counted repetitions, or smaller character classes: `[a-z]{1,64}` needs less than `\\w{1,64}`"
                .to_owned(),
        ),
        // The first lines of the error show the pattern with a marker; the last line has the reason.
        error => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let hint = "write the pattern without doubling backslashes: `\\.` is a full stop, and `\\d` is a digit";
            (format!("invalid regular expression: {reason}"), hint.to_owned())
        }
    };
    MappingError { at, message, hint }
}

/// The maximum memory of a compiled pattern in bytes.
const SIZE: usize = 1 << 18;
/// The maximum nesting depth of groups.
const DEPTH: u32 = 50;
