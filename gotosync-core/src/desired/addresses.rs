//! E-mail addresses that move from one user to another within one plan.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::link::{Linked, Pairing};
use crate::model::{Account, Note, NoteKind};
use crate::rules::Desires;

/// Lets a user take another user's address only if that user gives it up in the same plan, and returns for each such user the
/// number of users that must change their address first.
///
/// A user who cannot have the address stays unchanged, with a note. The same holds for users who would exchange their addresses in
/// a circle.
pub(super) fn assign(
    desires: &Desires<'_>,
    linked: &Linked<'_>,
    current: &Account,
    account: &mut Account,
    notes: &mut Vec<Note>,
) -> HashMap<u32, u32> {
    // User -> (current holder of the wanted address, desire); only users whose address really changes.
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
            let evidence =
                format!("{} cannot become {}: another user in the account has this e-mail", old.email, other.email);
            notes.push(Note::new(NoteKind::TwoUsers, person.dn.name(), evidence));
            account.users[user as usize] = Arc::clone(old);
        }
    }
    ranks.clear();
    ranks
}

/// Returns the number of users that must give up their address before this one. If they wait for each other in a circle, the result
/// is greater than the number of waiting users.
fn rank(user: u32, wants: &HashMap<u32, (u32, u32)>) -> u32 {
    let next = |user: &u32| wants.get(user).map(|(holder, _)| *holder);
    std::iter::successors(Some(user), next).take(wants.len() + 2).count() as u32 - 1
}
