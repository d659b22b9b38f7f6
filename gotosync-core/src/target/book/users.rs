//! Actions on users and user groups.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::activity::Activity;
use super::checks::{check_address, check_changes, check_email, check_group, check_locks, check_name, check_seats};
use super::{Book, Done, Record, Terms, derived, known, mail, refuse, roles, settings, told};
use crate::error::{ErrorKind, Result};
use crate::model::{
    ActionKind, Creation, Deletion, Effect, Field, Invitation, Release, Role, Status, Suspension, Update, User,
    UserGroup, UserGroupPath, UserKey, Voicemail,
};

pub(super) fn create(book: &mut dyn Book, creation: &Creation, terms: &Terms<'_>) -> Done {
    let mut user = normal(&creation.user);
    if user.key.is_some() {
        return refuse(ErrorKind::Input, "a user who is yet to be created cannot have a key");
    }
    if !user.locks.none() || user.invitation.is_some() {
        return refuse(ErrorKind::Input, "locks and invitations are the account's own: nobody is created with them");
    }
    check_email(&user.email, terms.limits)?;
    check_name(Field::FirstName, &user.first_name, terms.limits)?;
    check_name(Field::LastName, &user.last_name, terms.limits)?;
    user.group.iter().try_for_each(|path| check_group(book, path))?;
    if !user.role.is_member() {
        roles::check_access(book, terms)?;
        roles::check(book, &user.role)?;
    }
    settings::check(book, &user.settings().into(), None, user.settings())?;
    creation.voicemail.as_ref().map_or(Ok(()), |voicemail| settings::check_voicemail(book, voicemail))?;
    mail::check_welcome(book, &creation.welcome)?;
    check_address(book, &user.email, None)?;
    let asked = mail::check_transfer(book, &user.email)?;
    if book.users()? >= terms.limits.users {
        return refuse(ErrorKind::Exhausted, format!("the account has {} users, its most", terms.limits.users));
    }
    check_seats(book, &[], &user.licenses)?;
    if let Some(asked) = asked {
        return mail::ask(book, &user.email, asked, terms);
    }
    let mailed = mail::told(&creation.welcome);
    let key = unused_key(book)?;
    user.key = Some(key.clone());
    user.invitation = Some(Invitation { sent: mailed.is_some().into(), expired: false });
    user.status = Status::Invited;
    user.status = derived(&user, false);
    let mut detail = told(book, None, Some(&user))?;
    detail.extend(creation.voicemail.as_ref().map(|voicemail| format!(", voicemail {voicemail}")));
    detail.extend(mailed.map(|mail| format!(", {mail}")));
    let entry = Activity::of(terms.now, ActionKind::Create, user.email.as_str(), detail);
    book.put_user(Record { key: key.clone(), user: Arc::new(user), signed_in: false })?;
    book.append(entry)?;
    Ok(Effect::Created { user: key })
}

/// Does an update or a reactivation.
pub(super) fn change(book: &mut dyn Book, update: &Update, kind: ActionKind, terms: &Terms<'_>) -> Done {
    let before = known(book, &update.user)?;
    let changes = &update.changes;
    if kind == ActionKind::Reactivate && before.user.status != Status::Suspended {
        return refuse(ErrorKind::Conflict, format!("the user is {}, not suspended", before.user.status.as_str()));
    }
    // First, since whether a role is as it was read would tell what it is.
    if changes.role.is_some() {
        roles::check_access(book, terms)?;
    }
    if let Some(field) = changes.stale(&before.user) {
        return refuse(ErrorKind::Conflict, format!("{field} is not as it was read"));
    }
    check_locks(changes, before.user.locks)?;
    check_changes(book, changes, &before, terms.limits)?;
    let mut after = User::clone(&before.user);
    changes.apply_to(&mut after);
    let after = normal(&after);
    if let Some(changes) = &changes.settings {
        settings::check(book, &(&**changes).into(), Some(&update.user), after.settings())?;
    }
    if after.role != before.user.role {
        roles::check(book, &after.role)?;
        roles::check_change(book, &before, &after.role, terms)?;
    }
    check_seats(book, &before.user.licenses, &after.licenses)?;
    if kind == ActionKind::Reactivate && after.is_bare() {
        return refuse(ErrorKind::Input, "neither a product nor a role comes, so the user would stay suspended");
    }
    let voicemail = changes.settings.as_ref().and_then(|changes| changes.voicemail.as_ref());
    write(book, &before, after, voicemail, kind, terms)?;
    Ok(if kind == ActionKind::Reactivate { Effect::Reactivated } else { Effect::Updated })
}

pub(super) fn suspend(book: &mut dyn Book, suspension: &Suspension, terms: &Terms<'_>) -> Done {
    let before = known(book, suspension.user())?;
    if book.login()?.as_ref() == Some(suspension.user()) {
        return refuse(ErrorKind::Denied, "the user whose login is in use cannot be suspended");
    }
    if !before.user.role.is_member() {
        roles::check_access(book, terms)?;
    }
    let told: BTreeSet<_> = suspension.licenses().iter().collect();
    if told != before.user.licenses.iter().collect() {
        return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Products));
    }
    if suspension.role().clone().normal() != before.user.role {
        return refuse(ErrorKind::Conflict, "role is not as it was read");
    }
    roles::check_change(book, &before, &Role::Member, terms)?;
    let after = User { licenses: Vec::new(), role: Role::Member, ..User::clone(&before.user) };
    write(book, &before, after, None, ActionKind::Suspend, terms)?;
    Ok(Effect::Suspended)
}

pub(super) fn take(book: &mut dyn Book, release: &Release, terms: &Terms<'_>) -> Done {
    let before = known(book, release.user())?;
    if !release.licenses().iter().all(|license| before.user.licenses.contains(license)) {
        return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Products));
    }
    let mut after = User::clone(&before.user);
    after.licenses.retain(|license| !release.licenses().contains(license));
    write(book, &before, after, None, ActionKind::Release, terms)?;
    Ok(Effect::Released)
}

pub(super) fn delete(book: &mut dyn Book, deletion: &Deletion, terms: &Terms<'_>) -> Done {
    let before = known(book, deletion.user())?;
    if book.login()?.as_ref() == Some(deletion.user()) {
        return refuse(ErrorKind::Denied, "the user whose login is in use cannot be deleted");
    }
    if before.user.email != *deletion.email() {
        return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Email));
    }
    roles::check_change(book, &before, &Role::Member, terms)?;
    if before.user.status != Status::Suspended {
        let status = before.user.status.as_str();
        return refuse(ErrorKind::Conflict, format!("the user is {status}: suspend first, then delete"));
    }
    let detail = told(book, Some(&before.user), None)?;
    book.remove_user(&before.key)?;
    book.append(Activity::of(terms.now, ActionKind::Delete, before.user.email.as_str(), detail))?;
    Ok(Effect::Deleted)
}

pub(super) fn create_group(book: &mut dyn Book, path: &UserGroupPath, terms: &Terms<'_>) -> Done {
    if let Some(problem) = path.problem() {
        return refuse(ErrorKind::Input, format!("user group `{path}` cannot be made: {problem}"));
    }
    if book.has_group(path)? {
        return refuse(ErrorKind::Conflict, format!("user group `{path}` exists"));
    }
    if let Some(parent) = path.parent() {
        check_group(book, &parent)?;
    }
    book.put_group(UserGroup { key: None, path: path.clone() })?;
    book.append(Activity::of(terms.now, ActionKind::CreateGroup, path.as_str(), String::new()))?;
    Ok(Effect::GroupCreated)
}

/// Writes a user and what changed about them; every rule but one was asked before.
pub(super) fn write(
    book: &mut dyn Book,
    before: &Record,
    mut after: User,
    voicemail: Option<&Voicemail>,
    kind: ActionKind,
    terms: &Terms<'_>,
) -> Done<()> {
    after.status = derived(&after, before.signed_in);
    // Not only a suspension can lock the login out: so does taking its last product by a release or an update.
    let locked_out = after.status == Status::Suspended && before.user.status != Status::Suspended;
    if locked_out && book.login()?.as_ref() == Some(&before.key) {
        return refuse(ErrorKind::Denied, "the user whose login is in use cannot lose the last product");
    }
    let mut detail = told(book, Some(&before.user), Some(&after))?;
    detail.extend(voicemail.map(|voicemail| format!(", voicemail {voicemail}")));
    let entry = Activity::of(terms.now, kind, before.user.email.as_str(), detail);
    book.put_user(Record { user: Arc::new(after), ..before.clone() })?;
    book.append(entry)?;
    Ok(())
}

/// A user in the one form in which a book keeps users.
pub(super) fn normal(user: &User) -> User {
    let mut user = user.clone();
    user.licenses.sort();
    user.licenses.dedup();
    user.role = user.role.normal();
    user.set_settings(|_| ());
    user
}

fn unused_key(book: &mut dyn Book) -> Result<UserKey> {
    loop {
        // An account that came from elsewhere may hold numbers that the counter has yet to reach.
        let key = UserKey::new(book.next_user()?.to_string());
        if book.user(&key)?.is_none() {
            return Ok(key);
        }
    }
}
