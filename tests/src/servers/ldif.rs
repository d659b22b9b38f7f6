//! LDIF (RFC 2849) as the test servers read and write it.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Trouble;

/// A record: the attributes in order, the first of which is the DN.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) dn: String,
    pub(super) values: Vec<(String, Vec<u8>)>,
}

impl Record {
    /// Returns the values of an attribute.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.values.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..])
    }

    /// Returns the first value of an attribute.
    pub(super) fn one(&self, name: &str) -> Option<&[u8]> {
        self.values.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..])
    }

    pub(super) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.values.push((name.to_owned(), value.as_ref().to_vec()));
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        line(out, "dn", self.dn.as_bytes())?;
        for (name, value) in &self.values {
            line(out, name, value)?;
        }
        out.write_all(b"\n")
    }
}

/// Writes one line without folding it.
pub(super) fn line(out: &mut impl Write, name: &str, value: &[u8]) -> io::Result<()> {
    let plain = value.iter().all(|byte| (0x20..0x7f).contains(byte));
    let begins = value.first().is_some_and(|byte| !b" :<".contains(byte));
    if value.is_empty() {
        // Some programs reject an empty value in base64.
        writeln!(out, "{name}:")
    } else if plain && begins && value.last() != Some(&b' ') {
        write!(out, "{name}: ")?;
        out.write_all(value)?;
        out.write_all(b"\n")
    } else {
        writeln!(out, "{name}:: {}", STANDARD.encode(value))
    }
}

/// Parses the output of `ldapsearch`: entries without change types.
pub(super) fn records(text: &str) -> Result<Vec<Record>, Trouble> {
    let mut records = Vec::new();
    let mut record = Record::default();
    let mut lines = text.lines().peekable();
    while let Some(first) = lines.next() {
        let mut whole = first.to_owned();
        while let Some(more) = lines.next_if(|next| next.starts_with(' ')) {
            whole.push_str(&more[1..]);
        }
        if whole.is_empty() {
            if !record.dn.is_empty() {
                records.push(std::mem::take(&mut record));
            }
            continue;
        }
        if whole.starts_with('#') {
            continue;
        }
        let (name, rest) = whole.split_once(':').ok_or_else(|| format!("`{whole}` is not a line of LDIF"))?;
        let value = match rest.strip_prefix(':') {
            Some(encoded) => STANDARD.decode(encoded.trim())?,
            None => rest.trim_start_matches(' ').as_bytes().to_vec(),
        };
        if name == "dn" {
            record.dn = String::from_utf8(value)?;
        } else {
            record.values.push((name.to_owned(), value));
        }
    }
    if !record.dn.is_empty() {
        records.push(record);
    }
    Ok(records)
}
