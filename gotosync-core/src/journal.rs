//! The journal of a run: what was intended before each call, and what became of it after.

use serde::{Deserialize, Serialize};

use crate::model::Outcome;

/// One line of the journal, in past tense.
///
/// For each step the legal order is `Intended`, then `Completed`; a step that is skipped is `Completed` alone. A step whose
/// last event is `Intended` is in doubt: whether its call had an effect is for [`resume`](crate::sync::Engine::resume) to
/// read, never to guess.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// The call for this step was about to be made.
    Intended {
        /// The step's number.
        step: u32,
    },
    /// The step came to an outcome.
    #[serde(rename = "settled")]
    Completed {
        /// The step's number.
        step: u32,
        /// The outcome.
        outcome: Outcome,
    },
}

/// What a journal says about each step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Nothing was intended yet.
    Open,
    /// Intended, and no outcome is known.
    InDoubt,
    /// It has an outcome.
    Completed(Outcome),
}

/// Replays a journal over the steps of a plan, which are numbered from 1.
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
