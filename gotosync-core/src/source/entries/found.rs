//! The result of collecting entries.

use hashbrown::HashMap;

use crate::model::{DirectoryBuilder, Dn, GroupEntry};

/// The people, groups, and units that were found. The groups are not in the builder yet.
#[derive(Debug)]
pub(in crate::source) struct Found {
    pub(in crate::source) builder: DirectoryBuilder,
    pub(in crate::source) groups: Vec<FoundGroup>,
    /// Descriptions of missing data, with the line if there is one.
    pub(in crate::source) gaps: Vec<(Option<u64>, String)>,
    pub(in crate::source) remarks: Vec<String>,
    pub(in crate::source) looks_like_ad: bool,
}

/// A group as its entry describes it.
#[derive(Debug)]
pub(in crate::source) struct FoundGroup {
    pub(in crate::source) entry: GroupEntry,
    /// The members that are listed by `uid`.
    pub(in crate::source) uids: Vec<Box<str>>,
}

impl Found {
    /// Adds the members from other records to their groups.
    pub(super) fn join(&mut self, later: Vec<(String, Vec<Box<str>>)>, uids: &HashMap<Box<str>, Dn>) {
        if !later.is_empty() {
            let keys: HashMap<String, usize> =
                self.groups.iter().enumerate().map(|(at, group)| (group.entry.dn.key(), at)).collect();
            for (key, members) in later {
                if let Some(at) = keys.get(&key) {
                    self.groups[*at].entry.members.extend(members);
                }
            }
        }
        for group in &mut self.groups {
            let people = group.uids.iter().filter_map(|uid| uids.get(uid));
            group.entry.members.extend(people.map(|dn| dn.as_str().into()));
        }
    }
}
