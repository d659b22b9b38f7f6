//! Checks a mapping before the template engine parses it. Only expressions with known attributes and filters pass.

use super::calls::{self, error};
use super::pattern::Pattern;
use super::tokens::{Token, Tokens};
use super::view::{VIEWS, View};
use super::{MappingError, attribute_name, attribute_names, table};
use crate::model::text::nearest;

/// The parts of a mapping.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The attributes that it reads, without duplicates and in the spelling of the schema.
    pub(super) attributes: Vec<String>,
    /// The variables other than attributes that it reads.
    pub(super) views: Vec<View>,
    /// Its regular expressions.
    pub(super) patterns: Vec<Pattern>,
    /// The text for the template engine. It has the same length as the mapping, but each pattern is replaced by its number, so the
    /// engine cannot interpret the backslashes of a pattern.
    pub(super) template: String,
}

/// Checks a mapping. `own` are the custom attributes that the file declares.
pub(super) fn scan(text: &str, own: &[String]) -> Result<Scanned, MappingError> {
    for marker in ["{%", "{#"] {
        if let Some(at) = text.find(marker) {
            return Err(error(
                at,
                "statements and comments are not allowed in a mapping",
                "write only expressions in {{ double braces }}",
            ));
        }
    }
    let mut found =
        Scanned { attributes: Vec::new(), views: Vec::new(), patterns: Vec::new(), template: text.to_owned() };
    let (mut from, mut count) = (0, 0_usize);
    while let Some(start) = text[from..].find("{{").map(|at| from + at + 2) {
        let mut tokens = Tokens { text, at: start };
        let (mut before, mut depth) = (None, 0_usize);
        loop {
            let Some((token, at)) = tokens.next() else {
                return Err(error(start - 2, "the expression is not closed", "close it with `}}`"));
            };
            let at = at.start;
            count += 1;
            match token {
                Token::Symbol('(' | '[' | '{') => depth += 1,
                Token::Symbol(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            // The engine parses expressions recursively, and a stack overflow would end the process.
            if count > MOST_TOKENS || depth > DEEPEST {
                return Err(error(
                    at,
                    "the mapping is too long or too deeply nested",
                    "simplify it, or split it into several rules",
                ));
            }
            match (&before, &token) {
                (_, Token::Close) if depth == 0 => break,
                // The engine would take these braces for the end of a map and continue, so the rest would escape the checks.
                (_, Token::Close) => {
                    return Err(error(
                        at,
                        "a bracket is not closed at the end of the expression",
                        "close it before the `}}`",
                    ));
                }
                (_, Token::Symbol('*')) => {
                    return Err(error(
                        at,
                        "`*` is not allowed in a mapping",
                        "a mapping cannot multiply; use `~` to join text",
                    ));
                }
                // The engine panics when it takes a slice of an empty value.
                (_, Token::Symbol(':')) => {
                    return Err(error(
                        at,
                        "`:` is not allowed in a mapping",
                        "to take a part of a text, write `| slice(0, 3)`",
                    ));
                }
                (Some(Token::Symbol('|')), Token::Name(name)) => found.filter(name, at, tokens)?,
                (Some(Token::Symbol('.')), Token::Name(name)) => {
                    let hint = format!("values have no attributes or methods; use a filter, such as `| {name}`");
                    return Err(error(at, format!("`.{name}` is not available"), hint));
                }
                (_, Token::Name("is")) => {
                    return Err(error(
                        at,
                        "tests with `is` are not available",
                        "a missing attribute counts as false: `{{ mail or 'none' }}`",
                    ));
                }
                (_, Token::Name(name)) if !WORDS.contains(name) => found.name(name, at, own)?,
                _ => {}
            }
            before = Some(token);
        }
        from = tokens.at;
    }
    Ok(found)
}

impl Scanned {
    fn filter(&mut self, name: &str, at: usize, after: Tokens<'_>) -> Result<(), MappingError> {
        if !table::exists(name) {
            return Err(calls::unknown_filter(name, at));
        }
        let Some((pattern, place)) = calls::check(name, at, after)? else { return Ok(()) };
        // The number always fits: a pattern has at least three bytes with its quotes, and there are fewer than a hundred patterns.
        let number = format!("{:<1$}", self.patterns.len(), place.len());
        self.template.replace_range(place, &number);
        self.patterns.push(pattern);
        Ok(())
    }

    fn name(&mut self, name: &str, at: usize, own: &[String]) -> Result<(), MappingError> {
        if let Some(view) = View::named(name) {
            if !self.views.contains(&view) {
                self.views.push(view);
            }
            return Ok(());
        }
        if let Some(known) = attribute_name(name, own) {
            if !self.attributes.contains(&known) {
                self.attributes.push(known);
            }
            return Ok(());
        }
        Err(unknown_attribute(name, at, own))
    }
}

/// Creates the error for an unknown attribute.
pub(crate) fn unknown_attribute(name: &str, at: usize, own: &[String]) -> MappingError {
    let views = VIEWS.iter().map(|view| view.as_str());
    let hint = match nearest(name, attribute_names(own).into_iter().chain(views)) {
        _ if table::exists(name) => format!("`{name}` is a filter; write it after a value, such as `sn | {name}`"),
        Some(word) => format!("did you mean `{word}`?"),
        None => {
            format!("if your directory schema has it, declare it at the top of the file: `attributes = [\"{name}\"]`")
        }
    };
    error(at, format!("unknown attribute `{name}`"), hint)
}

/// The keywords of the expression language.
const WORDS: [&str; 12] = ["if", "else", "and", "or", "not", "in", "true", "false", "none", "True", "False", "None"];
/// The maximum number of tokens in a mapping.
const MOST_TOKENS: usize = 400;
/// The maximum nesting depth of brackets.
const DEEPEST: usize = 32;
