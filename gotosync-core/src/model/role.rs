//! What a user may administer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::LicenseKey;
use super::user_group::UserGroupPath;

/// What a user may administer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Nothing.
    #[default]
    Member,
    /// Everything.
    Administrator,
    /// Some things, for some products and some user groups.
    ///
    /// The groups are those listed and what is below them: a person who is moved to a group that is not listed is out of
    /// the manager's reach.
    Manager {
        /// What the manager may do, in ascending order.
        privileges: Vec<Privilege>,
        /// The user groups the manager may do it for, in ascending order; all of them if none is listed.
        #[serde(default)]
        groups: Vec<UserGroupPath>,
        /// The licenses the manager may do it for, in ascending order; all of them if none is listed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<LicenseKey>,
    },
    /// What a role set of the account says.
    Set(String),
}

impl Role {
    /// Says whether the user administers nothing.
    pub fn is_member(&self) -> bool {
        *self == Self::Member
    }

    /// Says whether the user administers everything.
    pub fn is_administrator(&self) -> bool {
        *self == Self::Administrator
    }

    /// The role with its lists in order and without repetition, so that equal roles compare equal.
    #[must_use]
    pub fn normal(self) -> Self {
        fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
            list.sort();
            list.dedup();
            list
        }
        match self {
            Self::Manager { privileges, groups, products } => {
                Self::Manager { privileges: sorted(privileges), groups: sorted(groups), products: sorted(products) }
            }
            other => other,
        }
    }

    /// The user groups a manager is limited to.
    pub fn groups(&self) -> &[UserGroupPath] {
        if let Self::Manager { groups, .. } = self { groups } else { &[] }
    }

    /// The licenses a manager is limited to.
    pub fn products(&self) -> &[LicenseKey] {
        if let Self::Manager { products, .. } = self { products } else { &[] }
    }

    /// The role in words; `license` gives the name of a license.
    pub fn told<'n>(&'n self, license: impl Fn(&'n LicenseKey) -> &'n str) -> String {
        let mut told = self.to_string();
        let mut list = |what: &str, names: Vec<&str>| {
            if !names.is_empty() {
                told.push_str(what);
                told.push_str(&names.join(", "));
            }
        };
        if let Self::Manager { privileges, groups, products } = self {
            list(": ", privileges.iter().map(|privilege| privilege.as_str()).collect());
            list("; for ", products.iter().map(license).collect());
            list("; in ", groups.iter().map(UserGroupPath::as_str).collect());
        }
        told
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member => f.write_str("member"),
            Self::Administrator => f.write_str("administrator"),
            Self::Manager { .. } => f.write_str("manager"),
            Self::Set(name) => write!(f, "role set {name}"),
        }
    }
}

/// One thing a manager may do (goto-api, 6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Add and delete users.
    ManageUsers,
    /// Give and take seats.
    ManageSeats,
    /// Change organizer settings.
    ManageSettings,
    /// Add and delete groups.
    ManageGroups,
    /// Create reports.
    RunReports,
}

impl Privilege {
    /// Every privilege.
    pub const ALL: [Self; 5] =
        [Self::ManageUsers, Self::ManageSeats, Self::ManageSettings, Self::ManageGroups, Self::RunReports];

    /// The word in rules, JSON and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ManageUsers => "manage-users",
            Self::ManageSeats => "manage-seats",
            Self::ManageSettings => "manage-settings",
            Self::ManageGroups => "manage-groups",
            Self::RunReports => "run-reports",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_the_same_however_its_lists_are_ordered() {
        let manager = |privileges: &[Privilege]| Role::Manager {
            privileges: privileges.to_vec(),
            groups: vec![UserGroupPath::new("Sales")],
            products: Vec::new(),
        };
        let (users, seats) = (Privilege::ManageUsers, Privilege::ManageSeats);
        assert_eq!(manager(&[seats, users, seats]).normal(), manager(&[users, seats]).normal());
        assert_eq!(manager(&[users, seats]).told(|key| key.as_str()), "manager: manage-users, manage-seats; in Sales");
    }

    #[test]
    fn the_word_of_a_privilege_is_the_word_in_json() {
        for privilege in Privilege::ALL {
            assert_eq!(serde_json::to_value(privilege).unwrap(), privilege.as_str());
        }
    }
}
