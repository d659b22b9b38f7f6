//! Planning of the searches for a request: as few as possible, and independent of the number of people.

use ldap3::{Scope, ldap_escape};

use super::id::Id;
use super::server::Vendor;
use crate::model::Scope as PeopleScope;
use crate::model::{Depth, Dn, ReadRequest};

/// One search.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Job {
    pub(super) base: Dn,
    pub(super) scope: Scope,
    pub(super) filter: String,
    pub(super) attributes: Vec<String>,
    /// The purpose of the search, as gaps name it.
    pub(super) what: &'static str,
    /// `true` if the base is a unit that a rule names and may not exist. The caller reports that.
    pub(super) may_be_missing: bool,
}

impl Job {
    pub(super) fn place(&self) -> String {
        format!("the search for {} at `{}`", self.what, self.base)
    }
}

/// The request, and the properties of the server that the searches depend on.
#[derive(Debug)]
pub(super) struct Wanted<'r> {
    pub(super) request: &'r ReadRequest,
    pub(super) bases: &'r [Dn],
    pub(super) vendor: Vendor,
    /// The number of members of a group to request at once; `None` for the server's default.
    pub(super) range_size: Option<u32>,
    /// `true` if the server is a global catalog.
    pub(super) catalog: bool,
}

/// A group whose members are to be read, for a filter on the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selected {
    pub(super) dn: Dn,
    /// The relative id (RID) of the group, which people have as their `primaryGroupID`.
    pub(super) relative_id: Option<u32>,
}

impl Wanted<'_> {
    /// Returns one search per base for all people, groups, and units.
    pub(super) fn everything(&self) -> Vec<Job> {
        let attributes = self.attributes(&[GROUP, PERSON]);
        self.each_base(&self.all(), &attributes, "people, groups, and units")
    }

    /// Returns the search for all people, groups, and units below a base that also match a filter.
    pub(super) fn everything_that(&self, base: &Dn, filter: &str, attributes: Vec<String>, what: &'static str) -> Job {
        let filter = format!("(&{filter}{})", self.all());
        Job { base: base.clone(), scope: Scope::Subtree, filter, attributes, what, may_be_missing: false }
    }

    /// Returns the searches for entries by their ids.
    pub(super) fn by_ids(&self, ids: &[Id], attributes: &[String]) -> Vec<Job> {
        let mut jobs = Vec::new();
        for ids in ids.chunks(FILTERED_IDS) {
            let any: Vec<String> = ids.iter().map(|id| self.id_filter(id)).collect();
            let filter = format!("(|{})", any.concat());
            let job = |base| self.everything_that(base, &filter, attributes.to_vec(), "changes");
            jobs.extend(self.bases.iter().map(job));
        }
        jobs
    }

    fn id_filter(&self, id: &Id) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<Vec<_>>().concat();
        match (self.vendor, <[u8; 16]>::try_from(&**id)) {
            (Vendor::ActiveDirectory, _) => format!("(objectGUID={})", hex(id)),
            (_, Ok(uuid)) => format!("(entryUUID={})", uuid::Uuid::from_bytes(uuid)),
            // An id that is not a UUID is an `nsUniqueId`.
            (_, Err(_)) => format!("(nsUniqueId={})", ldap_escape(String::from_utf8_lossy(id))),
        }
    }

    /// Returns the attributes that contain the immutable id of an entry.
    pub(super) fn id_attributes(&self) -> Vec<String> {
        let names: &[&str] = match self.vendor {
            Vendor::ActiveDirectory => &["objectGUID"],
            _ => &["entryUUID", "nsUniqueId"],
        };
        names.iter().map(ToString::to_string).collect()
    }

    /// Returns the attributes of a full search for incremental reads, without `memberOf`: it can change without a change of the
    /// entry that has it, so memberships are taken from the groups.
    pub(super) fn all_attributes(&self) -> Vec<String> {
        let mut attributes = self.attributes(&[GROUP, PERSON]);
        attributes.retain(|name| !name.eq_ignore_ascii_case("memberOf"));
        attributes
    }

    /// Returns the searches for groups and units, all of which are always read.
    pub(super) fn structure(&self) -> Vec<Job> {
        let attributes = self.attributes(&[GROUP]);
        self.each_base(&self.groups_and_units(), &attributes, "groups and units")
    }

    /// Returns the searches for people in the requested units. A unit below another requested one needs no search of its own.
    pub(super) fn people_in_units(&self) -> Vec<Job> {
        let scopes = self.request.scopes.iter().filter_map(|scope| match scope {
            PeopleScope::Unit { dn, depth } => Some((dn, *depth)),
            _ => None,
        });
        let mut units: Vec<(&Dn, Depth)> = Vec::new();
        for (dn, depth) in scopes {
            if self.bases.iter().any(|base| dn.is_within(base)) {
                units.push((dn, depth));
            } else if depth == Depth::Subtree {
                // Of a unit above the bases, only the bases are searched.
                units.extend(self.bases.iter().filter(|base| base.is_within(dn)).map(|base| (base, depth)));
            }
        }
        let covers = |a: &(&Dn, Depth), b: &(&Dn, Depth)| match a.1 {
            Depth::Subtree => b.0.is_within(a.0),
            Depth::OneLevel => b.1 == Depth::OneLevel && a.0.key() == b.0.key(),
        };
        let mut searched: Vec<(&Dn, Depth)> = Vec::new();
        for unit in &units {
            if searched.iter().any(|other| covers(other, unit)) {
                continue;
            }
            searched.retain(|other| !covers(unit, other));
            searched.push(*unit);
        }
        let job = |(dn, depth): (&Dn, Depth)| Job {
            base: dn.clone(),
            scope: if depth == Depth::Subtree { Scope::Subtree } else { Scope::OneLevel },
            filter: self.people().to_owned(),
            attributes: self.attributes(&[PERSON]),
            what: "people",
            may_be_missing: true,
        };
        searched.into_iter().map(job).collect()
    }

    /// Returns the searches for the members of groups. If the server's `memberOf` is reliable, the server selects them;
    /// otherwise the search returns all people.
    ///
    /// Active Directory keeps `memberOf` in step with `member` within a domain. On other servers, the overlay that maintains
    /// `memberOf` may be missing or may have been added after the members, so that a filter would miss people. There, the
    /// members are selected in memory.
    pub(super) fn members(&self, groups: &[Selected]) -> Vec<Job> {
        if groups.is_empty() {
            return Vec::new();
        }
        let selectable =
            self.vendor == Vendor::ActiveDirectory && self.bases.len() == 1 && groups.len() <= FILTERED_GROUPS;
        let filter = if selectable {
            let member = |group: &Selected| format!("(memberOf={})", ldap_escape(group.dn.as_str()));
            let primary = |group: &Selected| group.relative_id.map(|id| format!("(primaryGroupID={id})"));
            let any: String = groups.iter().flat_map(|group| [Some(member(group)), primary(group)]).flatten().collect();
            format!("(&{}(|{any}))", self.people())
        } else {
            self.people().to_owned()
        };
        self.each_base(&filter, &self.attributes(&[PERSON]), "members of groups")
    }

    /// Returns the attributes to read for people.
    pub(super) fn people_attributes(&self) -> Vec<String> {
        self.attributes(&[PERSON])
    }

    /// Returns a filter for people, groups, and units.
    pub(super) fn all(&self) -> String {
        format!("(|{}{}{})", self.people(), self.groups(), self.units())
    }

    /// Returns a filter for groups and units.
    pub(super) fn groups_and_units(&self) -> String {
        format!("(|{}{})", self.groups(), self.units())
    }

    fn each_base(&self, filter: &str, attributes: &[String], what: &'static str) -> Vec<Job> {
        let job = |base: &Dn| Job {
            base: base.clone(),
            scope: Scope::Subtree,
            filter: filter.to_owned(),
            attributes: attributes.to_vec(),
            what,
            may_be_missing: false,
        };
        self.bases.iter().map(job).collect()
    }

    pub(super) fn people(&self) -> &'static str {
        match self.vendor {
            // `objectClass=user` alone includes computers, and `objectCategory=person` alone includes contacts.
            Vendor::ActiveDirectory => "(&(objectCategory=person)(objectClass=user))",
            _ => "(|(objectClass=person)(objectClass=inetOrgPerson)(objectClass=posixAccount)(objectClass=account))",
        }
    }

    fn groups(&self) -> &'static str {
        match self.vendor {
            Vendor::ActiveDirectory if self.catalog => UNIVERSAL,
            Vendor::ActiveDirectory => "(objectClass=group)",
            _ => {
                "(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group)"
            }
        }
    }

    fn units(&self) -> &'static str {
        match self.vendor {
            Vendor::ActiveDirectory => {
                "(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS)"
            }
            _ => {
                "(objectClass=organizationalUnit)(objectClass=organization)(objectClass=dcObject)(objectClass=domain)\
                 (objectClass=container)"
            }
        }
    }

    /// Returns the attributes to read for these kinds of entries; for people, including those of the request.
    fn attributes(&self, kinds: &[u8]) -> Vec<String> {
        let kind = kinds.iter().fold(0, |all, kind| all | kind);
        let server = if self.vendor == Vendor::ActiveDirectory { AD } else { RFC };
        let known = ATTRIBUTES.iter().filter(|(_, of, on)| of & kind != 0 && on & server != 0);
        let ranged = |name: &str| match self.range_size {
            Some(size) if name == "member" => format!("member;range=0-{}", size - 1),
            _ => name.to_owned(),
        };
        let mut attributes: Vec<String> = known.map(|(name, ..)| ranged(name)).collect();
        if kind & PERSON != 0 {
            let implied =
                |name: &str| name.eq_ignore_ascii_case("memberOf") || name.eq_ignore_ascii_case("distinguishedName");
            for name in self.request.attributes.iter().filter(|name| !implied(name)) {
                if !attributes.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                    attributes.push(name.clone());
                }
            }
        }
        attributes
    }
}

const PERSON: u8 = 1;
const GROUP: u8 = 2;
const AD: u8 = 1;
const RFC: u8 = 2;

/// The attributes that determine the id, the status, and the memberships of entries. `memberOf` is not read from Active
/// Directory: it is the longest attribute there, and contains nothing that `member` does not.
const ATTRIBUTES: &[(&str, u8, u8)] = &[
    ("objectClass", PERSON | GROUP, AD | RFC),
    ("objectGUID", PERSON | GROUP, AD),
    ("entryUUID", PERSON | GROUP, RFC),
    ("nsUniqueId", PERSON | GROUP, RFC),
    ("objectSid", PERSON | GROUP, AD | RFC),
    ("primaryGroupID", PERSON, AD | RFC),
    ("userAccountControl", PERSON, AD | RFC),
    ("accountExpires", PERSON, AD | RFC),
    ("nsAccountLock", PERSON, RFC),
    ("pwdAccountLockedTime", PERSON, RFC),
    ("shadowExpire", PERSON, RFC),
    ("uid", PERSON, RFC),
    ("memberOf", PERSON | GROUP, RFC),
    ("member", GROUP, AD | RFC),
    ("uniqueMember", GROUP, RFC),
    ("memberUid", GROUP, RFC),
    ("sAMAccountName", GROUP, AD | RFC),
    ("cn", GROUP, RFC),
];

/// Universal groups (MS-ADTS 2.2.12, `GROUP_TYPE_UNIVERSAL_GROUP`).
const UNIVERSAL: &str = "(&(objectClass=group)(groupType:1.2.840.113556.1.4.803:=8))";

/// The maximum number of ids in a filter.
const FILTERED_IDS: usize = 100;

/// The maximum number of groups in a filter.
const FILTERED_GROUPS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GroupRef, Membership};

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    fn unit(text: &str, depth: Depth) -> PeopleScope {
        PeopleScope::Unit { dn: dn(text), depth }
    }

    fn request(scopes: Vec<PeopleScope>) -> ReadRequest {
        ReadRequest { attributes: vec!["Mail".into(), "memberof".into(), "OBJECTSID".into()], scopes, since: None }
    }

    #[test]
    fn searches_nested_units_only_once() {
        let request = request(vec![
            unit("OU=Sales,OU=People,DC=x", Depth::Subtree),
            unit("OU=IT,DC=x", Depth::OneLevel),
            unit("ou=people,dc=X", Depth::Subtree),
            unit("OU=IT,DC=x", Depth::OneLevel),
            unit("OU=Elsewhere,DC=y", Depth::Subtree),
        ]);
        let bases = [dn("DC=x")];
        let wanted = Wanted {
            request: &request,
            bases: &bases,
            vendor: Vendor::ActiveDirectory,
            range_size: None,
            catalog: false,
        };
        let jobs = wanted.people_in_units();
        let shown: Vec<_> = jobs.iter().map(|job| (job.base.as_str(), job.scope)).collect();
        assert_eq!(shown, [("OU=IT,DC=x", Scope::OneLevel), ("ou=people,dc=X", Scope::Subtree)]);
        assert!(jobs.iter().all(|job| job.may_be_missing));
        assert_eq!(
            jobs[0].attributes,
            [
                "objectClass",
                "objectGUID",
                "objectSid",
                "primaryGroupID",
                "userAccountControl",
                "accountExpires",
                "Mail"
            ]
        );
    }

    #[test]
    fn searches_only_the_bases_below_a_unit_above_them() {
        let request = request(vec![unit("DC=x", Depth::Subtree), unit("OU=Top,DC=y", Depth::OneLevel)]);
        let bases = [dn("OU=A,DC=x"), dn("OU=B,DC=x"), dn("OU=C,OU=Top,DC=y")];
        let wanted = Wanted {
            request: &request,
            bases: &bases,
            vendor: Vendor::ActiveDirectory,
            range_size: None,
            catalog: false,
        };
        let jobs = wanted.people_in_units();
        let shown: Vec<_> = jobs.iter().map(|job| (job.base.as_str(), job.scope)).collect();
        assert_eq!(shown, [("OU=A,DC=x", Scope::Subtree), ("OU=B,DC=x", Scope::Subtree)]);
    }

    #[test]
    fn filters_members_on_the_server_only_if_member_of_is_reliable() {
        let scope = PeopleScope::Group { group: GroupRef::parse("A"), membership: Membership::Nested };
        let request = request(vec![scope]);
        let bases = [dn("DC=x")];
        let groups = [
            Selected { dn: dn("CN=A (b*),DC=x"), relative_id: Some(513) },
            Selected { dn: dn("CN=B,DC=x"), relative_id: None },
        ];
        let wanted = |vendor| Wanted { request: &request, bases: &bases, vendor, range_size: None, catalog: false };
        let [job] = &wanted(Vendor::ActiveDirectory).members(&groups)[..] else { panic!() };
        assert_eq!(
            job.filter,
            "(&(&(objectCategory=person)(objectClass=user))\
             (|(memberOf=CN=A \\28b\\2a\\29,DC=x)(primaryGroupID=513)(memberOf=CN=B,DC=x)))"
        );
        let [job] = &wanted(Vendor::OpenLdap).members(&groups)[..] else { panic!() };
        assert!(!job.filter.contains("memberOf"));
        assert!(wanted(Vendor::OpenLdap).members(&[]).is_empty());
        let many = vec![groups[1].clone(); FILTERED_GROUPS + 1];
        assert!(!wanted(Vendor::ActiveDirectory).members(&many)[0].filter.contains("memberOf"));
    }
}
