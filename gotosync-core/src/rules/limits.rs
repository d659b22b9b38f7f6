//! Limits on how much may change in one run without the approval of an admin.

use serde::{Deserialize, Serialize};

/// A kind of change that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Users created.
    Create,
    /// Users whose fields change.
    Update,
    /// Users who lose all licenses and roles.
    Suspend,
    /// Users who lose a license without being suspended.
    Release,
    /// Users deleted.
    Delete,
    /// Users who move to another user group or leave theirs.
    GroupChange,
    /// Users who get, change, or lose a role.
    RoleChange,
    /// E-mails sent: welcome e-mails and repeated invitations.
    Emails,
    /// People that a rule selected at the last complete read and does not select now.
    Shrink,
}

impl Amount {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::Update,
        Self::Suspend,
        Self::Release,
        Self::Delete,
        Self::GroupChange,
        Self::RoleChange,
        Self::Emails,
        Self::Shrink,
    ];

    /// Returns the key in a rules file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Suspend => "suspend",
            Self::Release => "release",
            Self::Delete => "delete",
            Self::GroupChange => "group_change",
            Self::RoleChange => "role_change",
            Self::Emails => "emails",
            Self::Shrink => "shrink",
        }
    }

    /// Returns `true` if people lose, or may lose, all their access by this kind of change.
    pub const fn ends_access(self) -> bool {
        matches!(self, Self::Suspend | Self::Delete | Self::Shrink)
    }

    /// Describes what is counted, for output.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Create => "users would be created",
            Self::Update => "users would be updated",
            Self::Suspend => "users would be suspended",
            Self::Release => "users would lose a license",
            Self::Delete => "users would be deleted",
            Self::GroupChange => "users would change their user group",
            Self::RoleChange => "users would get, change, or lose a role",
            Self::Emails => "e-mails would be sent",
            Self::Shrink => "people are no longer selected",
        }
    }

    /// Returns the total that the percentage refers to, for output.
    pub const fn base(self) -> &'static str {
        match self {
            Self::Create | Self::Emails => "people selected",
            Self::Shrink => "people selected before",
            Self::Suspend | Self::Release => "users managed by rules",
            Self::Update | Self::Delete | Self::GroupChange | Self::RoleChange => "users",
        }
    }
}

/// The maximum that may change: a count, a percentage, or both. If both are set, the lower limit applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The maximum number.
    pub count: Option<usize>,
    /// The maximum percentage.
    pub percent: Option<usize>,
    /// The number that is always allowed, so that a single leaver does not stop the run of a small team.
    pub floor: usize,
}

impl Limit {
    /// Returns `true` if a number out of a total is more than allowed.
    pub fn exceeded(&self, number: usize, total: usize) -> bool {
        number > self.allowed(total)
    }

    /// Returns the maximum that is allowed out of a total.
    pub fn allowed(&self, total: usize) -> usize {
        let share = self.percent.map_or(usize::MAX, |percent| total.saturating_mul(percent) / 100);
        share.min(self.count.unwrap_or(usize::MAX)).max(self.floor)
    }
}

/// The limits of a run or of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits(Vec<(Amount, Limit)>);

impl Limits {
    /// Returns the limits of a run that apply unless the file sets others. The values follow other sync products: Entra Connect stops
    /// at 500 deletions, Google Cloud Directory Sync at 5 %.
    pub fn standard() -> Self {
        let limit = |count, percent, floor| Limit { count, percent, floor };
        Self(vec![
            (Amount::Create, limit(Some(500), None, 0)),
            (Amount::Update, limit(Some(1000), Some(30), 50)),
            (Amount::Suspend, limit(Some(500), Some(5), 5)),
            (Amount::Release, limit(Some(500), Some(5), 5)),
            (Amount::Delete, limit(Some(50), Some(1), 5)),
            (Amount::GroupChange, limit(Some(1000), Some(20), 20)),
            (Amount::RoleChange, limit(Some(20), Some(5), 5)),
            (Amount::Emails, limit(Some(500), None, 0)),
            (Amount::Shrink, limit(None, Some(20), 5)),
        ])
    }

    /// Sets or removes a limit.
    pub fn set(&mut self, amount: Amount, limit: Option<Limit>) {
        self.0.retain(|(own, _)| *own != amount);
        self.0.extend(limit.map(|limit| (amount, limit)));
    }

    /// Returns the limit for a kind of change, if there is one.
    pub fn get(&self, amount: Amount) -> Option<Limit> {
        self.0.iter().find(|(own, _)| *own == amount).map(|(_, limit)| *limit)
    }

    /// Returns the limit for a kind of change out of a total. For changes that end access, the floor is at most half of the total:
    /// a single leaver does not stop the run of a small team, but a small team cannot lose all its access unnoticed either.
    pub fn of(&self, amount: Amount, total: usize) -> Option<Limit> {
        let limit = self.get(amount)?;
        let floor = if amount.ends_access() { limit.floor.min(total.div_ceil(2)) } else { limit.floor };
        Some(Limit { floor, ..limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applies_the_lower_of_count_and_percentage_but_at_least_the_floor() {
        let limit = Limit { count: Some(500), percent: Some(5), floor: 5 };
        assert_eq!(limit.allowed(20), 5);
        assert_eq!(limit.allowed(1_000), 50);
        assert_eq!(limit.allowed(1_000_000), 500);
        assert!(limit.exceeded(51, 1_000));
        assert!(!limit.exceeded(50, 1_000));
        assert_eq!(Limit::default().allowed(10), usize::MAX);
    }
}
