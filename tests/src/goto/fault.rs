//! Faults: what goes wrong, with which requests, and how often.

use std::collections::HashMap;
use std::time::Duration;

use gotosync_core::model::UserKey;

use super::call::Operation;

mod words;

/// Something that goes wrong with requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    operation: Option<Operation>,
    kind: FaultKind,
    when: When,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Too many requests, whether or not there were.
    TooMany(Again),
    /// An answer with this status and no word of sense; nothing is done.
    Status(u16),
    /// A page for people, from something that stands before the service, under this status; nothing is done.
    Html(u16),
    /// The connection is reset, and nothing was done.
    ResetBefore,
    /// The connection is reset after it was done.
    ResetAfter,
    /// Some bytes of the answer come, and then so many milliseconds later some more.
    Slow(u64),
    /// The answer breaks off in its middle.
    Truncated,
    /// The answer is this much larger than it need be, in bytes.
    Oversized(usize),
    /// The list has changed since the page before.
    Shift(Shift),
    /// A page of a list is empty, and the total says that it is not.
    PageLost,
    /// Who is made now cannot be seen by so many reads.
    Hidden(u32),
    /// Somebody else has taken every seat.
    SeatsTaken,
    /// The access token has expired, and can be refreshed.
    Expired,
    /// Every token was revoked.
    Revoked,
}

/// What is said about coming again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Again {
    /// Nothing, as GoTo does.
    Unsaid,
    /// After so many seconds.
    Seconds(u32),
    /// At a time that is so many seconds away.
    Date(u32),
}

/// How a list changes while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// Somebody comes in at the front: a row is seen twice.
    Added,
    /// Somebody at the front leaves: a row is not seen. Who does is the first whose address begins with
    /// [`PASSER_BY`](Self::PASSER_BY).
    Removed,
    /// Both somebody leaves at the front and somebody comes in at the end: a row is not seen, and the total stays.
    Swapped,
}

impl Shift {
    /// How the addresses of those begin who come and go while a list is read: they stand before others.
    pub const PASSER_BY: &str = "0-passer-by-";
}

/// With which requests it goes wrong, of those it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    First(usize),
    Nth(usize),
    PerMille(u32),
}

impl Fault {
    /// Goes wrong with every request of an operation, unless told.
    pub fn on(operation: Operation, kind: FaultKind) -> Self {
        Self { operation: Some(operation), kind, when: When::Always }
    }

    /// Goes wrong with every request there is, unless told.
    pub fn everywhere(kind: FaultKind) -> Self {
        Self { operation: None, kind, when: When::Always }
    }

    /// Goes wrong with the first so many.
    pub fn first(self, count: usize) -> Self {
        Self { when: When::First(count), ..self }
    }

    /// Goes wrong with one, counted from 1.
    pub fn nth(self, number: usize) -> Self {
        Self { when: When::Nth(number), ..self }
    }

    /// Goes wrong with so many of a thousand; which ones follows from the seed.
    pub fn per_mille(self, share: u32) -> Self {
        Self { when: When::PerMille(share), ..self }
    }
}

/// The faults of an emulator, and how often each was asked.
#[derive(Debug, Default)]
pub(super) struct Faults {
    seed: u64,
    /// How many requests something went wrong with.
    pub(super) struck: usize,
    armed: Vec<(Fault, usize)>,
    /// Users who are not seen yet, with the reads that do not see them.
    hidden: HashMap<UserKey, u32>,
}

impl Faults {
    pub(super) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        Self { seed, struck: 0, armed: faults.into_iter().map(|fault| (fault, 0)).collect(), hidden: HashMap::new() }
    }

    pub(super) fn arm(&mut self, fault: Fault) {
        self.armed.push((fault, 0));
    }

    /// Lets nothing go wrong any more; who is not seen yet stays so.
    pub(super) fn clear(&mut self) {
        self.armed.clear();
    }

    /// What goes wrong with this request.
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

    /// Lets a user be unseen by so many reads.
    pub(super) fn hide(&mut self, user: UserKey, reads: u32) {
        self.hidden.insert(user, reads);
    }

    /// Who is not seen by a read. One that begins counts, a later page of it does not.
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

/// How long an answer takes that comes slowly, between two parts of it.
pub(super) fn pause(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_when_it_was_told_to() {
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
    fn whoever_is_hidden_is_seen_after_so_many_reads() {
        let mut faults = Faults::default();
        faults.hide("7".into(), 2);
        assert_eq!([true, false, true, true].map(|begins| faults.unseen(begins).len()), [1, 1, 1, 0]);
    }
}
