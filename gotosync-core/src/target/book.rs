//! The vendor's rules in one place, whatever keeps the account.
//!
//! A [`Book`] only looks up and writes; [`perform`] alone decides. So the strict fake and the account on disk cannot come
//! to differ in what they accept.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Capabilities, FieldLimits};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Action, ActionKind, Batch, Creation, Effect, Email, Fault, Field, License, LicenseKey, Outcome, Release, Role,
    Status, Suspension, Update, User, UserChanges, UserGroup, UserGroupPath, UserKey,
};

mod activity;
#[cfg(test)]
pub(super) mod cases;
mod opening;

pub use activity::Activity;
pub(super) use opening::{FIRST_USER, opening};

/// Looks up and writes one account. It knows no rule.
///
/// Writes come only after every lookup of an action, and an `Err` means that the storage is broken: whoever keeps the book
/// then undoes the batch.
pub(super) trait Book {
    /// The user whose login is in use.
    fn login(&self) -> Result<Option<UserKey>>;
    /// A user by key.
    fn user(&self, key: &UserKey) -> Result<Option<Record>>;
    /// The key of the user who has an address, under [`Email::key`].
    fn holder(&self, email: &Email) -> Result<Option<UserKey>>;
    /// The number of users.
    fn users(&self) -> Result<usize>;
    /// A licence by key, with the seats that are taken now.
    fn license(&self, key: &LicenseKey) -> Result<Option<License>>;
    /// Whether a user group exists.
    fn has_group(&self, path: &UserGroupPath) -> Result<bool>;
    /// Writes a user, new or not, and with them their licences.
    fn put_user(&mut self, record: Record) -> Result<()>;
    /// Writes a user group.
    fn put_group(&mut self, group: UserGroup) -> Result<()>;
    /// The next number for a user; no number comes twice.
    fn next_user(&mut self) -> Result<u64>;
    /// Adds to the history; the book gives the sequence.
    fn append(&mut self, entry: Activity) -> Result<()>;
}

/// A user as a book keeps them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// The user's key, which stands in `user` too.
    pub(super) key: UserKey,
    /// The user.
    pub(super) user: Arc<User>,
    /// Whether the user ever signed in: what they come back to after a suspension.
    pub(super) signed_in: bool,
}

/// What holds for every action of a batch.
#[derive(Debug)]
pub(super) struct Terms<'t> {
    /// What the target takes.
    pub(super) capabilities: &'t Capabilities,
    /// What it accepts in fields.
    pub(super) limits: FieldLimits,
    /// The time of the batch.
    pub(super) now: Timestamp,
}

/// Refuses a batch that is larger than a target takes.
pub(super) fn admit(batch: &Batch, capabilities: &Capabilities) -> Result<()> {
    let (sent, most) = (batch.actions.len(), capabilities.batch);
    if sent <= most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("a batch of {sent} actions was sent, {most} are taken at once"))
        .during("execute a batch"))
}

/// Does one action or refuses it; a refused action has written nothing.
///
/// # Errors
/// Only those of the book: what the rules refuse is an [`Outcome`].
pub(super) fn perform(book: &mut dyn Book, action: &Action, terms: &Terms<'_>) -> Result<Outcome> {
    let kind = action.kind();
    let done = if terms.capabilities.actions.contains(&kind) {
        match action {
            Action::Suspend(suspension) => suspend(book, suspension, terms),
            Action::Release(release) => take(book, release, terms),
            Action::CreateGroup { path } => create_group(book, path, terms),
            Action::Update(update) | Action::Reactivate(update) => change(book, update, kind, terms),
            Action::Create(creation) => create(book, creation, terms),
        }
    } else {
        refuse(ErrorKind::Unsupported, format!("the account does not take `{}`", kind.as_str()))
    };
    match done {
        Ok(effect) => Ok(effect.into()),
        Err(Stop::Refused(fault)) => Ok(Outcome::Failed { fault }),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// Why an action ended early.
enum Stop {
    /// A rule stands against it.
    Refused(Fault),
    /// The book cannot be read or written.
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

type Done<T = Effect> = Result<T, Stop>;

fn refuse<T>(kind: ErrorKind, message: impl Into<String>) -> Done<T> {
    Err(Stop::Refused(Fault::new(kind, message)))
}

fn create(book: &mut dyn Book, creation: &Creation, terms: &Terms<'_>) -> Done {
    let mut user = User::clone(&creation.user);
    if user.key.is_some() {
        return refuse(ErrorKind::Input, "a user who is yet to be created cannot have a key");
    }
    check_email(&user.email, terms.limits)?;
    check_name(Field::FirstName, &user.first_name, terms.limits)?;
    check_name(Field::LastName, &user.last_name, terms.limits)?;
    let managed = if let Role::Manager { groups, .. } = &user.role { groups.as_slice() } else { &[] };
    user.group.iter().chain(managed).try_for_each(|path| check_group(book, path))?;
    check_address(book, &user.email, None)?;
    if book.users()? >= terms.limits.users {
        return refuse(ErrorKind::Exhausted, format!("the account has {} users, its most", terms.limits.users));
    }
    user.licenses.sort();
    user.licenses.dedup();
    check_seats(book, &[], &user.licenses)?;
    let key = unused_key(book)?;
    user.key = Some(key.clone());
    user.status = Status::Invited;
    write(book, &key, None, user, ActionKind::Create, terms)?;
    Ok(Effect::Created { user: key })
}

/// Does an update or a reactivation.
fn change(book: &mut dyn Book, update: &Update, kind: ActionKind, terms: &Terms<'_>) -> Done {
    let before = known(book, &update.user)?;
    let changes = &update.changes;
    if kind == ActionKind::Reactivate && before.user.status != Status::Suspended {
        return refuse(ErrorKind::Conflict, format!("the user is {}, not suspended", before.user.status.as_str()));
    }
    if let Some(field) = changes.stale(&before.user) {
        return refuse(ErrorKind::Conflict, format!("{field} is not as it was read"));
    }
    check_changes(book, changes, &update.user, terms.limits)?;
    let mut after = User::clone(&before.user);
    changes.apply_to(&mut after);
    check_seats(book, &before.user.licenses, &after.licenses)?;
    if kind == ActionKind::Reactivate && is_bare(&after) {
        return refuse(ErrorKind::Input, "no product comes, so the user would stay suspended");
    }
    write(book, &before.key, Some(&before), after, kind, terms)?;
    Ok(if kind == ActionKind::Reactivate { Effect::Reactivated } else { Effect::Updated })
}

fn suspend(book: &mut dyn Book, suspension: &Suspension, terms: &Terms<'_>) -> Done {
    let before = known(book, suspension.user())?;
    if book.login()?.as_ref() == Some(suspension.user()) {
        return refuse(ErrorKind::Denied, "the user whose login is in use cannot be suspended");
    }
    let told: BTreeSet<_> = suspension.licenses().iter().collect();
    if told != before.user.licenses.iter().collect() {
        return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Products));
    }
    if *suspension.role() != before.user.role {
        return refuse(ErrorKind::Conflict, "role is not as it was read");
    }
    let after = User { licenses: Vec::new(), role: Role::Member, ..User::clone(&before.user) };
    write(book, &before.key, Some(&before), after, ActionKind::Suspend, terms)?;
    Ok(Effect::Suspended)
}

fn take(book: &mut dyn Book, release: &Release, terms: &Terms<'_>) -> Done {
    let before = known(book, release.user())?;
    if !release.licenses().iter().all(|license| before.user.licenses.contains(license)) {
        return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Products));
    }
    let mut after = User::clone(&before.user);
    after.licenses.retain(|license| !release.licenses().contains(license));
    write(book, &before.key, Some(&before), after, ActionKind::Release, terms)?;
    Ok(Effect::Released)
}

fn create_group(book: &mut dyn Book, path: &UserGroupPath, terms: &Terms<'_>) -> Done {
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
fn write(
    book: &mut dyn Book,
    key: &UserKey,
    before: Option<&Record>,
    mut after: User,
    kind: ActionKind,
    terms: &Terms<'_>,
) -> Done<()> {
    let signed_in = before.is_some_and(|record| record.signed_in);
    after.status = derived(&after, signed_in);
    // Not only a suspension can lock the login out: so does taking its last product by a release or an update.
    let locked_out = after.status == Status::Suspended && before.is_some_and(|b| b.user.status != Status::Suspended);
    if locked_out && book.login()?.as_ref() == Some(key) {
        return refuse(ErrorKind::Denied, "the user whose login is in use cannot lose the last product");
    }
    let names = |key: &LicenseKey| Ok(book.license(key)?.map_or_else(|| key.to_string(), |license| license.name));
    let before = before.map(|record| &*record.user);
    let detail = activity::told(before, &after, names)?;
    let entry = Activity::of(terms.now, kind, before.unwrap_or(&after).email.as_str(), detail);
    book.put_user(Record { key: key.clone(), user: Arc::new(after), signed_in })?;
    book.append(entry)?;
    Ok(())
}

/// The status that follows from what a user has (goto-api, 2.4: it is derived by the service and never set).
fn derived(user: &User, signed_in: bool) -> Status {
    match user.status {
        _ if is_bare(user) => Status::Suspended,
        Status::Suspended if signed_in => Status::Active,
        Status::Suspended => Status::Invited,
        status => status,
    }
}

/// Says whether a user has neither a product nor a role.
fn is_bare(user: &User) -> bool {
    user.licenses.is_empty() && user.role.is_member()
}

fn known(book: &dyn Book, key: &UserKey) -> Done<Record> {
    match book.user(key)? {
        Some(record) => Ok(record),
        None => refuse(ErrorKind::NotFound, format!("the account has no user {key}")),
    }
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

/// Checks what changes, and only that: a user who came from elsewhere may break a limit that nobody touches.
fn check_changes(book: &dyn Book, changes: &UserChanges, user: &UserKey, limits: FieldLimits) -> Done<()> {
    if let Some(change) = &changes.email {
        let Some(email) = change.after() else { return refuse(ErrorKind::Input, "an e-mail cannot be taken away") };
        check_email(email, limits)?;
        check_address(book, email, Some(user))?;
    }
    for (field, change) in [(Field::FirstName, &changes.first_name), (Field::LastName, &changes.last_name)] {
        if let Some(name) = change.as_ref().and_then(|change| change.after()) {
            check_name(field, name, limits)?;
        }
    }
    changes.group.as_ref().and_then(|change| change.after()).map_or(Ok(()), |path| check_group(book, path))
}

fn check_name(field: Field, name: &str, limits: FieldLimits) -> Done<()> {
    let length = name.chars().count();
    if length <= limits.name {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("{field} has {length} characters, {} are accepted", limits.name))
}

fn check_email(email: &Email, limits: FieldLimits) -> Done<()> {
    if let Some(problem) = email.problem() {
        return refuse(
            ErrorKind::Input,
            format!("email `{}` is not accepted: {problem}", email.as_str().escape_debug()),
        );
    }
    let length = email.as_str().chars().count();
    if length <= limits.email {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("email has {length} characters, {} are accepted", limits.email))
}

/// Checks that nobody else has an address. The answer does not say who has it.
fn check_address(book: &dyn Book, email: &Email, own: Option<&UserKey>) -> Done<()> {
    match book.holder(email)? {
        Some(holder) if own != Some(&holder) => refuse(ErrorKind::Conflict, format!("email {email} is taken")),
        _ => Ok(()),
    }
}

fn check_group(book: &dyn Book, path: &UserGroupPath) -> Done<()> {
    if book.has_group(path)? {
        return Ok(());
    }
    refuse(ErrorKind::NotFound, format!("the account has no user group `{path}`"))
}

/// Checks that the licences that come exist and have a seat each; a licence that the user has already needs none.
fn check_seats(book: &dyn Book, before: &[LicenseKey], after: &[LicenseKey]) -> Done<()> {
    let mut missing = Vec::new();
    for key in after.iter().filter(|key| !before.contains(key)) {
        let Some(license) = book.license(key)? else {
            return refuse(ErrorKind::NotFound, format!("the account has no licence {key}"));
        };
        if license.free() == 0 {
            missing.push(format!("{}: 1 missing", license.name));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    refuse(ErrorKind::Exhausted, format!("no seat is free in {}", missing.join(", in ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_follows_from_products_and_role() {
        let bare = User::new("ann@example.test", "Ann", "Lee");
        let with = |status| User { licenses: vec!["g2m".into()], status, ..bare.clone() };
        assert_eq!(derived(&bare, true), Status::Suspended);
        assert_eq!(derived(&User { role: Role::Administrator, ..bare.clone() }, false), Status::Invited);
        assert_eq!(derived(&with(Status::Inactive), true), Status::Inactive);
        assert_eq!(derived(&with(Status::Suspended), true), Status::Active);
        assert_eq!(derived(&with(Status::Suspended), false), Status::Invited);
    }

    #[test]
    fn a_batch_that_is_too_large_is_refused_whole() {
        let capabilities = Capabilities { batch: 1, ..Capabilities::all() };
        let group = Action::CreateGroup { path: UserGroupPath::new("Sales") };
        let batch: Batch = [group.clone(), group].into_iter().collect();
        let error = admit(&batch, &capabilities).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "cannot execute a batch: a batch of 2 actions was sent, 1 are taken at once");
    }
}
