//! Reviews: the steps that a reviewer leaves out of a plan before it is checked, or a veto. A review never adds steps.

use std::collections::BTreeMap;

use super::{Content, Missing, Plan, Step, renumbered};
use crate::model::{Fingerprint, Note, NoteKind};
use crate::{Error, ErrorKind, Result};

/// The result of reviewing a plan. By default, the plan stays unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Review {
    /// The steps to leave out, by number.
    pub left_out: BTreeMap<u32, LeftOut>,
    /// The reason why no step of the plan may be applied, if the reviewer rejects the plan. No approval overrides it.
    pub veto: Option<String>,
}

/// A step that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeftOut {
    /// The reason.
    pub reason: String,
    /// A fingerprint of the step: the number alone would match a different step in another plan.
    step: Fingerprint,
}

impl Review {
    /// Leaves out one more step.
    #[must_use]
    pub fn leave_out(mut self, step: &Step, reason: impl Into<String>) -> Self {
        self.left_out.insert(step.number, LeftOut { reason: reason.into(), step: short(step) });
        self
    }

    /// Rejects the plan.
    #[must_use]
    pub fn refuse(mut self, reason: impl Into<String>) -> Self {
        self.veto = Some(reason.into());
        self
    }
}

impl Plan {
    /// Returns the plan without the steps that the review leaves out, with a note for each. Steps that need a user group or
    /// template whose step is left out are left out, too.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Input`] if the review names a step of another plan, or if a reason is blank.
    pub fn reviewed(&self, review: &Review) -> Result<Self> {
        if *review == Review::default() {
            return Ok(self.clone());
        }
        let all = &self.0.content;
        let is_here = |(number, left_out): &(&u32, &LeftOut)| {
            all.steps.iter().any(|step| step.number == **number && short(step) == left_out.step)
        };
        if let Some((number, _)) = review.left_out.iter().find(|one| !is_here(one)) {
            return Err(Error::new(
                ErrorKind::Input,
                format!("the review leaves out step {number}, which is not in this plan"),
            )
            .hint("take the steps from the plan that is being reviewed"));
        }
        let mut reasons = review.left_out.values().map(|left_out| &left_out.reason).chain(&review.veto);
        if reasons.any(|reason| reason.trim().is_empty()) {
            let message = "the review leaves out a step or rejects the plan without a reason";
            return Err(Error::new(ErrorKind::Input, message).hint("give a reason: the report shows it"));
        }
        let mut notes = all.notes.clone();
        let mut missing = Missing::default();
        let mut steps = Vec::with_capacity(all.steps.len());
        for step in &all.steps {
            let needed = || {
                missing.need(step).map(|need| format!("{need} is not {}, because that step is left out", need.made()))
            };
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

/// Returns a fingerprint of a step.
fn short(step: &Step) -> Fingerprint {
    Fingerprint::of(&serde_json::to_vec(step).unwrap_or_default())
}
