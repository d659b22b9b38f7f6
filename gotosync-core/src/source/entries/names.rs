//! The attributes to read, with a fast lookup by name for every line of a file.

use crate::model::{AttrId, AttributeTable, DirectoryBuilder, Syntax};

/// The meaning of an attribute for the interpretation of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Meaning {
    Version,
    Dn,
    ChangeType,
    /// `search:`, `result:`, and `pagedresults:` are lines that `ldapsearch` prints after the last entry.
    Search,
    Result,
    Pages,
    Reference,
    ObjectClass,
    ObjectGuid,
    EntryUuid,
    NsUniqueId,
    ObjectSid,
    UserAccountControl,
    AccountExpires,
    /// `nsAccountLock`: `TRUE` if the account is disabled (389 Directory Server).
    AccountLock,
    /// `pwdAccountLockedTime`: the time at which a password policy locked the account.
    LockedTime,
    /// The day on which the account expires, as a number of days since 1970 (RFC 2307).
    ShadowExpire,
    PrimaryGroupId,
    MemberOf,
    Member,
    MemberUid,
    Uid,
    AccountName,
    CommonName,
    IsDeleted,
    DistinguishedName,
    /// An attribute without a special meaning, whose values are kept.
    Plain,
}

/// An attribute to read.
#[derive(Debug)]
pub(in crate::source) struct Wanted {
    pub(in crate::source) name: Box<str>,
    pub(in crate::source) meaning: Meaning,
    /// The id to keep the values under, if the request names the attribute.
    pub(in crate::source) kept_as: Option<AttrId>,
    /// `true` if the values are binary, even if they happen to be valid UTF-8.
    pub(in crate::source) octets: bool,
}

/// The index of an attribute to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) struct NameIx(u16);

/// The attributes to read.
#[derive(Debug)]
pub(in crate::source) struct Names {
    wanted: Vec<Wanted>,
    buckets: Vec<Vec<NameIx>>,
}

impl NameIx {
    /// Returns the index in [`Names::all`].
    #[cfg(feature = "ldap")]
    pub(in crate::source) fn number(self) -> u16 {
        self.0
    }
}

impl Names {
    /// Returns all names, in the order of their indexes.
    #[cfg(feature = "ldap")]
    pub(in crate::source) fn all(&self) -> Vec<String> {
        self.wanted.iter().map(|wanted| wanted.name.to_string()).collect()
    }

    /// Creates the set of attributes that the interpretation of entries needs.
    pub(in crate::source) fn structural() -> Self {
        let mut names = Self { wanted: Vec::new(), buckets: vec![Vec::new(); BUCKETS] };
        for (name, meaning) in MEANINGS {
            names.add(name, *meaning);
        }
        names
    }

    /// Creates the set of attributes that the interpretation of entries needs, and those of a request.
    pub(in crate::source) fn requested(attributes: &[String], builder: &mut DirectoryBuilder) -> Self {
        let mut names = Self::structural();
        for name in attributes {
            let at = match names.find(name.as_bytes()) {
                Some(at) => at,
                // Every AD entry has it, and it repeats the entry's name, so it is decoded only if requested.
                None if name.eq_ignore_ascii_case("distinguishedName") => names.add(name, Meaning::DistinguishedName),
                None => names.add(name, Meaning::Plain),
            };
            // Memberships are resolved through the directory's groups, not through an attribute of the person.
            if names.get(at).meaning != Meaning::MemberOf {
                let id = builder.attribute(name);
                let wanted = &mut names.wanted[usize::from(at.0)];
                wanted.kept_as = Some(id);
                wanted.octets = AttributeTable::syntax(id) == Syntax::Octets;
            }
        }
        names
    }

    /// Finds an attribute by its name, which must not contain options.
    pub(in crate::source) fn find(&self, name: &[u8]) -> Option<NameIx> {
        let candidates = &self.buckets[bucket(name)];
        candidates.iter().copied().find(|at| {
            let own = self.get(*at).name.as_bytes();
            own == name || own.eq_ignore_ascii_case(name)
        })
    }

    pub(in crate::source) fn get(&self, at: NameIx) -> &Wanted {
        &self.wanted[usize::from(at.0)]
    }

    /// Returns the id under which the values with this meaning are kept, if the request names the attribute.
    pub(in crate::source) fn kept_as(&self, meaning: Meaning) -> Option<AttrId> {
        self.wanted.iter().find(|wanted| wanted.meaning == meaning)?.kept_as
    }

    fn add(&mut self, name: &str, meaning: Meaning) -> NameIx {
        let at = NameIx(self.wanted.len() as u16);
        self.wanted.push(Wanted { name: name.into(), meaning, kept_as: None, octets: false });
        self.buckets[bucket(name.as_bytes())].push(at);
        at
    }
}

/// Returns the bucket of a name. Length and first letter are almost unique within a schema and cheaper than a hash.
fn bucket(name: &[u8]) -> usize {
    let first = name.first().map_or(0, |byte| byte | 0x20);
    (name.len() * 31 + usize::from(first)) % BUCKETS
}

const BUCKETS: usize = 256;

const MEANINGS: &[(&str, Meaning)] = &[
    ("version", Meaning::Version),
    ("dn", Meaning::Dn),
    ("changetype", Meaning::ChangeType),
    ("search", Meaning::Search),
    ("result", Meaning::Result),
    ("pagedresults", Meaning::Pages),
    ("ref", Meaning::Reference),
    ("objectClass", Meaning::ObjectClass),
    ("objectGUID", Meaning::ObjectGuid),
    ("entryUUID", Meaning::EntryUuid),
    ("nsUniqueId", Meaning::NsUniqueId),
    ("objectSid", Meaning::ObjectSid),
    ("userAccountControl", Meaning::UserAccountControl),
    ("accountExpires", Meaning::AccountExpires),
    ("nsAccountLock", Meaning::AccountLock),
    ("pwdAccountLockedTime", Meaning::LockedTime),
    ("shadowExpire", Meaning::ShadowExpire),
    ("primaryGroupID", Meaning::PrimaryGroupId),
    ("memberOf", Meaning::MemberOf),
    ("member", Meaning::Member),
    ("uniqueMember", Meaning::Member),
    ("memberUid", Meaning::MemberUid),
    ("uid", Meaning::Uid),
    ("sAMAccountName", Meaning::AccountName),
    ("cn", Meaning::CommonName),
    ("isDeleted", Meaning::IsDeleted),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_regardless_of_case() {
        let mut builder = DirectoryBuilder::new();
        let request = ["Mail", "OBJECTCLASS", "thumbnailPhoto", "memberOf"].map(str::to_owned);
        let names = Names::requested(&request, &mut builder);
        let get = |name: &str| names.find(name.as_bytes()).map(|at| names.get(at));
        assert_eq!(get("mAIL").unwrap().kept_as, Some(builder.attribute("mail")));
        assert_eq!(get("objectclass").unwrap().meaning, Meaning::ObjectClass);
        assert!(get("objectclass").unwrap().kept_as.is_some());
        assert!(get("thumbnailphoto").unwrap().octets);
        assert!(get("memberof").unwrap().kept_as.is_none());
        assert!(get("title").is_none());
        assert!(get("").is_none());
    }
}
