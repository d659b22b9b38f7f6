//! LDAP search filters: decoded from BER, printed as in RFC 4515, and evaluated for an entry.

use std::fmt::{self, Write};

use super::ber::{Malformed, OCTETS, Reader};
use super::message::Entry;

/// A search filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of the filters match; an empty list matches.
    And(Vec<Filter>),
    /// At least one of the filters matches; an empty list does not match.
    Or(Vec<Filter>),
    /// The filter does not match.
    Not(Box<Filter>),
    /// A value equals this one.
    Equal(String, Vec<u8>),
    /// A value contains these parts in this order: its beginning, the middle parts, and its end.
    Substrings(String, Vec<u8>, Vec<Vec<u8>>, Vec<u8>),
    /// A value is greater than or equal to this one.
    AtLeast(String, Vec<u8>),
    /// A value is less than or equal to this one.
    AtMost(String, Vec<u8>),
    /// The attribute has a value.
    Present(String),
    /// A value approximately equals this one.
    Approximate(String, Vec<u8>),
    /// An extensible match: attribute, matching rule, and value.
    Extensible(String, String, Vec<u8>),
}

impl Filter {
    /// Decodes a filter and rejects filters that are nested too deeply.
    pub fn parse(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        parse(reader, 0)
    }

    /// Returns `true` if an entry matches. Filters that a server evaluates to Undefined are false here, even below a
    /// `not`. Numbers are compared as numbers and texts without regard to ASCII case. The only supported extensible
    /// matching rules are the two bitwise rules of Active Directory.
    pub fn holds(&self, entry: &Entry) -> bool {
        let any = |name: &str, test: &dyn Fn(&[u8]) -> bool| entry.values(name).any(test);
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.holds(entry)),
            Self::Or(filters) => filters.iter().any(|filter| filter.holds(entry)),
            Self::Not(filter) => !filter.holds(entry),
            Self::Equal(name, wanted) | Self::Approximate(name, wanted) => any(name, &|value| same(value, wanted)),
            Self::Present(name) => entry.values(name).next().is_some() || name.eq_ignore_ascii_case("objectClass"),
            Self::AtLeast(name, limit) => any(name, &|value| compare(value, limit).is_ge()),
            Self::AtMost(name, limit) => any(name, &|value| compare(value, limit).is_le()),
            Self::Substrings(name, start, middle, end) => any(name, &|value| substrings(value, start, middle, end)),
            Self::Extensible(name, rule, mask) => any(name, &|value| match (rule.as_str(), int(value), int(mask)) {
                (BIT_AND, Some(value), Some(mask)) => value & mask == mask,
                (BIT_OR, Some(value), Some(mask)) => value & mask != 0,
                _ => false,
            }),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        match self {
            Self::And(filters) => list(f, '&', filters)?,
            Self::Or(filters) => list(f, '|', filters)?,
            Self::Not(filter) => write!(f, "!{filter}")?,
            Self::Equal(name, value) => write!(f, "{name}={}", escaped(value))?,
            Self::AtLeast(name, value) => write!(f, "{name}>={}", escaped(value))?,
            Self::AtMost(name, value) => write!(f, "{name}<={}", escaped(value))?,
            Self::Present(name) => write!(f, "{name}=*")?,
            Self::Approximate(name, value) => write!(f, "{name}~={}", escaped(value))?,
            Self::Extensible(name, rule, value) => write!(f, "{name}:{rule}:={}", escaped(value))?,
            Self::Substrings(name, start, middle, end) => {
                write!(f, "{name}={}*", escaped(start))?;
                for part in middle {
                    write!(f, "{}*", escaped(part))?;
                }
                f.write_str(&escaped(end))?;
            }
        }
        f.write_char(')')
    }
}

fn list(f: &mut fmt::Formatter<'_>, sign: char, filters: &[Filter]) -> fmt::Result {
    f.write_char(sign)?;
    filters.iter().try_for_each(|filter| write!(f, "{filter}"))
}

/// Returns a text with the escapes of RFC 4515. Bytes that are not text are all written as hexadecimal digits.
fn escaped(value: &[u8]) -> String {
    let mut text = String::new();
    match std::str::from_utf8(value) {
        Ok(plain) => {
            for sign in plain.chars() {
                match sign {
                    '(' | ')' | '*' | '\\' | '\0'..='\x1f' => text.push_str(&hex(sign as u8)),
                    sign => text.push(sign),
                }
            }
        }
        Err(_) => value.iter().for_each(|byte| text.push_str(&hex(*byte))),
    }
    text
}

fn hex(byte: u8) -> String {
    format!("\\{byte:02x}")
}

fn parse(reader: &mut Reader<'_>, depth: usize) -> Result<Filter, Malformed> {
    if depth > DEEPEST {
        return Err(Malformed("a filter is nested too deeply"));
    }
    let element = reader.element()?;
    let mut inner = Reader::new(element.body);
    let all = |inner: &mut Reader<'_>| {
        let mut filters = Vec::new();
        while !inner.is_empty() {
            filters.push(parse(inner, depth + 1)?);
        }
        Ok::<_, Malformed>(filters)
    };
    let pair = |inner: &mut Reader<'_>| Ok::<_, Malformed>((inner.text(OCTETS)?, inner.body(OCTETS)?.to_vec()));
    Ok(match element.tag {
        0xa0 => Filter::And(all(&mut inner)?),
        0xa1 => Filter::Or(all(&mut inner)?),
        0xa2 => Filter::Not(Box::new(parse(&mut inner, depth + 1)?)),
        0xa3 => pair(&mut inner).map(|(name, value)| Filter::Equal(name, value))?,
        0xa4 => parse_substrings(&mut inner)?,
        0xa5 => pair(&mut inner).map(|(name, value)| Filter::AtLeast(name, value))?,
        0xa6 => pair(&mut inner).map(|(name, value)| Filter::AtMost(name, value))?,
        0x87 => Filter::Present(String::from_utf8_lossy(element.body).into_owned()),
        0xa8 => pair(&mut inner).map(|(name, value)| Filter::Approximate(name, value))?,
        0xa9 => parse_extensible(&mut inner)?,
        _ => return Err(Malformed("an unknown kind of filter")),
    })
}

fn parse_substrings(inner: &mut Reader<'_>) -> Result<Filter, Malformed> {
    let name = inner.text(OCTETS)?;
    let (mut start, mut middle, mut end) = (Vec::new(), Vec::new(), Vec::new());
    let mut parts = Reader::new(inner.body(0x30)?);
    while !parts.is_empty() {
        let part = parts.element()?;
        match part.tag {
            0x80 => start = part.body.to_vec(),
            0x81 => middle.push(part.body.to_vec()),
            0x82 => end = part.body.to_vec(),
            _ => return Err(Malformed("an unknown part of a substring filter")),
        }
    }
    Ok(Filter::Substrings(name, start, middle, end))
}

fn parse_extensible(inner: &mut Reader<'_>) -> Result<Filter, Malformed> {
    let (mut name, mut rule, mut value) = (String::new(), String::new(), Vec::new());
    while !inner.is_empty() {
        let part = inner.element()?;
        let text = || String::from_utf8_lossy(part.body).into_owned();
        match part.tag {
            0x81 => rule = text(),
            0x82 => name = text(),
            0x83 => value = part.body.to_vec(),
            0x84 => name.push_str(":dn"),
            _ => return Err(Malformed("an unknown part of an extensible match")),
        }
    }
    Ok(Filter::Extensible(name, rule, value))
}

fn int(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn same(value: &[u8], wanted: &[u8]) -> bool {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    value == wanted || (text(value) && text(wanted) && value.eq_ignore_ascii_case(wanted))
}

fn compare(value: &[u8], limit: &[u8]) -> std::cmp::Ordering {
    match (int(value), int(limit)) {
        (Some(value), Some(limit)) => value.cmp(&limit),
        _ => value.to_ascii_lowercase().cmp(&limit.to_ascii_lowercase()),
    }
}

fn substrings(value: &[u8], start: &[u8], middle: &[Vec<u8>], end: &[u8]) -> bool {
    let [value, start, end] = [value, start, end].map(<[u8]>::to_ascii_lowercase);
    let Some(mut rest) = value.strip_prefix(&start[..]) else { return false };
    for part in middle {
        let part = part.to_ascii_lowercase();
        let found = (0..=rest.len()).find(|at| rest[*at..].starts_with(&part));
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(&end)
}

const DEEPEST: usize = 100;
const BIT_AND: &str = "1.2.840.113556.1.4.803";
const BIT_OR: &str = "1.2.840.113556.1.4.804";
