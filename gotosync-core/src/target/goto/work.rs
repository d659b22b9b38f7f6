//! Shared data of writes, and the outcome of failed ones.

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

/// The data that every write needs.
pub(super) struct Work<'w> {
    pub(super) target: &'w GotoAccount,
    pub(super) who: &'w Who,
    pub(super) names: Arc<Names>,
    /// The current telephones, if an action concerns them.
    pub(super) board: Option<Mutex<Switchboard>>,
}

impl Work<'_> {
    /// Returns the facts about the account that guards need.
    pub(super) fn guards(&self) -> Guards<'_> {
        Guards { login: Some(&self.who.user), roles: self.who.roles, limits: FieldLimits::VENDOR }
    }

    /// Returns a path below the account.
    pub(super) fn path(&self, rest: &str) -> String {
        path(self.who, rest)
    }
}

/// Rejects actions that need a feature without a public API, or one that is not enabled.
pub(super) fn offered(who: &Who, action: &Action) -> Result<(), Fault> {
    let needed = action.features();
    let Some(feature) = lacks(who).into_iter().find(|feature| needed.contains(feature)) else { return Ok(()) };
    let why = if OF_NUMBERS.contains(&feature) && who.telephones == Telephones::Read {
        "set `caller_ids = true` in [account]; reading the permissions then takes one call per number"
    } else if OF_CONNECT.contains(&feature) {
        "set `connect = true` in [account], and give the signed-in user the role «Configure PBX»"
    } else {
        "GoTo has no public API for it"
    };
    Err(Fault::new(ErrorKind::Unsupported, format!("{} cannot be written: {why}", feature.as_str())))
}

/// Returns the outcome of an action whose call failed after `done` calls of the same action had succeeded.
pub(super) fn failed(failure: Failure, done: usize) -> Outcome {
    let reached = failure.reached;
    let fault = Fault::from(meant(failure));
    match (reached, done) {
        (Reached::Perhaps, _) => Outcome::InDoubt { fault },
        (Reached::Not, 0) => Outcome::Failed { fault },
        (Reached::Not, _) => {
            let message = format!("part of the action was completed, then it failed: {}", fault.message);
            Outcome::InDoubt { fault: Fault { message, ..fault } }
        }
    }
}
