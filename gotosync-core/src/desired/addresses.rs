//! Addresses that pass from one user to another in one plan.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::link::{Linked, Pairing};
use crate::model::{Account, Note, NoteKind};
use crate::rules::Desires;

/// Lets a user take the address of another only if that one leaves it in the same plan, and says how many go first.
///
/// Who cannot have the address stays as before, with a note; so do people whose addresses go round in a circle.
pub(super) fn assign(
    desires: &Desires<'_>,
    linked: &Linked<'_>,
    current: &Account,
    account: &mut Account,
    notes: &mut Vec<Note>,
) -> HashMap<u32, u32> {
    // Who wants whose address; only users who are really to get another one.
    let mut wants: HashMap<u32, (u32, u32)> = HashMap::new();
    for (desire, holder) in &linked.contested {
        let Pairing::User(user, _) = linked.pairings[*desire as usize] else { continue };
        if account.users[user as usize].email != current.users[user as usize].email {
            wants.insert(user, (*holder, *desire));
        }
    }
    let mut ranks = HashMap::new();
    while !wants.is_empty() {
        let mut refused: Vec<u32> = wants
            .iter()
            .filter(|(user, (holder, _))| account.users[**user as usize].email == account.users[*holder as usize].email)
            .map(|(user, _)| *user)
            .collect();
        if refused.is_empty() {
            ranks = wants.keys().map(|user| (*user, rank(*user, &wants))).collect();
            refused = wants.keys().copied().filter(|user| ranks[user] as usize > wants.len()).collect();
        }
        if refused.is_empty() {
            return ranks;
        }
        for user in refused {
            let Some((holder, desire)) = wants.remove(&user) else { continue };
            let (old, other) = (&current.users[user as usize], &current.users[holder as usize]);
            let person = desires.directory.person(desires.people[desire as usize].person);
            let evidence = format!("the user is {}, and {} is another user of the account", old.email, other.email);
            notes.push(Note::new(NoteKind::TwoUsers, person.dn.name(), evidence));
            account.users[user as usize] = Arc::clone(old);
        }
    }
    ranks.clear();
    ranks
}

/// How many users must leave their address before this one; more than there are, if they wait for each other.
fn rank(user: u32, wants: &HashMap<u32, (u32, u32)>) -> u32 {
    let next = |user: &u32| wants.get(user).map(|(holder, _)| *holder);
    std::iter::successors(Some(user), next).take(wants.len() + 2).count() as u32 - 1
}
