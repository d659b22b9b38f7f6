//! Names of object identifiers and of functional levels, for people to read.

use crate::source::{Level, Oid};

/// An identifier with its name.
pub(super) fn named(oid: &str) -> Oid {
    let name = NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name);
    Oid { oid: oid.to_owned(), name }
}

/// A functional level, from its number.
pub(super) fn level(text: &str) -> Option<Level> {
    let number = text.trim().parse().ok()?;
    let name = LEVELS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    Some(Level { number, name })
}

/// `msDS-Behavior-Version` (MS-ADTS 6.1.4.2 to 6.1.4.4); 10 came with Windows Server 2025.
const LEVELS: &[(i64, &str)] = &[
    (0, "Windows 2000"),
    (1, "Windows Server 2003 interim"),
    (2, "Windows Server 2003"),
    (3, "Windows Server 2008"),
    (4, "Windows Server 2008 R2"),
    (5, "Windows Server 2012"),
    (6, "Windows Server 2012 R2"),
    (7, "Windows Server 2016"),
    (10, "Windows Server 2025"),
];

/// Controls, capabilities, extended operations and features (MS-ADTS 3.1.1.3.4, the registry of RFC 4520, and RFCs and drafts
/// that define them).
const NAMES: &[(&str, &str)] = &[
    ("1.2.826.0.1.3344810.2.3", "matched values"),
    ("1.2.840.113556.1.4.319", "pages"),
    ("1.2.840.113556.1.4.417", "show deleted objects"),
    ("1.2.840.113556.1.4.473", "sorting"),
    ("1.2.840.113556.1.4.474", "sorting, answer"),
    ("1.2.840.113556.1.4.521", "move between domains"),
    ("1.2.840.113556.1.4.528", "notification of changes"),
    ("1.2.840.113556.1.4.529", "names with ids"),
    ("1.2.840.113556.1.4.619", "lazy commit"),
    ("1.2.840.113556.1.4.800", "Active Directory"),
    ("1.2.840.113556.1.4.801", "parts of security descriptors"),
    ("1.2.840.113556.1.4.802", "ranges of values"),
    ("1.2.840.113556.1.4.805", "delete a tree"),
    ("1.2.840.113556.1.4.841", "DirSync"),
    ("1.2.840.113556.1.4.970", "statistics"),
    ("1.2.840.113556.1.4.1338", "verify names"),
    ("1.2.840.113556.1.4.1339", "no references"),
    ("1.2.840.113556.1.4.1340", "search options"),
    ("1.2.840.113556.1.4.1341", "promotion of read-only controllers"),
    ("1.2.840.113556.1.4.1413", "permissive changes"),
    ("1.2.840.113556.1.4.1504", "search by an attribute's values"),
    ("1.2.840.113556.1.4.1670", "Active Directory since Windows Server 2003"),
    ("1.2.840.113556.1.4.1781", "fast bind"),
    ("1.2.840.113556.1.4.1791", "signing and sealing"),
    ("1.2.840.113556.1.4.1851", "lightweight directory (AD LDS)"),
    ("1.2.840.113556.1.4.1852", "quotas"),
    ("1.2.840.113556.1.4.1907", "notice of shutdown"),
    ("1.2.840.113556.1.4.1920", "read-only controller"),
    ("1.2.840.113556.1.4.1935", "Active Directory since Windows Server 2008"),
    ("1.2.840.113556.1.4.1948", "ranges without errors"),
    ("1.2.840.113556.1.4.1974", "force an update"),
    ("1.2.840.113556.1.4.2026", "name as input"),
    ("1.2.840.113556.1.4.2064", "show recycled objects"),
    ("1.2.840.113556.1.4.2065", "show deactivated links"),
    ("1.2.840.113556.1.4.2066", "password policy hints, old"),
    ("1.2.840.113556.1.4.2080", "Active Directory since Windows Server 2008 R2"),
    ("1.2.840.113556.1.4.2090", "DirSync of more values"),
    ("1.2.840.113556.1.4.2204", "tree deletion in parts"),
    ("1.2.840.113556.1.4.2205", "changes only of an expected version"),
    ("1.2.840.113556.1.4.2206", "search hints"),
    ("1.2.840.113556.1.4.2211", "expected number of entries"),
    ("1.2.840.113556.1.4.2212", "several binds at once"),
    ("1.2.840.113556.1.4.2237", "Active Directory since Windows Server 2012"),
    ("1.2.840.113556.1.4.2239", "password policy hints"),
    ("1.2.840.113556.1.4.2255", "setting of owners"),
    ("1.2.840.113556.1.4.2256", "bypass of quotas"),
    ("1.3.6.1.1.8", "cancel"),
    ("1.3.6.1.1.12", "assertions"),
    ("1.3.6.1.1.13.1", "entry before a change"),
    ("1.3.6.1.1.13.2", "entry after a change"),
    ("1.3.6.1.1.14", "increments"),
    ("1.3.6.1.1.21.1", "transactions"),
    ("1.3.6.1.1.22", "don't use copies"),
    ("1.3.6.1.4.1.1466.101.119.1", "entries that end by themselves"),
    ("1.3.6.1.4.1.1466.20037", "StartTLS"),
    ("1.3.6.1.4.1.4203.1.5.1", "all operational attributes"),
    ("1.3.6.1.4.1.4203.1.5.2", "attributes of a class"),
    ("1.3.6.1.4.1.4203.1.5.3", "true and false filters"),
    ("1.3.6.1.4.1.4203.1.5.4", "language tags"),
    ("1.3.6.1.4.1.4203.1.5.5", "language ranges"),
    ("1.3.6.1.4.1.4203.1.9.1.1", "content synchronization"),
    ("1.3.6.1.4.1.4203.1.10.1", "subentries"),
    ("1.3.6.1.4.1.4203.1.11.1", "change of passwords"),
    ("1.3.6.1.4.1.4203.1.11.3", "who am I?"),
    ("1.3.6.1.4.1.42.2.27.8.5.1", "password policy"),
    ("2.16.840.1.113730.3.4.2", "manage references"),
    ("2.16.840.1.113730.3.4.3", "persistent search"),
    ("2.16.840.1.113730.3.4.9", "views of a list"),
    ("2.16.840.1.113730.3.4.10", "views of a list, answer"),
    ("2.16.840.1.113730.3.4.12", "proxied authorization, old"),
    ("2.16.840.1.113730.3.4.18", "proxied authorization"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_has_a_name_and_the_rest_its_digits() {
        assert_eq!(named("1.2.840.113556.1.4.841").name, Some("DirSync"));
        assert_eq!(named("1.2.3"), Oid { oid: "1.2.3".to_owned(), name: None });
        let mut known: Vec<&str> = NAMES.iter().map(|(oid, _)| *oid).collect();
        known.sort_unstable();
        assert!(known.is_sorted_by(|a, b| a < b), "one is listed twice");
    }

    #[test]
    fn levels_are_called_after_systems() {
        assert_eq!(level("7").unwrap().name, Some("Windows Server 2016"));
        assert_eq!(level("8"), Some(Level { number: 8, name: None }));
        assert_eq!(level("high"), None);
    }
}
