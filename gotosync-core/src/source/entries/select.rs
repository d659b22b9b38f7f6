//! Which people are wanted, decided while they stream by.

use hashbrown::{HashMap, HashSet};

use super::entry::Entry;
use super::flaw::Flaw;
use super::found::{Found, FoundGroup};
use super::names::{Meaning, Names};
use super::record::Record;
use crate::Result;
use crate::model::{Depth, Dn, Membership, ReadRequest, Scope};

/// Which people a pass keeps.
#[derive(Debug)]
pub(in crate::source) enum Selection {
    Everybody,
    /// A pass that looks for groups and units alone.
    Nobody,
    Chosen(Box<Chosen>),
}

/// Places and groups whose people are wanted.
#[derive(Debug, Default)]
pub(in crate::source) struct Chosen {
    units: Vec<(String, Depth)>,
    /// Comparison keys of groups.
    groups: HashSet<String>,
    /// SIDs of groups, which may be somebody's primary group.
    sids: HashSet<Box<[u8]>>,
    /// Comparison keys of what the groups name as members.
    members: HashSet<String>,
    /// What POSIX groups name as members.
    uids: HashSet<Box<str>>,
    /// Whether a group's name, as people mention it, is one of `groups`: a key is worth working out once.
    mentioned: HashMap<Box<str>, bool>,
}

/// A group whose people are wanted, itself or nested in one that a request names.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "ldap"), expect(dead_code, reason = "who asks a server names them"))]
pub(in crate::source) struct Reached {
    pub(in crate::source) dn: Dn,
    pub(in crate::source) sid: Option<Box<[u8]>>,
}

impl Selection {
    /// The selection of a request, with the groups that were found if the request names any; and which groups those reach.
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
    /// Says whether people right below a place are wanted, by the place's comparison key.
    pub(in crate::source) fn wants_place(&self, key: &str) -> bool {
        self.units.iter().any(|(base, depth)| match depth {
            Depth::OneLevel => key == base,
            Depth::Subtree => {
                key.strip_suffix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
            }
        })
    }

    /// Says whether a person is wanted for a group.
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

    /// Adds the groups of a request. A group that is not there selects nobody; of a name that several groups share, all
    /// are taken: whoever asked will find the name ambiguous, and nobody may be missing who could be meant.
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
