//! Somebody else's word on every plan, before it is checked.

use std::fmt::Debug;

use async_trait::async_trait;

use super::Engine;
use crate::Result;
use crate::plan::{Plan, Planned, Review};

/// Looks at every plan that an engine makes, before it is checked: it may take steps out or refuse the whole, and cannot add
/// anything. What it says stands in the plan and in the report.
///
/// A plan that comes from a file was looked at when it was made: it is applied exactly as it is.
///
/// ```
/// use gotosync_core::plan::{Plan, Review};
/// use gotosync_core::sync::Reviewer;
///
/// /// Leaves the board alone.
/// #[derive(Debug)]
/// struct Board;
///
/// #[async_trait::async_trait]
/// impl Reviewer for Board {
///     async fn review(&self, plan: &Plan) -> gotosync_core::Result<Review> {
///         let board = plan.steps().iter().filter(|step| step.subject.ends_with("@board.example.test"));
///         Ok(board.fold(Review::default(), |review, step| review.leave_out(step, "the board is kept by hand")))
///     }
/// }
/// ```
#[async_trait]
pub trait Reviewer: Debug + Send + Sync {
    /// Looks at a plan.
    ///
    /// # Errors
    /// Whatever keeps it from having an opinion: then there is no plan.
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
        review.map_err(|error| error.during("have the plan reviewed"))
    }
}
