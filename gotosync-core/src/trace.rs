//! What a run tells a log while it goes on: every event in one place, under targets that begin with `gotosync::`.
//!
//! Nothing is written by the library itself. Whoever wants the events sets up a `tracing` subscriber. Addresses of people stand in
//! them, secrets never do.
//!
//! | target | level | when |
//! |---|---|---|
//! | `gotosync::read` | info | both sides were read; warn where one of them is not complete |
//! | `gotosync::plan` | info | a plan was made |
//! | `gotosync::check` | warn | the check stopped a run |
//! | `gotosync::apply` | debug | a step was done; warn where it was not; info at the end of a run |
//! | `gotosync::run` | error | an error ended a run before its first write |

use tracing::{debug, error, info, warn};

use crate::Error;
use crate::model::{Account, Outcome, Reading};
use crate::plan::{Plan, Step};
use crate::report::Report;

/// Both sides were read.
pub(crate) fn read(reading: &Reading, account: &Account) {
    info!(target: "gotosync::read", people = reading.directory.people().len(), users = account.users.len(), "read both sides");
    for (side, completeness) in [("directory", &reading.completeness), ("account", &account.completeness)] {
        if !completeness.is_complete() {
            warn!(target: "gotosync::read", "the {side} was not read to its end: {completeness}");
        }
    }
}

/// A plan was made.
pub(crate) fn planned(plan: &Plan) {
    let (id, steps, notes) = (plan.id().as_str(), plan.steps().len(), plan.notes().len());
    info!(target: "gotosync::plan", steps, notes, "made the plan {id}");
}

/// The check stopped a run.
pub(crate) fn stopped(error: &Error) {
    warn!(target: "gotosync::check", "{error}");
}

/// An error ended a run before its first write.
pub(crate) fn failed(error: &Error) {
    error!(target: "gotosync::run", kind = error.kind().as_str(), "{error}");
}

/// A step has its outcome.
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

/// A run ended with a report.
pub(crate) fn ended(report: &Report) {
    let (run, ending) = (report.run.as_str(), report.ending.as_str());
    let undone = report.undone().count();
    info!(target: "gotosync::apply", steps = report.lines.len(), undone, "the run {run} ended: {ending}");
}
