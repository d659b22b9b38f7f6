//! Actions on users and user groups.

use std::sync::Arc;

use super::activity::Activity;
use super::checks::{check_address, check_changes, check_group, check_seats};
use super::{AccountStore, Done, Record, Terms, describe, mail, refuse, roles, settings};
use crate::error::{ErrorKind, Result};
use crate::model::{
    Action, ActionKind, Creation, Effect, Guards, Invitation, SettingsChanges, Status, User, UserGroup, UserGroupPath,
    UserKey,
};

pub(super) fn create(store: &mut dyn AccountStore, creation: &Creation, terms: &Terms<'_>) -> Done {
    creation.guard(&Guards { login: None, roles: roles::access(store, terms.capabilities)?, limits: terms.limits })?;
    let mut user = normal(&creation.user);
    user.group.iter().try_for_each(|path| check_group(store, path))?;
    roles::check(store, &user.role)?;
    let mut coming = SettingsChanges::making(user.settings());
    coming.voicemail.clone_from(&creation.voicemail);
    settings::check_switches(store, &user.settings().off)?;
    settings::check(store, &coming, None, user.settings())?;
    mail::check_welcome(store, &creation.welcome)?;
    check_address(store, &user.email, None)?;
    let asked = mail::check_transfer(store, &user.email)?;
    if store.users()? >= terms.limits.users {
        return refuse(
            ErrorKind::Exhausted,
            format!("the account already has the maximum of {} users", terms.limits.users),
        );
    }
    check_seats(store, &[], &user.licenses)?;
    if let Some(asked) = asked {
        return mail::ask(store, &user.email, asked, terms);
    }
    let mailed = mail::describe(&creation.welcome);
    let key = unused_key(store)?;
    user.key = Some(key.clone());
    user.invitation = Some(Invitation { sent: mailed.is_some().into(), expired: false });
    user.status = Status::Invited;
    user.derive_status(false);
    let mut detail = describe(store, None, Some(&user))?;
    detail.extend(creation.voicemail.as_ref().map(|voicemail| format!(", voicemail {voicemail}")));
    detail.extend(mailed.map(|mail| format!(", {mail}")));
    let entry = Activity::of(terms.now, ActionKind::Create, user.email.as_str(), detail);
    store.put_user(Record { key: key.clone(), user: Arc::new(user), signed_in: false })?;
    store.append(entry)?;
    Ok(Effect::Created { user: key })
}

/// Performs an action on an existing user.
pub(super) fn change(store: &mut dyn AccountStore, action: &Action, terms: &Terms<'_>) -> Done {
    let (Some(key), Some(effect)) = (action.user(), action.effect()) else {
        return refuse(ErrorKind::Bug, "the action does not name a user");
    };
    let (login, roles) = (store.login()?, roles::access(store, terms.capabilities)?);
    let guards = Guards { login: login.as_ref(), roles, limits: terms.limits };
    let Some(before) = store.user(key)? else {
        action.guard(None, &guards)?;
        return refuse(ErrorKind::NotFound, format!("the account has no user {key}"));
    };
    let after = action.guard(Some(&before.user), &guards)?.map(|after| normal(&after));
    let mut voicemail = None;
    if let (Action::Update(update) | Action::Reactivate(update), Some(after)) = (action, &after) {
        check_changes(store, &update.changes, &before)?;
        if let Some(changes) = &update.changes.settings {
            settings::check(store, changes, Some(key), after.settings())?;
            voicemail = changes.voicemail.as_ref();
        }
        if after.role != before.user.role {
            roles::check(store, &after.role)?;
        }
        check_seats(store, &before.user.licenses, &after.licenses)?;
    }
    roles::check_last(store, &before, after.as_ref())?;
    let Some(mut after) = after else {
        let detail = describe(store, Some(&before.user), None)?;
        store.remove_user(key)?;
        store.append(Activity::of(terms.now, action.kind(), before.user.email.as_str(), detail))?;
        return Ok(effect);
    };
    after.derive_status(before.signed_in);
    let mut detail = describe(store, Some(&before.user), Some(&after))?;
    detail.extend(voicemail.map(|voicemail| format!(", voicemail {voicemail}")));
    let entry = Activity::of(terms.now, action.kind(), before.user.email.as_str(), detail);
    store.put_user(Record { user: Arc::new(after), ..before })?;
    store.append(entry)?;
    Ok(effect)
}

pub(super) fn create_group(store: &mut dyn AccountStore, path: &UserGroupPath, terms: &Terms<'_>) -> Done {
    if let Some(problem) = path.problem() {
        return refuse(ErrorKind::Input, format!("user group `{path}` cannot be created: {problem}"));
    }
    if store.has_group(path)? {
        return refuse(ErrorKind::Conflict, format!("user group `{path}` already exists"));
    }
    if let Some(parent) = path.parent() {
        check_group(store, &parent)?;
    }
    store.put_group(UserGroup { key: None, path: path.clone() })?;
    store.append(Activity::of(terms.now, ActionKind::CreateGroup, path.as_str(), String::new()))?;
    Ok(Effect::GroupCreated)
}

/// Converts a user into the normal form of account stores, in which equal users are equal values.
pub(super) fn normal(user: &User) -> User {
    let mut user = user.clone();
    user.licenses.sort();
    user.licenses.dedup();
    user.role = user.role.normal();
    user.set_settings(|_| ());
    user
}

fn unused_key(store: &mut dyn AccountStore) -> Result<UserKey> {
    loop {
        // An account that was loaded may already contain keys that the counter has not reached yet.
        let key = UserKey::new(store.next_user()?.to_string());
        if store.user(&key)?.is_none() {
            return Ok(key);
        }
    }
}
