//! Tells what mappings cut.

use std::collections::BTreeSet;

use crate::model::{Field, Note, NoteKind, Person, text};
use crate::rules::Desire;

/// Notes each field of a person that was cut, if `used` says that the field goes into the account.
pub(super) fn tell(desire: &Desire<'_>, person: &Person, used: impl Fn(Field) -> bool, notes: &mut Vec<Note>) {
    let evidence: BTreeSet<String> = desire
        .cuts
        .iter()
        .filter(|(field, _)| used(*field))
        .map(|(field, cut)| {
            let length = text::count(cut.length, "character", "characters");
            format!("{field}: \"{}\" was cut to {length}", text::shown(&cut.from, SHOWN))
        })
        .collect();
    notes.extend(evidence.into_iter().map(|evidence| Note::new(NoteKind::Cut, person.dn.name(), evidence)));
}

/// Characters of a value that are enough to know it by.
const SHOWN: usize = 48;
