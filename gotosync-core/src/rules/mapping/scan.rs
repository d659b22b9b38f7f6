//! Walks over a mapping before the template engine sees it: only expressions, known attributes and known filters pass.

use super::{MappingError, attribute_name, attribute_names, functions, is_view};
use crate::model::text::nearest;

/// Checks a mapping and gives the attributes it reads, each once, as the schema spells them.
pub(super) fn check(text: &str, own: &[String]) -> Result<Vec<String>, MappingError> {
    let mut attributes: Vec<String> = Vec::new();
    for marker in ["{%", "{#"] {
        if let Some(at) = text.find(marker) {
            return Err(error(
                at,
                "a statement or comment is not allowed in a mapping",
                "write expressions in {{ double braces }} only",
            ));
        }
    }
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| from + at + 2) {
        let mut tokens = Tokens { text, at: start };
        let mut before = Token::Other;
        loop {
            let at = tokens.skip_blank();
            let Some(token) = tokens.next() else {
                return Err(error(start - 2, "the braces `{{` are never closed", "close the expression with `}}`"));
            };
            match (&before, &token) {
                (_, Token::Close) => break,
                (_, Token::Symbol('*')) => {
                    return Err(error(
                        at,
                        "`*` is not allowed in a mapping",
                        "a mapping joins text with `~`; it does not multiply",
                    ));
                }
                (Token::Symbol('|'), Token::Name(name)) if !functions::exists(name) => {
                    let names = functions::filters().iter().map(|filter| filter.0);
                    let hint = nearest(name, names).map_or_else(
                        || {
                            format!(
                                "expected one of {}",
                                functions::filters().iter().map(|f| f.0).collect::<Vec<_>>().join(", ")
                            )
                        },
                        |word| format!("did you mean `{word}`?"),
                    );
                    return Err(error(at, &format!("unknown filter `{name}`"), &hint));
                }
                (Token::Symbol('.'), Token::Name(name)) => {
                    let hint = format!("values have no parts or methods; write a filter, as `| {name}`");
                    return Err(error(at, &format!("`.{name}` is not available"), &hint));
                }
                (_, Token::Name(name)) if name == "is" => {
                    return Err(error(
                        at,
                        "tests with `is` are not available",
                        "an absent attribute counts as false: `{{ mail or 'none' }}`",
                    ));
                }
                (Token::Symbol('|'), Token::Name(_)) => {}
                (_, Token::Name(name)) if WORDS.contains(&name.as_str()) || is_view(name) => {}
                (_, Token::Name(name)) => match attribute_name(name, own) {
                    Some(known) if attributes.contains(&known) => {}
                    Some(known) => attributes.push(known),
                    None => {
                        let hint = nearest(name, attribute_names(own)).map_or_else(
                            || format!("if your schema has it, declare it at the top of the file: `attributes = [\"{name}\"]`"),
                            |word| format!("did you mean `{word}`?"),
                        );
                        return Err(error(at, &format!("unknown attribute `{name}`"), &hint));
                    }
                },
                _ => {}
            }
            before = token;
        }
        from = tokens.at;
    }
    Ok(attributes)
}

fn error(at: usize, message: &str, hint: &str) -> MappingError {
    MappingError { at, message: message.to_owned(), hint: hint.to_owned() }
}

/// Words of the language itself.
const WORDS: [&str; 12] = ["if", "else", "and", "or", "not", "in", "true", "false", "none", "True", "False", "None"];

#[derive(Debug, PartialEq)]
enum Token {
    Name(String),
    Symbol(char),
    Close,
    Other,
}

struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl Tokens<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Goes to the next token and says where it starts.
    fn skip_blank(&mut self) -> usize {
        let blank = self.rest().len() - self.rest().trim_start().len();
        self.at += blank;
        self.at
    }

    fn next(&mut self) -> Option<Token> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        let (length, token) = if rest.starts_with("}}") {
            (2, Token::Close)
        } else if first == '"' || first == '\'' {
            (quoted(rest, first)?, Token::Other)
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (length, Token::Name(rest[..length].to_owned()))
        } else if first.is_ascii_digit() {
            (rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len()), Token::Other)
        } else {
            (first.len_utf8(), Token::Symbol(first))
        };
        self.at += length;
        Some(token)
    }
}

/// The length of a quoted string with its quotes, if it is closed.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
