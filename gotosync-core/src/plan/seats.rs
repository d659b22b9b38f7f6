//! Seats: steps that free seats come first; if seats run short, the order of the rules decides who waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Inputs;
use super::draft::{Draft, MAKE, free_first};
use crate::model::{Action, License, LicenseKey, Note, NoteKind, SetChange, Whole};
use crate::rules::SeatPolicy;

/// Orders the steps so that each finds its seats. If the rules say `seats = "fill"`, people without a free seat wait.
pub(super) fn allocate(inputs: &Inputs<'_>, mut drafts: Vec<Draft>, notes: &mut Vec<Note>) -> Vec<Draft> {
    let pending = inputs.account.licenses.iter().any(|license| license.pending);
    if inputs.rules.seats == SeatPolicy::Fill || pending {
        drafts = fill(inputs, drafts, notes);
    }
    if let Some(whole) = Whole::of(inputs.reading, inputs.account) {
        split_swaps(inputs, &mut drafts, whole);
    }
    drafts
}

/// Returns the number of free seats of each license. It is negative if the account was reduced below its use, and far below zero
/// for a license that is not active yet.
fn free(inputs: &Inputs<'_>) -> BTreeMap<LicenseKey, i64> {
    let free = |license: &License| {
        if license.pending { i64::MIN / 2 } else { i64::from(license.seats) - i64::from(license.used) }
    };
    inputs.account.licenses.iter().map(|license| (license.key.clone(), free(license))).collect()
}

/// Returns the number of seats to give. If the rules say `seats = "stop"`, it is unlimited for active licenses, so that the check
/// reports the shortage.
fn to_give(inputs: &Inputs<'_>) -> BTreeMap<LicenseKey, i64> {
    let mut free = free(inputs);
    if inputs.rules.seats == SeatPolicy::Stop {
        free.values_mut().filter(|seats| **seats > i64::MIN / 4).for_each(|seats| *seats = i64::MAX / 2);
    }
    free
}

/// Splits steps that exchange one license for another if another existing user needs the seat that they free: the license is then
/// removed in an earlier step.
fn split_swaps(inputs: &Inputs<'_>, drafts: &mut Vec<Draft>, whole: Whole<'_>) {
    let swaps = |draft: &Draft| !draft.action.licenses_given().is_empty() && !draft.action.licenses_taken().is_empty();
    if !drafts.iter().any(swaps) {
        return;
    }
    let mut free = free(inputs);
    for draft in drafts.iter().filter(|draft| draft.stage != MAKE) {
        draft.action.licenses_given().iter().for_each(|license| *free.entry(license.clone()).or_insert(0) -= 1);
        if !swaps(draft) {
            draft.action.licenses_taken().iter().for_each(|license| *free.entry(license.clone()).or_insert(0) += 1);
        }
    }
    let mut first = Vec::new();
    for draft in drafts.iter_mut().filter(|draft| swaps(draft)) {
        let taken = draft.action.licenses_taken().to_vec();
        if taken.iter().any(|license| free.get(license).is_some_and(|free| *free < 0)) {
            for license in taken {
                *free.entry(license).or_insert(0) += 1;
            }
            first.extend(free_first(draft, whole));
        }
    }
    drafts.append(&mut first);
}

/// Gives seats by priority; people without a free seat wait.
///
/// A user who would exchange an old license for a new one keeps the old one while no seat of the new one is free. The seat they keep is
/// then not free for others, who may have to wait as well, so the allocation repeats until no more people wait.
fn fill(inputs: &Inputs<'_>, mut drafts: Vec<Draft>, notes: &mut Vec<Note>) -> Vec<Draft> {
    let mut order: Vec<usize> =
        (0..drafts.len()).filter(|at| !drafts[*at].action.licenses_given().is_empty()).collect();
    order.sort_by(|a, b| (drafts[*a].priority, drafts[*a].order()).cmp(&(drafts[*b].priority, drafts[*b].order())));
    let mut keeps = vec![false; drafts.len()];
    let waits = loop {
        let waits = allot(inputs, &drafts, &order, &keeps);
        let all_wait = |at: usize| waits[at].len() == drafts[at].action.licenses_given().len();
        let swap = |at: usize| !drafts[at].action.licenses_taken().is_empty();
        let more: Vec<usize> = order.iter().copied().filter(|at| !keeps[*at] && swap(*at) && all_wait(*at)).collect();
        if more.is_empty() {
            break waits;
        }
        for at in more {
            keeps[at] = true;
        }
    };
    let mut dropped = vec![false; drafts.len()];
    for at in order {
        let draft = &mut drafts[at];
        if waits[at].is_empty() {
            continue;
        }
        for license in &waits[at] {
            let name = inputs.account.license_name(license);
            let pending = inputs.account.license(license).is_some_and(|license| license.pending);
            let (kind, evidence) = if pending {
                (NoteKind::LicensePending, format!("{name} is not active yet; activation takes up to 48 hours"))
            } else {
                (NoteKind::Waiting, format!("no seat is free in {name}"))
            };
            notes.push(Note::new(kind, &*draft.subject, evidence));
        }
        let whole = Whole::of(inputs.reading, inputs.account).filter(|_| !keeps[at]);
        dropped[at] = without(&mut draft.action, &waits[at], whole) == Rest::Nothing;
        let names: Vec<_> = waits[at].iter().map(|license| inputs.account.license_name(license)).collect();
        draft.reasons.retain(|reason| {
            let waits = reason.after.as_deref().is_some_and(|name| names.contains(&name));
            !((reason.is_license_given() && waits) || (reason.is_license_taken() && keeps[at]))
        });
    }
    let mut dropped = dropped.into_iter();
    drafts.retain(|_| !dropped.next().unwrap_or(false));
    drafts
}

/// Returns the licenses that each draft waits for, if seats are given in this order and the drafts in `keeps` keep their licenses.
fn allot(inputs: &Inputs<'_>, drafts: &[Draft], order: &[usize], keeps: &[bool]) -> Vec<Vec<LicenseKey>> {
    let mut free = to_give(inputs);
    for (draft, keeps) in drafts.iter().zip(keeps) {
        if !keeps {
            draft.action.licenses_taken().iter().for_each(|license| *free.entry(license.clone()).or_insert(0) += 1);
        }
    }
    let mut waits = vec![Vec::new(); drafts.len()];
    for at in order.iter().copied() {
        for license in drafts[at].action.licenses_given() {
            let seats = free.entry(license.clone()).or_insert(0);
            // A user who keeps the old license waits for all new ones.
            if *seats > 0 && !keeps[at] {
                *seats -= 1;
            } else {
                waits[at].push(license.clone());
            }
        }
    }
    waits
}

/// The result of removing licenses from an action.
#[derive(PartialEq, Eq)]
enum Rest {
    Something,
    Nothing,
}

/// Removes licenses that an action gives. Licenses that it takes away stay in it only with evidence of complete reads.
fn without(action: &mut Action, waits: &[LicenseKey], whole: Option<Whole<'_>>) -> Rest {
    match action {
        Action::Create(creation) => {
            let mut user = (*creation.user).clone();
            user.licenses.retain(|license| !waits.contains(license));
            let nothing = user.is_bare();
            creation.user = Arc::new(user);
            // A user without a product would be suspended from the start.
            if nothing { Rest::Nothing } else { Rest::Something }
        }
        Action::Update(update) | Action::Reactivate(update) => {
            let licenses = std::mem::take(&mut update.changes.licenses);
            let add = licenses.added().iter().filter(|license| !waits.contains(license)).cloned().collect();
            update.changes.licenses = SetChange::adding(add);
            if let (Some(whole), false) = (whole, licenses.removed().is_empty()) {
                update.changes.licenses =
                    std::mem::take(&mut update.changes.licenses).removing(whole, licenses.removed().to_vec());
            }
            if update.changes.is_empty() {
                return Rest::Nothing;
            }
            if update.changes.licenses.added().is_empty() {
                *action = Action::Update(update.clone());
            }
            Rest::Something
        }
        Action::Suspend(_)
        | Action::Release(_)
        | Action::Delete(_)
        | Action::CreateGroup { .. }
        | Action::WriteTemplate { .. }
        | Action::Invite { .. } => Rest::Something,
    }
}
