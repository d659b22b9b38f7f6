//! Names of object identifiers and functional levels.

use crate::source::{Level, Oid};

/// Returns an identifier with its name.
pub(super) fn named(oid: &str) -> Oid {
    let name = NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name);
    Oid { oid: oid.to_owned(), name }
}

/// Parses the number of a functional level.
pub(super) fn level(text: &str) -> Option<Level> {
    let number = text.trim().parse().ok()?;
    let name = LEVELS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    Some(Level { number, name })
}

/// The values of `msDS-Behavior-Version` (MS-ADTS 6.1.4.2 to 6.1.4.4). Level 10 was added with Windows Server 2025.
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

/// The names of controls, capabilities, extended operations, and features (MS-ADTS 3.1.1.3.4, the IANA registry of RFC 4520,
/// and the RFCs and drafts that define them).
const NAMES: &[(&str, &str)] = &[
    ("1.2.826.0.1.3344810.2.3", "matched values"),
    ("1.2.840.113556.1.4.319", "paged results"),
    ("1.2.840.113556.1.4.417", "show deleted objects"),
    ("1.2.840.113556.1.4.473", "server-side sorting"),
    ("1.2.840.113556.1.4.474", "server-side sorting response"),
    ("1.2.840.113556.1.4.521", "cross-domain move"),
    ("1.2.840.113556.1.4.528", "change notification"),
    ("1.2.840.113556.1.4.529", "extended DNs"),
    ("1.2.840.113556.1.4.619", "lazy commit"),
    ("1.2.840.113556.1.4.800", "Active Directory"),
    ("1.2.840.113556.1.4.801", "security descriptor flags"),
    ("1.2.840.113556.1.4.802", "range retrieval"),
    ("1.2.840.113556.1.4.805", "tree delete"),
    ("1.2.840.113556.1.4.841", "DirSync"),
    ("1.2.840.113556.1.4.970", "search statistics"),
    ("1.2.840.113556.1.4.1338", "verify name"),
    ("1.2.840.113556.1.4.1339", "domain scope"),
    ("1.2.840.113556.1.4.1340", "search options"),
    ("1.2.840.113556.1.4.1341", "read-only domain controller promotion"),
    ("1.2.840.113556.1.4.1413", "permissive modify"),
    ("1.2.840.113556.1.4.1504", "attribute-scoped query"),
    ("1.2.840.113556.1.4.1670", "Active Directory (Windows Server 2003 or later)"),
    ("1.2.840.113556.1.4.1781", "fast bind"),
    ("1.2.840.113556.1.4.1791", "signing and sealing"),
    ("1.2.840.113556.1.4.1851", "AD LDS"),
    ("1.2.840.113556.1.4.1852", "quota"),
    ("1.2.840.113556.1.4.1907", "shutdown notification"),
    ("1.2.840.113556.1.4.1920", "read-only domain controller"),
    ("1.2.840.113556.1.4.1935", "Active Directory (Windows Server 2008 or later)"),
    ("1.2.840.113556.1.4.1948", "range retrieval without errors"),
    ("1.2.840.113556.1.4.1974", "force update"),
    ("1.2.840.113556.1.4.2026", "input DN"),
    ("1.2.840.113556.1.4.2064", "show recycled objects"),
    ("1.2.840.113556.1.4.2065", "show deactivated links"),
    ("1.2.840.113556.1.4.2066", "password policy hints (deprecated)"),
    ("1.2.840.113556.1.4.2080", "Active Directory (Windows Server 2008 R2 or later)"),
    ("1.2.840.113556.1.4.2090", "extended DirSync"),
    ("1.2.840.113556.1.4.2204", "extended tree delete"),
    ("1.2.840.113556.1.4.2205", "update statistics"),
    ("1.2.840.113556.1.4.2206", "search hints"),
    ("1.2.840.113556.1.4.2211", "expected entry count"),
    ("1.2.840.113556.1.4.2212", "batch request"),
    ("1.2.840.113556.1.4.2237", "Active Directory (Windows Server 2012 or later)"),
    ("1.2.840.113556.1.4.2239", "password policy hints"),
    ("1.2.840.113556.1.4.2255", "set owner"),
    ("1.2.840.113556.1.4.2256", "bypass quota"),
    ("1.3.6.1.1.8", "cancel"),
    ("1.3.6.1.1.12", "assertion"),
    ("1.3.6.1.1.13.1", "pre-read"),
    ("1.3.6.1.1.13.2", "post-read"),
    ("1.3.6.1.1.14", "modify-increment"),
    ("1.3.6.1.1.21.1", "transactions"),
    ("1.3.6.1.1.22", "don't use copy"),
    ("1.3.6.1.4.1.1466.101.119.1", "dynamic entries"),
    ("1.3.6.1.4.1.1466.20037", "StartTLS"),
    ("1.3.6.1.4.1.4203.1.5.1", "all operational attributes"),
    ("1.3.6.1.4.1.4203.1.5.2", "attributes by object class"),
    ("1.3.6.1.4.1.4203.1.5.3", "absolute true and false filters"),
    ("1.3.6.1.4.1.4203.1.5.4", "language tag options"),
    ("1.3.6.1.4.1.4203.1.5.5", "language range options"),
    ("1.3.6.1.4.1.4203.1.9.1.1", "content synchronization"),
    ("1.3.6.1.4.1.4203.1.10.1", "subentries"),
    ("1.3.6.1.4.1.4203.1.11.1", "password modify"),
    ("1.3.6.1.4.1.4203.1.11.3", "Who am I?"),
    ("1.3.6.1.4.1.42.2.27.8.5.1", "password policy"),
    ("2.16.840.1.113730.3.4.2", "ManageDsaIT"),
    ("2.16.840.1.113730.3.4.3", "persistent search"),
    ("2.16.840.1.113730.3.4.9", "virtual list view"),
    ("2.16.840.1.113730.3.4.10", "virtual list view response"),
    ("2.16.840.1.113730.3.4.12", "proxied authorization v1"),
    ("2.16.840.1.113730.3.4.18", "proxied authorization v2"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_known_identifiers_only() {
        assert_eq!(named("1.2.840.113556.1.4.841").name, Some("DirSync"));
        assert_eq!(named("1.2.3"), Oid { oid: "1.2.3".to_owned(), name: None });
        let mut known: Vec<&str> = NAMES.iter().map(|(oid, _)| *oid).collect();
        known.sort_unstable();
        assert!(known.is_sorted_by(|a, b| a < b), "the list contains a duplicate");
    }

    #[test]
    fn names_functional_levels_after_windows_versions() {
        assert_eq!(level("7").unwrap().name, Some("Windows Server 2016"));
        assert_eq!(level("8"), Some(Level { number: 8, name: None }));
        assert_eq!(level("high"), None);
    }
}
