//! What somebody else takes out of a plan before it is checked, or has against it; nothing is ever added.

use std::collections::BTreeMap;

use super::{Content, Missing, Plan, Step, renumbered};
use crate::model::{Fingerprint, Note, NoteKind};
use crate::{Error, ErrorKind, Result};

/// What a look at a plan came to. By default everything stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Review {
    /// The steps that are left out, by number.
    pub left_out: BTreeMap<u32, LeftOut>,
    /// Why nothing of the plan may be applied, if so. No approval lifts that.
    pub veto: Option<String>,
}

/// A step that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// Why.
    pub reason: String,
    /// Which step it is, in short: a number alone would mean another one in another plan.
    step: Fingerprint,
}

impl Review {
    /// Leaves out one more step.
    #[must_use]
    pub fn leave_out(mut self, step: &Step, reason: impl Into<String>) -> Self {
        self.left_out.insert(step.number, LeftOut { reason: reason.into(), step: short(step) });
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
    /// [`ErrorKind::Input`] when the review is about a step of another plan, or a reason is blank.
    pub fn reviewed(&self, review: &Review) -> Result<Self> {
        if *review == Review::default() {
            return Ok(self.clone());
        }
        let all = &self.0.content;
        let is_here = |(number, left_out): &(&u32, &LeftOut)| {
            all.steps.iter().any(|step| step.number == **number && short(step) == left_out.step)
        };
        if let Some((number, _)) = review.left_out.iter().find(|one| !is_here(one)) {
            return Err(Error::new(ErrorKind::Input, format!("step {number} that is left out is none of this plan"))
                .hint("leave out steps of the very plan that is reviewed"));
        }
        let mut reasons = review.left_out.values().map(|left_out| &left_out.reason).chain(&review.veto);
        if reasons.any(|reason| reason.trim().is_empty()) {
            let message = "a step or plan is refused without a reason";
            return Err(Error::new(ErrorKind::Input, message).hint("say why: it is told in the report"));
        }
        let mut notes = all.notes.clone();
        let mut missing = Missing::default();
        let mut steps = Vec::with_capacity(all.steps.len());
        for step in &all.steps {
            let needed =
                || missing.need(step).map(|need| format!("{need} is not {}, since that was left out", need.made()));
            let said = review.left_out.get(&step.number).map(|left_out| left_out.reason.clone());
            let Some(reason) = said.or_else(needed) else {
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

/// A step in short: what is done to whom.
fn short(step: &Step) -> Fingerprint {
    Fingerprint::of(&serde_json::to_vec(step).unwrap_or_default())
}
