//! The Basic Encoding Rules (X.690) in the form that LDAP uses (RFC 4511, section 5.1): definite lengths, and tags of one
//! byte.

use std::fmt;

/// A reader for a sequence of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ber<'b>(&'b [u8]);

/// An error in the encoding, or in the structure of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response is not valid LDAP: {}", self.0)
    }
}

/// The length of a message, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The length has not arrived yet.
    Unknown,
    /// The total length in bytes, of which some may not have arrived yet.
    Of(usize),
}

impl<'b> Ber<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the tag of the next element.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Returns the tag and the content of the next element, and advances.
    pub(super) fn next(&mut self) -> Result<(u8, &'b [u8]), Malformed> {
        let (tag, head, length) = header(self.0)?.ok_or(Malformed("an element is truncated"))?;
        let rest = &self.0[head..];
        if rest.len() < length {
            return Err(Malformed("an element is longer than the enclosing element"));
        }
        let (content, rest) = rest.split_at(length);
        self.0 = rest;
        Ok((tag, content))
    }

    /// Returns the content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8, what: &'static str) -> Result<&'b [u8], Malformed> {
        match self.next() {
            Ok((own, content)) if own == tag => Ok(content),
            Ok(_) | Err(_) if self.0.is_empty() => Err(Malformed(what)),
            Ok(_) => Err(Malformed(what)),
            Err(malformed) => Err(malformed),
        }
    }

    /// Returns the content of the next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'b [u8]>, Malformed> {
        if self.peek() == Some(tag) { self.next().map(|(_, content)| Some(content)) } else { Ok(None) }
    }
}

/// Returns the length of the message that begins here.
pub(super) fn frame(bytes: &[u8]) -> Result<Frame, Malformed> {
    if bytes.first().is_some_and(|tag| *tag != SEQUENCE) {
        return Err(Malformed("the message does not begin with a SEQUENCE"));
    }
    Ok(header(bytes)?.map_or(Frame::Unknown, |(_, head, length)| Frame::Of(head + length)))
}

/// Decodes an integer of at most eight bytes.
pub(super) fn integer(content: &[u8]) -> Result<i64, Malformed> {
    let first = *content.first().ok_or(Malformed("an integer is empty"))?;
    if content.len() > 8 {
        return Err(Malformed("an integer is too large"));
    }
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(content.iter().fold(sign, |number: i64, byte| (number << 8) | i64::from(*byte)))
}

/// Returns the tag, the size of the header, and the length of the content; `None` if the header has not arrived completely.
fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Malformed> {
    let &[tag, first, ref rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed("a tag has more than one byte"));
    }
    if first < 0x80 {
        return Ok(Some((tag, 2, usize::from(first))));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return Err(Malformed("a length is indefinite or has more than four bytes"));
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
    Ok(Some((tag, 2 + count, length)))
}

/// Encodes an element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        let digits = length.to_be_bytes();
        let skip = digits.iter().take_while(|byte| **byte == 0).count();
        bytes.push(0x80 | (digits.len() - skip) as u8);
        bytes.extend_from_slice(&digits[skip..]);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Encodes an integer in as few bytes as possible.
pub(super) fn number(tag: u8, number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let spare = |pair: &[u8]| matches!((pair[0], pair[1] & 0x80), (0, 0) | (0xff, 0x80));
    let skip = bytes.windows(2).take_while(|pair| spare(pair)).count();
    element(tag, &bytes[skip..])
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_encoded_elements() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 20] {
            let bytes = element(OCTETS, &vec![7; length]);
            assert_eq!(frame(&element(SEQUENCE, &bytes)).unwrap(), Frame::Of(element(SEQUENCE, &bytes).len()));
            let mut ber = Ber::new(&bytes);
            assert_eq!(ber.next().unwrap(), (OCTETS, &vec![7; length][..]));
            assert!(ber.is_empty());
        }
    }

    #[test]
    fn encodes_integers_in_as_few_bytes_as_possible() {
        for (value, bytes) in
            [(0, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (i64::from(i32::MIN), 4), (i64::MAX, 8)]
        {
            let written = number(INTEGER, value);
            assert_eq!(written.len(), bytes + 2, "{value}");
            assert_eq!(integer(&written[2..]).unwrap(), value);
        }
    }

    #[test]
    fn rejects_invalid_lengths() {
        assert_eq!(frame(&[0x30]).unwrap(), Frame::Unknown);
        assert_eq!(frame(&[0x30, 0x82, 1]).unwrap(), Frame::Unknown);
        assert_eq!(frame(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]).unwrap(), Frame::Of(0x7fff_ffff + 6));
        for bad in [&[0x30, 0x80][..], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x04, 0], &[0x3f, 0]] {
            assert!(frame(bad).is_err(), "{bad:?}");
        }
        assert!(Ber::new(&[4, 5, 1]).next().is_err());
        assert!(Ber::new(&[4]).next().is_err());
        assert!(integer(&[]).is_err() && integer(&[0; 9]).is_err());
    }
}
