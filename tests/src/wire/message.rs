//! Decodes and encodes LDAP messages (RFC 4511).

use super::ber::{self, BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET};
use super::filter::Filter;

/// An LDAP message: the message id, the operation, and the controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message id of the request.
    pub id: i64,
    /// The encoded operation, including its header.
    pub op: Vec<u8>,
    /// The controls.
    pub controls: Vec<Control>,
}

impl Message {
    /// Creates a message without controls.
    pub fn new(id: i64, op: Vec<u8>) -> Self {
        Self { id, op, controls: Vec::new() }
    }

    /// Decodes a message.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut inner = Reader::new(Reader::new(bytes).body(SEQUENCE)?);
        let id = inner.number(INTEGER)?;
        let op = inner.element()?.whole.to_vec();
        let mut controls = Vec::new();
        if inner.peek() == Some(CONTROLS) {
            let mut list = Reader::new(inner.body(CONTROLS)?);
            while !list.is_empty() {
                controls.push(Control::parse(list.body(SEQUENCE)?)?);
            }
        }
        Ok(Self { id, op, controls })
    }

    /// Encodes the message.
    pub fn bytes(&self) -> Vec<u8> {
        let mut parts = vec![ber::number(INTEGER, self.id), self.op.clone()];
        if !self.controls.is_empty() {
            let controls: Vec<Vec<u8>> = self.controls.iter().map(Control::bytes).collect();
            parts.push(ber::group(CONTROLS, &controls));
        }
        ber::group(SEQUENCE, &parts)
    }

    /// Returns the tag of the operation.
    pub fn tag(&self) -> u8 {
        self.op.first().copied().unwrap_or_default()
    }

    /// Returns a reader for the contents of the operation.
    pub fn body(&self) -> Result<Reader<'_>, Malformed> {
        Ok(Reader::new(Reader::new(&self.op).element()?.body))
    }

    /// Returns the paging control, if the message has a valid one.
    pub fn paging(&self) -> Option<Paging> {
        let control = self.controls.iter().find(|control| control.oid == PAGING)?;
        let mut inner = Reader::new(Reader::new(control.value.as_deref()?).body(SEQUENCE).ok()?);
        Some(Paging { size: inner.number(INTEGER).ok()?, cookie: inner.body(OCTETS).ok()?.to_vec() })
    }

    /// Replaces the paging control. Its criticality stays the same.
    pub fn set_paging(&mut self, paging: Option<Paging>) {
        let critical = self.controls.iter().any(|control| control.oid == PAGING && control.critical);
        self.controls.retain(|control| control.oid != PAGING);
        self.controls.extend(paging.map(|paging| Control { critical, ..paging.control() }));
    }
}

/// A control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The object identifier.
    pub oid: String,
    /// `true` if the server must reject the request if it does not support the control.
    pub critical: bool,
    /// The value of the control.
    pub value: Option<Vec<u8>>,
}

impl Control {
    fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut inner = Reader::new(body);
        let oid = inner.text(OCTETS)?;
        let critical = inner.peek() == Some(BOOLEAN) && inner.body(BOOLEAN)?.iter().any(|byte| *byte != 0);
        let value = if inner.is_empty() { None } else { Some(inner.body(OCTETS)?.to_vec()) };
        Ok(Self { oid, critical, value })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut parts = vec![ber::element(OCTETS, self.oid.as_bytes())];
        if self.critical {
            parts.push(ber::element(BOOLEAN, &[0xff]));
        }
        parts.extend(self.value.as_ref().map(|value| ber::element(OCTETS, value)));
        ber::group(SEQUENCE, &parts)
    }
}

/// The value of a paging control (RFC 2696).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// The page size that the client requests; in responses, an estimate of the total number of entries.
    pub size: i64,
    /// The cookie for the next page; empty in the first request and in the last response.
    pub cookie: Vec<u8>,
}

impl Paging {
    /// Returns the encoded control.
    pub fn control(&self) -> Control {
        let value = ber::group(SEQUENCE, &[ber::number(INTEGER, self.size), ber::element(OCTETS, &self.cookie)]);
        Control { oid: PAGING.to_owned(), critical: false, value: Some(value) }
    }
}

/// A directory entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The distinguished name.
    pub dn: String,
    /// The attribute names and their values, in order.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// Creates an entry from text values. The values of repeated attributes are combined.
    pub fn new<'a>(dn: &str, attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut entry = Self { dn: dn.to_owned(), attributes: Vec::new() };
        for (name, value) in attributes {
            entry = entry.with(name, [value]);
        }
        entry
    }

    /// Adds values to an attribute.
    pub fn with<V: AsRef<[u8]>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(|value| value.as_ref().to_vec());
        match self.attributes.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => known.extend(values),
            None => self.attributes.push((name.to_owned(), values.collect())),
        }
        self
    }

    /// Returns the values of an attribute, ignoring the case of its name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let named = self.attributes.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.flat_map(|(_, values)| values).map(Vec::as_slice)
    }

    /// Decodes a `SearchResultEntry`.
    pub fn parse(message: &Message) -> Result<Self, Malformed> {
        let mut inner = message.body()?;
        let dn = inner.text(OCTETS)?;
        let mut list = Reader::new(inner.body(SEQUENCE)?);
        let mut attributes = Vec::new();
        while !list.is_empty() {
            let mut attribute = Reader::new(list.body(SEQUENCE)?);
            let name = attribute.text(OCTETS)?;
            let mut set = Reader::new(attribute.body(SET)?);
            let mut values = Vec::new();
            while !set.is_empty() {
                values.push(set.body(OCTETS)?.to_vec());
            }
            attributes.push((name, values));
        }
        Ok(Self { dn, attributes })
    }

    /// Encodes the `SearchResultEntry`.
    pub fn op(&self) -> Vec<u8> {
        self.op_named(self.dn.as_bytes())
    }

    /// Encodes the `SearchResultEntry` with a DN that does not have to be UTF-8.
    pub fn op_named(&self, dn: &[u8]) -> Vec<u8> {
        let attributes: Vec<Vec<u8>> = self.attributes.iter().map(|(name, values)| attribute(name, values)).collect();
        ber::group(ENTRY, &[ber::element(OCTETS, dn), ber::group(SEQUENCE, &attributes)])
    }
}

fn attribute(name: &str, values: &[Vec<u8>]) -> Vec<u8> {
    let values: Vec<Vec<u8>> = values.iter().map(|value| ber::element(OCTETS, value)).collect();
    ber::group(SEQUENCE, &[ber::element(OCTETS, name.as_bytes()), ber::group(SET, &values)])
}

/// Parses the range option of a name such as `member;range=0-1499`: returns the attribute, the first value, and the
/// last value, which is `None` for `*` (the end).
pub fn range(name: &str) -> Option<(&str, usize, Option<usize>)> {
    let at = name.to_ascii_lowercase().find(";range=")?;
    let (from, to) = name[at + 7..].split_once('-')?;
    let to = if to == "*" { None } else { Some(to.parse().ok()?) };
    Some((&name[..at], from.parse().ok()?, to))
}

/// A search request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchOp {
    /// The base DN.
    pub base: String,
    /// The scope: 0 for the base entry, 1 for its children, 2 for the subtree.
    pub scope: i64,
    /// The maximum number of entries; 0 for no limit.
    pub size_limit: i64,
    /// The filter.
    pub filter: Filter,
    /// The requested attributes; empty for all.
    pub attributes: Vec<String>,
    before_attributes: Vec<u8>,
}

impl SearchOp {
    /// Decodes a `SearchRequest`.
    pub fn parse(message: &Message) -> Result<Self, Malformed> {
        let mut inner = message.body()?;
        let base = inner.text(OCTETS)?;
        let scope = inner.number(ENUMERATED)?;
        inner.number(ENUMERATED)?;
        let size_limit = inner.number(INTEGER)?;
        inner.number(INTEGER)?;
        inner.body(BOOLEAN)?;
        let filter = Filter::parse(&mut inner)?;
        let mut list = Reader::new(inner.body(SEQUENCE)?);
        let mut attributes = Vec::new();
        while !list.is_empty() {
            attributes.push(list.text(OCTETS)?);
        }
        let whole = Reader::new(&message.op).element()?.body;
        let names: Vec<Vec<u8>> = attributes.iter().map(|name| ber::element(OCTETS, name.as_bytes())).collect();
        let tail = ber::group(SEQUENCE, &names).len();
        let before_attributes = whole[..whole.len().saturating_sub(tail)].to_vec();
        Ok(Self { base, scope, size_limit, filter, attributes, before_attributes })
    }

    /// Encodes the `SearchRequest` with other attributes.
    pub fn op_asking(&self, attributes: &[String]) -> Vec<u8> {
        let names: Vec<Vec<u8>> = attributes.iter().map(|name| ber::element(OCTETS, name.as_bytes())).collect();
        ber::group(SEARCH, &[self.before_attributes.clone(), ber::group(SEQUENCE, &names)])
    }

    /// Returns `true` if the search reads the root DSE.
    pub fn is_root_dse(&self) -> bool {
        self.base.is_empty() && self.scope == 0
    }
}

/// A bind request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindOp {
    /// The name of the user.
    pub name: String,
    /// `simple`, the SASL mechanism, or `other`.
    pub mechanism: String,
    /// The password of a simple bind.
    pub password: Option<Vec<u8>>,
}

impl BindOp {
    /// Decodes a `BindRequest`.
    pub fn parse(message: &Message) -> Result<Self, Malformed> {
        let mut inner = message.body()?;
        inner.number(INTEGER)?;
        let name = inner.text(OCTETS)?;
        let choice = inner.element()?;
        let (mechanism, password) = match choice.tag {
            0x80 => ("simple".to_owned(), Some(choice.body.to_vec())),
            0xa3 => (Reader::new(choice.body).text(OCTETS)?, None),
            _ => ("other".to_owned(), None),
        };
        Ok(Self { name, mechanism, password })
    }
}

/// Returns the result code of a response, if it has one.
pub fn code(message: &Message) -> Option<u32> {
    u32::try_from(message.body().ok()?.number(ENUMERATED).ok()?).ok()
}

/// Encodes a response that consists of a result: code, text, and referral URLs.
pub fn result(tag: u8, code: u32, text: &str, referrals: &[String]) -> Vec<u8> {
    let mut parts = vec![
        ber::number(ENUMERATED, i64::from(code)),
        ber::element(OCTETS, b""),
        ber::element(OCTETS, text.as_bytes()),
    ];
    if !referrals.is_empty() {
        let urls: Vec<Vec<u8>> = referrals.iter().map(|url| ber::element(OCTETS, url.as_bytes())).collect();
        parts.push(ber::group(0xa3, &urls));
    }
    ber::group(tag, &parts)
}

/// Encodes a `SearchResultReference`.
pub fn reference(urls: &[String]) -> Vec<u8> {
    let urls: Vec<Vec<u8>> = urls.iter().map(|url| ber::element(OCTETS, url.as_bytes())).collect();
    ber::group(REFERENCE, &urls)
}

/// Returns the object identifier of an `ExtendedRequest`.
pub fn extended(message: &Message) -> Option<String> {
    message.body().ok()?.text(0x80).ok()
}

/// Returns the name of an operation.
pub fn op_name(tag: u8) -> &'static str {
    match tag {
        BIND => "bind",
        UNBIND => "unbind",
        SEARCH => "search",
        ABANDON => "abandon",
        EXTENDED => "extended",
        0x66 => "modify",
        0x68 => "add",
        0x4a => "delete",
        0x6c => "modify dn",
        0x6e => "compare",
        _ => "unknown",
    }
}

/// The tag of a `BindRequest`.
pub const BIND: u8 = 0x60;
/// The tag of a `BindResponse`.
pub const BOUND: u8 = 0x61;
/// The tag of an `UnbindRequest`.
pub const UNBIND: u8 = 0x42;
/// The tag of a `SearchRequest`.
pub const SEARCH: u8 = 0x63;
/// The tag of a `SearchResultEntry`.
pub const ENTRY: u8 = 0x64;
/// The tag of a `SearchResultDone`.
pub const DONE: u8 = 0x65;
/// The tag of a `SearchResultReference`.
pub const REFERENCE: u8 = 0x73;
/// The tag of an `AbandonRequest`.
pub const ABANDON: u8 = 0x50;
/// The tag of an `ExtendedRequest`.
pub const EXTENDED: u8 = 0x77;
/// The tag of an `ExtendedResponse`.
pub const EXTENDED_ANSWER: u8 = 0x78;
/// The object identifier of the `StartTLS` operation.
pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// The object identifier of the paging control.
pub const PAGING: &str = "1.2.840.113556.1.4.319";
/// The tag of the list of controls.
pub const CONTROLS: u8 = 0xa0;
