//! LDAP messages: taken apart, and put together again (RFC 4511).

use super::ber::{self, BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET};
use super::filter::Filter;

/// One message: whose it is, what it says, and the controls that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Number of the request.
    pub id: i64,
    /// The operation with its header.
    pub op: Vec<u8>,
    /// The controls.
    pub controls: Vec<Control>,
}

impl Message {
    /// A message without controls.
    pub fn new(id: i64, op: Vec<u8>) -> Self {
        Self { id, op, controls: Vec::new() }
    }

    /// Takes a message apart.
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

    /// Puts it together.
    pub fn bytes(&self) -> Vec<u8> {
        let mut parts = vec![ber::number(INTEGER, self.id), self.op.clone()];
        if !self.controls.is_empty() {
            let controls: Vec<Vec<u8>> = self.controls.iter().map(Control::bytes).collect();
            parts.push(ber::group(CONTROLS, &controls));
        }
        ber::group(SEQUENCE, &parts)
    }

    /// The tag of the operation.
    pub fn tag(&self) -> u8 {
        self.op.first().copied().unwrap_or_default()
    }

    /// What is inside the operation.
    pub fn body(&self) -> Result<Reader<'_>, Malformed> {
        Ok(Reader::new(Reader::new(&self.op).element()?.body))
    }

    /// The paging control, if there is one that can be read.
    pub fn paging(&self) -> Option<Paging> {
        let control = self.controls.iter().find(|control| control.oid == PAGING)?;
        let mut inner = Reader::new(Reader::new(control.value.as_deref()?).body(SEQUENCE).ok()?);
        Some(Paging { size: inner.number(INTEGER).ok()?, cookie: inner.body(OCTETS).ok()?.to_vec() })
    }

    /// Puts another paging control in the place of what was there; its criticality stays.
    pub fn set_paging(&mut self, paging: Option<Paging>) {
        let critical = self.controls.iter().any(|control| control.oid == PAGING && control.critical);
        self.controls.retain(|control| control.oid != PAGING);
        self.controls.extend(paging.map(|paging| Control { critical, ..paging.control() }));
    }
}

/// A control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// Its object identifier.
    pub oid: String,
    /// Whether the server has to refuse what it does not know.
    pub critical: bool,
    /// Its value.
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

/// What a paging control says (RFC 2696).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// Entries to a page as the client wants it; in answers a guess at the whole.
    pub size: i64,
    /// Where to go on; empty on the first request and in the last answer.
    pub cookie: Vec<u8>,
}

impl Paging {
    /// The control.
    pub fn control(&self) -> Control {
        let value = ber::group(SEQUENCE, &[ber::number(INTEGER, self.size), ber::element(OCTETS, &self.cookie)]);
        Control { oid: PAGING.to_owned(), critical: false, value: Some(value) }
    }
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    /// Names of attributes and their values, in order.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// An entry whose values are texts; the values of attributes that come more than once are put together.
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

    /// The values of an attribute, whatever the case of its name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let named = self.attributes.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.flat_map(|(_, values)| values).map(Vec::as_slice)
    }

    /// Reads a `SearchResultEntry`.
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

    /// The `SearchResultEntry`.
    pub fn op(&self) -> Vec<u8> {
        self.op_named(self.dn.as_bytes())
    }

    /// The `SearchResultEntry` under a name that need not be text.
    pub fn op_named(&self, dn: &[u8]) -> Vec<u8> {
        let attributes: Vec<Vec<u8>> = self.attributes.iter().map(|(name, values)| attribute(name, values)).collect();
        ber::group(ENTRY, &[ber::element(OCTETS, dn), ber::group(SEQUENCE, &attributes)])
    }
}

fn attribute(name: &str, values: &[Vec<u8>]) -> Vec<u8> {
    let values: Vec<Vec<u8>> = values.iter().map(|value| ber::element(OCTETS, value)).collect();
    ber::group(SEQUENCE, &[ber::element(OCTETS, name.as_bytes()), ber::group(SET, &values)])
}

/// The range a name like `member;range=0-1499` asks for or tells of: the attribute, the first value, the last one unless
/// it is the end, whichever that is.
pub fn range(name: &str) -> Option<(&str, usize, Option<usize>)> {
    let at = name.to_ascii_lowercase().find(";range=")?;
    let (from, to) = name[at + 7..].split_once('-')?;
    let to = if to == "*" { None } else { Some(to.parse().ok()?) };
    Some((&name[..at], from.parse().ok()?, to))
}

/// A search as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchOp {
    /// Where to search.
    pub base: String,
    /// How deep: 0 the base alone, 1 what is right below it, 2 all.
    pub scope: i64,
    /// Entries at most; 0 for no limit.
    pub size_limit: i64,
    /// What to search for.
    pub filter: Filter,
    /// The attributes to return; none for all.
    pub attributes: Vec<String>,
    before_attributes: Vec<u8>,
}

impl SearchOp {
    /// Reads a `SearchRequest`.
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

    /// The `SearchRequest` with other attributes.
    pub fn op_asking(&self, attributes: &[String]) -> Vec<u8> {
        let names: Vec<Vec<u8>> = attributes.iter().map(|name| ber::element(OCTETS, name.as_bytes())).collect();
        ber::group(SEARCH, &[self.before_attributes.clone(), ber::group(SEQUENCE, &names)])
    }

    /// Whether it asks for the rootDSE.
    pub fn is_root_dse(&self) -> bool {
        self.base.is_empty() && self.scope == 0
    }
}

/// A bind as it is asked for; the password itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindOp {
    /// Who signs in.
    pub name: String,
    /// `simple`, the SASL mechanism, or `other`.
    pub mechanism: String,
    /// The password of a simple bind.
    pub password: Option<Vec<u8>>,
}

impl BindOp {
    /// Reads a `BindRequest`.
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

/// The result code in an answer that has one.
pub fn code(message: &Message) -> Option<u32> {
    u32::try_from(message.body().ok()?.number(ENUMERATED).ok()?).ok()
}

/// An answer that consists of a result: code, text, and the places it refers to.
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

/// A `SearchResultReference`.
pub fn reference(urls: &[String]) -> Vec<u8> {
    let urls: Vec<Vec<u8>> = urls.iter().map(|url| ber::element(OCTETS, url.as_bytes())).collect();
    ber::group(REFERENCE, &urls)
}

/// The name in an `ExtendedRequest`.
pub fn extended(message: &Message) -> Option<String> {
    message.body().ok()?.text(0x80).ok()
}

/// What an operation is called.
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

/// Tag of a `BindRequest`.
pub const BIND: u8 = 0x60;
/// Tag of a `BindResponse`.
pub const BOUND: u8 = 0x61;
/// Tag of an `UnbindRequest`.
pub const UNBIND: u8 = 0x42;
/// Tag of a `SearchRequest`.
pub const SEARCH: u8 = 0x63;
/// Tag of a `SearchResultEntry`.
pub const ENTRY: u8 = 0x64;
/// Tag of a `SearchResultDone`.
pub const DONE: u8 = 0x65;
/// Tag of a `SearchResultReference`.
pub const REFERENCE: u8 = 0x73;
/// Tag of an `AbandonRequest`.
pub const ABANDON: u8 = 0x50;
/// Tag of an `ExtendedRequest`.
pub const EXTENDED: u8 = 0x77;
/// Tag of an `ExtendedResponse`.
pub const EXTENDED_ANSWER: u8 = 0x78;
/// The name of the extended operation that begins TLS.
pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// The paging control.
pub const PAGING: &str = "1.2.840.113556.1.4.319";
/// Tag of the list of controls.
pub const CONTROLS: u8 = 0xa0;
