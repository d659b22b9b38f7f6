//! What somebody else takes out of a plan before it is checked, or has against it; nothing is ever added.

use std::collections::BTreeMap;

use super::{Content, Missing, Plan, Step, renumbered};
use crate::model::{Note, NoteKind};
use crate::{Error, ErrorKind, Result};

/// What a look at a plan came to. By default everything stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// The steps that are left out, by number, each with the reason.
    pub left_out: BTreeMap<u32, String>,
    /// Why nothing of the plan may be applied, if so. No approval lifts that.
    pub veto: Option<String>,
}

impl Review {
    /// Leaves out one more step.
    #[must_use]
    pub fn leave_out(mut self, step: &Step, reason: impl Into<String>) -> Self {
        self.left_out.insert(step.number, reason.into());
        self
    }

    /// Refuses the whole plan.
    #[must_use]
    pub fn refuse(mut self, reason: impl Into<String>) -> Self {
        self.veto = Some(reason.into());
        self
    }
}

impl Plan {
    /// The plan without what a review leaves out, each with a note that says so. What needs a user group or a template that
    /// is not made then is left out as well.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the plan has no step of such a number, or a reason is blank.
    pub fn reviewed(&self, review: &Review) -> Result<Self> {
        if *review == Review::default() {
            return Ok(self.clone());
        }
        let all = &self.0.content;
        let strange = review.left_out.keys().find(|number| !all.steps.iter().any(|step| step.number == **number));
        if let Some(number) = strange {
            let hint = format!("steps are numbered from 1 to {}", all.steps.len());
            return Err(Error::new(ErrorKind::Input, format!("the plan has no step {number} to leave out")).hint(hint));
        }
        if review.left_out.values().chain(&review.veto).any(|reason| reason.trim().is_empty()) {
            let message = "a step or plan is refused without a reason";
            return Err(Error::new(ErrorKind::Input, message).hint("say why: it is told in the report"));
        }
        let mut notes = all.notes.clone();
        let mut missing = Missing::default();
        let mut steps = Vec::with_capacity(all.steps.len());
        for step in &all.steps {
            let needed =
                || missing.need(step).map(|need| format!("{need} is not {}, since that was left out", need.made()));
            let Some(reason) = review.left_out.get(&step.number).cloned().or_else(needed) else {
                steps.push(step.clone());
                continue;
            };
            missing.add(step);
            let evidence = format!("{}: {}", step.action.kind().as_str(), reason.trim());
            notes.push(Note::new(NoteKind::LeftOut, &*step.subject, evidence));
        }
        if let Some(reason) = &review.veto {
            notes.push(Note::new(NoteKind::Vetoed, "the plan", reason.trim()));
        }
        Ok(Self::new(Content { steps: renumbered(steps.into_iter()), notes, ..all.clone() }))
    }
}
