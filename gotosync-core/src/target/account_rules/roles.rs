//! Permission to see and to change roles.

use std::sync::Arc;

use super::checks::check_group;
use super::{AccountStore, Done, Record, refuse, unknown};
use crate::error::{ErrorKind, Result};
use crate::model::{Account, Role, User};
use crate::target::{Capabilities, RoleAccess};

/// Returns the signed-in user's access to roles. Only a full administrator has access; credentials that do not belong to a
/// user count as a full administrator's.
pub(in crate::target) fn access(store: &dyn AccountStore, capabilities: &Capabilities) -> Result<RoleAccess> {
    if capabilities.roles == RoleAccess::Hidden {
        return Ok(RoleAccess::Hidden);
    }
    let login = match store.login()? {
        Some(key) => store.user(&key)?,
        None => None,
    };
    let full = login.is_none_or(|record| record.user.role.is_administrator());
    Ok(if full { RoleAccess::Full } else { RoleAccess::Hidden })
}

/// Returns the account as the signed-in user sees it: if roles are hidden, every user is shown as a member.
pub(in crate::target) fn as_shown(mut account: Account, access: RoleAccess) -> Account {
    if access == RoleAccess::Hidden {
        for user in account.users.iter_mut().filter(|user| !user.role.is_member()) {
            *user = Arc::new(User { role: Role::Member, ..User::clone(user) });
        }
    }
    account
}

/// Checks that the groups, licenses, and role set that a role names exist.
pub(super) fn check(store: &dyn AccountStore, role: &Role) -> Done<()> {
    match role {
        Role::Member | Role::Administrator => Ok(()),
        Role::Manager { groups, products, .. } => {
            groups.iter().try_for_each(|path| check_group(store, path))?;
            for key in products {
                if store.license(key)?.is_none() {
                    return refuse(ErrorKind::NotFound, format!("the account has no license {key}"));
                }
            }
            Ok(())
        }
        Role::Set(name) => {
            let catalog = store.catalog()?;
            if catalog.role_sets.contains(name) {
                return Ok(());
            }
            unknown("role set", name, catalog.role_sets.iter().map(String::as_str))
        }
    }
}

/// Checks that another full administrator remains if this user loses the role or is deleted.
pub(super) fn check_last(store: &dyn AccountStore, before: &Record, after: Option<&User>) -> Done<()> {
    let stays = after.is_some_and(|after| after.role == before.user.role);
    if stays || !before.user.role.is_administrator() || store.has_administrator_beside(&before.key)? {
        return Ok(());
    }
    refuse(ErrorKind::Denied, "the last full administrator cannot lose that role")
}
