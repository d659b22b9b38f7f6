//! Regular expressions of a mapping: constants, compiled when the rules are loaded.
//!
//! They have no backtracking, so the time of a match grows with the length of the text and not beyond.

use regex::{Regex, RegexBuilder};

use super::{MappingError, RESULT_LIMIT};
use crate::model::text::nearest;

/// One pattern of a mapping.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern that stands at a byte of the mapping.
    pub(super) fn new(text: &str, at: usize) -> Result<Self, MappingError> {
        if text.is_empty() {
            let hint = "write what is looked for, as `match('[0-9]+')`";
            return Err(MappingError { at, message: "the pattern is empty".into(), hint: hint.into() });
        }
        let built = RegexBuilder::new(text).size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(DEPTH).build();
        built.map(Self).map_err(|error| mistake(&error, at))
    }

    /// Says what is wrong with a group that a mapping names, if anything is.
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
            (None, 0) => "it has none: groups stand in parentheses".to_owned(),
            (None, 1) => "it has one group, with the number 1; 0 is all that matches".to_owned(),
            (None, last) => format!("its groups have the numbers 1 to {last}; 0 is all that matches"),
        })
    }

    /// The first place that matches, or what one group of it holds; `None` where nothing does.
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

    /// The text with `to` for every place that matches; `$1` and `${name}` stand for groups.
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
    Err(format!("the text is longer than the {RESULT_LIMIT} bytes that are searched: take a `slice` of it first"))
}

fn mistake(error: &regex::Error, at: usize) -> MappingError {
    let (message, hint) = match error {
        regex::Error::CompiledTooBig(_) => (
            "the pattern is too large".to_owned(),
            "counted repetitions multiply: `[a-z]{1,64}` is smaller than `\\w{1,64}`, and `+` is smallest".to_owned(),
        ),
        // The first lines draw the pattern with a mark under the place.
        error => {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let hint = "the pattern is taken as it stands in the quotes; `\\.` is a full stop, `\\d` a digit";
            (format!("the pattern cannot be used: {reason}"), hint.to_owned())
        }
    };
    MappingError { at, message, hint }
}

/// The most memory of one compiled pattern in bytes.
const SIZE: usize = 1 << 18;
/// How deep groups may be nested.
const DEPTH: u32 = 50;
