//! The evaluator: three-valued logic for the operators, and comparison by syntax for the values.
//!
//! Nothing here allocates memory for plain ASCII values, which are by far the most common.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Span;
use jiff::civil::DateTime;

use super::parse::{Substrings, integer};
use crate::model::directory::{Directory, GroupIx, Person};
use crate::model::dn::{self, Dn};
use crate::model::schema::AttrId;
use crate::model::text::fold;
use crate::model::value::Value;

/// The three truth values of RFC 4511, section 4.5.1.7. They are ordered so that *and* is the minimum and *or* is the maximum
/// of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    False,
    Undefined,
    True,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// A filter with resolved names and normalized values. Its structure is the same as that of the tree that it was compiled
/// from.
pub(super) enum Compiled {
    And(Vec<Compiled>),
    Or(Vec<Compiled>),
    Not(Box<Compiled>),
    Constant(Truth),
    InAnyGroup,
    InGroup(GroupIx),
    /// A direct member of one of the marked groups, by index.
    InGroups(Box<[bool]>),
    /// One of the marked people, by index.
    OneOf(Box<[bool]>),
    /// The person with this DN.
    At(Name),
    /// A person with a value that passes the comparison.
    Values(AttrId, Compare),
}

/// The comparison for one value.
pub(super) enum Compare {
    Present,
    Text(Order, Box<str>),
    TextPieces(Substrings),
    Integer(Order, i64),
    AllBits(i64),
    AnyBit(i64),
    Octets(Order, Vec<u8>),
    /// Equality with one of several forms of an assertion value: as bytes, as a GUID, as a SID.
    AnyOctets(Vec<Vec<u8>>),
    OctetPieces(Substrings),
    Boolean(bool),
    Time(Order, DateTime),
    Name(Name),
    /// Equality of the value of the first RDN.
    Category(Box<str>),
}

/// The required order of a value relative to the assertion value.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Equal,
    AtLeast,
    AtMost,
}

impl Order {
    fn holds(self, value_to_assertion: Ordering) -> bool {
        match self {
            Self::Equal => value_to_assertion.is_eq(),
            Self::AtLeast => value_to_assertion.is_ge(),
            Self::AtMost => value_to_assertion.is_le(),
        }
    }
}

impl Compiled {
    pub(super) fn truth(&self, directory: &Directory, person: &Person) -> Truth {
        match self {
            Self::And(parts) => all(parts, directory, person),
            Self::Or(parts) => any(parts, directory, person),
            Self::Not(part) => match part.truth(directory, person) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Undefined => Truth::Undefined,
            },
            Self::Constant(truth) => *truth,
            Self::InAnyGroup => (!person.groups.is_empty()).into(),
            Self::InGroup(group) => person.groups.binary_search(group).is_ok().into(),
            Self::InGroups(marked) => person.groups.iter().any(|group| marked.get(group.index()) == Some(&true)).into(),
            Self::OneOf(marked) => {
                directory.person_by_id(&person.id).is_some_and(|ix| marked.get(ix.index()) == Some(&true)).into()
            }
            Self::At(name) => name.is(person.dn.as_str()).into(),
            // A missing attribute has no value to compare, so the result is false, and a `!` turns it into true.
            Self::Values(id, compare) => person.attributes.values(*id).iter().any(|value| compare.holds(value)).into(),
        }
    }
}

fn all(parts: &[Compiled], directory: &Directory, person: &Person) -> Truth {
    let mut truth = Truth::True;
    for part in parts {
        truth = truth.min(part.truth(directory, person));
        if truth == Truth::False {
            break;
        }
    }
    truth
}

fn any(parts: &[Compiled], directory: &Directory, person: &Person) -> Truth {
    let mut truth = Truth::False;
    for part in parts {
        truth = truth.max(part.truth(directory, person));
        if truth == Truth::True {
            break;
        }
    }
    truth
}

impl Compare {
    /// Returns `true` if a value passes the comparison; a value that is invalid for the syntax never passes.
    fn holds(&self, value: &Value) -> bool {
        let text = || value.as_text();
        match self {
            Self::Present => true,
            Self::Text(order, wanted) => text().is_some_and(|own| order.holds(text_order(&comparable(own), wanted))),
            Self::TextPieces(wanted) => {
                text().is_some_and(|own| in_pieces(comparable(own).as_bytes(), wanted, <[u8]>::eq_ignore_ascii_case))
            }
            Self::Integer(order, wanted) => text().and_then(integer).is_some_and(|own| order.holds(own.cmp(wanted))),
            Self::AllBits(mask) => text().and_then(integer).is_some_and(|own| own & mask == *mask),
            Self::AnyBit(mask) => text().and_then(integer).is_some_and(|own| own & mask != 0),
            Self::Octets(order, wanted) => order.holds(value.as_bytes().cmp(wanted)),
            Self::AnyOctets(readings) => readings.iter().any(|wanted| value.as_bytes() == wanted),
            Self::OctetPieces(wanted) => in_pieces(value.as_bytes(), wanted, |own, wanted| own == wanted),
            Self::Boolean(wanted) => text().and_then(boolean) == Some(*wanted),
            Self::Time(order, wanted) => text().and_then(time).is_some_and(|own| order.holds(own.cmp(wanted))),
            Self::Name(wanted) => text().is_some_and(|own| wanted.is(own)),
            Self::Category(wanted) => text().is_some_and(|own| {
                let (rdn, _) = own.split_once(',').unwrap_or((own, ""));
                rdn.split_once('=').is_some_and(|(_, category)| category.trim().eq_ignore_ascii_case(wanted))
            }),
        }
    }
}

/// A distinguished name prepared for many comparisons.
pub(super) struct Name {
    written: Box<str>,
    plain: bool,
    key: String,
}

impl Name {
    pub(super) fn new(dn: &Dn) -> Self {
        Self { written: dn.as_str().into(), plain: plain_name(dn.as_str()), key: dn.key() }
    }

    fn is(&self, other: &str) -> bool {
        // Equal letters mean equal keys. Different letters mean different keys only if both names have just one possible spelling.
        other.eq_ignore_ascii_case(&self.written) || (!(self.plain && plain_name(other)) && dn::key(other) == self.key)
    }
}

/// Returns `true` if a DN has only one possible spelling apart from letter case: no escapes, no multi-valued RDN, no optional
/// spaces.
fn plain_name(name: &str) -> bool {
    let mut before = b' ';
    let usual = name.bytes().all(|byte| {
        let usual = match byte {
            b' ' => !matches!(before, b' ' | b',' | b'='),
            b',' | b'=' => before != b' ',
            b'\\' | b'+' => false,
            _ => byte.is_ascii_graphic(),
        };
        before = byte;
        usual
    });
    usual && before != b' '
}

/// Normalizes a text except for the case of ASCII letters, which the comparison ignores; this avoids a copy.
fn comparable(text: &str) -> Cow<'_, str> {
    let mut before = b' ';
    let tidy = text.bytes().all(|byte| {
        let tidy = byte.is_ascii_graphic() || (byte == b' ' && before != b' ');
        before = byte;
        tidy
    });
    if tidy && before != b' ' { Cow::Borrowed(text) } else { fold(text) }
}

/// Compares a normalized text with a folded one, by code point.
fn text_order(own: &str, folded: &str) -> Ordering {
    own.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(folded.bytes())
}

/// Returns `true` if the parts occur in a value in their order and without overlap.
fn in_pieces(value: &[u8], pieces: &Substrings, same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let Substrings { initial, any, last } = pieces;
    let Some(end) = value.len().checked_sub(last.len()).filter(|end| *end >= initial.len()) else { return false };
    if !same(&value[..initial.len()], initial) || !same(&value[end..], last) {
        return false;
    }
    let mut rest = &value[initial.len()..end];
    // Taking the first occurrence of each part leaves the most space for the parts after it.
    any.iter().filter(|piece| !piece.is_empty()).all(|piece| {
        let found = rest.windows(piece.len()).position(|window| same(window, piece));
        rest = found.map_or(rest, |at| &rest[at + piece.len()..]);
        found.is_some()
    })
}

/// Parses `TRUE` or `FALSE`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is_true = text.eq_ignore_ascii_case("TRUE");
    (is_true || text.eq_ignore_ascii_case("FALSE")).then_some(is_true)
}

/// Parses a generalized time (RFC 4517, section 3.3.13) as UTC and drops the fraction: AD stores whole seconds and always
/// writes `.0Z`.
pub(super) fn time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let (digits, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    if !matches!(digits.len(), 10 | 12 | 14) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), |pair| pair.parse::<i8>().ok());
    let year = digits[..4].parse().ok()?;
    let local = DateTime::new(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?, 0).ok()?;
    let zone = rest.strip_prefix(['.', ',']).map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let (sign, offset) = match zone.as_bytes() {
        b"Z" => return Some(local),
        [b'+', ..] => (1, &zone[1..]),
        [b'-', ..] => (-1, &zone[1..]),
        _ => return None,
    };
    if !matches!(offset.len(), 2 | 4) || !offset.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let minutes = offset[..2].parse::<i64>().ok()? * 60 + offset[2..].parse::<i64>().unwrap_or(0);
    local.checked_sub(Span::new().minutes(sign * minutes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_times_as_utc_in_whole_seconds() {
        let noon = time("20260102120000.0Z");
        assert!(noon.is_some());
        for same in ["20260102120000Z", "202601021200Z", "2026010212Z", "20260102120000,75Z", "20260102133000+0130"] {
            assert_eq!(time(same), noon, "{same}");
        }
        assert_eq!(time("20260102070000-05"), noon);
        for no in ["", "20260102", "20260102120000", "20261302120000Z", "20260102120000+1", "20260102120000Zz", "2026ü"]
        {
            assert_eq!(time(no), None, "{no}");
        }
    }

    #[test]
    fn fast_comparisons_agree_with_slow_ones() {
        for text in ["", "a", " a", "A b", "a  B", "a\tb", "Ä b", "a ", "A-B.c"] {
            assert_eq!(text_order(&comparable(text), &fold(text)), Ordering::Equal, "{text:?}");
        }
        let names =
            ["CN=A,DC=x", "cn=a, dc=X", "CN=A ,DC=x", "CN=A  B,DC=x", "CN=a b,dc=x", r"CN=\41,DC=x", "CN=Ä,DC=x"];
        for (one, other) in names.iter().flat_map(|one| names.map(|other| (*one, other))) {
            let same = dn::key(one) == dn::key(other);
            assert_eq!(Name::new(&Dn::parse(one).unwrap()).is(other), same, "{one} {other}");
        }
    }
}
