//! The vendor's rules, in one place for all account stores.
//!
//! An [`AccountStore`] only looks up and writes; [`perform`] makes every decision. The account in memory and the account on disk
//! therefore always accept and reject the same actions.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Capabilities, FieldLimits};
use crate::error::{Error, ErrorKind, Result};
use crate::model::text::nearest;
use crate::model::{
    Action, Batch, Catalog, Device, Effect, Email, Exclusive, Fault, License, LicenseKey, Mac, NamedNumber, Outcome,
    PhoneNumber, Transfer, User, UserGroup, UserGroupPath, UserKey, WelcomeTemplate,
};

mod activity;
#[cfg(test)]
pub(super) mod cases;
mod checks;
mod mail;
mod opening;
mod roles;
mod settings;
mod users;

pub use activity::Activity;
pub(super) use mail::put_template;
pub(super) use opening::{FIRST_USER, opening};
pub(super) use roles::{access, as_shown};

/// Lookups and writes in one account, without any rules.
///
/// All lookups of an action come before its writes. `Err` means that the storage failed; the owner of the store then rolls
/// the batch back.
pub(super) trait AccountStore {
    /// Returns the key of the signed-in user.
    fn login(&self) -> Result<Option<UserKey>>;
    /// Looks up a user by key.
    fn user(&self, key: &UserKey) -> Result<Option<Record>>;
    /// Returns the key of the user with this e-mail address; addresses are compared by [`Email::key`].
    fn holder(&self, email: &Email) -> Result<Option<UserKey>>;
    /// Returns the number of users.
    fn users(&self) -> Result<usize>;
    /// Looks up a license by key, with its current number of used seats.
    fn license(&self, key: &LicenseKey) -> Result<Option<License>>;
    /// Returns `true` if the user group exists.
    fn has_group(&self, path: &UserGroupPath) -> Result<bool>;
    /// Returns the short lists of the catalog: everything except devices, phone numbers, extensions, and addresses of other
    /// accounts.
    fn catalog(&self) -> Result<Arc<Catalog>>;
    /// Looks up a device by its MAC address.
    fn device(&self, mac: Mac) -> Result<Option<Device>>;
    /// Looks up a phone number of the account, whether or not it is assigned.
    fn phone_number(&self, number: &PhoneNumber) -> Result<Option<NamedNumber>>;
    /// Returns `true` if the account has the extension, whether or not it is assigned.
    fn has_extension(&self, extension: &str) -> Result<bool>;
    /// Returns the key of the user who has an exclusive value, such as an extension or a device.
    fn holder_of(&self, one: &Exclusive) -> Result<Option<UserKey>>;
    /// Returns `true` if the address is known to belong to another account.
    fn is_elsewhere(&self, email: &Email) -> Result<bool>;
    /// Returns the invitation to move here that was sent to a user of another account.
    fn transfer(&self, email: &Email) -> Result<Option<Transfer>>;
    /// Returns `true` if another user is a full administrator.
    fn has_administrator_beside(&self, user: &UserKey) -> Result<bool>;
    /// Inserts or updates a user, together with the user's exclusive values and their names. If the user's extension gets
    /// a number that is new to the account, the old number disappears; otherwise the old extension stays in the account,
    /// unassigned.
    fn put_user(&mut self, record: Record) -> Result<()>;
    /// Deletes a user and releases the user's exclusive values.
    fn remove_user(&mut self, key: &UserKey) -> Result<()>;
    /// Inserts a welcome e-mail template, or replaces the one with the same name.
    fn put_welcome_email(&mut self, template: WelcomeTemplate) -> Result<()>;
    /// Records an invitation to move here, replacing an earlier one to the same address.
    fn put_transfer(&mut self, transfer: Transfer) -> Result<()>;
    /// Inserts a user group.
    fn put_group(&mut self, group: UserGroup) -> Result<()>;
    /// Allocates the next user number; no number is returned twice.
    fn next_user(&mut self) -> Result<u64>;
    /// Appends an entry to the history; the store assigns the sequence number.
    fn append(&mut self, entry: Activity) -> Result<()>;
}

/// A user as stored in an account store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// The user's key, the same as in `user`.
    pub(super) key: UserKey,
    /// The user.
    pub(super) user: Arc<User>,
    /// `true` if the user has ever signed in. It decides whether a reactivated user is active or invited.
    pub(super) signed_in: bool,
}

/// The conditions that apply to every action of a batch.
#[derive(Debug)]
pub(super) struct Terms<'t> {
    /// The actions and features that the target supports.
    pub(super) capabilities: &'t Capabilities,
    /// The limits for fields.
    pub(super) limits: FieldLimits,
    /// The time at which the batch runs.
    pub(super) now: Timestamp,
}

/// Rejects a batch that has more actions than the target accepts at once.
pub(super) fn admit(batch: &Batch, capabilities: &Capabilities) -> Result<()> {
    let (sent, most) = (batch.actions.len(), capabilities.batch);
    if sent <= most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, format!("the batch has {sent} actions; the account accepts at most {most}"))
        .during("execute a batch"))
}

/// Performs or refuses one action; a refused action has written nothing.
///
/// # Errors
/// Returns only errors of the store. A refusal by the rules is an [`Outcome`].
pub(super) fn perform(store: &mut dyn AccountStore, action: &Action, terms: &Terms<'_>) -> Result<Outcome> {
    let done = match terms.capabilities.refusal(action) {
        Some(fault) => Err(Stop::Refused(fault)),
        None => match action {
            Action::CreateGroup { path } => users::create_group(store, path, terms),
            Action::WriteTemplate { template } => mail::write_template(store, template, terms),
            Action::Create(creation) => users::create(store, creation, terms),
            action => users::change(store, action, terms),
        },
    };
    match done {
        Ok(effect) => Ok(effect.into()),
        Err(Stop::Refused(fault)) => Ok(Outcome::Failed { fault }),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// The reason why an action ended early.
enum Stop {
    /// A rule forbids the action.
    Refused(Fault),
    /// The store could not be read or written.
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

type Done<T = Effect> = Result<T, Stop>;

fn refuse<T>(kind: ErrorKind, message: impl Into<String>) -> Done<T> {
    Err(Stop::Refused(Fault::new(kind, message)))
}

/// Refuses a name that does not exist in the account, and suggests the most similar name that does.
fn unknown<'n, T>(what: &str, name: &str, names: impl IntoIterator<Item = &'n str>) -> Done<T> {
    let near = nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    refuse(ErrorKind::NotFound, activity::one_line(&format!("the account has no {what} `{name}`{near}")))
}

/// Describes the differences between a user before and after a change, with the names of licenses.
fn describe(store: &dyn AccountStore, before: Option<&User>, after: Option<&User>) -> Result<String> {
    let name = |key: &LicenseKey| Ok(store.license(key)?.map_or_else(|| key.to_string(), |license| license.name));
    activity::describe(before, after, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_a_batch_above_the_limit() {
        let capabilities = Capabilities { batch: 1, ..Capabilities::built_in() };
        let group = Action::CreateGroup { path: UserGroupPath::new("Sales") };
        let batch: Batch = [group.clone(), group].into_iter().collect();
        let error = admit(&batch, &capabilities).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(
            error.to_string(),
            "could not execute a batch: the batch has 2 actions; the account accepts at most 1"
        );
    }
}
