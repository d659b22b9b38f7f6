//! The subset of the Basic Encoding Rules that LDAP uses: definite lengths and tags of one byte (RFC 4511, section
//! 5.1).

use std::fmt;

/// A BER element: its tag, its contents, and all of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier byte.
    pub tag: u8,
    /// The contents.
    pub body: &'a [u8],
    /// The header and the contents.
    pub whole: &'a [u8],
}

/// Reads elements one after another. It does not parse their contents, so deep nesting has no cost.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Creates a reader that starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns `true` if no bytes are left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns the tag of the next element, if there is one.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads the next element.
    pub fn element(&mut self) -> Result<Element<'a>, Malformed> {
        let (header, length) = extent(self.rest)?.ok_or(Malformed("an element is truncated"))?;
        let end = header.checked_add(length).ok_or(Malformed("a length exceeds the address space"))?;
        let whole = self.rest.get(..end).ok_or(Malformed("an element is longer than its container"))?;
        self.rest = &self.rest[end..];
        Ok(Element { tag: whole[0], body: &whole[header..], whole })
    }

    /// Reads the next element and returns its contents. The element must have this tag.
    pub fn body(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.element()? {
            element if element.tag == tag => Ok(element.body),
            _ => Err(Malformed("an element has an unexpected tag")),
        }
    }

    /// Reads an integer with this tag.
    pub fn number(&mut self, tag: u8) -> Result<i64, Malformed> {
        let body = self.body(tag)?;
        if body.is_empty() || body.len() > 8 {
            return Err(Malformed("an integer has no bytes or too many bytes"));
        }
        let sign = if body[0] & 0x80 == 0 { 0 } else { -1 };
        Ok(body.iter().fold(sign, |number, byte| (number << 8) | i64::from(*byte)))
    }

    /// Reads a text with this tag. Invalid UTF-8 is replaced by replacement characters.
    pub fn text(&mut self, tag: u8) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(self.body(tag)?).into_owned())
    }
}

/// Returns the length of the first element in the buffer, including its header, or `None` if the header is
/// incomplete.
pub fn first(buffer: &[u8]) -> Result<Option<usize>, Malformed> {
    match extent(buffer)? {
        Some((header, length)) => {
            Ok(Some(header.checked_add(length).ok_or(Malformed("a length exceeds the address space"))?))
        }
        None => Ok(None),
    }
}

/// Encodes an element.
pub fn element(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend(length(body.len()));
    bytes.extend_from_slice(body);
    bytes
}

/// Encodes an element that contains other elements.
pub fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// Encodes an integer in the fewest bytes.
pub fn number(tag: u8, value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let spare = |at: usize| matches!((bytes[at], bytes[at + 1] & 0x80), (0, 0) | (0xff, 0x80));
    let start = (0..7).find(|at| !spare(*at)).unwrap_or(7);
    element(tag, &bytes[start..])
}

/// Encodes a length in the fewest bytes.
pub fn length(length: usize) -> Vec<u8> {
    if length < 0x80 {
        return vec![length as u8];
    }
    let bytes = length.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let mut all = vec![0x80 | (bytes.len() - start) as u8];
    all.extend_from_slice(&bytes[start..]);
    all
}

/// Bytes that are not valid BER, or that LDAP does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

/// Returns the lengths of the header and the contents of the first element, or `None` if the header is incomplete.
fn extent(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed("a tag of several bytes"));
    }
    if first & 0x80 == 0 {
        return Ok(Some((2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 {
        return Err(Malformed("an indefinite length"));
    }
    if count > 8 {
        return Err(Malformed("a length of more than eight bytes"));
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits.iter().fold(0_u64, |length, byte| (length << 8) | u64::from(*byte));
    Ok(Some((2 + count, usize::try_from(length).map_err(|_| Malformed("a length exceeds the address space"))?)))
}

/// The tag of a boolean.
pub const BOOLEAN: u8 = 0x01;
/// The tag of an integer.
pub const INTEGER: u8 = 0x02;
/// The tag of an octet string.
pub const OCTETS: u8 = 0x04;
/// The tag of an enumerated value.
pub const ENUMERATED: u8 = 0x0a;
/// The tag of a sequence.
pub const SEQUENCE: u8 = 0x30;
/// The tag of a set.
pub const SET: u8 = 0x31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_integers_in_the_fewest_bytes() {
        for (value, body) in [
            (0, vec![0]),
            (127, vec![0x7f]),
            (128, vec![0, 0x80]),
            (-1, vec![0xff]),
            (-129, vec![0xff, 0x7f]),
            (i64::from(i32::MIN), vec![0x80, 0, 0, 0]),
        ] {
            let bytes = number(INTEGER, value);
            assert_eq!(bytes[2..], body, "{value}");
            assert_eq!(Reader::new(&bytes).number(INTEGER), Ok(value));
        }
        for value in [i64::MIN, i64::MAX] {
            assert_eq!(Reader::new(&number(INTEGER, value)).number(INTEGER), Ok(value));
        }
    }

    #[test]
    fn encodes_lengths_of_every_size() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let bytes = element(OCTETS, &vec![7; size]);
            assert_eq!(first(&bytes), Ok(Some(bytes.len())));
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.body(OCTETS).unwrap().len(), size);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn rejects_elements_with_wrong_lengths() {
        let bad: [&[u8]; 7] = [
            &[0x30, 0x80, 0, 0],
            &[0x30, 5, 1],
            &[0x1f, 1, 1],
            &[0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x30],
            &[],
        ];
        for bytes in bad {
            assert!(Reader::new(bytes).element().is_err(), "{bytes:02x?}");
        }
        assert_eq!(first(&[0x30, 0x82, 1]), Ok(None), "an incomplete header");
    }
}
