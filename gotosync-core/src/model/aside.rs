//! People who are skipped for a while because one of their steps failed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::action::ActionKind;
use super::id::{Fingerprint, PersonId};
use super::outcome::Fault;

/// A person who is set aside: skipped until a retry time because a step failed.
///
/// The waiting time grows with each failure, so that one bad record neither blocks the run nor overloads the service. The
/// failed action is identified by its fingerprint. If the directory or the rules now lead to a different action, it is
/// attempted at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The person.
    pub person: PersonId,
    /// The user's e-mail address, for display.
    pub subject: String,
    /// The kind of the action that failed.
    pub kind: ActionKind,
    /// The fingerprint of the action that failed.
    pub action: Fingerprint,
    /// The reason for the failure.
    pub reason: String,
    /// The number of failures.
    pub failures: u32,
    /// The time of the first failure.
    pub since: Timestamp,
    /// The time of the next retry.
    pub next: Timestamp,
}

/// A failed step, as reported by the apply stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The person.
    pub person: PersonId,
    /// The user's e-mail address, for display.
    pub subject: String,
    /// The kind of the action that failed.
    pub kind: ActionKind,
    /// The fingerprint of the action.
    pub action: Fingerprint,
    /// The reason for the failure.
    pub fault: Fault,
    /// The time of the failure.
    pub at: Timestamp,
}

impl SetAside {
    /// The waiting times in hours after the first, second, … failure; the last one is repeated. Microsoft Entra provisioning
    /// backs off in the same way.
    pub const HOURS: [i64; 7] = [2, 6, 12, 24, 48, 96, 168];

    /// Returns the entry after a failure. The wait grows if the same action failed before, and starts from the beginning otherwise.
    pub fn after(failure: Failure, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.action == failure.action);
        let failures = same.map_or(0, |before| before.failures).saturating_add(1);
        let stage = (failures as usize).min(Self::HOURS.len()) - 1;
        let wait = jiff::SignedDuration::from_hours(Self::HOURS[stage]);
        Self {
            person: failure.person,
            subject: failure.subject,
            kind: failure.kind,
            action: failure.action,
            reason: failure.fault.message,
            failures,
            since: same.map_or(failure.at, |before| before.since),
            next: failure.at.saturating_add(wait).unwrap_or(Timestamp::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn failure(action: &str, hour: i64) -> Failure {
        Failure {
            person: PersonId::parse("p1"),
            subject: "ann@example.test".into(),
            kind: ActionKind::Update,
            action: action.into(),
            fault: Fault::new(ErrorKind::Input, "the name is too long"),
            at: at(hour),
        }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_790_812_800 + hour * 3600).unwrap()
    }

    #[test]
    fn waits_longer_after_each_failure_of_the_same_action_and_repeats_the_last_wait() {
        let mut aside: Option<SetAside> = None;
        for (nth, wait) in (1..).zip([2, 6, 12, 24, 48, 96, 168, 168, 168]) {
            let hour = i64::from(nth) * 1000;
            let next = SetAside::after(failure("f", hour), aside.as_ref());
            assert_eq!((next.failures, next.since, next.next), (nth, at(1000), at(hour + wait)));
            aside = Some(next);
        }
    }

    #[test]
    fn restarts_the_waiting_times_when_the_action_changes() {
        let first = SetAside::after(failure("f", 0), None);
        let second = SetAside::after(failure("f", 2), Some(&first));
        let other = SetAside::after(failure("g", 8), Some(&second));
        assert_eq!((other.failures, other.since, other.next), (1, at(8), at(10)));
        assert_eq!((other.action.as_str(), other.reason.as_str()), ("g", "the name is too long"));
    }

    #[test]
    fn does_not_overflow_after_many_failures_at_the_maximum_time() {
        let before = SetAside { failures: u32::MAX, ..SetAside::after(failure("f", 0), None) };
        let last = SetAside::after(Failure { at: Timestamp::MAX, ..failure("f", 0) }, Some(&before));
        assert_eq!((last.failures, last.next), (u32::MAX, Timestamp::MAX));
    }
}
