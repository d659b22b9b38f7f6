//! Names and ids for people from sources that have no directory tree, such as lists and tables.

use crate::model::Dn;
use crate::model::text::normal_name;
use crate::{Error, ErrorKind, Result};

/// Checks the name of a source.
///
/// # Errors
/// [`ErrorKind::Input`] if the name is blank.
pub(super) fn named(source: &str) -> Result<()> {
    if source.trim().is_empty() {
        return Err(Error::new(ErrorKind::Input, "the name of a source is empty")
            .hint("set a name such as `contractors` and keep it: it is part of the ids of people"));
    }
    Ok(())
}

/// Returns the distinguished name of the unit that holds all people of a source.
pub(super) fn unit(source: &str) -> Dn {
    Dn::trusted(&format!("OU={}", escaped(source)))
}

/// Returns the distinguished name of a person or group in the unit of a source.
pub(crate) fn below(source: &str, name: &str) -> Dn {
    Dn::trusted(&format!("CN={},OU={}", escaped(name), escaped(source)))
}

/// Returns the id of a person in a source. A UUID stays as it is, because it is unique everywhere; any other id gets the name
/// of the source as a prefix.
pub(super) fn id(source: &str, id: &str) -> String {
    if uuid::Uuid::try_parse(id).is_ok() { id.to_owned() } else { format!("{}:{id}", source.trim()) }
}

/// Escapes the value of an RDN (RFC 4514, section 2.4).
fn escaped(value: &str) -> String {
    let value = normal_name(value);
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => text.extend(['\\', c]),
            '#' if at == 0 => text.push_str("\\#"),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    text.extend(format!("\\{byte:02X}").chars());
                }
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_names_so_that_distinguished_names_parse_back() {
        for name in ["Ann Lee", "Lee, Ann", "#1 \"x\" <+=>;\\", "a\\2Cb", "Zoë", "a\u{7f}b", "\\", "=", "x\\"] {
            let dn = below("a, b=c", name);
            assert_eq!(Dn::parse(dn.as_str()).unwrap().name(), name);
            assert_eq!(dn.parent().unwrap().name(), "a, b=c", "{dn}");
            assert_eq!(dn.depth(), 2, "{dn}");
        }
    }

    #[test]
    fn prefixes_an_id_with_the_source_unless_it_is_a_uuid() {
        assert_eq!(id("contractors", "7"), "contractors:7");
        let uuid = "7A1C0E30-6B0F-4C1E-9A55-0D6F5B0C0001";
        assert_eq!(id("contractors", uuid), uuid);
    }
}
