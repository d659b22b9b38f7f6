//! Checks of the constant arguments of filters when the rules are loaded.

use std::ops::Range;

use super::MappingError;
use super::latin::Habit;
use super::pattern::Pattern;
use super::tokens::{Token, Tokens};
use crate::model::text::nearest;

/// Checks the constant arguments of a filter, and returns the pattern and its position if the filter takes one. `at` is the position
/// of the filter's name; `tokens` follow the name.
pub(super) fn check(
    filter: &str,
    at: usize,
    tokens: Tokens<'_>,
) -> Result<Option<(Pattern, Range<usize>)>, MappingError> {
    match filter {
        "match" | "replace_regex" => pattern(filter, at, &arguments(tokens)).map(Some),
        "ascii" => habit(&arguments(tokens)).map(|()| None),
        #[cfg(feature = "phone")]
        "phone" => country(&arguments(tokens)).map(|()| None),
        _ => Ok(None),
    }
}

/// An argument of a filter: its position, and its token if it is a single token.
struct Argument<'t> {
    at: Range<usize>,
    only: Option<Token<'t>>,
}

fn arguments(mut tokens: Tokens<'_>) -> Vec<Argument<'_>> {
    let mut arguments: Vec<Argument<'_>> = Vec::new();
    let mut depth = 0_usize;
    let mut fresh = true;
    while let Some((token, at)) = tokens.next() {
        match (&token, depth) {
            (Token::Symbol('('), 0) => {
                depth = 1;
                continue;
            }
            (_, 0) | (Token::Close, _) | (Token::Symbol(')'), 1) => break,
            (Token::Symbol(','), 1) => {
                fresh = true;
                continue;
            }
            (Token::Symbol('(' | '[' | '{'), _) => depth += 1,
            (Token::Symbol(')' | ']' | '}'), _) => depth -= 1,
            _ => {}
        }
        match arguments.last_mut() {
            Some(last) if !fresh => last.only = None,
            _ => arguments.push(Argument { at, only: Some(token) }),
        }
        fresh = false;
    }
    arguments
}

fn pattern(
    filter: &str,
    filter_at: usize,
    arguments: &[Argument<'_>],
) -> Result<(Pattern, Range<usize>), MappingError> {
    let example = if filter == "match" { "match('[0-9]+')" } else { "replace_regex('[0-9]+', '')" };
    let Some(first) = arguments.first() else {
        return Err(error(
            filter_at,
            format!("`{filter}` needs a pattern"),
            format!("write it in quotes: `| {example}`"),
        ));
    };
    let Some(Token::Text(text)) = &first.only else {
        let message = format!("the pattern of `{filter}` is not a constant");
        return Err(error(first.at.start, message, format!("write it in quotes: `| {example}`")));
    };
    // Point behind the quote, where the pattern itself starts.
    let pattern = Pattern::new(text, first.at.start + 1)?;
    match (filter, arguments.get(1)) {
        ("match", None) => {}
        ("match", Some(group)) => {
            let Some(Token::Number(name) | Token::Text(name)) = &group.only else {
                let hint = "write the number of the group, or its name in quotes";
                return Err(error(group.at.start, "the group of `match` is not a constant", hint));
            };
            if let Some(hint) = pattern.lacks(name) {
                return Err(error(group.at.start, format!("the pattern has no group `{name}`"), hint));
            }
        }
        (_, Some(Argument { at, only: Some(Token::Text(to)) })) => {
            for name in references(to) {
                if let Some(hint) = pattern.lacks(name) {
                    let (number, rest) = name.split_at(name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len()));
                    let hint = if number.is_empty() || rest.is_empty() {
                        format!("{hint}; write `$$` for a dollar sign")
                    } else {
                        format!(
                            "write `${{{number}}}{rest}`; without braces, the name includes every letter, digit, and `_`"
                        )
                    };
                    return Err(error(at.start, format!("the pattern has no group `{name}`"), hint));
                }
            }
        }
        (_, other) => {
            let at = other.map_or(filter_at, |other| other.at.start);
            let hint = format!("write it in quotes: `| {example}`; to insert other values, use `match` and `~`");
            return Err(error(at, "the replacement of `replace_regex` is not a constant", hint));
        }
    }
    Ok((pattern, first.at.clone()))
}

/// Returns the groups that a replacement refers to. As in the engine, the name in `$name` includes as many letters as possible.
fn references(to: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = to;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(literal) = rest.strip_prefix('$') {
            rest = literal;
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let braced = rest.strip_prefix('{').map(|braced| braced.split_once('}').map_or("", |(name, _)| name));
        names.extend(Some(braced.unwrap_or(&rest[..end])).filter(|name| !name.is_empty()));
    }
    names
}

fn habit(arguments: &[Argument<'_>]) -> Result<(), MappingError> {
    let Some(first) = arguments.first() else { return Ok(()) };
    match &first.only {
        Some(Token::Text(name)) if Habit::named(name).is_some() => Ok(()),
        Some(Token::Text(name)) => {
            let known = Habit::NAMES.join("`, `");
            Err(error(
                first.at.start,
                format!("`ascii` does not support the language `{name}`"),
                format!("write `{known}`, or omit the argument"),
            ))
        }
        _ => Err(error(first.at.start, "the language of `ascii` is not a constant", "write `ascii` or `ascii('de')`")),
    }
}

#[cfg(feature = "phone")]
fn country(arguments: &[Argument<'_>]) -> Result<(), MappingError> {
    match arguments.first() {
        Some(Argument { at, only: Some(Token::Text(name)) }) if !super::phone::is_country(name) => {
            let hint =
                "write an ISO 3166 code with two letters, such as `phone('DE')`, or an attribute, such as `phone(c)`";
            Err(error(at.start, format!("`{name}` is not a country code"), hint))
        }
        _ => Ok(()),
    }
}

/// Creates the error for an unknown filter.
pub(super) fn unknown_filter(name: &str, at: usize) -> MappingError {
    let names = super::table::names();
    let hint = match nearest(name, names.iter().copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None if name == "phone" => "this build of gotosync does not include the Cargo feature `phone`".into(),
        None => format!("expected one of {}", names.join(", ")),
    };
    error(at, format!("unknown filter `{name}`"), hint)
}

pub(super) fn error(at: usize, message: impl Into<String>, hint: impl Into<String>) -> MappingError {
    MappingError { at, message: message.into(), hint: hint.into() }
}
