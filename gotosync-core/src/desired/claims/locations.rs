//! Single-valued settings whose value must be in a list of the account: locations.

use super::Allocation;
use crate::model::{Field, Listed, Note, NoteKind};
use crate::rules::lookup::{advice, find_name};

impl Allocation<'_, '_> {
    /// Returns the value of each person's setting, spelled as in the account.
    pub(super) fn singles(&self, field: Field, list: Listed, notes: &mut Vec<Note>) -> Vec<(u32, Box<str>)> {
        let mut given = Vec::new();
        for claimant in &self.people {
            let profile = self.desires.profile(claimant.desire);
            if !profile.source(field).is_some_and(|source| claimant.counts(source.managed)) {
                continue;
            }
            let Some(name) = claimant.desire.extras.as_ref().and_then(|extras| extras.single(field)) else {
                continue;
            };
            let catalog = &self.current.catalog;
            let names = match list {
                Listed::Locations => catalog.locations.iter().map(String::as_str),
                Listed::Extensions => catalog.extensions.iter().map(String::as_str),
                Listed::Devices | Listed::PhoneNumbers => continue,
            };
            if let Some(known) = find_name(name, names.clone()) {
                given.push((claimant.at, known.into()));
            } else {
                let evidence = advice(&format!("the account has no {field} `{name}`"), name, names);
                notes.push(Note::new(NoteKind::UnknownLocation, claimant.name(self.desires), evidence));
            }
        }
        given
    }
}
