//! Telephone extensions: a user's own extension, from an expression or a range, and secondary extensions, which belong to others
//! but ring at the user, too.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use hashbrown::{HashMap, HashSet};

use super::{Allocation, Claim, Claimant, Extensions};
use crate::model::{Exclusive, Field, Note, NoteKind};
use crate::rules::ExtensionSource;

impl Allocation<'_, '_> {
    /// Returns the extension of each person who gets one.
    pub(super) fn extensions(&self, notes: &mut Vec<Note>) -> Extensions {
        let own = |user: u32| self.settings(user).extension.as_deref();
        let mut named: Vec<(usize, Exclusive)> = Vec::new();
        let mut ranged: Vec<(usize, &RangeInclusive<u32>)> = Vec::new();
        for (at, claimant) in self.people.iter().enumerate() {
            let profile = self.desires.profile(claimant.desire);
            let Some(set) = profile.extension.filter(|set| claimant.counts(set.managed)) else { continue };
            match set.value {
                ExtensionSource::Mapping(_) => {
                    let extras = claimant.desire.extras.as_ref();
                    let wanted = extras.and_then(|extras| extras.single(Field::Extension));
                    named.extend(wanted.map(|extension| (at, Exclusive::extension(extension))));
                }
                ExtensionSource::Range(range) if claimant.user.and_then(own).is_none() => ranged.push((at, range)),
                ExtensionSource::Range(_) => {}
            }
        }
        let lasts = |at: usize| self.desires.profile(self.people[at].desire).extension.is_some_and(|set| set.managed);
        let kept = self.undisputed(&named, lasts, notes);
        let mut given: Extensions =
            kept.into_iter().map(|(at, extension)| (self.people[at].at, extension.into())).collect();
        // An extension that a user has or a rule requests by name is not free, even if the request is refused.
        let number = |extension: &str| extension.parse::<u32>().ok();
        let held = (0..self.current.users.len() as u32).filter_map(own).filter_map(number);
        let mut taken: BTreeSet<u32> = held.collect();
        taken.extend(named.iter().filter_map(|(_, extension)| number(extension.value())));
        let mut next: HashMap<&RangeInclusive<u32>, u32> = HashMap::new();
        for (at, range) in ranged {
            let from = next.entry(range).or_insert(*range.start());
            if let Some(number) = (*from..=*range.end()).find(|number| !taken.contains(number)) {
                *from = number;
                taken.insert(number);
                given.insert(self.people[at].at, number.to_string().into());
            } else {
                // Later people need not search this range again.
                *from = range.end().saturating_add(1);
                let evidence = format!("every extension from {} to {} is taken", range.start(), range.end());
                notes.push(Note::new(NoteKind::RangeFull, self.people[at].name(self.desires), evidence));
            }
        }
        given
    }

    /// Returns the secondary extensions of each person: those of other users, or without a user, that ring at this user, too.
    pub(super) fn secondary_extensions(
        &self,
        field: Field,
        extensions: &Extensions,
        notes: &mut Vec<Note>,
    ) -> Vec<(u32, Claim)> {
        let own = self.current.users.iter().filter_map(|user| user.settings().extension.as_deref());
        let known: HashSet<&str> = self.current.catalog.extensions.iter().map(String::as_str).chain(own).collect();
        let find = |claimant: &Claimant<'_, '_>, extension: &str| {
            // A user's own extension cannot be a secondary one, but a rule for a whole team may name the extension of a member.
            if self.extension_of(claimant, extensions) == Some(extension) {
                return Ok(None);
            }
            if known.contains(extension) {
                return Ok(Some(extension.to_owned()));
            }
            Err((NoteKind::UnknownExtension, format!("the account has no extension {extension}")))
        };
        self.shared(&self.asked(field, find, notes))
    }
}
