//! The log events of a run, all defined in this module.
//!
//! The library itself writes no log. To receive the events, install a `tracing` subscriber. The events contain e-mail addresses
//! of people but never secrets.
//!
//! | target | level | logged when |
//! |---|---|---|
//! | `gotosync::read` | info | both sides were read; warn if one of them is incomplete |
//! | `gotosync::plan` | info | a plan was made |
//! | `gotosync::check` | warn | the check stopped a run |
//! | `gotosync::apply` | debug | a step was done; warn if it was not; info at the end of a run |
//! | `gotosync::run` | error | an error ended a run before its first write |

use tracing::{debug, error, info, warn};

use crate::Error;
use crate::model::{Account, Outcome, Reading};
use crate::plan::{Plan, Step};
use crate::report::Report;

/// Logs that both sides were read.
pub(crate) fn read(reading: &Reading, account: &Account) {
    info!(target: "gotosync::read", people = reading.directory.people().len(), users = account.users.len(), "read both sides");
    for (side, completeness) in [("directory", &reading.completeness), ("account", &account.completeness)] {
        if !completeness.is_complete() {
            warn!(target: "gotosync::read", "the {side} was not read completely: {completeness}");
        }
    }
}

/// Logs that a plan was made.
pub(crate) fn planned(plan: &Plan) {
    let (id, steps, notes) = (plan.id().as_str(), plan.steps().len(), plan.notes().len());
    info!(target: "gotosync::plan", steps, notes, "made plan {id}");
}

/// Logs that the check stopped a run.
pub(crate) fn stopped(error: &Error) {
    warn!(target: "gotosync::check", "{error}");
}

/// Logs an error that ended a run before its first write.
pub(crate) fn failed(error: &Error) {
    error!(target: "gotosync::run", kind = error.kind().as_str(), "{error}");
}

/// Logs the outcome of a step.
pub(crate) fn completed(step: &Step, outcome: &Outcome) {
    let (kind, subject, word) = (step.action.kind().as_str(), &*step.subject, outcome.as_str());
    match outcome {
        Outcome::Done { .. } => debug!(target: "gotosync::apply", "{kind} {subject}: {word}"),
        Outcome::Failed { fault } | Outcome::InDoubt { fault } => {
            warn!(target: "gotosync::apply", "{kind} {subject}: {word}: {fault}");
        }
        Outcome::Skipped { reason } => warn!(target: "gotosync::apply", "{kind} {subject}: {word}: {reason}"),
    }
}

/// Logs the end of a run.
pub(crate) fn ended(report: &Report) {
    let (run, ending) = (report.run.as_str(), report.ending.as_str());
    let undone = report.undone().count();
    info!(target: "gotosync::apply", steps = report.lines.len(), undone, "run {run} ended: {ending}");
}
