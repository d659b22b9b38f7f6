//! Which people of a file are wanted, decided while it streams by.

use hashbrown::{HashMap, HashSet};

use super::entry::Entry;
use super::fault::Fault;
use super::names::{Meaning, Names};
use super::pass::Found;
use super::record::Record;
use crate::Result;
use crate::model::{Depth, Dn, Membership, ReadRequest, Scope};

/// Which people a pass keeps.
#[derive(Debug)]
pub(super) enum Selection {
    Everybody,
    /// A pass that looks for groups and units alone.
    Nobody,
    Chosen(Box<Chosen>),
}

/// Places and groups whose people are wanted.
#[derive(Debug, Default)]
pub(super) struct Chosen {
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

impl Selection {
    /// The selection of a request, with what an earlier pass found if the request names groups.
    pub(super) fn new(request: &ReadRequest, found: Option<Found>) -> Result<Self> {
        if request.wants_everyone() {
            return Ok(Self::Everybody);
        }
        let mut chosen = Chosen::default();
        for scope in &request.scopes {
            if let Scope::Unit { dn, depth } = scope {
                chosen.units.push((dn.key(), *depth));
            }
        }
        if let Some(found) = found {
            chosen.add_groups(request, found)?;
        }
        Ok(Self::Chosen(Box::new(chosen)))
    }
}

impl Chosen {
    /// Says whether people right below a place are wanted, by the place's comparison key.
    pub(super) fn wants_place(&self, key: &str) -> bool {
        self.units.iter().any(|(base, depth)| match depth {
            Depth::OneLevel => key == base,
            Depth::Subtree => {
                key.strip_suffix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
            }
        })
    }

    /// Says whether a person is wanted for a group.
    pub(super) fn wants_member(&mut self, entry: &Entry<'_>, record: &Record, names: &Names) -> Result<bool, Fault> {
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
    fn add_groups(&mut self, request: &ReadRequest, found: Found) -> Result<()> {
        let Found { mut builder, groups, .. } = found;
        for group in &groups {
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
        for group in groups.into_iter().filter(|group| self.groups.contains(&group.entry.dn.key())) {
            self.members.extend(group.entry.members.iter().map(|member| Dn::trusted(member).key()));
            self.sids.extend(group.entry.sid);
            self.uids.extend(group.uids);
        }
        Ok(())
    }
}
