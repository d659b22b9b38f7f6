//! The report of a run: the known outcome of each step.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{ActionKind, Effort, Ending, Note, NoteKind, Outcome, PlanId, RunId, SetAside};
use crate::plan::{Plan, Purpose, Step};

/// The result of applying a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The id of the run.
    pub run: RunId,
    /// The id of the plan.
    pub plan: PlanId,
    /// The time at which the run began.
    pub started: Timestamp,
    /// The time at which the run ended.
    pub ended: Timestamp,
    /// The way in which the run ended.
    pub ending: Ending,
    /// One line for each step of the plan, in order.
    pub lines: Vec<Line>,
    /// Steps that rules or runs in simulation mode would add; they are not applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub simulated: Vec<Simulated>,
    /// Notes from planning and checking: people who wait for a seat or were skipped, and holds that an admin approved.
    pub notes: Vec<Note>,
    /// People who are skipped in the next runs because one of their steps failed, in this run or before, and the time of the next retry.
    #[serde(default)]
    pub set_aside: Vec<SetAside>,
    /// The cost of reading the directory, if the source is a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Deletions that were planned but need an admin's approval; they form a separate plan.
    #[serde(skip)]
    pub deletions: Option<Plan>,
}

/// A step that is only simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulated {
    /// The kind of action.
    pub kind: ActionKind,
    /// The name of the person, user, or object that the step would change.
    pub subject: Box<str>,
}

/// The outcome of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The step's number.
    pub step: u32,
    /// The kind of action.
    pub kind: ActionKind,
    /// The name of the person, user, or object that the step was about.
    pub subject: Box<str>,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Report {
    /// Combines the steps of a plan with their outcomes.
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
        let shown = |step: &Step| Simulated { kind: step.action.kind(), subject: step.subject.clone() };
        let simulated = plan.simulated().iter().map(shown).collect();
        let ending = if plan.basis().purpose == Purpose::Simulation {
            Ending::Simulated
        } else if lines.iter().all(|line| line.outcome.is_done()) {
            Ending::Done
        } else {
            Ending::Partial
        };
        Self {
            run,
            plan: plan.id().clone(),
            started,
            ended,
            ending,
            lines,
            simulated,
            notes: plan.notes().to_vec(),
            set_aside: Vec::new(),
            effort: None,
            deletions: None,
        }
    }

    /// Returns the number of steps for each outcome, by its word, and under `waiting` the number of people who wait for a seat.
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

    /// Returns `true` if every step was done.
    pub fn all_done(&self) -> bool {
        self.lines.iter().all(|line| line.outcome.is_done())
    }

    /// Returns the lines of steps that were not done.
    pub fn undone(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.outcome.is_done())
    }
}
