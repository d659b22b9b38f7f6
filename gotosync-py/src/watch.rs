//! Progress callbacks, and reviews of plans.

use std::time::Duration;

use async_trait::async_trait;
use gotosync_core::Result;
use gotosync_core::plan::{Plan as CorePlan, Review as CoreReview};
use gotosync_core::sync::{Progress as CoreProgress, Reviewer as CoreReviewer};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::own::{Gives, Own, error_of};
use crate::plan::{Plan, Step};
use crate::value::hash_of;

/// A progress event of an operation.
///
/// ``stage`` is ``waiting`` (until the account shows the latest changes; sets ``time``), ``reading``, ``read`` (sets ``people`` and
/// ``users``), or ``settled`` (after each completed batch; sets ``done`` and ``of``).
///
/// >>> events = []
/// >>> _ = gotosync.Engine(source, target, rules, progress=events.append).plan()
/// >>> [str(event) for event in events]
/// ['reading', 'read 3 people and 2 users']
#[pyclass(frozen, module = "gotosync", eq, hash)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Progress {
    stage: Stage,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Stage {
    Waiting { time: Duration },
    Reading,
    Read { people: usize, users: usize },
    Applied { done: usize, of: usize },
}

/// A review of a plan, which ``on_plan`` returns. An empty review changes nothing.
///
/// >>> def freeze(plan):
/// ...     return gotosync.Review().refuse("a freeze until Monday")
/// >>> engine = gotosync.Engine(source, target, rules, on_plan=freeze)
/// >>> print(engine.check(engine.plan()).text(), end="")
/// stop: the reviewer of plans rejected this plan (1)
///     the plan: a freeze until Monday
/// check failed: 1 note stops the run; nothing was written
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Review(CoreReview);

#[pymethods]
impl Progress {
    /// The stage of the operation.
    #[getter]
    fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Waiting { .. } => "waiting",
            Stage::Reading => "reading",
            Stage::Read { .. } => "read",
            Stage::Applied { .. } => "settled",
        }
    }

    /// The time to wait.
    #[getter]
    fn time(&self) -> Option<Duration> {
        if let Stage::Waiting { time } = self.stage { Some(time) } else { None }
    }

    /// The number of people read.
    #[getter]
    fn people(&self) -> Option<usize> {
        if let Stage::Read { people, .. } = self.stage { Some(people) } else { None }
    }

    /// The number of users in the account.
    #[getter]
    fn users(&self) -> Option<usize> {
        if let Stage::Read { users, .. } = self.stage { Some(users) } else { None }
    }

    /// The number of completed steps, whatever their outcome.
    #[getter]
    fn done(&self) -> Option<usize> {
        if let Stage::Applied { done, .. } = self.stage { Some(done) } else { None }
    }

    /// The number of all steps.
    #[getter]
    fn of(&self) -> Option<usize> {
        if let Stage::Applied { of, .. } = self.stage { Some(of) } else { None }
    }

    fn __str__(&self) -> String {
        match self.stage {
            Stage::Waiting { time } => format!("waiting {} s for the account", time.as_secs_f64().ceil()),
            Stage::Reading => "reading".to_owned(),
            Stage::Read { people, users } => format!("read {people} people and {users} users"),
            Stage::Applied { done, of } => format!("settled {done} of {of}"),
        }
    }

    fn __repr__(&self) -> String {
        format!("<Progress {}>", self.__str__())
    }
}

impl From<CoreProgress> for Progress {
    fn from(progress: CoreProgress) -> Self {
        let stage = match progress {
            CoreProgress::Waiting { time } => Stage::Waiting { time },
            CoreProgress::Reading => Stage::Reading,
            CoreProgress::Read { people, users } => Stage::Read { people, users },
            CoreProgress::Applied { done, of } => Stage::Applied { done, of },
        };
        Self { stage }
    }
}

/// Returns a progress callback that calls a Python callable. Its exceptions go to `sys.unraisablehook`.
pub(crate) fn progress_to(callable: Py<PyAny>) -> impl Fn(CoreProgress) + Send + Sync + 'static {
    move |progress| {
        // If the interpreter has exited, there is no listener any more.
        Python::try_attach(|py| {
            if let Err(raised) = callable.call1(py, (Progress::from(progress),)) {
                raised.write_unraisable(py, Some(callable.bind(py)));
            }
        });
    }
}

#[pymethods]
impl Review {
    #[new]
    fn new() -> Self {
        Self(CoreReview::default())
    }

    /// Leaves out a step, with a reason. Steps that depend on it are left out, too.
    ///
    /// >>> def only_new(plan):
    /// ...     review = gotosync.Review()
    /// ...     for step in plan.steps:
    /// ...         if step.kind != "create":
    /// ...             review = review.leave_out(step, "on Fridays only new people")
    /// ...     return review
    /// >>> plan = gotosync.Engine(source, target, rules, on_plan=only_new).plan()
    /// >>> [str(step) for step in plan.steps], str(plan.notes[-1])
    /// (['create ann@example.test'], 'warning: bob@example.test: update: on Fridays only new people')
    fn leave_out(&self, step: &Bound<'_, Step>, reason: String) -> Self {
        Self(self.0.clone().leave_out(&step.get().0, reason))
    }

    /// Refuses the complete plan, with a reason. An approval cannot override this.
    ///
    /// >>> gotosync.Review().refuse("not today").veto
    /// 'not today'
    fn refuse(&self, reason: String) -> Self {
        Self(self.0.clone().refuse(reason))
    }

    /// The reason why the plan is refused, if it is.
    #[getter]
    fn veto(&self) -> Option<&str> {
        self.0.veto.as_deref()
    }

    /// The numbers of the steps that are left out, with the reasons.
    #[getter]
    fn left_out(&self) -> std::collections::BTreeMap<u32, String> {
        self.0.left_out.iter().map(|(number, left_out)| (*number, left_out.reason.clone())).collect()
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.0)
    }

    fn __repr__(&self) -> String {
        match &self.0.veto {
            Some(veto) => format!("<Review: refused, {veto}>"),
            None => format!("<Review: {} left out>", self.0.left_out.len()),
        }
    }
}

/// A Python callable that reviews plans.
#[derive(Debug)]
pub(crate) struct OwnReviewer(Own);

impl OwnReviewer {
    pub(crate) fn new(callable: &Bound<'_, PyAny>) -> PyResult<Self> {
        if callable.is_callable() {
            return Ok(Self(Own::new(callable)));
        }
        Err(PyTypeError::new_err("`on_plan` is not callable"))
    }
}

#[async_trait]
impl CoreReviewer for OwnReviewer {
    async fn review(&self, plan: &CorePlan) -> Result<CoreReview> {
        let plan = Plan(plan.clone());
        let review = self.0.call(
            "__call__",
            Gives::Value,
            move |py| PyTuple::new(py, [Py::new(py, plan)?]),
            |said| {
                if said.is_none() {
                    return Ok(CoreReview::default());
                }
                let review = said
                    .cast::<Review>()
                    .map_err(|_| PyTypeError::new_err("`on_plan` returned another type, expected a Review or None"))?;
                Ok(review.get().0.clone())
            },
        );
        review.await.map_err(error_of)
    }
}
