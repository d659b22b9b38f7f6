//! Taking over an account as it is found.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Record, derived};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Account, Status, User, UserKey};

/// The number of the first user that an account makes.
pub(in crate::target) const FIRST_USER: u64 = 1_000_000_001;

/// Takes the users of an account, in its order.
///
/// Who has no key gets one from `next`; licences are put in order; the status is derived, so that it says the same as
/// after any write. `signed_in` answers for users whom the book knew before. Limits are not asked: an account is what it
/// is, also where it was cut down or filled before a limit came.
///
/// # Errors
/// [`ErrorKind::Input`] if a key, an address, a licence or a group stands there twice.
pub(in crate::target) fn opening(
    account: &Account,
    next: &mut u64,
    signed_in: impl Fn(&UserKey) -> Option<bool>,
) -> Result<Vec<Record>> {
    unique("licence", account.licenses.iter().map(|license| license.key.as_str()))?;
    unique("user group", account.groups.iter().map(|group| group.path.as_str()))?;
    unique("user key", account.users.iter().filter_map(|user| user.key.as_ref()).map(UserKey::as_str))?;
    unique("e-mail", account.users.iter().map(|user| user.email.key()))?;
    let taken: HashSet<_> = account.users.iter().filter_map(|user| user.key.as_ref()).map(UserKey::as_str).collect();
    let mut fresh = || {
        loop {
            let key = next.to_string();
            *next += 1;
            if !taken.contains(key.as_str()) {
                return UserKey::new(key);
            }
        }
    };
    Ok(account.users.iter().map(|user| settled(user, &mut fresh, &signed_in)).collect())
}

/// Brings one user into the form that a book keeps; who is in it already stays shared.
fn settled(user: &Arc<User>, fresh: impl FnOnce() -> UserKey, signed_in: impl Fn(&UserKey) -> Option<bool>) -> Record {
    let mut user = Arc::clone(user);
    let key = user.key.clone().unwrap_or_else(fresh);
    let before = signed_in(&key);
    // Nothing tells whether a suspended user ever signed in; most have.
    let signed_in = match user.status {
        Status::Active | Status::Inactive => true,
        Status::Suspended => before.unwrap_or(true),
        Status::Invited => before.unwrap_or(false),
    };
    let status = derived(&user, signed_in);
    if user.key.is_none() || user.status != status || !user.licenses.is_sorted_by(|a, b| a < b) {
        let user = Arc::make_mut(&mut user);
        user.key = Some(key.clone());
        user.status = status;
        user.licenses.sort();
        user.licenses.dedup();
    }
    Record { key, user, signed_in }
}

fn unique<T: AsRef<str> + Eq + std::hash::Hash>(what: &str, keys: impl Iterator<Item = T>) -> Result<()> {
    let mut seen = HashSet::new();
    for key in keys {
        if let Some(twice) = seen.replace(key) {
            return Err(Error::new(
                ErrorKind::Input,
                format!("{what} `{}` stands in the account twice", twice.as_ref()),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(users: Vec<User>) -> Account {
        Account { users: users.into_iter().map(Arc::new).collect(), ..Account::empty("1", "Test") }
    }

    #[test]
    fn users_get_keys_that_nobody_has() {
        let mut next = FIRST_USER;
        let first = User { key: Some(UserKey::new("1000000001")), ..User::new("a@example.test", "A", "A") };
        let records =
            opening(&account(vec![User::new("b@example.test", "B", "B"), first]), &mut next, |_| None).unwrap();
        assert_eq!(records[0].user.key, Some(UserKey::new("1000000002")));
        assert_eq!(next, 1_000_000_003);
    }

    #[test]
    fn whoever_needs_no_change_stays_shared() {
        let ann = User { key: Some("7".into()), licenses: vec!["g2m".into()], ..User::new("a@example.test", "A", "A") };
        let account = account(vec![ann]);
        let records = opening(&account, &mut 1, |_| None).unwrap();
        assert!(Arc::ptr_eq(&records[0].user, &account.users[0]));
        assert!(!records[0].signed_in);
    }

    #[test]
    fn an_address_may_not_stand_there_twice() {
        let users = vec![User::new("a@example.test", "A", "A"), User::new("A@Example.test", "B", "B")];
        let error = opening(&account(users), &mut 1, |_| None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert_eq!(error.to_string(), "e-mail `a@example.test` stands in the account twice");
    }
}
