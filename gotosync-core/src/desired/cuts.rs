//! Notes about values that mappings cut.

use std::collections::BTreeSet;

use crate::model::{Field, Note, NoteKind, Person, text};
use crate::rules::Desire;

/// Adds a note for each field of a person that was cut, if `used` returns `true` for the field.
pub(super) fn note_cuts(desire: &Desire<'_>, person: &Person, used: impl Fn(Field) -> bool, notes: &mut Vec<Note>) {
    let evidence: BTreeSet<String> = desire
        .cuts
        .iter()
        .filter(|(field, _)| used(*field))
        .map(|(field, cut)| {
            let length = text::count(cut.length, "character", "characters");
            format!("{field}: \"{}\" was shortened to {length}", text::shown(&cut.from, SHOWN))
        })
        .collect();
    notes.extend(evidence.into_iter().map(|evidence| Note::new(NoteKind::Cut, person.dn.name(), evidence)));
}

/// The number of characters of a value that a note shows.
const SHOWN: usize = 48;
