//! Parsing and validation of a server's LDAP messages (RFC 4511, section 4).
//!
//! Messages are passed on to the client library only if they have exactly the structure that it expects: it panics on any
//! other structure, which breaks the connection, and it has no limit on the depth of nesting.

use super::ber::{BOOLEAN, Ber, ENUMERATED, INTEGER, Malformed, OCTETS, SEQUENCE, SET, integer};

/// A parsed message, as far as it is needed to route it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'b> {
    pub(super) id: i64,
    pub(super) operation: u8,
    pub(super) content: &'b [u8],
    controls: Option<&'b [u8]>,
    /// The name of an unsolicited notification, if it follows the operation.
    name: Option<&'b [u8]>,
}

/// A control of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control<'b> {
    pub(super) oid: &'b str,
    pub(super) value: Option<&'b [u8]>,
}

/// The result of an operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'b> {
    pub(super) code: i64,
    pub(super) text: &'b str,
    /// The optional elements that follow: referrals, SASL credentials, the name of an extended response.
    rest: Ber<'b>,
}

impl<'b> Message<'b> {
    /// Parses an entire message.
    pub(super) fn parse(frame: &'b [u8]) -> Result<Self, Malformed> {
        let mut outer = Ber::new(frame);
        let mut parts = Ber::new(outer.expect(SEQUENCE, "the message does not begin with a SEQUENCE")?);
        let id = integer(parts.expect(INTEGER, "the message ID is missing")?)?;
        if i32::try_from(id).is_err() || id < 0 {
            return Err(Malformed("the message ID is invalid"));
        }
        let (operation, content) = parts.next()?;
        let controls = parts.optional(CONTROLS)?;
        // AD puts the name of an unsolicited notification in the place of the controls.
        let name = parts.optional(NAME)?;
        if !parts.is_empty() {
            return Err(Malformed("unexpected data follows the message"));
        }
        Ok(Self { id, operation, content, controls, name })
    }

    /// Returns `true` if this is an unknown unsolicited notification, which must be ignored (RFC 4511, section 4.4): it has a
    /// name other than that of the notice of disconnection.
    pub(super) fn is_strange_notice(&self) -> Result<bool, Malformed> {
        let mut rest = self.ended()?.rest;
        let mut name = self.name;
        while !rest.is_empty() {
            if let (NAME, own) = rest.next()? {
                name = Some(own);
            }
        }
        Ok(name.is_some_and(|name| name != DISCONNECTION))
    }

    /// Returns the controls.
    pub(super) fn controls(&self) -> Result<Vec<Control<'b>>, Malformed> {
        let mut list = Ber::new(self.controls.unwrap_or_default());
        let mut controls = Vec::new();
        while !list.is_empty() {
            let mut parts = Ber::new(list.expect(SEQUENCE, "a control is invalid")?);
            let oid = text(parts.expect(OCTETS, "a control has no OID")?)?;
            if parts.optional(BOOLEAN)?.is_some_and(|critical| critical.len() != 1) {
                return Err(Malformed("the criticality of a control is invalid"));
            }
            let value = parts.optional(OCTETS)?;
            if !parts.is_empty() {
                return Err(Malformed("unexpected data follows a control"));
            }
            controls.push(Control { oid, value });
        }
        Ok(controls)
    }

    /// Parses the result of the operation.
    pub(super) fn ended(&self) -> Result<Ended<'b>, Malformed> {
        let mut rest = Ber::new(self.content);
        let code = integer(rest.expect(ENUMERATED, "the result code is missing")?)?;
        if !(0..=i64::from(u32::MAX)).contains(&code) {
            return Err(Malformed("the result code is invalid"));
        }
        text(rest.expect(OCTETS, "the matched DN of the result is missing")?)?;
        let message = text(rest.expect(OCTETS, "the diagnostic message of the result is missing")?)?;
        Ok(Ended { code, text: message, rest })
    }

    /// Checks that the client library can parse the message: a result with known elements only.
    pub(super) fn check(&self) -> Result<(), Malformed> {
        self.controls()?;
        let mut ended = self.ended()?;
        while !ended.rest.is_empty() {
            match ended.rest.next()? {
                (REFERRAL, urls) => {
                    references(urls)?;
                }
                (CREDENTIALS, _) if self.operation == BIND_RESPONSE => {}
                (NAME, name) if self.operation == EXTENDED_RESPONSE => {
                    text(name)?;
                }
                (VALUE, _) if self.operation == EXTENDED_RESPONSE => {}
                _ => return Err(Malformed("unexpected data follows the result")),
            }
        }
        Ok(())
    }
}

/// Parses the URLs of a referral or continuation reference.
pub(super) fn references(content: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut list = Ber::new(content);
    let mut urls = Vec::new();
    while !list.is_empty() {
        urls.push(text(list.expect(OCTETS, "a continuation reference is not a URL")?)?.to_owned());
    }
    Ok(urls)
}

/// A search result entry: the distinguished name, and the attributes with their values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'b> {
    pub(super) dn: &'b str,
    attributes: Ber<'b>,
}

impl<'b> Entry<'b> {
    /// Parses a search result entry.
    pub(super) fn parse(message: &Message<'b>) -> Result<Self, Malformed> {
        let mut parts = Ber::new(message.content);
        let dn = text(parts.expect(OCTETS, "an entry has no DN")?)?;
        let attributes = Ber::new(parts.expect(SEQUENCE, "an entry has no attributes")?);
        Ok(Self { dn, attributes })
    }

    /// Returns the next attribute: its name with options, and its values.
    pub(super) fn next(&mut self) -> Result<Option<(&'b [u8], Ber<'b>)>, Malformed> {
        if self.attributes.is_empty() {
            return Ok(None);
        }
        let mut parts = Ber::new(self.attributes.expect(SEQUENCE, "an attribute is invalid")?);
        let name = parts.expect(OCTETS, "an attribute has no name")?;
        let values = Ber::new(parts.expect(SET, "an attribute has no values")?);
        Ok(Some((name, values)))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed("a string is not UTF-8"))
}

/// Returns the name of a result code (RFC 4511, appendix A).
pub(super) fn meaning(code: u32) -> &'static str {
    match code {
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        14 => "saslBindInProgress",
        18 => "inappropriateMatching",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        54 => "loopDetect",
        80 => "other",
        4096 => "e-syncRefreshRequired",
        _ => "unknown result code",
    }
}

pub(super) const BIND_REQUEST: u8 = 0x60;
pub(super) const BIND_RESPONSE: u8 = 0x61;
pub(super) const UNBIND_REQUEST: u8 = 0x42;
pub(super) const SEARCH_REQUEST: u8 = 0x63;
pub(super) const SEARCH_ENTRY: u8 = 0x64;
pub(super) const SEARCH_DONE: u8 = 0x65;
pub(super) const SEARCH_REFERENCE: u8 = 0x73;
pub(super) const EXTENDED_REQUEST: u8 = 0x77;
pub(super) const EXTENDED_RESPONSE: u8 = 0x78;
pub(super) const INTERMEDIATE: u8 = 0x79;

/// The notice of disconnection (RFC 4511, section 4.4.1).
const DISCONNECTION: &[u8] = b"1.3.6.1.4.1.1466.20036";

const CONTROLS: u8 = 0xa0;
const REFERRAL: u8 = 0xa3;
pub(super) const CREDENTIALS: u8 = 0x87;
const NAME: u8 = 0x8a;
const VALUE: u8 = 0x8b;

#[cfg(feature = "kerberos")]
impl<'b> Ended<'b> {
    /// Returns the server's SASL credentials in a bind response.
    pub(super) fn credentials(mut self) -> Result<Option<&'b [u8]>, Malformed> {
        while !self.rest.is_empty() {
            if let (CREDENTIALS, content) = self.rest.next()? {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ber::{element, number};
    use super::*;

    fn message(id: i64, operation: u8, content: &[u8], behind: &[u8]) -> Vec<u8> {
        element(SEQUENCE, &[number(INTEGER, id), element(operation, content), behind.to_vec()].concat())
    }

    fn result(code: i64, text: &[u8], behind: &[u8]) -> Vec<u8> {
        [number(ENUMERATED, code), element(OCTETS, b""), element(OCTETS, text), behind.to_vec()].concat()
    }

    fn checked(frame: &[u8]) -> Result<(), Malformed> {
        Message::parse(frame)?.check()
    }

    #[test]
    fn parses_results() {
        let control =
            element(SEQUENCE, &[element(OCTETS, b"1.2"), element(BOOLEAN, &[0]), element(OCTETS, b"x")].concat());
        let frame = message(7, SEARCH_DONE, &result(4, b"limit", b""), &element(CONTROLS, &control));
        let message = Message::parse(&frame).unwrap();
        assert_eq!((message.id, message.ended().unwrap().code, message.ended().unwrap().text), (7, 4, "limit"));
        let [control] = message.controls().unwrap()[..] else { panic!() };
        assert_eq!((control.oid, control.value), ("1.2", Some(&b"x"[..])));
        message.check().unwrap();
    }

    #[test]
    fn ignores_unknown_unsolicited_notifications() {
        let strange = |behind: &[u8], content: &[u8]| {
            let frame = message(0, EXTENDED_RESPONSE, &result(0, b"", content), behind);
            Message::parse(&frame).unwrap().is_strange_notice().unwrap()
        };
        let (other, own) = (element(NAME, b"1.3.6.1.4.1.4203.1"), element(NAME, DISCONNECTION));
        assert!(strange(b"", &other) && strange(&other, b""));
        assert!(!strange(b"", &own) && !strange(&own, b"") && !strange(b"", b""));
    }

    #[test]
    fn rejects_messages_that_the_client_library_would_panic_on() {
        let deep = (0..100).fold(Vec::new(), |inner, _| element(SEQUENCE, &inner));
        for bad in [
            message(1, SEARCH_DONE, b"", b""),
            message(1, SEARCH_DONE, &result(0, b"\xff", b""), b""),
            message(1, SEARCH_DONE, &result(0, b"", &deep), b""),
            message(1, SEARCH_DONE, &result(-1, b"", b""), b""),
            message(-1, SEARCH_DONE, &result(0, b"", b""), b""),
            message(1 << 40, SEARCH_DONE, &result(0, b"", b""), b""),
            message(1, SEARCH_DONE, &result(0, b"", b""), &element(CONTROLS, &element(OCTETS, b"x"))),
            message(1, SEARCH_DONE, &result(0, b"", b""), &deep),
            message(1, EXTENDED_RESPONSE, &result(0, b"", &element(NAME, b"\xff")), b""),
            message(1, BIND_RESPONSE, &result(0, b"", &element(VALUE, b"")), b""),
            element(SEQUENCE, b""),
        ] {
            assert!(checked(&bad).is_err(), "{bad:x?}");
        }
        let critical = element(SEQUENCE, &[element(OCTETS, b"1.2"), element(BOOLEAN, b"")].concat());
        assert!(checked(&message(1, SEARCH_DONE, &result(0, b"", b""), &element(CONTROLS, &critical))).is_err());
        checked(&message(1, EXTENDED_RESPONSE, &result(52, b"", b""), &element(NAME, b"1.3"))).unwrap();
    }
}
