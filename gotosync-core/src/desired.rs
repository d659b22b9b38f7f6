//! The account as the rules want it: the current one with the managed parts changed, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::link::{Linked, Pairing};
use crate::model::{Account, Note, NoteKind, email};
use crate::rules::Desires;
use crate::target::{RoleAccess, TargetInfo};

mod access;
mod addresses;
mod claims;
mod cuts;
mod offers;
mod settings;
mod users;

use claims::Claims;
use offers::Offers;
pub use offers::{Granted, Offer};
use users::DesiredUsers;

/// The desired account, and for each of its users who asks for it.
#[derive(Debug)]
pub struct Desired {
    /// The account. Users who exist stand where they stand in the current account; new ones follow.
    pub account: Account,
    /// For each user, in the order of the account, who asks for it to be so.
    pub origins: Vec<Origin>,
    /// What each profile's products, roles and templates are called in this account.
    pub offers: Vec<Offer>,
    /// Leavers who are to be deleted, by place in the account.
    pub deleted: BTreeSet<u32>,
    /// Users, by place in the account, whose new e-mail another user leaves in the same plan: how many others go first.
    pub after_others: HashMap<u32, u32>,
    /// What was found on the way.
    pub notes: Vec<Note>,
}

/// Who asks for a user to be as they shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: the user is out of the reach of every rule.
    Nobody,
    /// A selected person, by place in the desires.
    Desire(u32),
    /// A leaver, by place in the leavers.
    Leaver(u32),
}

/// Lays what the rules want over the current account.
///
/// Fields no rule manages are taken over as they are; so are licenses and device groups no rule of the file names, whether
/// it takes part or not. A user nothing changes about is the very same [`Arc`] as before.
pub fn desired(
    desires: &Desires<'_>,
    linked: &Linked<'_>,
    current: &Account,
    target: &TargetInfo,
    now: Timestamp,
) -> Desired {
    let mut notes = Vec::new();
    let offers = Offers::new(desires, current, &target.capabilities, &mut notes);
    let claims = Claims::allocate(desires, linked, current, &target.capabilities, now, &mut notes);
    let mut account = Account { groups: offers.groups.clone(), ..current.clone() };
    let mut origins = vec![Origin::Nobody; current.users.len()];
    let mut wanted_users = DesiredUsers::new(desires, current, &offers, &claims, target, now);
    for (at, (desire, pairing)) in desires.people.iter().zip(&linked.pairings).enumerate() {
        let Pairing::User(user, _) = *pairing else { continue };
        let slot = &mut account.users[user as usize];
        origins[user as usize] = Origin::Desire(at as u32);
        if let Some(wanted) = wanted_users.existing(at as u32, desire, slot, linked.links[at]) {
            *slot = Arc::new(wanted);
        }
    }
    let mut deleted = BTreeSet::new();
    for (at, leaver) in linked.leavers.iter().enumerate() {
        let slot = &mut account.users[leaver.user as usize];
        origins[leaver.user as usize] = Origin::Leaver(at as u32);
        match wanted_users.leaver(leaver, slot) {
            users::Leaving::Stays => {}
            users::Leaving::Becomes(wanted) => *slot = Arc::new(*wanted),
            users::Leaving::Goes => {
                deleted.insert(leaver.user);
            }
        }
    }
    let after_others = addresses::assign(desires, linked, current, &mut account, &mut notes);
    // After all who exist have their new addresses: some may have become free.
    let contested: HashMap<u32, u32> = linked.contested.iter().copied().collect();
    for (at, (desire, pairing)) in desires.people.iter().zip(&linked.pairings).enumerate() {
        if *pairing != Pairing::New {
            continue;
        }
        let person = desires.directory.person(desire.person);
        let holder = contested.get(&(at as u32)).map(|user| &account.users[*user as usize]);
        let taken = holder
            .filter(|user| desire.email.as_deref().is_some_and(|address| email::key(address) == user.email.key()));
        if let Some(user) = taken {
            let evidence = format!("{} is the e-mail of somebody else's user", user.email);
            notes.push(Note::new(NoteKind::TwoUsers, person.dn.name(), evidence));
        } else if let Some(wanted) = wanted_users.new_user(at as u32, desire, person) {
            account.users.push(Arc::new(wanted));
            origins.push(Origin::Desire(at as u32));
        }
    }
    notes.append(&mut wanted_users.finish());
    Desired { account, origins, offers: offers.profiles, deleted, after_others, notes }
}
