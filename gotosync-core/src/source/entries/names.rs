//! Which attributes of a file are wanted, looked up by name for every line of it.

use crate::model::{AttrId, AttributeTable, DirectoryBuilder, Syntax};

/// What a name means to this reader, besides being an attribute somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Meaning {
    Version,
    Dn,
    ChangeType,
    /// `search:`, `result:` and `pagedresults:` are lines that `ldapsearch` prints below the last entry.
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
    /// Whether 389 Directory Server has switched somebody off.
    AccountLock,
    /// Since when a password policy has.
    LockedTime,
    /// The day on which an account ends, counted from 1970 (RFC 2307).
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
    /// Nothing but a value to keep.
    Plain,
}

/// One wanted name.
#[derive(Debug)]
pub(in crate::source) struct Wanted {
    pub(in crate::source) name: Box<str>,
    pub(in crate::source) meaning: Meaning,
    /// The number to keep the values under, if a request names the attribute.
    pub(in crate::source) kept_as: Option<AttrId>,
    /// Whether the values are bytes even where they happen to be UTF-8.
    pub(in crate::source) octets: bool,
}

/// The number of a wanted name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) struct NameIx(u16);

/// Every wanted name.
#[derive(Debug)]
pub(in crate::source) struct Names {
    wanted: Vec<Wanted>,
    buckets: Vec<Vec<NameIx>>,
}

impl NameIx {
    /// The place in [`Names::all`].
    #[cfg(feature = "ldap")]
    pub(in crate::source) fn number(self) -> u16 {
        self.0
    }
}

impl Names {
    /// Every wanted name, by its number.
    #[cfg(feature = "ldap")]
    pub(in crate::source) fn all(&self) -> Vec<String> {
        self.wanted.iter().map(|wanted| wanted.name.to_string()).collect()
    }

    /// The names that say what an entry is, and nothing else.
    pub(in crate::source) fn structural() -> Self {
        let mut names = Self { wanted: Vec::new(), buckets: vec![Vec::new(); BUCKETS] };
        for (name, meaning) in MEANINGS {
            names.add(name, *meaning);
        }
        names
    }

    /// Those, and the attributes of a request.
    pub(in crate::source) fn requested(attributes: &[String], builder: &mut DirectoryBuilder) -> Self {
        let mut names = Self::structural();
        for name in attributes {
            let at = match names.find(name.as_bytes()) {
                Some(at) => at,
                // Long, in every entry of AD, and no more than the entry's own name: it is decoded only if asked for.
                None if name.eq_ignore_ascii_case("distinguishedName") => names.add(name, Meaning::DistinguishedName),
                None => names.add(name, Meaning::Plain),
            };
            // Groups are evaluated through the directory, never through a list of texts on a person.
            if names.get(at).meaning != Meaning::MemberOf {
                let id = builder.attribute(name);
                let wanted = &mut names.wanted[usize::from(at.0)];
                wanted.kept_as = Some(id);
                wanted.octets = AttributeTable::syntax(id) == Syntax::Octets;
            }
        }
        names
    }

    /// Finds a name without its options.
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

    /// The number under which a request keeps an attribute of this meaning.
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

/// Length and first letter tell nearly all names of a schema apart, at the cost of no hash.
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
    fn names_are_found_in_any_case() {
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
