//! What really happened, step by step; never more than is known.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{ActionKind, Note, NoteKind, Outcome, PlanId, RunId};
use crate::plan::Plan;
use crate::state::Ending;

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The run.
    pub run: RunId,
    /// The plan.
    pub plan: PlanId,
    /// When the run began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// One line for each step of the plan, in order.
    pub lines: Vec<Line>,
    /// What planning and checking found: who waits for a seat, was set aside or left alone, and what was approved.
    pub notes: Vec<Note>,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The step's number.
    pub step: u32,
    /// What was to be done.
    pub kind: ActionKind,
    /// Whom or what it was about.
    pub subject: Box<str>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Report {
    /// Puts outcomes to the steps of a plan.
    pub(crate) fn new(run: RunId, plan: &Plan, started: Timestamp, ended: Timestamp, outcomes: Vec<Outcome>) -> Self {
        let lines: Vec<Line> = plan
            .steps()
            .iter()
            .zip(outcomes)
            .map(|(step, outcome)| Line {
                step: step.number,
                kind: step.action.kind(),
                subject: step.subject.clone(),
                outcome,
            })
            .collect();
        let ending = if lines.iter().all(|line| line.outcome.is_done()) { Ending::Done } else { Ending::Partial };
        Self { run, plan: plan.id().clone(), started, ended, ending, lines, notes: plan.notes().to_vec() }
    }

    /// How many steps came to which outcome, by its word; and how many people wait for a seat.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in &self.lines {
            *counts.entry(line.outcome.as_str().to_owned()).or_insert(0) += 1;
        }
        let waiting = self.notes.iter().filter(|note| note.kind == NoteKind::Waiting).count();
        if waiting > 0 {
            counts.insert("waiting".to_owned(), waiting);
        }
        counts
    }

    /// Says whether every step was done.
    pub fn all_done(&self) -> bool {
        self.lines.iter().all(|line| line.outcome.is_done())
    }

    /// The lines of steps that were not done.
    pub fn undone(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.outcome.is_done())
    }
}
