//! Guards of actions, and their results: the same for every target. A target only translates.
//!
//! Everything here is pure: a target reads the user, asks [`Action::guard`], and writes what comes out of it. Only what an account
//! knows and a user does not (whether an address is free, whether a seat or a group is there) is left to the target.

use super::account::{Status, User};
use super::action::{Action, Creation};
use super::capabilities::{FieldLimits, RoleAccess};
use super::change::UserChanges;
use super::email::Email;
use super::id::UserKey;
use super::outcome::{Effect, Fault};
use super::role::Role;
use super::settings::Field;
use crate::error::ErrorKind;

/// The facts about an account that the guards of actions need.
#[derive(Clone, Copy, Debug)]
pub struct Guards<'g> {
    /// The user whose login is in use: that user keeps access and role.
    pub login: Option<&'g UserKey>,
    /// The login's access to roles.
    pub roles: RoleAccess,
    /// The limits of fields.
    pub limits: FieldLimits,
}

/// The state of an action that may have been carried out, as a read shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The effect is there.
    Done(Effect),
    /// All is as it was before.
    NotDone,
    /// A read cannot show it, and it no longer matters; the text says why.
    Moot(&'static str),
    /// The user looks neither as before nor as after.
    Unclear,
}

impl Action {
    /// Checks that a user is as the action expects, and returns the user as the action leaves them; `None` is a user who is deleted.
    ///
    /// The target still checks that a new address is free, that licenses, groups and other named things exist, that seats are free,
    /// and that an administrator remains. [`User::derive_status`] has to be asked for the status afterwards.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] without a user, [`ErrorKind::Conflict`] for a user who is not as the action expects,
    /// [`ErrorKind::Denied`] for what the login may not do or must not do to itself, [`ErrorKind::Input`] for values that no
    /// account accepts.
    pub fn guard(&self, now: Option<&User>, guards: &Guards<'_>) -> Result<Option<User>, Fault> {
        let Some((user, key)) = now.zip(self.user()) else {
            let key = self.user().map_or("", UserKey::as_str);
            return refuse(ErrorKind::NotFound, format!("the account has no user {key}"));
        };
        let own = guards.login == Some(key);
        let after = match self {
            Self::Suspend(suspension) => {
                if own {
                    return refuse(ErrorKind::Denied, "the user whose login is in use cannot be suspended");
                }
                if !user.role.is_member() {
                    guards.check_roles()?;
                }
                let mut licenses = suspension.licenses().to_vec();
                licenses.sort();
                licenses.dedup();
                if licenses != user.licenses {
                    return Err(changed(Field::Products));
                }
                if suspension.role().clone().normal() != user.role {
                    return Err(changed(Field::Role));
                }
                User { licenses: Vec::new(), role: Role::Member, ..user.clone() }
            }
            Self::Release(release) => {
                if !release.licenses().iter().all(|license| user.licenses.contains(license)) {
                    return Err(changed(Field::Products));
                }
                let mut after = user.clone();
                after.licenses.retain(|license| !release.licenses().contains(license));
                after
            }
            Self::Delete(deletion) => {
                if own {
                    return refuse(ErrorKind::Denied, "the user whose login is in use cannot be deleted");
                }
                if !user.role.is_member() {
                    guards.check_roles()?;
                }
                if user.email != *deletion.email() {
                    return Err(changed(Field::Email));
                }
                if user.status != Status::Suspended {
                    let message = format!("the user is {}: suspend first, then delete", user.status.as_str());
                    return refuse(ErrorKind::Conflict, message);
                }
                return Ok(None);
            }
            Self::Update(update) => guards.changed(user, &update.changes, own)?,
            Self::Reactivate(update) => {
                if user.status != Status::Suspended {
                    let message = format!("the user is {}, not suspended", user.status.as_str());
                    return refuse(ErrorKind::Conflict, message);
                }
                let after = guards.changed(user, &update.changes, own)?;
                if after.is_bare() {
                    let message = "neither a product nor a role comes, so the user would stay suspended";
                    return refuse(ErrorKind::Input, message);
                }
                after
            }
            Self::Invite { sent, .. } => {
                if user.status != Status::Invited {
                    let message = format!("the user is {}, not invited", user.status.as_str());
                    return refuse(ErrorKind::Conflict, message);
                }
                let mut invitation = user.invitation.unwrap_or_default();
                if invitation.sent != *sent {
                    return refuse(ErrorKind::Conflict, "an invitation was sent meanwhile");
                }
                invitation.sent = sent.saturating_add(1);
                invitation.expired = false;
                User { invitation: Some(invitation), ..user.clone() }
            }
            Self::CreateGroup { .. } | Self::WriteTemplate { .. } | Self::Create(_) => {
                return refuse(ErrorKind::Bug, "the action is about no user");
            }
        };
        // Not only a suspension can lock the login out: so does taking its last product by a release or an update.
        if own && after.is_bare() && !user.is_bare() {
            return refuse(ErrorKind::Denied, "the user whose login is in use cannot lose the last product");
        }
        Ok(Some(after))
    }

    /// Returns what is done to a user when the action succeeds; `None` for a creation, whose effect names the new user.
    pub fn effect(&self) -> Option<Effect> {
        Some(match self {
            Self::Suspend(_) => Effect::Suspended,
            Self::Release(_) => Effect::Released,
            Self::Delete(_) => Effect::Deleted,
            Self::CreateGroup { .. } => Effect::GroupCreated,
            Self::WriteTemplate { .. } => Effect::TemplateWritten,
            Self::Update(_) => Effect::Updated,
            Self::Reactivate(_) => Effect::Reactivated,
            Self::Invite { .. } => Effect::Invited,
            Self::Create(_) => return None,
        })
    }

    /// Says what a user who is read shows of an action on a user. `unchanged` answers whether the user is as when the action
    /// was planned.
    pub fn arrival(&self, user: Option<&User>, unchanged: impl Fn(&User) -> bool) -> Arrival {
        let decide = |done: bool, before: bool| match self.effect() {
            Some(effect) if done => Arrival::Done(effect),
            _ if before => Arrival::NotDone,
            _ => Arrival::Unclear,
        };
        match (self, user) {
            // A key may be given again, an address need not be the same person's: only both together are the user.
            (Self::Delete(deletion), user) => {
                let there = user.is_some_and(|user| user.email == *deletion.email());
                decide(!there, there)
            }
            (_, None) | (Self::CreateGroup { .. } | Self::WriteTemplate { .. } | Self::Create(_), _) => {
                Arrival::Unclear
            }
            (Self::Suspend(suspension), Some(user)) => {
                let done = user.status == Status::Suspended;
                decide(done, unchanged(user) && user.licenses == suspension.licenses())
            }
            (Self::Release(release), Some(user)) => {
                let has = |license| user.licenses.contains(license);
                let done = !release.licenses().iter().any(has);
                decide(done, unchanged(user) && release.licenses().iter().all(has))
            }
            (Self::Update(update), Some(user)) => {
                decide(update.changes.have_arrived(user), update.changes.stale(user).is_none())
            }
            (Self::Reactivate(update), Some(user)) => {
                let done = update.changes.have_arrived(user) && user.status != Status::Suspended;
                decide(done, update.changes.stale(user).is_none())
            }
            (Self::Invite { sent: before, .. }, Some(user)) => match (user.status, user.invitations_sent()) {
                (_, now) if now > *before => Arrival::Done(Effect::Invited),
                (Status::Active | Status::Inactive, _) => Arrival::Moot("the user has signed in meanwhile"),
                (Status::Invited, now) if now == *before => Arrival::NotDone,
                (Status::Invited | Status::Suspended, _) => Arrival::Unclear,
            },
        }
    }
}

impl Creation {
    /// Checks that a user can be created, as far as no account has to be asked.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for values that no account accepts, [`ErrorKind::Denied`] for a role that the login cannot give.
    pub fn guard(&self, guards: &Guards<'_>) -> Result<(), Fault> {
        let user = &self.user;
        if user.key.is_some() {
            return refuse(ErrorKind::Input, "a user who is yet to be created cannot have a key");
        }
        if !user.locks.none() || user.invitation.is_some() {
            return refuse(
                ErrorKind::Input,
                "locks and invitations are the account's own: no user is created with them",
            );
        }
        guards.check_email(&user.email)?;
        guards.check_name(Field::FirstName, &user.first_name)?;
        guards.check_name(Field::LastName, &user.last_name)?;
        if !user.role.is_member() {
            guards.check_roles()?;
        }
        check_role(&user.role)?;
        match user.settings().conflict() {
            Some(message) => refuse(ErrorKind::Input, message),
            None => Ok(()),
        }
    }
}

impl Guards<'_> {
    /// Checks changes, and returns the user with them.
    fn changed(&self, user: &User, changes: &UserChanges, own: bool) -> Result<User, Fault> {
        // First, since whether a role is as it was read would show what it is.
        if changes.role.is_some() {
            self.check_roles()?;
        }
        if let Some(field) = changes.stale(user) {
            return Err(changed(field));
        }
        check_locks(changes, user)?;
        // Only what changes is checked: a user who came from elsewhere may break a limit that is not touched.
        if let Some(change) = &changes.email {
            let Some(email) = change.after() else { return refuse(ErrorKind::Input, "an e-mail cannot be taken away") };
            self.check_email(email)?;
        }
        for (field, change) in [(Field::FirstName, &changes.first_name), (Field::LastName, &changes.last_name)] {
            change.as_ref().and_then(|change| change.after()).map_or(Ok(()), |name| self.check_name(field, name))?;
        }
        let mut after = user.clone();
        changes.apply_to(&mut after);
        after.role = after.role.normal();
        if after.role != user.role {
            check_role(&after.role)?;
            if own {
                let message = "the role of the user whose login is in use cannot be changed";
                return refuse(ErrorKind::Denied, message);
            }
        }
        match after.settings().conflict().filter(|_| changes.settings.is_some()) {
            Some(message) => refuse(ErrorKind::Input, message),
            None => Ok(after),
        }
    }

    /// Checks that the login sees and gives roles.
    fn check_roles(&self) -> Result<(), Fault> {
        match self.roles {
            RoleAccess::Full => Ok(()),
            RoleAccess::Hidden => {
                refuse(ErrorKind::Denied, "only the login of a full administrator gives and takes roles")
            }
        }
    }

    fn check_email(&self, email: &Email) -> Result<(), Fault> {
        if let Some(problem) = email.problem() {
            let shown = email.as_str().escape_debug();
            return refuse(ErrorKind::Input, format!("email `{shown}` is not accepted: {problem}"));
        }
        within(Field::Email, email.as_str(), self.limits.email)
    }

    fn check_name(&self, field: Field, name: &str) -> Result<(), Fault> {
        within(field, name, self.limits.name)
    }
}

/// Checks that a role says something.
fn check_role(role: &Role) -> Result<(), Fault> {
    match role {
        Role::Manager { privileges, .. } if privileges.is_empty() => {
            refuse(ErrorKind::Input, "a manager without a privilege is a member")
        }
        _ => Ok(()),
    }
}

/// Refuses to change what an identity provider or a verified domain owns.
fn check_locks(changes: &UserChanges, user: &User) -> Result<(), Fault> {
    for (field, changes, locked) in [
        (Field::Email, changes.email.is_some(), user.locks.email),
        (Field::FirstName, changes.first_name.is_some(), user.locks.name),
        (Field::LastName, changes.last_name.is_some(), user.locks.name),
    ] {
        if changes && locked {
            let message = format!("{field} is locked: an identity provider or a verified domain owns it");
            return refuse(ErrorKind::Denied, message);
        }
    }
    Ok(())
}

fn within(field: Field, text: &str, most: usize) -> Result<(), Fault> {
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("{field} has {length} characters, {most} are accepted"))
}

/// A field is not as the action expects.
fn changed(field: Field) -> Fault {
    Fault::new(ErrorKind::Conflict, format!("{field} is not as it was read"))
}

fn refuse<T>(kind: ErrorKind, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::new(kind, message))
}

#[cfg(test)]
mod tests;
