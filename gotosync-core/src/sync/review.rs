//! Reviewers: custom code that reviews every plan before the check.

use std::fmt::Debug;

use async_trait::async_trait;

use super::Engine;
use crate::Result;
use crate::plan::{Plan, Planned, Review};

/// Reviews every plan that an engine makes, before the check.
///
/// A reviewer may leave out steps or reject the plan, but cannot add steps. Its reasons appear in the plan and in the report. A plan
/// from a file was reviewed when it was made and is applied exactly as it is.
///
/// ```
/// use gotosync_core::plan::{Plan, Review};
/// use gotosync_core::sync::Reviewer;
///
/// /// Leaves out steps about members of the board.
/// #[derive(Debug)]
/// struct Board;
///
/// #[async_trait::async_trait]
/// impl Reviewer for Board {
///     async fn review(&self, plan: &Plan) -> gotosync_core::Result<Review> {
///         let board = plan.steps().iter().filter(|step| step.subject.ends_with("@board.example.test"));
///         Ok(board.fold(Review::default(), |review, step| review.leave_out(step, "board members are managed by hand")))
///     }
/// }
/// ```
#[async_trait]
pub trait Reviewer: Debug + Send + Sync {
    /// Reviews a plan.
    ///
    /// # Errors
    /// Any error that keeps the reviewer from deciding; the engine then returns the error instead of a plan.
    async fn review(&self, plan: &Plan) -> Result<Review>;
}

impl Engine {
    pub(super) async fn reviewed(&self, planned: Planned) -> Result<Planned> {
        let plan = self.reviewed_plan(planned.plan).await?;
        Ok(Planned { plan, ..planned })
    }

    pub(super) async fn reviewed_plan(&self, plan: Plan) -> Result<Plan> {
        let Some(reviewer) = &self.reviewer else { return Ok(plan) };
        let review = reviewer.review(&plan).await.and_then(|review| plan.reviewed(&review));
        review.map_err(|error| error.during("review the plan"))
    }
}
