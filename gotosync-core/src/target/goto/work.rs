//! What every write needs, and what becomes of one that cannot be done.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::connect::Switchboard;
use super::convert::Telephones;
use super::names::Names;
use super::trouble::meant;
use super::who::Who;
use super::{GotoAccount, OF_CONNECT, OF_NUMBERS, lacks, path};
use crate::ErrorKind;
use crate::http::{Failure, Reached};
use crate::model::{Action, Fault, FieldLimits, Guards, Outcome};

/// What every write needs.
pub(super) struct Work<'w> {
    pub(super) target: &'w GotoAccount,
    pub(super) who: &'w Who,
    pub(super) names: Arc<Names>,
    /// The telephones as they are now, where an action is about them.
    pub(super) board: Option<Mutex<Switchboard>>,
}

impl Work<'_> {
    /// What guards need to know of the account.
    pub(super) fn guards(&self) -> Guards<'_> {
        Guards { login: Some(&self.who.user), roles: self.who.roles, limits: FieldLimits::VENDOR }
    }

    /// A path below the account.
    pub(super) fn path(&self, rest: &str) -> String {
        path(self.who, rest)
    }
}

/// Refuses what no public way is known for, and telephones where they are not to be written.
pub(super) fn offered(who: &Who, action: &Action) -> Result<(), Fault> {
    let needed = action.features();
    let Some(feature) = lacks(who).into_iter().find(|feature| needed.contains(feature)) else { return Ok(()) };
    let why = if OF_NUMBERS.contains(&feature) && who.telephones == Telephones::Read {
        "write `caller_ids = true` in [account]: reading what each user may do with a number takes a call for each number"
    } else if OF_CONNECT.contains(&feature) {
        "write `connect = true` in [account], and let the login have the role «Configure PBX»"
    } else {
        "GoTo has no public interface for it"
    };
    Err(Fault::new(ErrorKind::Unsupported, format!("{} cannot be written: {why}", feature.as_str())))
}

/// What became of a call that failed after so many others of the same action were done.
pub(super) fn failed(failure: Failure, done: usize) -> Outcome {
    let reached = failure.reached;
    let fault = Fault::from(meant(failure));
    match (reached, done) {
        (Reached::Perhaps, _) => Outcome::InDoubt { fault },
        (Reached::Not, 0) => Outcome::Failed { fault },
        (Reached::Not, _) => {
            let message = format!("a part of it was done, and then: {}", fault.message);
            Outcome::InDoubt { fault: Fault { message, ..fault } }
        }
    }
}
