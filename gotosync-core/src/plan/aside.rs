//! People who are set aside: gotosync skips them after a failed step, until it is time to retry.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, FREE};
use super::{Inputs, Override, seats};
use crate::model::text::count;
use crate::model::{Note, NoteKind, PersonId, SetAside, Whole};

/// Removes the steps of people who are set aside, then allocates seats to the remaining steps.
///
/// A person is skipped only if the new steps include the same action that failed: if the directory or the rules have changed
/// the action, it is tried at once. Allocating seats can change an action, so seats are allocated once to find the actions, and again
/// without the people who are skipped.
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
            let evidence =
                format!("{} failed {failures}: {}; next attempt {next} UTC", aside.kind.as_str(), aside.reason);
            notes.push(Note::new(NoteKind::SetAside, &*aside.subject, evidence));
        }
    }
    // A step that takes access away is not skipped because another action failed.
    let left_alone = |draft: &Draft| {
        let aside = draft.person.as_ref().and_then(|person| left_out.get(person));
        aside.is_some_and(|aside| draft.stage != FREE || draft.action.fingerprint() == aside.action)
    };
    seats::allocate(inputs, drafts.into_iter().filter(|draft| !left_alone(draft)).collect(), notes)
}

/// Returns people who are set aside and need no steps anymore, because the cause of the failure was fixed. Returns none if a
/// read was incomplete: the missing part may contain steps.
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
