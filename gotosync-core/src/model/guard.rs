//! The preconditions ("guards") of actions, and the state of a user after each action. They are the same for every target.
//!
//! Everything here is pure: a target reads the user, calls [`Action::guard`], and writes the result. The target itself only checks
//! facts that a user does not contain, e.g. that an address is free, or that a seat or a group exists.

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

/// Facts about an account that the guards of actions need.
#[derive(Clone, Copy, Debug)]
pub struct Guards<'g> {
    /// The user that gotosync signs in as. This user keeps access and role.
    pub login: Option<&'g UserKey>,
    /// The access of the signed-in user to roles.
    pub roles: RoleAccess,
    /// The limits of users and their fields.
    pub limits: FieldLimits,
}

/// The state of an action whose outcome is unknown, as determined by a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The action was done, with this effect.
    Done(Effect),
    /// The action was not done: the user is unchanged.
    NotDone,
    /// A read cannot tell, but the action no longer matters; the text is the reason.
    Moot(&'static str),
    /// The user has neither the state before the action nor the state after it.
    Unclear,
}

impl Action {
    /// Checks that a user is in the state that the action expects, and returns the user after the action; `None` for a deletion.
    ///
    /// The target must still check that a new address is free, that licenses, groups, and other named objects exist, that seats are
    /// free, and that an administrator remains. Call [`User::derive_status`] afterwards to update the status.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no user, [`ErrorKind::Conflict`] if the user is not in the expected state,
    /// [`ErrorKind::Denied`] if the signed-in user lacks the permission or would lose its own access, [`ErrorKind::Input`] for
    /// values that no account accepts.
    pub fn guard(&self, now: Option<&User>, guards: &Guards<'_>) -> Result<Option<User>, Fault> {
        let Some((user, key)) = now.zip(self.user()) else {
            let key = self.user().map_or("", UserKey::as_str);
            return refuse(ErrorKind::NotFound, format!("the account has no user {key}"));
        };
        let own = guards.login == Some(key);
        let after = match self {
            Self::Suspend(suspension) => {
                if own {
                    return refuse(ErrorKind::Denied, "cannot suspend the user that gotosync signs in as");
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
                    return refuse(ErrorKind::Denied, "cannot delete the user that gotosync signs in as");
                }
                if !user.role.is_member() {
                    guards.check_roles()?;
                }
                if user.email != *deletion.email() {
                    return Err(changed(Field::Email));
                }
                if user.status != Status::Suspended {
                    let message =
                        format!("the user is {}, but only suspended users can be deleted", user.status.as_str());
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
                    let message = "the change adds neither a product nor a role, so the user would stay suspended";
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
                    return refuse(ErrorKind::Conflict, "another invitation was sent in the meantime");
                }
                invitation.sent = sent.saturating_add(1);
                invitation.expired = false;
                User { invitation: Some(invitation), ..user.clone() }
            }
            Self::CreateGroup { .. } | Self::WriteTemplate { .. } | Self::Create(_) => {
                return refuse(ErrorKind::Bug, "the action does not concern an existing user");
            }
        };
        // A release or an update can lock the signed-in user out, too, by removing its last product.
        if own && after.is_bare() && !user.is_bare() {
            return refuse(ErrorKind::Denied, "cannot remove the last product of the user that gotosync signs in as");
        }
        Ok(Some(after))
    }

    /// Returns the effect of the action if it succeeds; `None` for a creation, whose effect includes the key of the new user.
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

    /// Determines from a user that was just read whether the action was done. `unchanged` returns `true` if the user still looks
    /// as it did when the action was planned.
    pub fn arrival(&self, user: Option<&User>, unchanged: impl Fn(&User) -> bool) -> Arrival {
        let decide = |done: bool, before: bool| match self.effect() {
            Some(effect) if done => Arrival::Done(effect),
            _ if before => Arrival::NotDone,
            _ => Arrival::Unclear,
        };
        match (self, user) {
            // A key may be reused, and an address may belong to someone new: only both together identify the user.
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
                (Status::Active | Status::Inactive, _) => Arrival::Moot("the user has already signed in"),
                (Status::Invited, now) if now == *before => Arrival::NotDone,
                (Status::Invited | Status::Suspended, _) => Arrival::Unclear,
            },
        }
    }
}

impl Creation {
    /// Checks that a user can be created, as far as this is possible without asking the account.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for values that no account accepts, [`ErrorKind::Denied`] if the signed-in user cannot assign the role.
    pub fn guard(&self, guards: &Guards<'_>) -> Result<(), Fault> {
        let user = &self.user;
        if user.key.is_some() {
            return refuse(ErrorKind::Input, "a new user cannot have a key");
        }
        if !user.locks.none() || user.invitation.is_some() {
            return refuse(ErrorKind::Input, "a new user cannot have locks or invitations: only the account sets them");
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
    /// Checks changes, and returns the user after them.
    fn changed(&self, user: &User, changes: &UserChanges, own: bool) -> Result<User, Fault> {
        // This check comes first, because the check of the old role would reveal the role.
        if changes.role.is_some() {
            self.check_roles()?;
        }
        if let Some(field) = changes.stale(user) {
            return Err(changed(field));
        }
        check_locks(changes, user)?;
        // Only changes are checked: an existing user may already break a limit in a field that does not change.
        if let Some(change) = &changes.email {
            let Some(email) = change.after() else {
                return refuse(ErrorKind::Input, "the e-mail address of a user cannot be removed");
            };
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
                let message = "cannot change the role of the user that gotosync signs in as";
                return refuse(ErrorKind::Denied, message);
            }
        }
        match after.settings().conflict().filter(|_| changes.settings.is_some()) {
            Some(message) => refuse(ErrorKind::Input, message),
            None => Ok(after),
        }
    }

    /// Checks that the signed-in user can read and assign roles.
    fn check_roles(&self) -> Result<(), Fault> {
        match self.roles {
            RoleAccess::Full => Ok(()),
            RoleAccess::Hidden => {
                refuse(ErrorKind::Denied, "cannot change roles: the signed-in user is not a full administrator")
            }
        }
    }

    fn check_email(&self, email: &Email) -> Result<(), Fault> {
        if let Some(problem) = email.problem() {
            let shown = email.as_str().escape_debug();
            return refuse(ErrorKind::Input, format!("email `{shown}` is invalid: {problem}"));
        }
        within(Field::Email, email.as_str(), self.limits.email)
    }

    fn check_name(&self, field: Field, name: &str) -> Result<(), Fault> {
        within(field, name, self.limits.name)
    }
}

/// Checks that a role is not empty.
fn check_role(role: &Role) -> Result<(), Fault> {
    match role {
        Role::Manager { privileges, .. } if privileges.is_empty() => {
            refuse(ErrorKind::Input, "a manager needs at least one privilege")
        }
        _ => Ok(()),
    }
}

/// Rejects changes to fields that an identity provider or a verified domain owns.
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
    refuse(ErrorKind::Input, format!("{field} has {length} characters; at most {most} are allowed"))
}

/// Returns the fault for a field that does not have the value that the action expects.
fn changed(field: Field) -> Fault {
    Fault::new(ErrorKind::Conflict, format!("{field} has changed since it was read"))
}

fn refuse<T>(kind: ErrorKind, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::new(kind, message))
}

#[cfg(test)]
mod tests;
