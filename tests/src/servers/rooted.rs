//! Completes short LDIF exports with the parent entries that they lack.

use std::collections::HashSet;

use gotosync_core::model::Dn;

use super::ldif::{Record, records};
use crate::Trouble;

/// Turns a short export into one that can be loaded into a server: adds missing parent entries below a root, adds the
/// naming attribute to each entry, and sorts each entry after its parent.
///
/// # Errors
///
/// If the text is not LDIF or contains an invalid DN.
pub fn rooted(export: &str, root: &str) -> Result<String, Trouble> {
    let root = Dn::parse(root)?;
    let mut entries = records(export)?;
    let mut known: HashSet<String> = HashSet::from([root.key()]);
    for record in &entries {
        known.insert(Dn::parse(&record.dn)?.key());
    }
    let mut places = Vec::new();
    for record in &entries {
        let dn = Dn::parse(&record.dn)?;
        let above = std::iter::successors(dn.parent(), Dn::parent).take_while(|dn| dn.is_within(&root));
        places.extend(above.filter(|dn| known.insert(dn.key())));
    }
    for place in places {
        let mut record = Record { dn: place.to_string(), ..Record::default() };
        record.add("objectClass", if place.kind() == "ou" { "organizationalUnit" } else { "container" });
        entries.push(record);
    }
    let mut named = Vec::with_capacity(entries.len());
    for mut record in entries {
        let dn = Dn::parse(&record.dn)?;
        if record.one(&dn.kind()).is_none() {
            record.add(&dn.kind(), dn.name());
        }
        named.push((std::iter::successors(Some(dn), Dn::parent).count(), record));
    }
    named.sort_by_key(|(depth, _)| *depth);
    let mut out = Vec::new();
    named.iter().try_for_each(|(_, record)| record.write(&mut out))?;
    Ok(String::from_utf8(out)?)
}

/// Returns the DNs of the entries of an export, in its order.
///
/// # Errors
///
/// If the text is not LDIF.
pub fn names(export: &str) -> Result<Vec<String>, Trouble> {
    Ok(records(export)?.into_iter().map(|record| record.dn).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_units_before_their_entries() {
        let export = "dn: CN=Lee\\, Ann,OU=In,OU=Out,DC=x\nobjectClass: user\n\ndn: OU=Out,DC=x\nobjectClass: organizationalUnit\nou: Out\n";
        let expected = "dn: OU=Out,DC=x\nobjectClass: organizationalUnit\nou: Out\n\n\
                        dn: OU=In,OU=Out,DC=x\nobjectClass: organizationalUnit\nou: In\n\n\
                        dn: CN=Lee\\, Ann,OU=In,OU=Out,DC=x\nobjectClass: user\ncn: Lee, Ann\n\n";
        assert_eq!(rooted(export, "DC=x").unwrap(), expected);
    }
}
