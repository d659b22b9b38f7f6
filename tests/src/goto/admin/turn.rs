//! Conversion of a requested state to changes of a user.

use std::collections::BTreeSet;

use gotosync_core::Result;
use gotosync_core::model::{Account, Change, SetChange, SettingsChanges, User, UserChanges, Whole};

use crate::laws::corpus;

/// Returns the changes between two states of a user, as far as the APIs can change users. The caller has just read the
/// user.
pub(in crate::goto) fn changes(before: &User, after: &User) -> Result<UserChanges> {
    let (reading, account) = (corpus::nobody()?, Account::empty("0", "evidence"));
    let Some(whole) = Whole::of(&reading, &account) else { unreachable!("both reads are complete") };
    let text = |before: &str, after: &str| {
        let some = |text: &str| (!text.is_empty()).then(|| Box::from(text));
        one(whole, some(before), some(after))
    };
    let settings = SettingsChanges::between(whole, before.settings(), after.settings());
    let role = |user: &User| (!user.role.is_member()).then(|| user.role.clone());
    // The account's rules ignore a difference in case, but clients see it.
    let same_address = before.email.as_str() == after.email.as_str();
    Ok(UserChanges {
        person: one(whole, before.person.clone(), after.person.clone()),
        email: (!same_address).then(|| Change::replace(whole, before.email.clone(), Some(after.email.clone()))),
        first_name: text(&before.first_name, &after.first_name),
        last_name: text(&before.last_name, &after.last_name),
        language: one(whole, before.language.clone(), after.language.clone()),
        group: one(whole, before.group.clone(), after.group.clone()),
        role: one(whole, role(before), role(after)).map(Box::new),
        licenses: set(whole, &before.licenses.iter().cloned().collect(), &after.licenses.iter().cloned().collect()),
        settings: (!settings.is_empty()).then(|| Box::new(settings)),
    })
}

fn one<T: PartialEq>(whole: Whole<'_>, before: Option<T>, after: Option<T>) -> Option<Change<T>> {
    match (before, after) {
        (before, after) if before == after => None,
        (Some(before), after) => Some(Change::replace(whole, before, after)),
        (None, after) => after.map(Change::fill),
    }
}

fn set<T: Clone + Ord>(whole: Whole<'_>, before: &BTreeSet<T>, after: &BTreeSet<T>) -> SetChange<T> {
    let goes = before.difference(after).cloned().collect();
    SetChange::adding(after.difference(before).cloned().collect()).removing(whole, goes)
}
