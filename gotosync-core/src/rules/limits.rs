//! How much may change in one run before somebody must look.

use serde::{Deserialize, Serialize};

/// A kind of change that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Users made.
    Create,
    /// Users whose fields change.
    Update,
    /// Users who lose every product and role.
    Suspend,
    /// Users who lose a license without being suspended.
    Release,
    /// Users deleted.
    Delete,
    /// Users who come into another user group, or out of one.
    GroupChange,
    /// Users who get a role, or lose or change one.
    RoleChange,
    /// E-mails sent: welcomes, and invitations sent again.
    Emails,
    /// People a rule selected at the last good read and does not select now.
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

    /// The key in a rules file.
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

    /// Says whether people lose all they have by it, or may.
    pub const fn ends_access(self) -> bool {
        matches!(self, Self::Suspend | Self::Delete | Self::Shrink)
    }

    /// What is counted, for people to read.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Create => "users would be created",
            Self::Update => "users would be updated",
            Self::Suspend => "users would be suspended",
            Self::Release => "users would lose a license",
            Self::Delete => "users would be deleted",
            Self::GroupChange => "users would change their user group",
            Self::RoleChange => "users would get, change or lose a role",
            Self::Emails => "e-mails would be sent",
            Self::Shrink => "people no longer selected",
        }
    }

    /// What a per cent is of.
    pub const fn base(self) -> &'static str {
        match self {
            Self::Create | Self::Emails => "people selected",
            Self::Shrink => "people selected before",
            Self::Suspend | Self::Release => "users whom rules manage",
            Self::Update | Self::Delete | Self::GroupChange | Self::RoleChange => "users",
        }
    }
}

/// The most that may change: a count, a share, or both, of which the lower counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// At most so many.
    pub count: Option<usize>,
    /// At most so many of a hundred.
    pub percent: Option<usize>,
    /// Up to so many are always allowed, so that a small team is not stopped by one leaver.
    pub floor: usize,
}

impl Limit {
    /// Says whether a number of a whole is more than allowed.
    pub fn exceeded(&self, number: usize, whole: usize) -> bool {
        number > self.allowed(whole)
    }

    /// The most that is allowed of a whole.
    pub fn allowed(&self, whole: usize) -> usize {
        let share = self.percent.map_or(usize::MAX, |percent| whole.saturating_mul(percent) / 100);
        share.min(self.count.unwrap_or(usize::MAX)).max(self.floor)
    }
}

/// The limits of a run or of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits(Vec<(Amount, Limit)>);

impl Limits {
    /// The limits of a run where the file says nothing. Sizes follow what other syncs settled on: Entra Connect stops at
    /// 500 deletions, GCDS at 5 %.
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

    /// Sets a limit, or takes it away.
    pub fn set(&mut self, amount: Amount, limit: Option<Limit>) {
        self.0.retain(|(own, _)| *own != amount);
        self.0.extend(limit.map(|limit| (amount, limit)));
    }

    /// The limit of a kind, if there is one.
    pub fn get(&self, amount: Amount) -> Option<Limit> {
        self.0.iter().find(|(own, _)| *own == amount).map(|(_, limit)| *limit)
    }

    /// The limit of a kind for so many. Of what ends access, the floor lets through no more than half: a small team is not
    /// stopped by one leaver, and does not vanish in silence either.
    pub fn of(&self, amount: Amount, whole: usize) -> Option<Limit> {
        let limit = self.get(amount)?;
        let floor = if amount.ends_access() { limit.floor.min(whole.div_ceil(2)) } else { limit.floor };
        Some(Limit { floor, ..limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_of_count_and_share_counts_but_never_less_than_the_floor() {
        let limit = Limit { count: Some(500), percent: Some(5), floor: 5 };
        assert_eq!(limit.allowed(20), 5);
        assert_eq!(limit.allowed(1_000), 50);
        assert_eq!(limit.allowed(1_000_000), 500);
        assert!(limit.exceeded(51, 1_000));
        assert!(!limit.exceeded(50, 1_000));
        assert_eq!(Limit::default().allowed(10), usize::MAX);
    }
}
