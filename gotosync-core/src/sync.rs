//! The engine: runs every stage, from reading both sides to the report.

mod progress;
mod review;
mod since;

pub use progress::Progress;
pub use review::Reviewer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::apply::{Applying, STOPPED, Stop};
use crate::check::{Verdict, check};
use crate::explain::{Explanation, explain, find};
use crate::invite::{invite, welcome_email};
use crate::journal::{Standing, replay};
use crate::model::text::fold;
use crate::model::{
    Account, Ending, Learned, Note, NoteKind, Outcome, PersonId, PlanId, ReadRequest, Reading, Remembered, RunId,
    RunRecord, SetAside,
};
use crate::plan::{Inputs, Override, Plan, Planned, Purpose, plan};
use crate::report::{Line, Report};
use crate::rules::{Mode, Rules};
use crate::source::DirectorySource;
use crate::state::{Hold, Holder, StateStore};
use crate::target::{ProvisioningTarget, TargetInfo};
use crate::trace;
use crate::{Error, ErrorKind, Result};

/// Reads, plans, checks, and applies for one source, one target, and one set of rules.
///
/// Planning writes nothing. Applying records every call in the journal of the state store, so that after a crash at any
/// moment [`resume`](Self::resume) knows which steps were done and resolves those in doubt by reading the account.
#[derive(Clone)]
pub struct Engine {
    source: Arc<dyn DirectorySource>,
    target: Arc<dyn ProvisioningTarget>,
    state: Arc<dyn StateStore>,
    rules: Arc<Rules>,
    purpose: Purpose,
    command: String,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    watch: Arc<dyn Fn(Progress) + Send + Sync>,
    reviewer: Option<Arc<dyn Reviewer>>,
}

/// The results of reading both sides.
struct Read {
    reading: Reading,
    info: TargetInfo,
    account: Account,
    remembered: Remembered,
    source: String,
}

impl Engine {
    /// Creates an engine from its parts.
    pub fn new(
        source: impl DirectorySource + 'static,
        target: impl ProvisioningTarget + 'static,
        state: impl StateStore + 'static,
        rules: Rules,
    ) -> Self {
        Self {
            source: Arc::new(source),
            target: Arc::new(target),
            state: Arc::new(state),
            rules: Arc::new(rules),
            purpose: Purpose::Sync,
            command: "gotosync".to_owned(),
            now: Arc::new(Timestamp::now),
            watch: Arc::new(|_| {}),
            reviewer: None,
        }
    }

    /// Sets the name of the running command, for the history and for the error that other runs get while the account is locked.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = command.into();
        self
    }

    /// Sets the clock, for tests and for planning ahead.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Sets a callback for progress. It is called within the run and must return quickly.
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.watch = Arc::new(watch);
        self
    }

    /// Sets a reviewer, which reviews every plan before the check.
    #[must_use]
    pub fn reviewer(mut self, reviewer: impl Reviewer + 'static) -> Self {
        self.reviewer = Some(Arc::new(reviewer));
        self
    }

    /// Turns on simulation: the engine plans and shows everything but applies nothing, whatever the rules say.
    #[must_use]
    pub fn simulated(mut self) -> Self {
        Arc::make_mut(&mut self.rules).mode = Mode::Simulate;
        self
    }

    /// Returns the rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns the source.
    pub fn source(&self) -> &dyn DirectorySource {
        &*self.source
    }

    /// Returns the target.
    pub fn target(&self) -> &dyn ProvisioningTarget {
        &*self.target
    }

    /// Reads both sides and returns the plan. Writes nothing.
    pub async fn plan(&self) -> Result<Planned> {
        let info = self.target.describe().await?;
        Ok(self.read_and_plan(info).await?.1)
    }

    /// Checks a plan against the rules as they are now; see [`check`].
    pub fn check(&self, plan: &Plan, approval: Option<&PlanId>) -> Verdict {
        check(plan, &self.rules, approval)
    }

    /// Applies exactly this plan, if the check passes.
    ///
    /// The account is read again first. Steps whose subject has changed since the plan was made are skipped and listed in the
    /// report; the others are executed.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Stopped`] if the check stops the run, [`ErrorKind::Held`] if another run has locked the account, and
    /// [`ErrorKind::Conflict`] if an interrupted run must be resumed first or the plan is for another account. Also returns errors
    /// from reading the account and from writing the journal.
    pub async fn apply(&self, plan: &Plan, approval: Option<&PlanId>, stop: &Stop) -> Result<Report> {
        let info = self.target.describe().await?;
        if plan.basis().account.key != info.account {
            return Err(Error::new(ErrorKind::Conflict, "the plan is for another account")
                .with("plan", &plan.basis().account.key)
                .with("account", &info.account));
        }
        let hold = self.hold(&info).await?;
        self.refuse_interrupted(&info).await?;
        self.wait_until_visible(&info).await?;
        let account = stop.or(self.target.read()).await.ok_or_else(stopped)?;
        let account = account.map_err(|error| error.during("read the account"))?;
        if plan.basis().account.completeness.is_complete() && !account.completeness.is_complete() {
            return Err(Error::new(ErrorKind::Incomplete, "the account was not read completely")
                .during("check what has changed since the plan was made")
                .hint("run the command again: nothing was written"));
        }
        self.apply_held(plan, approval, stop, &info, &account, hold).await
    }

    /// Plans and applies in one run, with the account locked from the first read to the last write.
    ///
    /// # Errors
    /// Returns the same errors as [`apply`](Self::apply). The history records why the run stopped or failed. If the check stopped the
    /// run, the error includes the plan, so that an admin can review and approve it.
    pub async fn run(&self, stop: &Stop) -> Result<Report, Box<Unfinished>> {
        let bare = |error| Box::new(Unfinished { error, plan: None });
        let info = self.target.describe().await.map_err(bare)?;
        let hold = self.hold(&info).await.map_err(bare)?;
        self.refuse_interrupted(&info).await.map_err(bare)?;
        let started = (self.now)();
        let both = stop.or(self.read_and_plan(info.clone())).await.unwrap_or_else(|| Err(stopped()));
        let (read, planned) = match both {
            Ok(both) => both,
            Err(error) => {
                let ending = if stop.requested() { Ending::Interrupted } else { Ending::Failed };
                let record = RunRecord { ending, ..self.record(&info, started, None) };
                let reason = error.to_string();
                return Err(bare(self.ended_by(error, record, reason).await));
            }
        };
        // Deletions wait for an admin; the other steps must not wait with them.
        let (plan, deletions) = planned.plan.split_deletions();
        let result = self.apply_held(&plan, None, stop, &read.info, &read.account, hold).await;
        let kept = match &result {
            Ok(report) if report.ending == Ending::Done => self.keep(&read).await,
            _ => Ok(()),
        };
        let result = result.map(|mut report| {
            report.effort.clone_from(&read.reading.effort);
            if let Err(error) = kept {
                let subject = "the next run reads everything";
                report.notes.push(Note::new(NoteKind::Remark, subject, error.to_string()));
            }
            for step in deletions.iter().flat_map(Plan::steps) {
                let because = step.reasons.first().map_or("", |reason| &*reason.because);
                report.notes.push(Note::new(NoteKind::DeletionWaits, &*step.subject, because));
            }
            Report { deletions, ..report }
        });
        result.map_err(|error| {
            let plan = (error.kind() == ErrorKind::Stopped).then_some(plan);
            Box::new(Unfinished { error, plan })
        })
    }

    /// Plans the steps of people who are set aside (skipped after a failure) without waiting for their next attempt, and no other steps.
    /// Writes nothing; [`apply`](Self::apply) applies the plan.
    ///
    /// # Errors
    /// Returns [`ErrorKind::NotFound`] if the person is not set aside, and [`ErrorKind::Ambiguous`] if the name matches several people.
    pub async fn retry(&self, who: Retry<'_>) -> Result<Plan> {
        let info = self.target.describe().await?;
        let read = self.read(info, &self.request_with_names()).await?;
        let one = match who {
            Retry::Everybody => None,
            Retry::Person(name) => Some(find_aside(name, &read)?),
        };
        let overrides = one.as_ref().map_or(Override::All, Override::Person);
        let planned = self.reviewed(plan(&Inputs { overrides, ..self.inputs(&read) })).await?;
        let aside = |person: &PersonId| read.remembered.set_aside(person).is_some();
        let meant = |person: &PersonId| one.as_ref().map_or_else(|| aside(person), |one| one == person);
        Ok(planned.plan.only(|step| step.person.as_ref().is_some_and(meant)))
    }

    /// Plans one e-mail: the invitation of a person who has not signed in yet, or has not moved here from another account yet.
    /// Writes nothing; [`apply`](Self::apply) applies the plan.
    ///
    /// # Errors
    /// Returns [`ErrorKind::NotFound`] or [`ErrorKind::Ambiguous`] if `who` does not match exactly one person, and
    /// [`ErrorKind::Conflict`] if there is no invitation to resend.
    pub async fn invite(&self, who: &str) -> Result<Plan> {
        let info = self.target.describe().await?;
        let read = self.read(info, &self.request_with_names()).await?;
        self.reviewed_plan(invite(who, &self.inputs(&read))?).await
    }

    /// Returns the subject and the text of the welcome e-mail that a person would get.
    ///
    /// # Errors
    /// Returns [`ErrorKind::NotFound`] or [`ErrorKind::Ambiguous`] if `who` does not match exactly one person or the template does not
    /// exist, and [`ErrorKind::Conflict`] if no rule selects the person or no rule gives a template.
    pub async fn welcome_email(&self, who: &str, template: Option<&str>) -> Result<(String, String)> {
        let info = self.target.describe().await?;
        let read = self.read(info, &self.request_with_names()).await?;
        welcome_email(who, template, &self.inputs(&read))
    }

    /// Returns a request for the attributes that the rules need and those by which people can be named.
    fn request_with_names(&self) -> ReadRequest {
        let ways = ["mail", "sAMAccountName", "uid", "userPrincipalName"].map(str::to_owned);
        ReadRequest::everyone(self.rules.request().attributes.into_iter().chain(ways))
    }

    /// Finishes an interrupted run: keeps recorded outcomes, resolves steps in doubt by reading the account, and executes the rest.
    ///
    /// Returns `None` if no run was interrupted.
    pub async fn resume(&self, stop: &Stop) -> Result<Option<Report>> {
        let info = self.target.describe().await?;
        let _hold = self.hold(&info).await?;
        let Some(interrupted) = self.state.unfinished(&info.account).await? else { return Ok(None) };
        let plan = Plan::from_json(&interrupted.plan)?;
        self.wait_until_visible(&info).await?;
        let account = stop.or(self.target.read()).await.ok_or_else(stopped)?;
        let account = account.map_err(|error| error.during("read the account"))?;
        if !account.completeness.is_complete() {
            return Err(Error::new(ErrorKind::Incomplete, "the account was not read completely")
                .during("check what the interrupted run has done")
                .hint("run the command again: nothing was written"));
        }
        let standings = replay(plan.steps().len(), &interrupted.events);
        self.carry_out(&plan, standings, stop, &info, &account, interrupted.record).await.map(Some)
    }

    /// Explains one person: the rules that select them and why the others do not, the values from mappings, their user, and the
    /// planned steps. `who` is an id, a distinguished name, an e-mail, an account name, or a common name.
    ///
    /// # Errors
    /// Returns [`ErrorKind::NotFound`] or [`ErrorKind::Ambiguous`] if `who` does not match exactly one person.
    pub async fn explain(&self, who: &str) -> Result<Explanation> {
        let info = self.target.describe().await?;
        let read = self.read(info, &self.request_with_names()).await?;
        let planned = self.plan_from(&read).await?;
        explain(who, &self.inputs(&read), &planned)
    }

    /// Returns the latest runs, newest first.
    pub async fn history(&self, limit: usize) -> Result<Vec<RunRecord>> {
        let info = self.target.describe().await?;
        self.state.history(&info.account, limit).await
    }

    /// Returns the interrupted run that must be resumed, if there is one.
    pub async fn interrupted(&self) -> Result<Option<RunRecord>> {
        let info = self.target.describe().await?;
        Ok(self.state.unfinished(&info.account).await?.map(|interrupted| interrupted.record))
    }

    /// Stores the data for the next incremental read, now that all steps planned from this read are done.
    async fn keep(&self, read: &Read) -> Result<()> {
        match &read.reading.kept {
            Some(kept) => self.state.keep(&read.info.account, &read.source, kept).await,
            None => Ok(()),
        }
    }

    /// Waits until a read shows everything that an earlier run wrote, if the account shows writes with a delay.
    async fn wait_until_visible(&self, info: &TargetInfo) -> Result<()> {
        let most = info.capabilities.visibility.wait();
        if most.is_zero() {
            return Ok(());
        }
        // An unfinished run may have written until just now.
        let wait = if self.state.unfinished(&info.account).await?.is_some() {
            most
        } else {
            let last = self.state.history(&info.account, 1).await?.pop();
            let wrote = last.filter(|run| !run.outcomes.is_empty()).and_then(|run| run.ended);
            let since = wrote.map(|ended| Duration::try_from((self.now)().duration_since(ended)).unwrap_or_default());
            since.map_or(Duration::ZERO, |since| most.saturating_sub(since))
        };
        if !wait.is_zero() {
            (self.watch)(Progress::Waiting { time: wait });
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    async fn read(&self, info: TargetInfo, request: &ReadRequest) -> Result<Read> {
        self.wait_until_visible(&info).await?;
        (self.watch)(Progress::Reading);
        let since = match self.purpose {
            Purpose::Sync | Purpose::Simulation => self.state.kept(&info.account, &self.source.to_string()).await?,
            Purpose::Import => None,
        };
        let request = ReadRequest { since, ..request.clone() };
        let (reading, account) = futures_util::future::join(self.source.read(&request), self.target.read()).await;
        let reading = reading.map_err(|error| error.during("read the directory"))?;
        let account = account.map_err(|error| error.during("read the account"))?;
        let remembered = match self.purpose {
            Purpose::Sync | Purpose::Simulation => self.state.load(&info.account).await?,
            // An import matches users by e-mail only; without links there are no leavers.
            Purpose::Import => Remembered::default(),
        };
        trace::read(&reading, &account);
        (self.watch)(Progress::Read { people: reading.directory.people().len(), users: account.users.len() });
        Ok(Read { reading, info, account, remembered, source: self.source.to_string() })
    }

    fn inputs<'r>(&'r self, read: &'r Read) -> Inputs<'r> {
        Inputs {
            rules: &self.rules,
            source: &read.source,
            reading: &read.reading,
            target: &read.info,
            account: &read.account,
            remembered: &read.remembered,
            now: (self.now)(),
            overrides: Override::None,
        }
    }

    async fn read_and_plan(&self, info: TargetInfo) -> Result<(Read, Planned)> {
        let read = self.read(info, &self.rules.request()).await?;
        let planned = self.plan_from(&read).await?;
        trace::planned(&planned.plan);
        Ok((read, planned))
    }

    async fn plan_from(&self, read: &Read) -> Result<Planned> {
        let planned = plan(&self.inputs(read));
        self.reviewed(match self.purpose {
            Purpose::Sync | Purpose::Simulation => planned,
            Purpose::Import => Planned { plan: planned.plan.into_import(), ..planned },
        })
        .await
    }

    async fn hold(&self, info: &TargetInfo) -> Result<Box<dyn Hold>> {
        let holder = Holder { command: self.command.clone(), pid: std::process::id(), since: (self.now)() };
        self.state.hold(&info.account, &holder).await
    }

    async fn refuse_interrupted(&self, info: &TargetInfo) -> Result<()> {
        match self.state.unfinished(&info.account).await? {
            None => Ok(()),
            Some(interrupted) => Err(Error::new(ErrorKind::Conflict, "an earlier run was interrupted")
                .with("run", &interrupted.record.run)
                .with("started", interrupted.record.started)
                .hint("finish it with `gotosync resume` first")),
        }
    }

    fn record(&self, info: &TargetInfo, started: Timestamp, plan: Option<&Plan>) -> RunRecord {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let stamp = started.strftime("%Y%m%dT%H%M%S%6f");
        RunRecord {
            run: RunId::new(format!("{stamp}-{}-{serial}", std::process::id())),
            account: info.account.clone(),
            command: self.command.clone(),
            started,
            ended: None,
            plan: plan.map(|plan| plan.id().clone()),
            ending: Ending::Open,
            outcomes: BTreeMap::new(),
            reason: None,
        }
    }

    async fn close(&self, record: RunRecord, plan: Option<&Plan>) -> Result<()> {
        let record = RunRecord { ended: Some((self.now)()), ..record };
        let populations = plan.and_then(good_populations);
        self.state.finish(&record, populations.as_ref()).await
    }

    /// Records in the history why a run ended before its first write. A failure to do so must not hide the original error.
    async fn ended_by(&self, error: Error, record: RunRecord, reason: String) -> Error {
        if record.ending == Ending::Stopped {
            trace::stopped(&error);
        } else {
            trace::failed(&error);
        }
        match self.close(RunRecord { reason: Some(reason), ..record }, None).await {
            Ok(()) => error,
            Err(second) => error.with("could not write the history", second),
        }
    }

    /// Checks and applies while the account is locked; releases the lock at the end.
    async fn apply_held(
        &self,
        plan: &Plan,
        approval: Option<&PlanId>,
        stop: &Stop,
        info: &TargetInfo,
        account: &Account,
        hold: Box<dyn Hold>,
    ) -> Result<Report> {
        let record = self.record(info, (self.now)(), Some(plan));
        let verdict = self.check(plan, approval);
        let notes = verdict.notes.clone();
        let approved = verdict.approved().then(|| "approved".to_owned());
        if let Err(error) = verdict.into_result() {
            let reason = error.message().to_owned();
            return Err(self.ended_by(error, RunRecord { ending: Ending::Stopped, ..record }, reason).await);
        }
        let links = self.links_to_keep(plan, &record).await?;
        let record = RunRecord { reason: approved, ..record };
        self.state.begin(&record, &plan.to_json(), &links).await?;
        let standings = vec![Standing::Open; plan.steps().len()];
        let report = self.carry_out(plan, standings, stop, info, account, record).await;
        drop(hold);
        report.map(|report| Report { notes, ..report })
    }

    async fn carry_out(
        &self,
        plan: &Plan,
        standings: Vec<Standing>,
        stop: &Stop,
        info: &TargetInfo,
        account: &Account,
        record: RunRecord,
    ) -> Result<Report> {
        let of = plan.steps().len();
        let completed = |done| (self.watch)(Progress::Applied { done, of });
        // One check is enough: while the account is locked, no other run writes.
        let overtaken = self.overtaken(plan, &record).await?;
        let cleared: Vec<Learned> = plan.cleared().iter().cloned().map(Learned::Cleared).collect();
        // A plan that was overtaken by another run does not know about later failures.
        if !cleared.is_empty() && !overtaken {
            self.state.record(&record.run, &[], &cleared).await?;
        }
        let set_aside = self.state.set_aside(&info.account).await?;
        let objections = self.objections(plan, &standings, info, account, overtaken).await?;
        let applying = Applying {
            target: &*self.target,
            capabilities: &info.capabilities,
            state: &*self.state,
            run: &record.run,
            set_aside: &set_aside,
            objections: &objections,
            stop,
            now: &*self.now,
            completed: &completed,
        };
        let outcomes = applying.apply(plan, account, standings).await?;
        let mut report = Report::new(record.run.clone(), plan, record.started, (self.now)(), outcomes);
        report.set_aside = self.state.set_aside(&record.account).await?;
        let left = |line: &Line| line.outcome == Outcome::skipped(STOPPED);
        if stop.requested() && report.lines.iter().any(left) {
            report.ending = Ending::Interrupted;
        }
        let newest = (!overtaken).then_some(plan);
        trace::ended(&report);
        self.close(RunRecord { ending: report.ending, outcomes: report.counts(), ..record }, newest).await?;
        Ok(report)
    }
}

/// The people to retry.
#[derive(Clone, Copy, Debug)]
pub enum Retry<'a> {
    /// All people who are set aside (skipped after a failure).
    Everybody,
    /// One person: an id, a distinguished name, an e-mail, an account name, or a common name.
    Person(&'a str),
}

/// Returns the error for a run that was asked to stop while it was still reading.
fn stopped() -> Error {
    Error::new(ErrorKind::Stopped, "the run was asked to stop before its first write").hint("nothing was written")
}

/// Finds a person who is set aside, by subject or id first: a leaver may no longer be in the directory.
fn find_aside(who: &str, read: &Read) -> Result<PersonId> {
    let folded = fold(who.trim());
    let named = |aside: &&SetAside| fold(&aside.subject) == folded || aside.person == PersonId::parse(who);
    if let Some(aside) = read.remembered.set_aside.iter().find(named) {
        return Ok(aside.person.clone());
    }
    let directory = &read.reading.directory;
    let person = directory.person(find(directory, who)?).id.clone();
    if read.remembered.set_aside(&person).is_some() {
        return Ok(person);
    }
    Err(Error::new(ErrorKind::NotFound, format!("no failure is recorded for `{who}`: there is nothing to retry"))
        .hint("the report lists the people who are skipped after a failure; a normal run includes everyone else"))
}

/// Functions for imports.
#[cfg(feature = "csv")]
impl Engine {
    /// Returns an engine for the same account and state, but with another source and other rules, that stores no links.
    pub(crate) fn importing(&self, source: impl DirectorySource + 'static, rules: Rules) -> Self {
        Self { source: Arc::new(source), rules: Arc::new(rules), purpose: Purpose::Import, ..self.clone() }
    }

    /// Returns the current time of the engine's clock.
    pub(crate) fn time(&self) -> Timestamp {
        (self.now)()
    }

    /// Returns the stored state of the account.
    pub(crate) async fn remembered(&self) -> Result<Remembered> {
        self.state.load(&self.target.describe().await?.account).await
    }
}

/// The error of a run that ended without a report.
#[derive(Debug)]
pub struct Unfinished {
    /// The error.
    pub error: Error,
    /// The plan, if the check stopped the run.
    pub plan: Option<Plan>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("source", &self.source)
            .field("target", &self.target)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Returns the number of people that each rule selects, if both reads were complete and every rule could be evaluated.
fn good_populations(plan: &Plan) -> Option<BTreeMap<String, usize>> {
    let basis = plan.basis();
    if basis.purpose != Purpose::Sync {
        return None;
    }
    if !basis.source.completeness.is_complete() || !basis.account.completeness.is_complete() {
        return None;
    }
    basis.rules.iter().map(|rule| Some((rule.name.to_string(), rule.people?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Directory;
    use crate::source::MemorySource;
    use crate::state::MemoryState;
    use crate::target::MemoryTarget;

    /// A failure to write the history must not hide the error that ended the run.
    #[tokio::test]
    async fn returns_the_error_of_a_run_even_if_the_history_cannot_be_written() {
        let source = MemorySource::new(Directory::default());
        source.fail_with(ErrorKind::Unavailable, "the directory is down");
        let state = MemoryState::new();
        state.crash_after(0);
        let rules = Rules::parse("[[rule]]\nname = 'All'\neveryone = true", "rules.toml").unwrap();
        let engine = Engine::new(source, MemoryTarget::new(Account::empty("1", "Test")), state, rules);
        let error = engine.run(&Stop::new()).await.unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("the directory is down"), "{error}");
        assert!(error.to_string().contains("could not write the history: "), "{error}");
    }

    /// Applications spawn these futures, so they must be `Send`.
    #[test]
    fn futures_of_an_engine_are_send() {
        fn sendable<T: Send>(_: fn(&'static Engine, &'static Plan, &'static Stop) -> T) {}
        sendable(|engine, _, _| engine.plan());
        sendable(|engine, plan, stop| engine.apply(plan, None, stop));
        sendable(|engine, _, stop| engine.run(stop));
        sendable(|engine, _, stop| engine.resume(stop));
        sendable(|engine, _, _| engine.explain("ann@example.test"));
        sendable(|engine, _, _| engine.history(1));
    }
}
