//! Names and ids for people who come from a list and not from a tree.

use crate::model::Dn;
use crate::model::text::normal_name;
use crate::{Error, ErrorKind, Result};

/// Refuses a name that a source cannot have.
///
/// # Errors
/// [`ErrorKind::Input`] when it is blank.
pub(super) fn named(source: &str) -> Result<()> {
    if source.trim().is_empty() {
        return Err(Error::new(ErrorKind::Input, "the name of a source is empty")
            .hint("its people are known by it: call it for example `contractors`, and keep the name"));
    }
    Ok(())
}

/// The unit of a source.
pub(super) fn unit(source: &str) -> Dn {
    Dn::trusted(&format!("OU={}", escaped(source)))
}

/// The name of somebody, or of a group, in the unit of a source.
pub(crate) fn below(source: &str, name: &str) -> Dn {
    Dn::trusted(&format!("CN={},OU={}", escaped(name), escaped(source)))
}

/// The id of somebody in a source. A UUID is itself, wherever it stands; anything else is the source's own.
pub(super) fn id(source: &str, id: &str) -> String {
    if uuid::Uuid::try_parse(id).is_ok() { id.to_owned() } else { format!("{}:{id}", source.trim()) }
}

/// A value of an RDN (RFC 4514, section 2.4).
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
    fn any_name_comes_back_from_its_distinguished_name() {
        for name in ["Ann Lee", "Lee, Ann", "#1 \"x\" <+=>;\\", "a\\2Cb", "Zoë", "a\u{7f}b", "\\", "=", "x\\"] {
            let dn = below("a, b=c", name);
            assert_eq!(Dn::parse(dn.as_str()).unwrap().name(), name);
            assert_eq!(dn.parent().unwrap().name(), "a, b=c", "{dn}");
            assert_eq!(dn.depth(), 2, "{dn}");
        }
    }

    #[test]
    fn an_id_is_the_sources_own_unless_it_is_a_uuid() {
        assert_eq!(id("contractors", "7"), "contractors:7");
        let uuid = "7A1C0E30-6B0F-4C1E-9A55-0D6F5B0C0001";
        assert_eq!(id("contractors", uuid), uuid);
    }
}
