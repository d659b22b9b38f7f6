//! A tokenizer for expressions. It covers only what the checks need before the template engine parses a mapping.

use std::ops::Range;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Name(&'t str),
    /// The text of a string between its quotes, with escapes left as written.
    Text(&'t str),
    Number(&'t str),
    Symbol(char),
    /// The closing double braces.
    Close,
}

/// The tokens of a mapping from a position on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl<'t> Tokens<'t> {
    /// Returns the next token and its position; `None` at the end of the text or if a string is not closed.
    pub(super) fn next(&mut self) -> Option<(Token<'t>, Range<usize>)> {
        let all = &self.text[self.at..];
        let rest = all.trim_start();
        self.at += all.len() - rest.len();
        let first = rest.chars().next()?;
        let (length, token) = if rest.starts_with("}}") {
            (2, Token::Close)
        } else if first == '"' || first == '\'' {
            let length = quoted(rest, first)?;
            (length, Token::Text(&rest[1..length - 1]))
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (length, Token::Name(&rest[..length]))
        } else if first.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            (length, Token::Number(&rest[..length]))
        } else {
            (first.len_utf8(), Token::Symbol(first))
        };
        let at = self.at..self.at + length;
        self.at = at.end;
        Some((token, at))
    }
}

/// Returns the length of a string including its quotes, if it is closed.
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
