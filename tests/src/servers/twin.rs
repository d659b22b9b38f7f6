//! Converts the entries of Active Directory for another kind of server.

use std::collections::HashMap;
use std::fmt::Write;

use super::ldif::{Record, records};
use crate::Trouble;

/// Converts an Active Directory export into entries of an OpenLDAP server with the same people, groups, and units.
///
/// Each entry keeps its DN. Its `objectGUID` becomes its `entryUUID`, and its timestamps become those of the server.
/// People remain people, as `inetOrgPerson`, and groups keep their members, as `groupOfNames`. The other classes keep
/// their names or become an `otherObject`. All attributes that a rule may use are kept. Primary group members become
/// explicit members, because OpenLDAP has no primary groups.
///
/// There are two differences. OpenLDAP calls `streetAddress` by its older name, `street`. And an empty group or a
/// person without a last name can be read from the server, but clients cannot change it before it is complete.
///
/// # Errors
///
/// If the text is not LDIF or contains an invalid `objectGUID`.
pub fn twin(export: &str) -> Result<String, Trouble> {
    let mut entries = records(export)?;
    join_primary_groups(&mut entries);
    // Parents must come before their children, and an export may have another order.
    entries.sort_by_cached_key(|record| depth(&record.dn));
    let mut out = Vec::new();
    for record in &entries {
        convert(record)?.write(&mut out)?;
    }
    Ok(String::from_utf8(out)?)
}

fn convert(record: &Record) -> Result<Record, Trouble> {
    let is = |class: &&str| record.all("objectClass").any(|value| value.eq_ignore_ascii_case(class.as_bytes()));
    let classes = CLASSES.iter().find(|(class, _)| is(class)).map_or(OTHER, |(_, classes)| classes);
    let mut twin = Record { dn: record.dn.clone(), ..Record::default() };
    classes.iter().chain(&["extensibleObject"]).for_each(|class| twin.add("objectClass", class));
    for (name, value) in &record.values {
        match KEPT.iter().find(|kept| kept.eq_ignore_ascii_case(name)) {
            Some(kept) => twin.add(kept, value),
            None if name.eq_ignore_ascii_case("objectGUID") => twin.add("entryUUID", uuid(value)?),
            None => {}
        }
    }
    for (theirs, ours) in [("whenCreated", "createTimestamp"), ("whenChanged", "modifyTimestamp")] {
        if let Some(time) = record.one(theirs) {
            twin.add(ours, String::from_utf8_lossy(time).replace(".0Z", "Z"));
        }
    }
    Ok(twin)
}

/// Adds the primary group members to the explicit members of each group.
fn join_primary_groups(entries: &mut [Record]) {
    let sids = entries.iter().enumerate().filter_map(|(at, entry)| Some((entry.one("objectSid")?.to_vec(), at)));
    let sids: HashMap<Vec<u8>, usize> = sids.collect();
    for member in 0..entries.len() {
        let primary = |entry: &Record| -> Option<Vec<u8>> {
            let number: u32 = std::str::from_utf8(entry.one("primaryGroupID")?).ok()?.parse().ok()?;
            // The last four bytes of a SID identify the group within the domain.
            let own = entry.one("objectSid")?;
            Some([own.get(..own.len().checked_sub(4)?)?, &number.to_le_bytes()].concat())
        };
        let Some(&group) = primary(&entries[member]).and_then(|sid| sids.get(&sid)) else { continue };
        let (group_dn, member_dn) = (entries[group].dn.clone(), entries[member].dn.clone());
        entries[member].add("memberOf", group_dn);
        entries[group].add("member", member_dn);
    }
}

/// Returns the number of RDNs in a DN.
fn depth(dn: &str) -> usize {
    let mut letters = dn.chars();
    let mut parts = 1;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            ',' => parts += 1,
            _ => {}
        }
    }
    parts
}

/// Returns a GUID as text. Windows stores its first three fields in little-endian order (MS-DTYP 2.3.4).
fn uuid(guid: &[u8]) -> Result<String, Trouble> {
    let bytes: [u8; 16] = guid.try_into().map_err(|_| "an objectGUID must have 16 bytes")?;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (at, place) in order.into_iter().enumerate() {
        let dash = if [4, 6, 8, 10].contains(&at) { "-" } else { "" };
        let _ = write!(text, "{dash}{:02x}", bytes[place]);
    }
    Ok(text)
}

/// Classes of Active Directory and the corresponding classes of the twin. The first class that an entry has applies.
const CLASSES: &[(&str, &[&str])] = &[
    ("group", &["top", "groupOfNames"]),
    ("computer", &["top", "computer"]),
    ("msDS-ManagedServiceAccount", &["top", "computer"]),
    ("contact", &["top", "contact"]),
    ("foreignSecurityPrincipal", &["top", "foreignSecurityPrincipal"]),
    ("user", &["top", "person", "organizationalPerson", "inetOrgPerson"]),
    ("inetOrgPerson", &["top", "person", "organizationalPerson", "inetOrgPerson"]),
    ("domainDNS", &["top", "domain"]),
    ("organizationalUnit", &["top", "organizationalUnit"]),
    ("builtinDomain", &["top", "builtinDomain"]),
    ("container", &["top", "container"]),
];

/// The classes for entries that are not people, groups, or containers of these, but may have children.
const OTHER: &[&str] = &["top", "otherObject"];

/// Attributes that are copied unchanged.
const KEPT: &[&str] = &[
    "accountExpires",
    "adminCount",
    "c",
    "cn",
    "co",
    "comment",
    "company",
    "countryCode",
    "dc",
    "department",
    "departmentNumber",
    "description",
    "displayName",
    "distinguishedName",
    "division",
    "dNSHostName",
    "employeeID",
    "employeeNumber",
    "employeeType",
    "extensionAttribute1",
    "extensionAttribute2",
    "facsimileTelephoneNumber",
    "givenName",
    "groupType",
    "homePhone",
    "info",
    "initials",
    "ipPhone",
    "isCriticalSystemObject",
    "jpegPhoto",
    "l",
    "mail",
    "managedBy",
    "manager",
    "member",
    "memberOf",
    "middleName",
    "mobile",
    "name",
    "o",
    "objectCategory",
    "objectSid",
    "otherMailbox",
    "otherMobile",
    "otherTelephone",
    "ou",
    "pager",
    "physicalDeliveryOfficeName",
    "postalCode",
    "postOfficeBox",
    "preferredLanguage",
    "primaryGroupID",
    "proxyAddresses",
    "pwdLastSet",
    "sAMAccountName",
    "sAMAccountType",
    "secretary",
    "sn",
    "st",
    "streetAddress",
    "telephoneNumber",
    "thumbnailPhoto",
    "title",
    "uid",
    "url",
    "userAccountControl",
    "userPrincipalName",
    "whenChanged",
    "whenCreated",
    "wWWHomePage",
];
