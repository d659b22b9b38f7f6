//! People whose steps failed before are left alone until it is time to try again.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, FREE};
use super::{Inputs, Override, seats};
use crate::model::text::count;
use crate::model::{Note, NoteKind, PersonId, SetAside, Whole};

/// Takes out the steps about people who are set aside, and then gives seats to the others.
///
/// What is to be done is compared with what failed: where the directory or the rules ask for something else by now, that is
/// tried at once. Seats can change a step, so they are given first to see what would be done, and again without those who
/// are left out.
pub(super) fn leave_out(inputs: &Inputs<'_>, drafts: Vec<Draft>, notes: &mut Vec<Note>) -> Vec<Draft> {
    let waiting: Vec<&SetAside> = inputs.remembered.set_aside.iter().filter(|aside| waits(inputs, aside)).collect();
    if waiting.is_empty() {
        return seats::allocate(inputs, drafts, notes);
    }
    let tried = seats::allocate(inputs, drafts.clone(), &mut Vec::new());
    let mut left_out: BTreeMap<&PersonId, &SetAside> = BTreeMap::new();
    for aside in waiting {
        let same = |draft: &Draft| {
            draft.person.as_ref() == Some(&aside.person)
                && draft.action.kind() == aside.kind
                && draft.action.fingerprint() == aside.action
        };
        if tried.iter().any(same) {
            left_out.insert(&aside.person, aside);
            let failures = count(aside.failures as usize, "time", "times");
            let next = aside.next.strftime("%Y-%m-%d %H:%M");
            let evidence = format!("{} failed {failures}: {}; next try {next} UTC", aside.kind.as_str(), aside.reason);
            notes.push(Note::new(NoteKind::SetAside, &*aside.subject, evidence));
        }
    }
    // What takes access away does not wait behind something else that failed.
    let left_alone = |draft: &Draft| {
        let aside = draft.person.as_ref().and_then(|person| left_out.get(person));
        aside.is_some_and(|aside| draft.stage != FREE || draft.action.fingerprint() == aside.action)
    };
    seats::allocate(inputs, drafts.into_iter().filter(|draft| !left_alone(draft)).collect(), notes)
}

/// People who are set aside and for whom nothing is to be done any more: somebody mended what was wrong. From an incomplete
/// read nobody can tell.
pub(super) fn cleared(inputs: &Inputs<'_>, drafts: &[Draft]) -> Vec<PersonId> {
    let remembered = &inputs.remembered.set_aside;
    if remembered.is_empty() || Whole::of(inputs.reading, inputs.account).is_none() {
        return Vec::new();
    }
    let busy: BTreeSet<&PersonId> = drafts.iter().filter_map(|draft| draft.person.as_ref()).collect();
    let people = remembered.iter().map(|aside| &aside.person);
    people.filter(|person| !busy.contains(person)).cloned().collect()
}

fn waits(inputs: &Inputs<'_>, aside: &SetAside) -> bool {
    let overridden = match inputs.overrides {
        Override::None => false,
        Override::All => true,
        Override::Person(person) => aside.person == *person,
    };
    aside.next > inputs.now && !overridden
}
