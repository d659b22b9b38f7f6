//! The desired account: the current account with only the parts changed that rules manage.
//!
//! The rules' result comes as desires: one [`Desire`](crate::rules::Desire) per selected person, with the values for that person. People
//! selected by the same rules share a [`Profile`](crate::rules::Profile), which contains all that these rules give.

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

/// The desired account, with the origin of each user in it.
#[derive(Debug)]
pub struct Desired {
    /// The account. Existing users keep their index in the current account; new users follow.
    pub account: Account,
    /// For each user, in the order of the account, the person or leaver that determines the desired state.
    pub origins: Vec<Origin>,
    /// For each profile, its products, role, and templates, resolved in this account.
    pub offers: Vec<Offer>,
    /// Leavers to delete, by index in the account.
    pub deleted: BTreeSet<u32>,
    /// Users, by index in the account, whose new e-mail another user gives up in the same plan, with the number of users that
    /// must change their e-mail first.
    pub after_others: HashMap<u32, u32>,
    /// Notes about problems found while the account was computed.
    pub notes: Vec<Note>,
}

/// The origin of a user's desired state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// None: no rule reaches the user.
    Nobody,
    /// A selected person, by index in the list of desires.
    Desire(u32),
    /// A leaver, by index in the leavers.
    Leaver(u32),
}

/// Computes the desired account from the rules and the current account.
///
/// Fields that no rule manages stay as they are, as do licenses and device groups that no rule in the file names (disabled
/// rules count, too). A user without changes stays the same [`Arc`].
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
    // New users come after all existing users have their new addresses: some addresses may have become free.
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
            let evidence = format!("{} belongs to another person's user", user.email);
            notes.push(Note::new(NoteKind::TwoUsers, person.dn.name(), evidence));
        } else if let Some(wanted) = wanted_users.new_user(at as u32, desire, person) {
            account.users.push(Arc::new(wanted));
            origins.push(Origin::Desire(at as u32));
        }
    }
    notes.append(&mut wanted_users.finish());
    Desired { account, origins, offers: offers.profiles, deleted, after_others, notes }
}
