//! The same people on another kind of server.

use std::collections::HashMap;
use std::fmt::Write;

use super::ldif::{Record, records};
use crate::Trouble;

/// Makes of an export of Active Directory the entries of an OpenLDAP server with the same people, groups and units.
///
/// Each keeps its name (DN); its `objectGUID` becomes its `entryUUID`, and its times become those of the server. What
/// people are, and who are members of what, stays: people are `inetOrgPerson`, groups `groupOfNames`, and the other
/// classes keep their names or become an `otherObject`. All attributes that a person, a group or a rule about them may
/// be asked for stay as well. Whoever is in a group by its being their primary one is a member like the others here, on
/// both sides.
///
/// Two things differ by nature. OpenLDAP calls `streetAddress` by its older name, `street`; and an empty group or a
/// person without a last name can be read here, but not be changed by a client before they are complete.
///
/// # Errors
///
/// The text is no LDIF, or an `objectGUID` in it is none.
pub fn twin(export: &str) -> Result<String, Trouble> {
    let mut entries = records(export)?;
    join_primary_groups(&mut entries);
    // Each after the one it is in, which an export need not keep to.
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

/// Writes out the members that a group has only by being their primary one.
fn join_primary_groups(entries: &mut [Record]) {
    let sids = entries.iter().enumerate().filter_map(|(at, entry)| Some((entry.one("objectSid")?.to_vec(), at)));
    let sids: HashMap<Vec<u8>, usize> = sids.collect();
    for member in 0..entries.len() {
        let primary = |entry: &Record| -> Option<Vec<u8>> {
            let number: u32 = std::str::from_utf8(entry.one("primaryGroupID")?).ok()?.parse().ok()?;
            // The last four bytes of a SID number within the domain.
            let own = entry.one("objectSid")?;
            Some([own.get(..own.len().checked_sub(4)?)?, &number.to_le_bytes()].concat())
        };
        let Some(&group) = primary(&entries[member]).and_then(|sid| sids.get(&sid)) else { continue };
        let (group_dn, member_dn) = (entries[group].dn.clone(), entries[member].dn.clone());
        entries[member].add("memberOf", group_dn);
        entries[group].add("member", member_dn);
    }
}

/// How many parts a name has.
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

/// A GUID as text: Windows stores its first three numbers little end first (MS-DTYP 2.3.4).
fn uuid(guid: &[u8]) -> Result<String, Trouble> {
    let bytes: [u8; 16] = guid.try_into().map_err(|_| "an objectGUID is 16 bytes")?;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (at, place) in order.into_iter().enumerate() {
        let dash = if [4, 6, 8, 10].contains(&at) { "-" } else { "" };
        let _ = write!(text, "{dash}{:02x}", bytes[place]);
    }
    Ok(text)
}

/// Classes of Active Directory with those of the twin; the first that an entry has counts.
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

/// What is neither a person nor a group nor made to hold those, but may hold something.
const OTHER: &[&str] = &["top", "otherObject"];

/// Attributes that stay as they are.
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
