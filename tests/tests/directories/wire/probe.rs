//! A client that records all bytes, and a strict reader.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use gotosync_tests::wire::ber::{self, BOOLEAN, ENUMERATED, INTEGER, OCTETS, SEQUENCE};
use gotosync_tests::wire::message::{self, BIND, Control, DONE, ENTRY, Entry, Message, Paging, REFERENCE, SEARCH};

/// A client that records every byte.
pub(crate) struct Probe {
    stream: TcpStream,
    rest: Vec<u8>,
    last: i64,
    /// All received bytes.
    pub(crate) bytes: Vec<u8>,
}

/// The end of a connection, or a protocol error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A FIN, after the given number of bytes of an incomplete message.
    Fin(usize),
    Rst,
    /// No data for a long time.
    Silence,
    Wrong(String),
}

impl Probe {
    pub(crate) fn connect(address: impl std::fmt::Display) -> Self {
        let stream = TcpStream::connect(address.to_string()).expect("the server accepts connections");
        stream.set_read_timeout(Some(LONG)).expect("the timeout is valid");
        Self { stream, rest: Vec::new(), last: 0, bytes: Vec::new() }
    }

    pub(crate) fn next(&mut self) -> Result<Message, Ended> {
        loop {
            let wrong = |error: ber::Malformed| Ended::Wrong(error.to_string());
            if let Some(length) = ber::first(&self.rest).map_err(wrong)?.filter(|length| *length <= self.rest.len()) {
                let bytes: Vec<u8> = self.rest.drain(..length).collect();
                return Message::parse(&bytes).map_err(wrong);
            }
            self.read()?;
        }
    }

    /// Reads bytes without decoding them until they end with `end`.
    pub(crate) fn read_up_to(&mut self, end: &[u8]) {
        while !self.bytes.ends_with(end) {
            self.read().expect("more bytes arrive");
        }
    }

    fn read(&mut self) -> Result<(), Ended> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(Ended::Fin(self.rest.len())),
            Ok(count) => {
                self.rest.extend(&buffer[..count]);
                self.bytes.extend(&buffer[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(Ended::Rst),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(Ended::Silence),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn send(&mut self, op: Vec<u8>, controls: Vec<Control>) -> i64 {
        self.last += 1;
        let bytes = Message { id: self.last, op, controls }.bytes();
        // If the server has disconnected, reading reports how.
        let _ = self.stream.write_all(&bytes);
        self.last
    }

    pub(crate) fn bind(&mut self, name: &str, password: &str) -> Result<u32, Ended> {
        let parts =
            [ber::number(INTEGER, 3), ber::element(OCTETS, name.as_bytes()), ber::element(0x80, password.as_bytes())];
        let id = self.send(ber::group(BIND, &parts), Vec::new());
        match self.heard(id)? {
            answer if answer.tag() == message::BOUND => message::code(&answer).ok_or(Ended::Wrong("no code".into())),
            answer => Err(Ended::Wrong(format!("{:02x} in response to a bind", answer.tag()))),
        }
    }

    /// Requests a page of three entries with a cookie, or all entries without paging.
    pub(crate) fn search(&mut self, base: &str, class: &str, names: &[&str], cookie: Option<&[u8]>) -> i64 {
        let equal = [ber::element(OCTETS, b"objectClass"), ber::element(OCTETS, class.as_bytes())];
        let names: Vec<Vec<u8>> = names.iter().map(|name| ber::element(OCTETS, name.as_bytes())).collect();
        let parts = [
            ber::element(OCTETS, base.as_bytes()),
            ber::number(ENUMERATED, 2),
            ber::number(ENUMERATED, 0),
            ber::number(INTEGER, 0),
            ber::number(INTEGER, 0),
            ber::element(BOOLEAN, &[0]),
            ber::group(0xa3, &equal),
            ber::group(SEQUENCE, &names),
        ];
        self.send(
            ber::group(SEARCH, &parts),
            cookie.map(|cookie| Paging { size: 3, cookie: cookie.to_vec() }.control()).into_iter().collect(),
        )
    }

    /// Returns the next message, which must belong to this request. Notifications are skipped, except for a Notice of
    /// Disconnection.
    fn heard(&mut self, id: i64) -> Result<Message, Ended> {
        loop {
            let message = self.next()?;
            match message.id {
                0 if message::code(&message) == Some(0) => {}
                known if known == id => return Ok(message),
                other => return Err(Ended::Wrong(format!("a response to request {other}"))),
            }
        }
    }

    /// Reads one page and returns its entries and its last message.
    pub(crate) fn page(&mut self, id: i64) -> Result<(Vec<Entry>, Message), Ended> {
        let mut entries = Vec::new();
        loop {
            let message = self.heard(id)?;
            let wrong = |error: ber::Malformed| Ended::Wrong(error.to_string());
            match message.tag() {
                ENTRY => entries.push(Entry::parse(&message).map_err(wrong)?),
                DONE => return Ok((entries, message)),
                REFERENCE => return Err(Ended::Wrong("a reference".to_owned())),
                tag => return Err(Ended::Wrong(format!("{tag:02x} in response to a search"))),
            }
        }
    }
}

/// Reads people in pages of three and returns them by id, or an error if anything is missing or invalid.
pub(crate) fn read(address: impl std::fmt::Display, base: &str) -> Result<BTreeMap<Vec<u8>, String>, Ended> {
    let wrong = |text: &str| Ended::Wrong(text.to_owned());
    let mut probe = Probe::connect(address);
    let mut people = BTreeMap::new();
    let mut names = BTreeSet::new();
    let (mut cookie, mut idle) = (Vec::new(), 0);
    match probe.bind(super::slapd::READER, super::slapd::PASSWORD)? {
        0 => {}
        code => return Err(Ended::Wrong(format!("a bind with result code {code}"))),
    }
    loop {
        let id = probe.search(base, "inetOrgPerson", &["uid", "objectClass", "entryUUID"], Some(&cookie));
        let (entries, done) = probe.page(id)?;
        if message::code(&done) != Some(0) {
            return Err(Ended::Wrong(format!("code {:?}", message::code(&done))));
        }
        let before = people.len();
        for entry in entries {
            let id = entry.values("entryUUID").next().ok_or(wrong("no id"))?.to_vec();
            if id.len() != 36 || entry.values("objectClass").next().is_none() {
                return Err(wrong("no class or an invalid id"));
            }
            if !entry.dn.contains('=') || entry.dn.contains('\u{fffd}') {
                return Err(wrong("an invalid DN"));
            }
            let known = people.insert(id, entry.dn.clone());
            if known.as_ref().is_some_and(|known| *known != entry.dn) || (known.is_none() && !names.insert(entry.dn)) {
                return Err(wrong("two DNs for an id or two ids for a DN"));
            }
        }
        idle = if people.len() > before { 0 } else { idle + 1 };
        if idle > 5 {
            return Err(wrong("endless pages"));
        }
        cookie = done.paging().ok_or(wrong("no paging control"))?.cookie;
        if cookie.is_empty() {
            return Ok(people);
        }
    }
}

/// The time without data that counts as silence.
const LONG: Duration = Duration::from_secs(2);
