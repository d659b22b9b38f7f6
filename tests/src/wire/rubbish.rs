//! Encodes unexpected and malformed messages.

use super::ber::{self, ENUMERATED, INTEGER, OCTETS, SEQUENCE};
use super::fault::Rubbish;
use super::message::{self, CONTROLS, Control, DONE, EXTENDED_ANSWER, Entry, Message, PAGING};

/// Encodes rubbish for the response to the request with this message id, whose last message has this tag.
pub(super) fn bytes(what: Rubbish, id: i64, last: u8) -> Vec<u8> {
    let success = |tag| message::result(tag, 0, "", &[]);
    let envelope = |parts: &[Vec<u8>]| ber::group(SEQUENCE, parts);
    match what {
        Rubbish::Extended => {
            let text = "unsupported critical extension";
            Message::new(id, message::result(EXTENDED_ANSWER, 12, text, &[])).bytes()
        }
        Rubbish::OtherAnswer => Message::new(id, success(if last == DONE { message::BOUND } else { DONE })).bytes(),
        Rubbish::UnknownOp => Message::new(id, success(0x7e)).bytes(),
        Rubbish::StrangeEntry => {
            let entry = Entry::new("cn=nobody,dc=nowhere,dc=test", [("objectClass", "person"), ("cn", "nobody")]);
            Message::new(STRANGE_ID, entry.op()).bytes()
        }
        Rubbish::StrangeDone => Message::new(STRANGE_ID, success(DONE)).bytes(),
        Rubbish::Disconnection(code) => notification(code, "1.3.6.1.4.1.1466.20036"),
        Rubbish::Notification => notification(0, "1.3.6.1.4.1.4203.1.999999"),
        Rubbish::NegativeId => Message::new(-1, success(DONE)).bytes(),
        Rubbish::HugeId => Message::new(1 << 40, success(DONE)).bytes(),
        Rubbish::ControlsMalformed => {
            envelope(&[ber::number(INTEGER, id), success(DONE), ber::element(CONTROLS, &[0x30, 0x7f, 1, 2, 3])])
        }
        Rubbish::PagingMalformed => {
            let control = Control { oid: PAGING.to_owned(), critical: false, value: Some(vec![0x30, 9, 2, 1]) };
            Message { id, op: success(DONE), controls: vec![control] }.bytes()
        }
        Rubbish::BareDone => Message::new(id, ber::element(DONE, &[])).bytes(),
        Rubbish::HugeCode => {
            let parts = [ber::number(ENUMERATED, 1 << 32), ber::element(OCTETS, b""), ber::element(OCTETS, b"")];
            Message::new(id, ber::group(DONE, &parts)).bytes()
        }
        Rubbish::Intermediate => Message::new(id, ber::group(0x79, &[ber::element(0x80, b"1.1")])).bytes(),
        Rubbish::Indefinite => {
            let inside = [ber::number(INTEGER, id), success(DONE)].concat();
            [&[SEQUENCE, 0x80][..], &inside, &[0, 0]].concat()
        }
        Rubbish::Empty => envelope(&[]),
        Rubbish::Nested(levels) => nested(levels),
        Rubbish::Announced(length) => {
            let digits = length.to_be_bytes();
            let start = digits.iter().position(|byte| *byte != 0).unwrap_or(7);
            let header = [SEQUENCE, 0x80 | (digits.len() - start) as u8];
            [&header[..], &digits[start..], &ber::number(INTEGER, id), &success(DONE)].concat()
        }
        Rubbish::Random(seed) => random(seed),
    }
}

fn notification(code: u32, name: &str) -> Vec<u8> {
    let parts = [
        ber::number(ENUMERATED, i64::from(code)),
        ber::element(OCTETS, b""),
        ber::element(OCTETS, b""),
        ber::element(0x8a, name.as_bytes()),
    ];
    Message::new(0, ber::group(EXTENDED_ANSWER, &parts)).bytes()
}

fn nested(levels: u32) -> Vec<u8> {
    // Built from the inside out and reversed at the end, so that each level only appends its header.
    let mut backwards: Vec<u8> = Vec::new();
    for _ in 0..levels {
        let length = ber::length(backwards.len());
        backwards.extend(length.iter().rev());
        backwards.push(SEQUENCE);
    }
    backwards.reverse();
    backwards
}

fn random(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(500).collect()
}

/// A message id that no request has.
const STRANGE_ID: i64 = 987_654;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rubbish_matches_its_description() {
        let outer = |what| bytes(what, 7, DONE);
        for what in [Rubbish::Extended, Rubbish::OtherAnswer, Rubbish::UnknownOp, Rubbish::BareDone] {
            assert_eq!(Message::parse(&outer(what)).unwrap().id, 7, "{what:?}");
        }
        for what in [Rubbish::Indefinite, Rubbish::Empty, Rubbish::Announced(2 << 30), Rubbish::ControlsMalformed] {
            assert!(Message::parse(&outer(what)).is_err(), "{what:?}");
        }
        assert_eq!(ber::first(&outer(Rubbish::Announced(2 << 30))), Ok(Some((2 << 30) + 6)));
        assert!(Message::parse(&outer(Rubbish::PagingMalformed)).unwrap().paging().is_none());
        assert_eq!(message::code(&Message::parse(&outer(Rubbish::Disconnection(52))).unwrap()), Some(52));
    }

    #[test]
    fn nesting_has_the_requested_depth() {
        let all = nested(100_000);
        let (mut rest, mut levels) = (&all[..], 0);
        while !rest.is_empty() {
            rest = ber::Reader::new(rest).body(SEQUENCE).unwrap();
            levels += 1;
        }
        assert_eq!(levels, 100_000);
    }
}
