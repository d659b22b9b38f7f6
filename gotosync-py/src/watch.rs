//! Whoever watches a run, and whoever has a say before it.

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

/// Something that goes on in a run.
///
/// ``stage`` is ``waiting`` (for an account that may not show yet what was last written; then ``time`` is there),
/// ``reading``, ``read`` (then ``people`` and ``users`` are there) or ``settled`` (then ``done`` and ``of`` are).
///
/// >>> told = []
/// >>> _ = gotosync.Engine(source, target, rules, progress=told.append).plan()
/// >>> [str(event) for event in told]
/// ['reading', 'read 3 people and 2 users']
#[pyclass(frozen, module = "gotosync", eq, hash)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Progress {
    told: Stage,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Stage {
    Waiting { time: Duration },
    Reading,
    Read { people: usize, users: usize },
    Applied { done: usize, of: usize },
}

/// What a look at a plan came to: what ``on_plan`` gives. By itself it leaves everything as it is.
///
/// >>> def freeze(plan):
/// ...     return gotosync.Review().refuse("a freeze until Monday")
/// >>> engine = gotosync.Engine(source, target, rules, on_plan=freeze)
/// >>> print(engine.check(engine.plan()).text(), end="")
/// stop: whoever reviews plans refuses this one (1)
///     the plan: a freeze until Monday
/// check failed: 1 note stops the run; nothing was written
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Review(CoreReview);

#[pymethods]
impl Progress {
    /// What is going on.
    #[getter]
    fn stage(&self) -> &'static str {
        match self.told {
            Stage::Waiting { .. } => "waiting",
            Stage::Reading => "reading",
            Stage::Read { .. } => "read",
            Stage::Applied { .. } => "settled",
        }
    }

    /// How long the account is waited for.
    #[getter]
    fn time(&self) -> Option<Duration> {
        if let Stage::Waiting { time } = self.told { Some(time) } else { None }
    }

    /// People who were read.
    #[getter]
    fn people(&self) -> Option<usize> {
        if let Stage::Read { people, .. } = self.told { Some(people) } else { None }
    }

    /// Users of the account.
    #[getter]
    fn users(&self) -> Option<usize> {
        if let Stage::Read { users, .. } = self.told { Some(users) } else { None }
    }

    /// Steps settled so far, whatever their outcome.
    #[getter]
    fn done(&self) -> Option<usize> {
        if let Stage::Applied { done, .. } = self.told { Some(done) } else { None }
    }

    /// All steps.
    #[getter]
    fn of(&self) -> Option<usize> {
        if let Stage::Applied { of, .. } = self.told { Some(of) } else { None }
    }

    fn __str__(&self) -> String {
        match self.told {
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
        let told = match progress {
            CoreProgress::Waiting { time } => Stage::Waiting { time },
            CoreProgress::Reading => Stage::Reading,
            CoreProgress::Read { people, users } => Stage::Read { people, users },
            CoreProgress::Applied { done, of } => Stage::Applied { done, of },
        };
        Self { told }
    }
}

/// Tells a callable what goes on. What it raises is written where Python writes what nobody catches.
pub(crate) fn told(callable: Py<PyAny>) -> impl Fn(CoreProgress) + Send + Sync + 'static {
    move |progress| {
        // With the interpreter goes whoever would be told.
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

    /// Leaves out one more step, with the reason. What needs what it would make is left out as well.
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

    /// Refuses the whole plan, with the reason; no approval lifts that.
    ///
    /// >>> gotosync.Review().refuse("not today").veto
    /// 'not today'
    fn refuse(&self, reason: String) -> Self {
        Self(self.0.clone().refuse(reason))
    }

    /// Why nothing of the plan may be applied, if so.
    #[getter]
    fn veto(&self) -> Option<&str> {
        self.0.veto.as_deref()
    }

    /// The numbers of the steps that are left out, each with the reason.
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

/// A callable that looks at plans.
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
                    .map_err(|_| PyTypeError::new_err("`on_plan` gave something else, expected a Review or None"))?;
                Ok(review.get().0.clone())
            },
        );
        review.await.map_err(error_of)
    }
}
