//! The journal of a run: an event before each call and an event with its outcome.

use serde::{Deserialize, Serialize};

use crate::model::Outcome;

/// An entry in the journal.
///
/// Each step has the events `Intended` and then `Completed`, in this order. A skipped step has only `Completed`. A step whose
/// last event is `Intended` is in doubt: its call may or may not have had an effect.
/// [`resume`](crate::sync::Engine::resume) reads the account to find out and never guesses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// The step is about to make its call.
    Intended {
        /// The step's number.
        step: u32,
    },
    /// The step has an outcome.
    #[serde(rename = "settled")]
    Completed {
        /// The step's number.
        step: u32,
        /// The outcome.
        outcome: Outcome,
    },
}

/// The state of a step according to the journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// The step has no event yet.
    Open,
    /// The call was intended, but its outcome is unknown.
    InDoubt,
    /// The step has an outcome.
    Completed(Outcome),
}

/// Replays a journal and returns the state of each step of the plan. Steps are numbered from 1.
pub fn replay(steps: usize, events: &[Event]) -> Vec<Standing> {
    let mut standings = vec![Standing::Open; steps];
    for event in events {
        let (step, standing) = match event {
            Event::Intended { step } => (*step, Standing::InDoubt),
            Event::Completed { step, outcome } => (*step, Standing::Completed(outcome.clone())),
        };
        if let Some(slot) = (step as usize).checked_sub(1).and_then(|at| standings.get_mut(at)) {
            *slot = standing;
        }
    }
    standings
}
