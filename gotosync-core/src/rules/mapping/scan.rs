//! Walks over a mapping before the template engine sees it: only expressions, known attributes and known filters pass.

use super::calls::{self, error};
use super::pattern::Pattern;
use super::tokens::{Token, Tokens};
use super::view::{VIEWS, View};
use super::{MappingError, attribute_name, attribute_names, table};
use crate::model::text::nearest;

/// What a mapping is made of.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The attributes it reads, each once, as the schema spells them.
    pub(super) attributes: Vec<String>,
    /// What else it reads of a person.
    pub(super) views: Vec<View>,
    /// Its regular expressions.
    pub(super) patterns: Vec<Pattern>,
    /// The text for the template engine: as long as the mapping, with each pattern replaced by its number. So a pattern
    /// means what stands in the quotes, whatever the engine takes a backslash for.
    pub(super) template: String,
}

/// Checks a mapping. `own` are attribute names that the file declares beyond the known ones.
pub(super) fn scan(text: &str, own: &[String]) -> Result<Scanned, MappingError> {
    for marker in ["{%", "{#"] {
        if let Some(at) = text.find(marker) {
            return Err(error(
                at,
                "a statement or comment is not allowed in a mapping",
                "write expressions in {{ double braces }} only",
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
                return Err(error(start - 2, "the braces `{{` are never closed", "close the expression with `}}`"));
            };
            let at = at.start;
            count += 1;
            match token {
                Token::Symbol('(' | '[' | '{') => depth += 1,
                Token::Symbol(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            // The engine walks over an expression by recursion, and what is too deep for the stack ends the process.
            if count > MOST_TOKENS || depth > DEEPEST {
                return Err(error(at, "the mapping is too long or too deep", "split it over several rules"));
            }
            match (&before, &token) {
                (_, Token::Close) if depth == 0 => break,
                // The engine reads on here: it takes these braces for those of a table, and what follows would go unseen.
                (_, Token::Close) => {
                    return Err(error(at, "a bracket is open where the expression ends", "close it before the `}}`"));
                }
                (_, Token::Symbol('*')) => {
                    return Err(error(
                        at,
                        "`*` is not allowed in a mapping",
                        "a mapping joins text with `~`; it does not multiply",
                    ));
                }
                // Of a slice of nothing the engine takes the first item, and panics.
                (_, Token::Symbol(':')) => {
                    return Err(error(at, "`:` is not allowed in a mapping", "for a part of a text write `| cut(3)`"));
                }
                (Some(Token::Symbol('|')), Token::Name(name)) => found.filter(name, at, tokens)?,
                (Some(Token::Symbol('.')), Token::Name(name)) => {
                    let hint = format!("values have no parts or methods; write a filter, as `| {name}`");
                    return Err(error(at, format!("`.{name}` is not available"), hint));
                }
                (_, Token::Name("is")) => {
                    return Err(error(
                        at,
                        "tests with `is` are not available",
                        "an absent attribute counts as false: `{{ mail or 'none' }}`",
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
        // It fits: a pattern has three bytes or more with its quotes, and there are fewer than a hundred.
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

/// The error that an attribute does not exist.
pub(crate) fn unknown_attribute(name: &str, at: usize, own: &[String]) -> MappingError {
    let views = VIEWS.iter().map(|view| view.as_str());
    let hint = match nearest(name, attribute_names(own).into_iter().chain(views)) {
        _ if table::exists(name) => format!("`{name}` is a filter: write it after a value, as `sn | {name}`"),
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("if your schema has it, declare it at the top of the file: `attributes = [\"{name}\"]`"),
    };
    error(at, format!("unknown attribute `{name}`"), hint)
}

/// Words of the language itself.
const WORDS: [&str; 12] = ["if", "else", "and", "or", "not", "in", "true", "false", "none", "True", "False", "None"];
/// The most words and signs of a mapping.
const MOST_TOKENS: usize = 400;
/// The deepest that brackets may be nested.
const DEEPEST: usize = 32;
