//! People who are left alone for a while because a step failed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::action::ActionKind;
use super::id::{Fingerprint, PersonId};
use super::outcome::Fault;

/// A person whose step failed: left alone until a time, and then tried again.
///
/// The times lie ever further apart, so that one bad record costs neither the run nor the service's patience. What is to be
/// done is named by its fingerprint: where the directory or the rules now ask for something else, that is tried at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    /// The person.
    pub person: PersonId,
    /// The user's e-mail, for people to read.
    pub subject: String,
    /// The kind of the action that failed.
    pub kind: ActionKind,
    /// The fingerprint of the action that failed.
    pub action: Fingerprint,
    /// Why it failed.
    pub reason: String,
    /// The number of failures.
    pub failures: u32,
    /// When it failed first.
    pub since: Timestamp,
    /// When it is tried again.
    pub next: Timestamp,
}

/// A step that failed, as apply reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The person.
    pub person: PersonId,
    /// The user's e-mail, for people to read.
    pub subject: String,
    /// The kind of the action that failed.
    pub kind: ActionKind,
    /// The action, in short.
    pub action: Fingerprint,
    /// Why.
    pub fault: Fault,
    /// When.
    pub at: Timestamp,
}

impl SetAside {
    /// The ladder: hours until the next try after the first, the second … failure; the last step is repeated. Entra's
    /// provisioning waits so for an object that fails.
    pub const HOURS: [i64; 7] = [2, 6, 12, 24, 48, 96, 168];

    /// Returns the entry after a failure: a rung higher if the same action failed before, and the first rung otherwise.
    pub fn after(failure: Failure, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.action == failure.action);
        let failures = same.map_or(0, |before| before.failures).saturating_add(1);
        let rung = (failures as usize).min(Self::HOURS.len()) - 1;
        let wait = jiff::SignedDuration::from_hours(Self::HOURS[rung]);
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
    fn each_failure_of_the_same_action_waits_longer_and_the_last_wait_is_repeated() {
        let mut aside: Option<SetAside> = None;
        for (nth, wait) in (1..).zip([2, 6, 12, 24, 48, 96, 168, 168, 168]) {
            let hour = i64::from(nth) * 1000;
            let next = SetAside::after(failure("f", hour), aside.as_ref());
            assert_eq!((next.failures, next.since, next.next), (nth, at(1000), at(hour + wait)));
            aside = Some(next);
        }
    }

    #[test]
    fn another_action_begins_at_the_foot_of_the_ladder() {
        let first = SetAside::after(failure("f", 0), None);
        let second = SetAside::after(failure("f", 2), Some(&first));
        let other = SetAside::after(failure("g", 8), Some(&second));
        assert_eq!((other.failures, other.since, other.next), (1, at(8), at(10)));
        assert_eq!((other.action.as_str(), other.reason.as_str()), ("g", "the name is too long"));
    }

    #[test]
    fn many_failures_at_the_end_of_time_do_not_overflow() {
        let before = SetAside { failures: u32::MAX, ..SetAside::after(failure("f", 0), None) };
        let last = SetAside::after(Failure { at: Timestamp::MAX, ..failure("f", 0) }, Some(&before));
        assert_eq!((last.failures, last.next), (u32::MAX, Timestamp::MAX));
    }
}
