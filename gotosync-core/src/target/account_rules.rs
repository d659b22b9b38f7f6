//! The vendor's rules in one place, whatever keeps the account.
//!
//! A [`AccountStore`] only looks up and writes; [`perform`] alone decides. So the strict fake and the account on disk cannot come
//! to differ in what they accept.

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

/// Looks up and writes one account. It knows no rule.
///
/// Writes come only after every lookup of an action, and an `Err` means that the storage is broken: whoever keeps the store
/// then undoes the batch.
pub(super) trait AccountStore {
    /// The user whose login is in use.
    fn login(&self) -> Result<Option<UserKey>>;
    /// A user by key.
    fn user(&self, key: &UserKey) -> Result<Option<Record>>;
    /// The key of the user who has an address, under [`Email::key`].
    fn holder(&self, email: &Email) -> Result<Option<UserKey>>;
    /// The number of users.
    fn users(&self) -> Result<usize>;
    /// A license by key, with the seats that are taken now.
    fn license(&self, key: &LicenseKey) -> Result<Option<License>>;
    /// Whether a user group exists.
    fn has_group(&self, path: &UserGroupPath) -> Result<bool>;
    /// The lists of the catalog that are short: devices, phone numbers, extensions and addresses of other accounts are not in
    /// it.
    fn catalog(&self) -> Result<Arc<Catalog>>;
    /// A device by its address.
    fn device(&self, mac: Mac) -> Result<Option<Device>>;
    /// A telephone number of the account, whoever has it.
    fn phone_number(&self, number: &PhoneNumber) -> Result<Option<NamedNumber>>;
    /// Whether the account has a telephone extension, whoever has it.
    fn has_extension(&self, extension: &str) -> Result<bool>;
    /// The key of the user who has something exclusive, listed or not.
    fn holder_of(&self, one: &Exclusive) -> Result<Option<UserKey>>;
    /// Whether an address is known to belong to another account.
    fn is_elsewhere(&self, email: &Email) -> Result<bool>;
    /// What somebody with an address in another account was asked.
    fn transfer(&self, email: &Email) -> Result<Option<Transfer>>;
    /// Whether somebody else than this user is a full administrator.
    fn has_administrator_beside(&self, user: &UserKey) -> Result<bool>;
    /// Writes a user, new or not, and with them whatever is exclusive, under the names it has with them. An
    /// extension of their own that gets a new number has the old one no more; any other stays in the account.
    fn put_user(&mut self, record: Record) -> Result<()>;
    /// Deletes a user, and gives back whatever is exclusive.
    fn remove_user(&mut self, key: &UserKey) -> Result<()>;
    /// Writes a template of welcome e-mails over the one of that name, if there is one.
    fn put_welcome_email(&mut self, template: WelcomeTemplate) -> Result<()>;
    /// Writes what somebody was asked, over what they were asked before.
    fn put_transfer(&mut self, transfer: Transfer) -> Result<()>;
    /// Writes a user group.
    fn put_group(&mut self, group: UserGroup) -> Result<()>;
    /// The next number for a user; no number comes twice.
    fn next_user(&mut self) -> Result<u64>;
    /// Adds to the history; the store gives the sequence.
    fn append(&mut self, entry: Activity) -> Result<()>;
}

/// A user as an account store keeps them.
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
/// Only those of the store: what the rules refuse is an [`Outcome`].
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

/// Why an action ended early.
enum Stop {
    /// A rule stands against it.
    Refused(Fault),
    /// The store cannot be read or written.
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

/// Refuses a name that the account does not have, and names the nearest that it has.
fn unknown<'n, T>(what: &str, name: &str, names: impl IntoIterator<Item = &'n str>) -> Done<T> {
    let near = nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    refuse(ErrorKind::NotFound, activity::one_line(&format!("the account has no {what} `{name}`{near}")))
}

/// What differs between a user before and after, with the names of licenses.
fn told(store: &dyn AccountStore, before: Option<&User>, after: Option<&User>) -> Result<String> {
    let name = |key: &LicenseKey| Ok(store.license(key)?.map_or_else(|| key.to_string(), |license| license.name));
    activity::told(before, after, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_is_too_large_is_refused_whole() {
        let capabilities = Capabilities { batch: 1, ..Capabilities::built_in() };
        let group = Action::CreateGroup { path: UserGroupPath::new("Sales") };
        let batch: Batch = [group.clone(), group].into_iter().collect();
        let error = admit(&batch, &capabilities).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "could not execute a batch: a batch of 2 actions was sent, 1 are taken at once");
    }
}
