//! Administrative roles of users.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::LicenseKey;
use super::user_group::UserGroupPath;

/// The administrative role of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// No administrative rights.
    #[default]
    Member,
    /// Full administrative rights.
    Administrator,
    /// Limited administrative rights for some products and some user groups.
    ///
    /// The role covers the listed groups and their subgroups. If a user is moved to another group, the manager can no longer
    /// administer that user.
    Manager {
        /// The privileges, in ascending order.
        privileges: Vec<Privilege>,
        /// The user groups that the role covers, in ascending order; an empty list means all groups.
        #[serde(default)]
        groups: Vec<UserGroupPath>,
        /// The licenses that the role covers, in ascending order; an empty list means all licenses.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<LicenseKey>,
    },
    /// A role set of the account, by name.
    Set(String),
}

impl Role {
    /// Returns `true` if the user has no administrative rights.
    pub fn is_member(&self) -> bool {
        *self == Self::Member
    }

    /// Returns `true` if the user has full administrative rights.
    pub fn is_administrator(&self) -> bool {
        *self == Self::Administrator
    }

    /// Sorts and deduplicates the lists, so that equal roles compare equal.
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

    /// Returns the user groups that a manager is limited to.
    pub fn groups(&self) -> &[UserGroupPath] {
        if let Self::Manager { groups, .. } = self { groups } else { &[] }
    }

    /// Returns the licenses that a manager is limited to.
    pub fn products(&self) -> &[LicenseKey] {
        if let Self::Manager { products, .. } = self { products } else { &[] }
    }

    /// Describes the role in words; `license` returns the name of a license.
    pub fn told<'n>(&'n self, license: impl Fn(&'n LicenseKey) -> &'n str) -> String {
        let mut text = self.to_string();
        let mut list = |what: &str, names: Vec<&str>| {
            if !names.is_empty() {
                text.push_str(what);
                text.push_str(&names.join(", "));
            }
        };
        if let Self::Manager { privileges, groups, products } = self {
            list(": ", privileges.iter().map(|privilege| privilege.as_str()).collect());
            list("; for ", products.iter().map(license).collect());
            list("; in ", groups.iter().map(UserGroupPath::as_str).collect());
        }
        text
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

/// A privilege of a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Add and delete users.
    ManageUsers,
    /// Assign and remove seats.
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

    /// The word in rules, JSON, and output.
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
    fn equal_roles_compare_equal_in_any_order_of_their_lists() {
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
    fn serializes_each_privilege_as_its_word() {
        for privilege in Privilege::ALL {
            assert_eq!(serde_json::to_value(privilege).unwrap(), privilege.as_str());
        }
    }
}
