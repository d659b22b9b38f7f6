//! The engine. Each method that waits has a blocking and an async form with a shared body.

use std::path::PathBuf;
use std::sync::Arc;

use gotosync_core::apply::Stop;
use gotosync_core::explain::Explanation as CoreExplanation;
use gotosync_core::model::{PlanId, ReadRequest};
use gotosync_core::plan::Planned;
use gotosync_core::state::MemoryState as CoreMemoryState;
use gotosync_core::state::RunRecord as CoreRecord;
use gotosync_core::sync::{Retry, Unfinished};
use gotosync_core::{Config, Engine as CoreEngine, Error, ErrorKind, Plan as CorePlan, Report as CoreReport, Result};
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::account::Account;
use crate::directory::Reading;
use crate::error::raised;
use crate::plan::Plan;
use crate::report::{Explanation, Report, RunRecord};
use crate::rules::Rules;
use crate::run::{coroutine, later, wait};
use crate::state::StateStore;
use crate::verdict::{Verdict, approval, stopped};
use crate::watch::{OwnReviewer, progress_to};
use crate::{source, target};

/// An engine that reads, plans, checks, and applies for one source, one target, and one set of rules.
///
/// ``progress`` is called with each ``Progress``. ``on_plan`` is called with each plan before its check, and may return a ``Review``.
/// ``now`` replaces the current time, for tests and for planning ahead. If ``state`` is omitted, the state is lost when the engine is
/// deleted.
///
/// Each method that waits has an async form that ends in ``_async``. Ctrl-C, or canceling the task, stops a run after the current
/// batch. The history lists the interrupted run, and ``resume`` finishes it.
///
/// >>> engine = gotosync.Engine(source, target, rules)
/// >>> plan = engine.plan()
/// >>> if engine.check(plan):
/// ...     report = engine.apply(plan)
/// >>> report.all_done, bool(engine.plan())
/// (True, False)
#[pyclass(frozen, module = "gotosync")]
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) engine: CoreEngine,
    progress: Option<Arc<Py<PyAny>>>,
}

/// A function that converts the result of an operation to a Python value.
type Done<T> = fn(Python<'_>, T) -> PyResult<Py<PyAny>>;

impl Engine {
    fn joined(
        engine: CoreEngine,
        command: &str,
        progress: Option<Py<PyAny>>,
        on_plan: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut engine = engine.command(command);
        if let Some(on_plan) = on_plan {
            engine = engine.reviewer(OwnReviewer::new(on_plan)?);
        }
        Ok(Self { engine, progress: None }.watched(progress))
    }

    pub(crate) fn watched(&self, progress: Option<Py<PyAny>>) -> Self {
        let Some(progress) = progress else { return self.clone() };
        let progress = Arc::new(progress);
        let callable = Python::attach(|py| progress.clone_ref(py));
        Self { engine: self.engine.clone().watch(progress_to(callable)), progress: Some(progress) }
    }

    /// Wraps another engine with the same progress callback.
    pub(crate) fn like(&self, engine: CoreEngine) -> Self {
        Self { engine, progress: self.progress.clone() }
    }

    /// Runs an operation and waits for it.
    fn now<T: Send + 'static, F>(&self, py: Python<'_>, work: impl Work<T, F>, done: Done<T>) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let stop = Stop::new();
        let ended = wait(py, work.stops().then_some(&stop), work.begin(self.engine.clone(), stop.clone()));
        if let Some(close) = self.close(py) {
            close.call0(py)?;
        }
        done(py, ended?)
    }

    /// Returns a coroutine that runs an operation when awaited.
    fn awaited<T: Send + 'static, F>(
        &self,
        py: Python<'_>,
        work: impl Work<T, F> + Clone + Send + Sync + 'static,
        done: Done<T>,
    ) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (stop, engine) = (Stop::new(), self.engine.clone());
        let asked = work.stops().then(|| stop.clone());
        coroutine(py, asked, self.close(py), move |py| later(py, work.begin(engine.clone(), stop.clone()), done))
    }

    /// Returns the `close` method of the progress callback, to call at the end of an operation.
    fn close(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.progress.as_ref().and_then(|progress| progress.getattr(py, "close").ok())
    }
}

/// An operation of an engine, which may support a request to stop.
trait Work<T, F: Future<Output = T>> {
    fn begin(&self, engine: CoreEngine, stop: Stop) -> F;

    fn stops(&self) -> bool;
}

/// An operation that only reads. On Ctrl-C or cancellation, it is abandoned at once.
#[derive(Clone)]
struct Reads<W>(W);

/// An operation that writes. On Ctrl-C or cancellation, it finishes its current batch and then stops.
#[derive(Clone)]
struct Writes<W>(W);

impl<T, F: Future<Output = T>, W: Fn(CoreEngine) -> F> Work<T, F> for Reads<W> {
    fn begin(&self, engine: CoreEngine, _: Stop) -> F {
        (self.0)(engine)
    }

    fn stops(&self) -> bool {
        false
    }
}

impl<T, F: Future<Output = T>, W: Fn(CoreEngine, Stop) -> F> Work<T, F> for Writes<W> {
    fn begin(&self, engine: CoreEngine, stop: Stop) -> F {
        (self.0)(engine, stop)
    }

    fn stops(&self) -> bool {
        true
    }
}

/// Defines each operation twice: as a blocking method, and as an async method.
macro_rules! verbs {
    ($(
        $(#[doc = $doc:literal])*
        fn $now:ident, $later:ident($($name:ident: $kind:ty $(= $default:tt)?),* $(; $only:ident: $only_kind:ty = $only_default:tt)*)
            = $work:expr => $done:expr;
        awaited: $example:literal;
    )*) => {
        $(
            #[pymethods]
            impl Engine {
                $(#[doc = $doc])*
                #[pyo3(signature = ($($name $(= $default)?,)* $(*, $only = $only_default)*))]
                fn $now(&self, py: Python<'_> $(, $name: $kind)* $(, $only: $only_kind)*) -> PyResult<Py<PyAny>> {
                    let work = ($work)($($name,)* $($only,)*)?;
                    self.now(py, work, $done)
                }

                #[doc = concat!("The async form of ``", stringify!($now), "``.\n\n", $example, "\n")]
                #[pyo3(signature = ($($name $(= $default)?,)* $(*, $only = $only_default)*))]
                fn $later(&self, py: Python<'_> $(, $name: $kind)* $(, $only: $only_kind)*) -> PyResult<Py<PyAny>> {
                    let work = ($work)($($name,)* $($only,)*)?;
                    self.awaited(py, work, $done)
                }
            }
        )*
    };
}

verbs! {
    /// Reads the directory and the account, and returns the plan. Writes nothing.
    ///
    /// >>> engine.plan() == engine.plan()
    /// True
    fn plan, plan_async() = || PyResult::Ok(Reads(move |engine: CoreEngine| async move {
        engine.plan().await.map(|planned: Planned| planned.plan)
    })) => plan;
    awaited: ">>> len(asyncio.run(engine.plan_async()))\n0";

    /// Applies exactly this plan, if its check passes.
    ///
    /// To allow changes above the limits after a review, set ``approve`` to the id of the plan, or to ``True``. Raises
    /// ``StoppedError`` with the plan if the check stops it.
    ///
    /// >>> engine.apply(engine.plan()).lines
    /// ()
    fn apply, apply_async(plan: &Bound<'_, Plan>; approve: Option<&Bound<'_, PyAny>> = None) =
        |plan: &Bound<'_, Plan>, approve: Option<&Bound<'_, PyAny>>| {
            let plan = plan.get().0.clone();
            let approval = approval(&plan, approve)?;
            PyResult::Ok(Writes(move |engine: CoreEngine, stop: Stop| {
                let (plan, approval) = (plan.clone(), approval.clone());
                async move { applied(&engine, plan, approval, &stop).await }
            }))
        } => report;
    awaited: ">>> asyncio.run(engine.apply_async(engine.plan())).all_done\nTrue";

    /// Plans and applies in one step. The account is locked against other runs from the first read to the last write. Deletions
    /// need an admin's approval: they are returned as a plan in ``report.deletions``.
    ///
    /// Raises ``StoppedError`` if the check stops the run; its ``plan`` can be reviewed and approved.
    ///
    /// >>> engine.run().ending
    /// Ending.DONE
    fn run, run_async() = || PyResult::Ok(Writes(move |engine: CoreEngine, stop: Stop| async move {
        engine.run(&stop).await.map(Some)
    })) => report;
    awaited: ">>> asyncio.run(engine.run_async()).ending\nEnding.DONE";

    /// Finishes an interrupted run: reads the account to see which steps in doubt were done, and carries out the remaining steps.
    /// Returns ``None`` if no run was interrupted.
    ///
    /// >>> engine.resume() is None
    /// True
    fn resume, resume_async() = || PyResult::Ok(Writes(move |engine: CoreEngine, stop: Stop| async move {
        engine.resume(&stop).await.map_err(|error| Box::new(Unfinished { error, plan: None }))
    })) => report;
    awaited: ">>> asyncio.run(engine.resume_async()) is None\nTrue";

    /// Plans steps for people whose last step failed, without waiting until their next retry is due: for one person, or for all.
    ///
    /// >>> len(engine.retry())
    /// 0
    fn retry, retry_async(person: Option<String> = None) = |person: Option<String>| {
        PyResult::Ok(Reads(move |engine: CoreEngine| {
            let person = person.clone();
            async move { engine.retry(person.as_deref().map_or(Retry::Everybody, Retry::Person)).await }
        }))
    } => plan;
    awaited: ">>> len(asyncio.run(engine.retry_async()))\n0";

    /// Plans one step that resends the invitation of a person who has not signed in yet.
    ///
    /// >>> [str(step) for step in engine.invite("ann@example.test").steps]
    /// ['invite ann@example.test']
    fn invite, invite_async(person: String) = |person: String| {
        PyResult::Ok(Reads(move |engine: CoreEngine| {
            let person = person.clone();
            async move { engine.invite(&person).await }
        }))
    } => plan;
    awaited: ">>> len(asyncio.run(engine.invite_async('ann@example.test')))\n1";

    /// Returns the welcome e-mail that a person would get: the subject and the text.
    ///
    /// >>> engine.welcome_email("ann@example.test")
    /// Traceback (most recent call last):
    /// gotosync.ConflictError: this person gets the account's default welcome e-mail, whose text the service does not show (person: Ann Lee)
    fn welcome_email, welcome_email_async(person: String; template: Option<String> = None) =
        |person: String, template: Option<String>| {
            PyResult::Ok(Reads(move |engine: CoreEngine| {
                let (person, template) = (person.clone(), template.clone());
                async move { engine.welcome_email(&person, template.as_deref()).await }
            }))
        } => mail;
    awaited: ">>> mails = gotosync.Engine(source, target, rules).welcome_email_async('ann@example.test')\n>>> asyncio.iscoroutine(mails), mails.close()\n(True, None)";

    /// Explains one person: why each rule does or does not select the person, the results of expressions, the linked user, and the
    /// planned steps.
    ///
    /// >>> engine.explain("ann@example.test").id
    /// 'people:1'
    fn explain, explain_async(person: String) = |person: String| {
        PyResult::Ok(Reads(move |engine: CoreEngine| {
            let person = person.clone();
            async move { engine.explain(&person).await }
        }))
    } => explanation;
    awaited: ">>> asyncio.run(engine.explain_async('Ann Lee')).id\n'people:1'";

    /// Returns the latest runs, newest first.
    ///
    /// >>> [record.ending for record in engine.history(1)]
    /// [Ending.DONE]
    fn history, history_async(limit: usize = 20) = |limit: usize| {
        PyResult::Ok(Reads(move |engine: CoreEngine| async move { engine.history(limit).await }))
    } => records;
    awaited: ">>> len(asyncio.run(engine.history_async(1)))\n1";

    /// Returns the interrupted run that must be resumed, or ``None``.
    ///
    /// >>> engine.interrupted() is None
    /// True
    fn interrupted, interrupted_async() = || PyResult::Ok(Reads(move |engine: CoreEngine| async move {
        engine.interrupted().await
    })) => record;
    awaited: ">>> asyncio.run(engine.interrupted_async()) is None\nTrue";

    /// Reads only the directory, with the people and attributes that the rules need.
    ///
    /// >>> len(engine.read_directory().directory)
    /// 3
    fn read_directory, read_directory_async() = || PyResult::Ok(Reads(move |engine: CoreEngine| async move {
        let request = engine.rules().request();
        engine.source().read(&request).await.map(|reading| (reading, request))
    })) => reading;
    awaited: ">>> asyncio.run(engine.read_directory_async()).complete\nTrue";

    /// Reads only the account.
    ///
    /// >>> engine.read_account().name
    /// 'Example'
    fn read_account, read_account_async() = || PyResult::Ok(Reads(move |engine: CoreEngine| async move {
        engine.target().read().await
    })) => account;
    awaited: ">>> asyncio.run(engine.read_account_async()).name\n'Example'";
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (source, target, rules, *, state = None, command = "gotosync", now = None, progress = None, on_plan = None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        source: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        rules: &Bound<'_, Rules>,
        state: Option<&Bound<'_, StateStore>>,
        command: &str,
        now: Option<Timestamp>,
        progress: Option<Py<PyAny>>,
        on_plan: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let (source, target) = (source::taken(source)?, target::taken(target)?);
        let state = state.map_or_else(|| Arc::new(CoreMemoryState::new()) as _, |state| Arc::clone(&state.get().0));
        let mut engine = CoreEngine::new(source, target, state, rules.get().rules.clone());
        if let Some(now) = now {
            engine = engine.clock(move || now);
        }
        Self::joined(engine, command, progress, on_plan)
    }

    /// Opens the source, account, rules, and state that a configuration file names.
    ///
    /// >>> gotosync.Engine.load(folder / "gotosync.toml")
    /// Traceback (most recent call last):
    /// gotosync.NotFoundError: ...
    #[staticmethod]
    #[pyo3(signature = (path = None, *, command = "gotosync", progress = None, on_plan = None))]
    fn load(
        py: Python<'_>,
        path: Option<PathBuf>,
        command: &str,
        progress: Option<Py<PyAny>>,
        on_plan: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let config = Config::load(path.unwrap_or_else(|| PathBuf::from("gotosync.toml")));
        let config = config.map_err(|error| raised(py, &error))?.with_variables(|name| std::env::var_os(name));
        if let Some((name, value)) =
            config.environment().into_iter().find(|(name, value)| std::env::var_os(name).as_ref() != Some(value))
        {
            let message = format!("the source needs the environment variable `{name}` from the start of the process");
            let hint = format!("start the process with {name}={}", value.to_string_lossy());
            return Err(raised(py, &Error::new(ErrorKind::Unsupported, message).hint(hint)));
        }
        config.rules().map_err(|errors| crate::error::all_raised(py, errors))?;
        let engine = py.detach(|| config.engine()).map_err(|error| raised(py, &error))?;
        Self::joined(engine, command, progress, on_plan)
    }

    /// Checks a plan against the current rules.
    ///
    /// To approve the plan after a review, set ``approve`` to the id of the plan, or to ``True``.
    ///
    /// >>> engine.check(engine.plan()).passes
    /// True
    #[pyo3(signature = (plan, *, approve = None))]
    fn check(&self, py: Python<'_>, plan: &Bound<'_, Plan>, approve: Option<&Bound<'_, PyAny>>) -> PyResult<Verdict> {
        let plan = &plan.get().0;
        let approval = approval(plan, approve)?;
        Ok(Verdict(py.detach(|| self.engine.check(plan, approval.as_ref()))))
    }

    /// Returns a copy of this engine that plans and reports everything, but applies nothing.
    ///
    /// >>> gotosync.Engine(source, target, rules).simulated().run().ending
    /// Ending.SIMULATED
    fn simulated(&self) -> Self {
        self.like(self.engine.clone().simulated())
    }

    /// Returns a copy of this engine with another progress callback: a callable, or ``Events`` for ``async for``.
    ///
    /// >>> events = []
    /// >>> _ = engine.watched(events.append).plan()
    /// >>> events[-1].people
    /// 3
    #[pyo3(name = "watched")]
    fn watched_by(&self, progress: Py<PyAny>) -> Self {
        self.watched(Some(progress))
    }

    fn __repr__(&self) -> String {
        format!("<Engine from {} to {}>", self.engine.source(), self.engine.target())
    }
}

/// Applies a plan. If the check stops it, returns the plan with the error.
async fn applied(
    engine: &CoreEngine,
    plan: CorePlan,
    approval: Option<PlanId>,
    stop: &Stop,
) -> Result<Option<CoreReport>, Box<Unfinished>> {
    match engine.apply(&plan, approval.as_ref(), stop).await {
        Ok(report) => Ok(Some(report)),
        Err(error) => {
            let plan = (error.kind() == ErrorKind::Stopped).then_some(plan);
            Err(Box::new(Unfinished { error, plan }))
        }
    }
}

fn plan(py: Python<'_>, planned: Result<CorePlan>) -> PyResult<Py<PyAny>> {
    object(py, Plan(planned.map_err(|error| raised(py, &error))?))
}

fn report(py: Python<'_>, ended: Result<Option<CoreReport>, Box<Unfinished>>) -> PyResult<Py<PyAny>> {
    match ended {
        Ok(Some(report)) => object(py, Report(report)),
        Ok(None) => Ok(py.None()),
        Err(unfinished) => Err(stopped(py, &unfinished.error, unfinished.plan)),
    }
}

fn mail(py: Python<'_>, mail: Result<(String, String)>) -> PyResult<Py<PyAny>> {
    Ok(mail.map_err(|error| raised(py, &error))?.into_pyobject(py)?.into_any().unbind())
}

fn explanation(py: Python<'_>, explained: Result<CoreExplanation>) -> PyResult<Py<PyAny>> {
    object(py, Explanation(explained.map_err(|error| raised(py, &error))?))
}

fn records(py: Python<'_>, records: Result<Vec<CoreRecord>>) -> PyResult<Py<PyAny>> {
    let records = records.map_err(|error| raised(py, &error))?.into_iter().map(RunRecord);
    Ok(PyList::new(py, records.collect::<Vec<_>>())?.into_any().unbind())
}

fn record(py: Python<'_>, record: Result<Option<CoreRecord>>) -> PyResult<Py<PyAny>> {
    match record.map_err(|error| raised(py, &error))? {
        Some(record) => object(py, RunRecord(record)),
        None => Ok(py.None()),
    }
}

fn reading(py: Python<'_>, read: Result<(gotosync_core::model::Reading, ReadRequest)>) -> PyResult<Py<PyAny>> {
    let (reading, request) = read.map_err(|error| raised(py, &error))?;
    object(py, Reading::of(reading, Some(request)))
}

fn account(py: Python<'_>, read: Result<gotosync_core::model::Account>) -> PyResult<Py<PyAny>> {
    object(py, Account::wrap(read.map_err(|error| raised(py, &error))?))
}

fn object<T: pyo3::PyClass + Into<PyClassInitializer<T>>>(py: Python<'_>, value: T) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, value)?.into_any())
}
