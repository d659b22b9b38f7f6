//! The known directory attributes: their names and syntaxes.

use std::sync::LazyLock;

use hashbrown::HashMap;
use serde::Serialize;

/// The syntax of an attribute, which determines how its values compare (RFC 4517; for AD, MS-ADTS 3.1.1.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// Case-insensitive text; consecutive spaces count as one. This is the syntax of all unknown attributes.
    Text,
    /// A distinguished name.
    Dn,
    /// A signed 64-bit integer.
    Integer,
    /// Bytes.
    Octets,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// A generalized time (`20261122004249.0Z`).
    Time,
}

impl Syntax {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Dn, Self::Integer, Self::Octets, Self::Boolean, Self::Time];
}

/// The number of an attribute name within one [`AttributeTable`]. A known attribute has the same number in all tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttrId(u16);

/// A table that assigns numbers to attribute names, ignoring letter case: the known attributes, and those added by one directory.
#[derive(Clone, Debug, Default)]
pub struct AttributeTable {
    own: Vec<Box<str>>,
    index: HashMap<Box<str>, AttrId>,
}

impl AttributeTable {
    /// Finds an attribute by name.
    pub fn find(&self, name: &str) -> Option<AttrId> {
        known_id(name).or_else(|| self.index.get(name.to_ascii_lowercase().as_str()).copied())
    }

    /// Finds an attribute by name, or adds it if it is new.
    pub fn intern(&mut self, name: &str) -> AttrId {
        self.find(name).unwrap_or_else(|| {
            let id = AttrId((KNOWN.len() + self.own.len()) as u16);
            self.own.push(name.into());
            self.index.insert(name.to_ascii_lowercase().into(), id);
            id
        })
    }

    /// Returns the name of an attribute, spelled as in the schema.
    pub fn name(&self, id: AttrId) -> &str {
        let at = usize::from(id.0);
        KNOWN.get(at).map_or_else(|| &*self.own[at - KNOWN.len()], |known| known.0)
    }

    /// Returns the syntax of an attribute.
    pub fn syntax(id: AttrId) -> Syntax {
        KNOWN.get(usize::from(id.0)).map_or(Text, |known| known.1)
    }

    /// Returns `true` if the schema allows several values.
    pub fn multi_valued(id: AttrId) -> bool {
        KNOWN.get(usize::from(id.0)).is_some_and(|known| known.2 == Many)
    }
}

/// Returns the names of all known attributes, spelled as in the schema.
pub(crate) fn known_attributes() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.0)
}

/// Returns the name of a known attribute, spelled as in the schema.
pub(crate) fn known_attribute(name: &str) -> Option<&'static str> {
    known_id(name).map(|id| KNOWN[usize::from(id.0)].0)
}

/// Returns the number of a known attribute.
pub(crate) fn known_id(name: &str) -> Option<AttrId> {
    static INDEX: LazyLock<HashMap<String, AttrId>> = LazyLock::new(|| {
        KNOWN.iter().enumerate().map(|(at, known)| (known.0.to_ascii_lowercase(), AttrId(at as u16))).collect()
    });
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        INDEX.get(name.to_ascii_lowercase().as_str()).copied()
    } else {
        INDEX.get(name).copied()
    }
}

/// The number of values that an attribute may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    One,
    Many,
}
use Syntax::{Boolean, Dn, Integer, Octets, Text, Time};
use Values::{Many, One};

/// Attributes of people and groups from the AD schema (MS-ADA1 to MS-ADA3), RFC 2798 (`inetOrgPerson`), RFC 4519, and RFC
/// 2307; `extensionAttribute1..15` come from Exchange. There is one list because one rules file may be used with any server.
const KNOWN: &[(&str, Syntax, Values)] = &[
    ("accountExpires", Integer, One),
    ("adminCount", Integer, One),
    ("adminDescription", Text, One),
    ("adminDisplayName", Text, One),
    ("assistant", Dn, One),
    ("badPasswordTime", Integer, One),
    ("badPwdCount", Integer, One),
    ("businessCategory", Text, Many),
    ("c", Text, One),
    ("carLicense", Text, Many),
    ("cn", Text, One),
    ("co", Text, One),
    ("codePage", Integer, One),
    ("comment", Text, One),
    ("company", Text, One),
    ("costCenter", Text, One),
    ("countryCode", Integer, One),
    ("createTimestamp", Time, One),
    ("department", Text, One),
    ("departmentNumber", Text, Many),
    ("description", Text, Many),
    ("destinationIndicator", Text, Many),
    ("directReports", Dn, Many),
    ("displayName", Text, One),
    ("displayNamePrintable", Text, One),
    ("distinguishedName", Dn, One),
    ("division", Text, One),
    ("employeeID", Text, One),
    ("employeeNumber", Text, One),
    ("employeeType", Text, One),
    ("entryDN", Dn, One),
    ("entryUUID", Text, One),
    ("extensionAttribute1", Text, One),
    ("extensionAttribute2", Text, One),
    ("extensionAttribute3", Text, One),
    ("extensionAttribute4", Text, One),
    ("extensionAttribute5", Text, One),
    ("extensionAttribute6", Text, One),
    ("extensionAttribute7", Text, One),
    ("extensionAttribute8", Text, One),
    ("extensionAttribute9", Text, One),
    ("extensionAttribute10", Text, One),
    ("extensionAttribute11", Text, One),
    ("extensionAttribute12", Text, One),
    ("extensionAttribute13", Text, One),
    ("extensionAttribute14", Text, One),
    ("extensionAttribute15", Text, One),
    ("facsimileTelephoneNumber", Text, One),
    ("gecos", Text, One),
    ("generationQualifier", Text, One),
    ("gidNumber", Integer, One),
    ("givenName", Text, One),
    ("groupType", Integer, One),
    ("homeDirectory", Text, One),
    ("homePhone", Text, One),
    ("homePostalAddress", Text, One),
    ("info", Text, One),
    ("initials", Text, One),
    ("ipPhone", Text, One),
    ("isCriticalSystemObject", Boolean, One),
    ("isDeleted", Boolean, One),
    ("jpegPhoto", Octets, Many),
    ("l", Text, One),
    ("labeledURI", Text, Many),
    ("lastLogoff", Integer, One),
    ("lastLogon", Integer, One),
    ("lastLogonTimestamp", Integer, One),
    ("legacyExchangeDN", Text, One),
    ("localityName", Text, One),
    ("lockoutTime", Integer, One),
    ("loginShell", Text, One),
    ("logonCount", Integer, One),
    ("mail", Text, One),
    ("mailNickname", Text, One),
    ("manager", Dn, One),
    ("member", Dn, Many),
    ("memberOf", Dn, Many),
    ("middleName", Text, One),
    ("mobile", Text, One),
    ("modifyTimestamp", Time, One),
    ("msDS-PhoneticCompanyName", Text, One),
    ("msDS-PhoneticDepartment", Text, One),
    ("msDS-PhoneticDisplayName", Text, One),
    ("msDS-PhoneticFirstName", Text, One),
    ("msDS-PhoneticLastName", Text, One),
    ("msDS-PrincipalName", Text, One),
    ("msDS-UserAccountDisabled", Boolean, One),
    ("msDS-cloudExtensionAttribute1", Text, One),
    ("msDS-cloudExtensionAttribute2", Text, One),
    ("msDS-cloudExtensionAttribute3", Text, One),
    ("msDS-cloudExtensionAttribute4", Text, One),
    ("msDS-cloudExtensionAttribute5", Text, One),
    ("msExchHideFromAddressLists", Boolean, One),
    ("msRTCSIP-PrimaryUserAddress", Text, One),
    ("name", Text, One),
    ("o", Text, Many),
    ("objectCategory", Dn, One),
    ("objectClass", Text, Many),
    ("objectGUID", Octets, One),
    ("objectSid", Octets, One),
    ("otherFacsimileTelephoneNumber", Text, Many),
    ("otherHomePhone", Text, Many),
    ("otherIpPhone", Text, Many),
    ("otherMailbox", Text, Many),
    ("otherMobile", Text, Many),
    ("otherPager", Text, Many),
    ("otherTelephone", Text, Many),
    ("ou", Text, Many),
    ("pager", Text, One),
    ("personalTitle", Text, One),
    ("physicalDeliveryOfficeName", Text, One),
    ("postOfficeBox", Text, Many),
    ("postalAddress", Text, Many),
    ("postalCode", Text, One),
    ("preferredLanguage", Text, One),
    ("primaryGroupID", Integer, One),
    ("proxyAddresses", Text, Many),
    ("pwdLastSet", Integer, One),
    ("roomNumber", Text, Many),
    ("sAMAccountName", Text, One),
    ("sAMAccountType", Integer, One),
    ("secretary", Dn, Many),
    ("seeAlso", Dn, Many),
    ("servicePrincipalName", Text, Many),
    ("sn", Text, One),
    ("st", Text, One),
    ("street", Text, One),
    ("streetAddress", Text, One),
    ("targetAddress", Text, One),
    ("telephoneAssistant", Text, One),
    ("telephoneNumber", Text, One),
    ("thumbnailPhoto", Octets, One),
    ("title", Text, One),
    ("uSNChanged", Integer, One),
    ("uSNCreated", Integer, One),
    ("uid", Text, Many),
    ("uidNumber", Integer, One),
    ("url", Text, Many),
    ("userAccountControl", Integer, One),
    ("userPrincipalName", Text, One),
    ("userWorkstations", Text, One),
    ("wWWHomePage", Text, One),
    ("whenChanged", Time, One),
    ("whenCreated", Time, One),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_in_any_case_and_returns_the_spelling_of_the_schema() {
        let mut table = AttributeTable::default();
        let mail = table.find("MAIL").unwrap();
        assert_eq!(table.name(mail), "mail");
        assert_eq!(AttributeTable::syntax(table.find("manager").unwrap()), Dn);
        assert_eq!(table.find("favouriteDrink"), None);
        let own = table.intern("favouriteDrink");
        assert_eq!(table.intern("FAVOURITEDRINK"), own);
        assert_eq!(table.name(own), "favouriteDrink");
    }

    #[test]
    fn lists_each_name_once() {
        let mut names: Vec<_> = known_attributes().map(str::to_ascii_lowercase).collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
