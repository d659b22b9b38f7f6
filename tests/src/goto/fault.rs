//! Faults: the kind of fault, the affected requests, and the frequency.

use std::collections::HashMap;
use std::time::Duration;

use gotosync_core::model::UserKey;

use super::call::Operation;

mod words;

/// A fault that affects requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    operation: Option<Operation>,
    kind: FaultKind,
    when: When,
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A 429 response, regardless of the actual rate.
    TooMany(Again),
    /// A response with this status and a meaningless body. The request has no effect.
    Status(u16),
    /// An HTML page of a gateway, with this status. The request has no effect.
    Html(u16),
    /// A connection reset before the request takes effect.
    ResetBefore,
    /// A connection reset after the request took effect.
    ResetAfter,
    /// A response sent in parts, with this pause in milliseconds between them.
    Slow(u64),
    /// A response that breaks off in the middle.
    Truncated,
    /// A response that is larger than necessary by this number of bytes.
    Oversized(usize),
    /// A list that has changed since the previous page.
    Shift(Shift),
    /// An empty page of a list whose total says that it is not empty.
    PageLost,
    /// New users that are invisible for this number of reads.
    Hidden(u32),
    /// Another client has taken all seats.
    SeatsTaken,
    /// The access token has expired but can be renewed.
    Expired,
    /// All tokens have been revoked.
    Revoked,
}

/// The form of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Again {
    /// No header, as at GoTo.
    Unsaid,
    /// This number of seconds.
    Seconds(u32),
    /// A date this number of seconds in the future.
    Date(u32),
}

/// A change to a list while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// A user is added at the front, so a row appears twice.
    Added,
    /// A user at the front is removed, so a row is missed. This is the first user whose address begins with
    /// [`PASSER_BY`](Self::PASSER_BY).
    Removed,
    /// A user is removed at the front and another is added at the end, so a row is missed but the total remains.
    Swapped,
}

impl Shift {
    /// The prefix of addresses of users that come and go during a read. It sorts before other addresses.
    pub const PASSER_BY: &str = "0-passer-by-";
}

/// The affected requests among those of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    First(usize),
    Nth(usize),
    PerMille(u32),
}

impl Fault {
    /// Affects every request of an operation, unless limited further.
    pub fn on(operation: Operation, kind: FaultKind) -> Self {
        Self { operation: Some(operation), kind, when: When::Always }
    }

    /// Affects every request, unless limited further.
    pub fn everywhere(kind: FaultKind) -> Self {
        Self { operation: None, kind, when: When::Always }
    }

    /// Limits the fault to the first `count` requests.
    pub fn first(self, count: usize) -> Self {
        Self { when: When::First(count), ..self }
    }

    /// Limits the fault to one request, counted from 1.
    pub fn nth(self, number: usize) -> Self {
        Self { when: When::Nth(number), ..self }
    }

    /// Limits the fault to a share per thousand requests, selected by the seed.
    pub fn per_mille(self, share: u32) -> Self {
        Self { when: When::PerMille(share), ..self }
    }
}

/// The faults of an emulator, and the number of requests that each has seen.
#[derive(Debug, Default)]
pub(super) struct Faults {
    seed: u64,
    /// The number of affected requests.
    pub(super) struck: usize,
    armed: Vec<(Fault, usize)>,
    /// The invisible users, with the number of remaining reads.
    hidden: HashMap<UserKey, u32>,
}

impl Faults {
    pub(super) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        Self { seed, struck: 0, armed: faults.into_iter().map(|fault| (fault, 0)).collect(), hidden: HashMap::new() }
    }

    pub(super) fn arm(&mut self, fault: Fault) {
        self.armed.push((fault, 0));
    }

    /// Removes all faults; invisible users remain invisible.
    pub(super) fn clear(&mut self) {
        self.armed.clear();
    }

    /// Returns the fault that affects this request.
    pub(super) fn strike(&mut self, operation: Operation) -> Option<FaultKind> {
        let mut struck = None;
        for (at, (fault, asked)) in self.armed.iter_mut().enumerate() {
            if fault.operation.is_some_and(|own| own != operation) {
                continue;
            }
            *asked += 1;
            let strikes = match fault.when {
                When::Always => true,
                When::First(count) => *asked <= count,
                When::Nth(number) => *asked == number,
                When::PerMille(share) => {
                    let hash = blake3::hash(format!("{} {at} {asked}", self.seed).as_bytes());
                    let bytes = hash.as_bytes();
                    u32::from(u16::from_be_bytes([bytes[0], bytes[1]])) % 1000 < share
                }
            };
            if strikes && struck.is_none() {
                struck = Some(fault.kind);
            }
        }
        self.struck += usize::from(struck.is_some());
        struck
    }

    /// Makes a user invisible for a number of reads.
    pub(super) fn hide(&mut self, user: UserKey, reads: u32) {
        self.hidden.insert(user, reads);
    }

    /// Returns the users that a read does not see. Only the first page of a read counts.
    pub(super) fn unseen(&mut self, begins: bool) -> Vec<UserKey> {
        let unseen = self.hidden.keys().cloned().collect();
        if begins {
            self.hidden.retain(|_, reads| {
                *reads = reads.saturating_sub(1);
                *reads > 0
            });
        }
        unseen
    }
}

/// Returns the pause between two parts of a slow response.
pub(super) fn pause(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applies_faults_as_configured() {
        let bad = FaultKind::Status(502);
        let struck = |fault: Fault| {
            let mut faults = Faults::new(7, vec![fault]);
            (1..=1000).filter(|_| faults.strike(Operation::Me).is_some()).count()
        };
        assert_eq!(struck(Fault::on(Operation::Me, bad)), 1000);
        assert_eq!(struck(Fault::on(Operation::List, bad)), 0);
        assert_eq!(struck(Fault::everywhere(bad).first(3)), 3);
        assert_eq!(struck(Fault::everywhere(bad).nth(3)), 1);
        let some = struck(Fault::everywhere(bad).per_mille(100));
        assert!((60..140).contains(&some), "{some}");
        assert_eq!(some, struck(Fault::everywhere(bad).per_mille(100)));
    }

    #[test]
    fn shows_hidden_users_after_the_given_reads() {
        let mut faults = Faults::default();
        faults.hide("7".into(), 2);
        assert_eq!([true, false, true, true].map(|begins| faults.unseen(begins).len()), [1, 1, 1, 0]);
    }
}
