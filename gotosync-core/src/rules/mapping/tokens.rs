//! The tokens of an expression, as far as a mapping has to be understood before the template engine sees it.

use std::ops::Range;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Name(&'t str),
    /// A string, as it stands between its quotes.
    Text(&'t str),
    Number(&'t str),
    Symbol(char),
    /// The closing braces.
    Close,
}

/// The tokens from a byte of a mapping on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl<'t> Tokens<'t> {
    /// The next token and where it stands; `None` at the end, or where a string is not closed.
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
