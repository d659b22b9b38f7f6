//! Drafts: steps without a number.

use std::sync::Arc;

use super::Reason;
use crate::model::{Action, Fingerprint, PersonId, Release, SetChange, UserKey, Whole};

/// A step without a number.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The position in the plan: `FREE`, then `GROUPS` plus the depth of the group, then `CHANGE` plus the number of users that
    /// must give up their address first, then `MAKE`.
    pub(super) stage: u32,
    /// The sort key among steps of one stage and kind; `None` if it is the subject.
    pub(super) order: Option<Box<str>>,
    /// The highest rule behind the step, by index in the list; it decides the order in which people get seats.
    pub(super) priority: usize,
    pub(super) action: Action,
    pub(super) subject: Box<str>,
    pub(super) person: Option<PersonId>,
    pub(super) rules: Arc<[Arc<str>]>,
    pub(super) reasons: Vec<Reason>,
    pub(super) basis: Option<Fingerprint>,
}

pub(super) const FREE: u32 = 0;
pub(super) const GROUPS: u32 = 1;
pub(super) const CHANGE: u32 = 1_000;
pub(super) const MAKE: u32 = u32::MAX;

impl Draft {
    /// Returns the sort key among steps of one stage and kind.
    pub(super) fn order(&self) -> &str {
        self.order.as_deref().unwrap_or(&self.subject)
    }
}

/// Moves the removal of licenses from a late draft into a separate step, which frees their seats first.
pub(super) fn free_first(draft: &mut Draft, whole: Whole<'_>) -> Option<Draft> {
    let (Action::Update(update) | Action::Reactivate(update)) = &mut draft.action else { return None };
    let licenses = std::mem::take(&mut update.changes.licenses);
    let user: UserKey = update.user.clone();
    update.changes.licenses = SetChange::adding(licenses.added().to_vec());
    let (taken, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut draft.reasons).into_iter().partition(Reason::is_license_taken);
    draft.reasons = kept;
    Some(Draft {
        stage: FREE,
        action: Action::Release(Release::new(whole, user, licenses.removed().to_vec())),
        reasons: taken,
        basis: draft.basis.take(),
        ..draft.clone()
    })
}
