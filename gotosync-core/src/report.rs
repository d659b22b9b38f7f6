//! What really happened, step by step; never more than is known.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{ActionKind, Effort, Ending, Note, NoteKind, Outcome, PlanId, RunId, SetAside};
use crate::plan::{Plan, Purpose, Step};

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
    /// What would be done besides by rules, or by a run, that are only simulated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub simulated: Vec<Simulated>,
    /// What planning and checking found: who waits for a seat, was set aside or left alone, and what was approved.
    pub notes: Vec<Note>,
    /// Who is set aside after this run because a step failed, now or before, and when it is tried again.
    #[serde(default)]
    pub set_aside: Vec<SetAside>,
    /// What reading the directory took, where a server was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Deletions that were planned and left to an admin; they are a plan of their own.
    #[serde(skip)]
    pub deletions: Option<Plan>,
}

/// A step that was only simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulated {
    /// What would be done.
    pub kind: ActionKind,
    /// Whom or what it would be about.
    pub subject: Box<str>,
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
