//! The difference between two accounts, usually the current and the desired one.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::{Account, User, UserGroupPath, UserKey};

/// The differences between two accounts. Of the status, only suspended or not suspended is compared: the service derives the
/// rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountDiff {
    /// Users in both accounts that differ.
    pub changed: Vec<UserDiff>,
    /// Users in the second account only, in its order.
    pub added: Vec<Arc<User>>,
    /// Users in the first account only, in its order.
    pub removed: Vec<Arc<User>>,
    /// User groups in the second account only, in its order.
    pub groups_added: Vec<UserGroupPath>,
    /// User groups in the first account only, in its order.
    pub groups_removed: Vec<UserGroupPath>,
}

/// One user before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct UserDiff {
    /// The user's index in the first account.
    pub index: usize,
    /// The user in the first account.
    pub before: Arc<User>,
    /// The user in the second account.
    pub after: Arc<User>,
}

impl AccountDiff {
    /// Returns `true` if nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares two accounts. Users are matched by key, or by e-mail if one of them has no key yet; user groups by path.
///
/// A user that both accounts share as the same [`Arc`], as in a desired account built from the current one, costs one pointer
/// comparison.
pub fn diff(before: &Account, after: &Account) -> AccountDiff {
    let mut diff = AccountDiff::default();
    let mut unmatched: Vec<usize> = Vec::new();
    let mut rest: Vec<&Arc<User>> = Vec::new();
    // Compare by position first: a desired account keeps the order of the current one.
    for (index, old) in before.users.iter().enumerate() {
        match after.users.get(index) {
            Some(new) if Arc::ptr_eq(old, new) => {}
            Some(new) if old.key.is_some() && old.key == new.key => diff.compare(index, old, new),
            Some(new) => {
                unmatched.push(index);
                rest.push(new);
            }
            None => unmatched.push(index),
        }
    }
    rest.extend(after.users.iter().skip(before.users.len()));

    let by_key: HashMap<&UserKey, usize> =
        unmatched.iter().filter_map(|at| before.users[*at].key.as_ref().map(|key| (key, *at))).collect();
    let by_email: HashMap<_, usize> = unmatched.iter().map(|at| (before.users[*at].email.key(), *at)).collect();
    let mut found = vec![false; before.users.len()];
    for new in rest {
        let twin = match &new.key {
            Some(key) => {
                by_key.get(key).or_else(|| by_email.get(&new.email.key()).filter(|at| before.users[**at].key.is_none()))
            }
            None => by_email.get(&new.email.key()),
        };
        match twin {
            Some(at) => {
                found[*at] = true;
                diff.compare(*at, &before.users[*at], new);
            }
            None => diff.added.push(Arc::clone(new)),
        }
    }
    diff.removed = unmatched.iter().filter(|at| !found[**at]).map(|at| Arc::clone(&before.users[*at])).collect();
    diff.changed.sort_by_key(|change| change.index);
    let missing = |from: &Account, of: &Account| {
        of.groups.iter().filter(|group| !from.has_group(&group.path)).map(|group| group.path.clone()).collect()
    };
    diff.groups_added = missing(before, after);
    diff.groups_removed = missing(after, before);
    diff
}

impl AccountDiff {
    fn compare(&mut self, index: usize, before: &Arc<User>, after: &Arc<User>) {
        if !same(before, after) {
            self.changed.push(UserDiff { index, before: Arc::clone(before), after: Arc::clone(after) });
        }
    }
}

/// Returns `true` if two users are equal, ignoring the key (one may lack it) and every status except suspended.
fn same(a: &User, b: &User) -> bool {
    let access = |user: &User| user.status == crate::model::Status::Suspended;
    a.person == b.person
        && a.email == b.email
        && a.first_name == b.first_name
        && a.last_name == b.last_name
        && a.language == b.language
        && access(a) == access(b)
        && a.licenses == b.licenses
        && a.group == b.group
        && a.role == b.role
        && a.settings == b.settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(users: &[(&str, &str)]) -> Account {
        let mut account = Account::empty("1", "Test");
        for (key, email) in users {
            let mut user = User::new(email, "A", "B");
            user.key = Some(UserKey::new(*key));
            account.users.push(Arc::new(user));
        }
        account.sort();
        account
    }

    #[test]
    fn finds_no_difference_between_an_account_and_its_copy() {
        let one = account(&[("1", "a@x.test"), ("2", "b@x.test")]);
        assert!(diff(&one, &one).is_empty());
        let copy: Account = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert!(diff(&one, &copy).is_empty());
    }

    #[test]
    fn matches_users_by_key_regardless_of_their_order() {
        let before = account(&[("1", "a@x.test"), ("2", "b@x.test"), ("3", "c@x.test")]);
        let after = account(&[("2", "zz@x.test"), ("3", "c@x.test"), ("4", "d@x.test")]);
        let found = diff(&before, &after);
        assert_eq!(found.changed.len(), 1);
        assert_eq!(found.changed[0].after.email.as_str(), "zz@x.test");
        assert_eq!(found.added.len(), 1);
        assert_eq!(found.removed[0].email.as_str(), "a@x.test");
    }
}
