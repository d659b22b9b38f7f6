//! Selection of people while entries are streamed.

use hashbrown::{HashMap, HashSet};

use super::entry::Entry;
use super::flaw::Flaw;
use super::found::{Found, FoundGroup};
use super::names::{Meaning, Names};
use super::record::Record;
use crate::Result;
use crate::model::{Depth, Dn, Membership, ReadRequest, Scope};

/// The people that a pass keeps.
#[derive(Debug)]
pub(in crate::source) enum Selection {
    Everybody,
    /// No people: the pass reads only groups and units.
    Nobody,
    Chosen(Box<Chosen>),
}

/// The units and groups whose people are selected.
#[derive(Debug, Default)]
pub(in crate::source) struct Chosen {
    units: Vec<(String, Depth)>,
    /// The comparison keys of the groups.
    groups: HashSet<String>,
    /// The SIDs of the groups, to recognize them as primary groups.
    sids: HashSet<Box<[u8]>>,
    /// The comparison keys of the groups' members.
    members: HashSet<String>,
    /// The members of POSIX groups.
    uids: HashSet<Box<str>>,
    /// A cache: `true` if the group with this name, as spelled in `memberOf`, is one of `groups`.
    mentioned: HashMap<Box<str>, bool>,
}

/// A group whose people are selected, because the request names it or a group that it is nested in.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "ldap"), expect(dead_code, reason = "only the LDAP source uses them, in search filters"))]
pub(in crate::source) struct Reached {
    pub(in crate::source) dn: Dn,
    pub(in crate::source) sid: Option<Box<[u8]>>,
}

impl Selection {
    /// Creates the selection of a request, and returns the groups that it reaches. `found` is needed if the request names
    /// groups.
    pub(in crate::source) fn new(request: &ReadRequest, found: Option<&Found>) -> Result<(Self, Vec<Reached>)> {
        if request.wants_everyone() {
            return Ok((Self::Everybody, Vec::new()));
        }
        let mut chosen = Chosen::default();
        for scope in &request.scopes {
            if let Scope::Unit { dn, depth } = scope {
                chosen.units.push((dn.key(), *depth));
            }
        }
        let reached = found.map(|found| chosen.add_groups(request, found)).transpose()?;
        Ok((Self::Chosen(Box::new(chosen)), reached.unwrap_or_default()))
    }
}

impl Chosen {
    /// Returns `true` if people directly in a unit are selected, by the comparison key of the unit.
    pub(in crate::source) fn wants_place(&self, key: &str) -> bool {
        self.units.iter().any(|(base, depth)| match depth {
            Depth::OneLevel => key == base,
            Depth::Subtree => {
                key.strip_suffix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
            }
        })
    }

    /// Returns `true` if a person is selected by membership in a group.
    pub(in crate::source) fn wants_member(
        &mut self,
        entry: &Entry<'_>,
        record: &Record,
        names: &Names,
    ) -> Result<bool, Flaw> {
        if self.groups.is_empty() {
            return Ok(false);
        }
        for value in record.values() {
            let wanted = match names.get(value.name).meaning {
                Meaning::MemberOf => self.mentions(value.text()?),
                Meaning::Uid if entry.has_posix_account() => value.text().is_ok_and(|uid| self.uids.contains(uid)),
                _ => false,
            };
            if wanted {
                return Ok(true);
            }
        }
        let primary = entry.primary_group()?;
        Ok(primary.is_some_and(|sid| self.sids.contains(&sid))
            || (!self.members.is_empty() && self.members.contains(&record.dn.key())))
    }

    fn mentions(&mut self, dn: &str) -> bool {
        if let Some(known) = self.mentioned.get(dn) {
            return *known;
        }
        let wanted = self.groups.contains(&Dn::trusted(dn).key());
        self.mentioned.insert(dn.into(), wanted);
        wanted
    }

    /// Adds the groups of a request. An unknown group selects no people. A name that several groups share selects all of them: the
    /// caller reports the name as ambiguous later, and until then no candidate may be missing.
    fn add_groups(&mut self, request: &ReadRequest, found: &Found) -> Result<Vec<Reached>> {
        let mut builder = found.builder.clone();
        for group in &found.groups {
            builder.group(group.entry.clone());
        }
        let directory = builder.build()?;
        for scope in &request.scopes {
            let Scope::Group { group, membership } = scope else { continue };
            for top in directory.find_groups(group) {
                let reached = match membership {
                    Membership::Nested => directory.nested_groups(top),
                    Membership::Direct => vec![top],
                };
                self.groups.extend(reached.into_iter().map(|ix| directory.group(ix).dn.key()));
            }
        }
        let mut reached = Vec::new();
        for FoundGroup { entry, uids } in &found.groups {
            if self.groups.contains(&entry.dn.key()) {
                self.members.extend(entry.members.iter().map(|member| Dn::trusted(member).key()));
                self.sids.extend(entry.sid.clone());
                self.uids.extend(uids.iter().cloned());
                reached.push(Reached { dn: entry.dn.clone(), sid: entry.sid.clone() });
            }
        }
        Ok(reached)
    }
}
