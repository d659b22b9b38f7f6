//! Applies a plan exactly as it is, safe against a crash at any moment.
//!
//! Before each call, the journal records the steps that the call contains; after it, their outcomes. The steps of one stage run in
//! batches, several at a time if the target allows it; a stage begins when the previous one has ended. A failed step does not
//! stop the others.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::journal::{Event, Standing};
use crate::model::{
    Account, Action, ActionKind, Arrival, Batch, Fault, LicenseKey, Outcome, Role, RunId, SetAside, UserGroupPath,
    WelcomeEmail,
};
use crate::plan::{Missing, Plan, Step};
use crate::state::StateStore;
use crate::target::{Capabilities, ProvisioningTarget};
use crate::trace;
use crate::{ErrorKind, Result};

#[cfg(test)]
pub(crate) mod cases;
mod doubt;
mod learn;
mod outcome_check;
mod stale;

use doubt::see;
use learn::Learning;
use outcome_check::OutcomeCheck;
use stale::{Index, stale};

/// Requests that a run stop after the batches in progress. Clones share one request.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Asked>);

#[derive(Debug, Default)]
struct Asked {
    asked: AtomicBool,
    heard: Notify,
}

impl Stop {
    /// Creates a `Stop` without a request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests the stop.
    pub fn request(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.0.heard.notify_waiters();
    }

    /// Returns `true` if a stop was requested.
    pub fn requested(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Runs `work` until it ends or a stop is requested. Returns `None` if the stop came first; `work` is then dropped.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let heard = async {
            let heard = self.0.heard.notified();
            if !self.requested() {
                heard.await;
            }
        };
        match select(pin!(heard), pin!(work)).await {
            Either::Left(_) => None,
            Either::Right((done, _)) => Some(done),
        }
    }
}

/// Everything that applying a plan needs besides the plan.
pub(crate) struct Applying<'a> {
    pub(crate) target: &'a dyn ProvisioningTarget,
    pub(crate) capabilities: &'a Capabilities,
    pub(crate) state: &'a dyn StateStore,
    pub(crate) run: &'a RunId,
    /// People who are set aside (skipped after a failure) when the run begins or is resumed.
    pub(crate) set_aside: &'a [SetAside],
    /// Reasons for refusing steps although their subjects have not changed, by step number.
    pub(crate) objections: &'a BTreeMap<u32, String>,
    pub(crate) stop: &'a Stop,
    pub(crate) now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Called after each batch with the number of steps that have an outcome.
    pub(crate) completed: &'a (dyn Fn(usize) + Send + Sync),
}

impl Applying<'_> {
    /// Executes all steps without an outcome in the journal, and returns one outcome per step.
    ///
    /// `account` was read after the plan was approved, or after the crash. Steps whose subject has changed since the plan
    /// was made are skipped with a reason.
    ///
    /// # Errors
    /// Fails only if the journal cannot be written; no further steps are executed then.
    pub(crate) async fn apply(&self, plan: &Plan, account: &Account, standings: Vec<Standing>) -> Result<Vec<Outcome>> {
        let index = Index::new(account, plan.steps(), plan.basis().account.login.as_ref());
        let learning = Learning::new(plan.steps(), &index, self.set_aside, self.now);
        let outcome_check = OutcomeCheck::new(&index);
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(standings.len());
        let mut events = Vec::new();
        // The stored state already includes the outcomes in the journal: note all of them first, then learn from new ones.
        for (step, standing) in plan.steps().iter().zip(&standings) {
            if let Standing::Completed(outcome) = standing {
                learning.note(step, outcome);
            }
        }
        let mut learned = Vec::new();
        for (step, standing) in plan.steps().iter().zip(standings) {
            let outcome = match standing {
                Standing::Completed(outcome) => {
                    outcomes.push(Some(outcome));
                    continue;
                }
                Standing::Open => self.refusal(step, &index).map(Outcome::skipped),
                Standing::InDoubt => self.resolve_doubt(step, &index),
            };
            if let Some(outcome) = &outcome {
                trace::completed(step, outcome);
                learned.extend(learning.learn(step, outcome));
                events.push(Event::Completed { step: step.number, outcome: outcome.clone() });
            }
            outcomes.push(outcome);
        }
        if !events.is_empty() {
            self.state.record(self.run, &events, &learned).await?;
        }
        (self.completed)(outcomes.iter().flatten().count());

        let mut from = 0;
        while from < plan.steps().len() {
            let stage = plan.steps()[from].stage;
            let to = from + plan.steps()[from..].iter().take_while(|step| step.stage == stage).count();
            self.stage(&plan.steps()[from..to], plan, &learning, &outcome_check, &mut outcomes).await?;
            from = to;
        }
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Outcome::skipped(STOPPED))).collect())
    }

    /// Returns the reason for refusing a step, if there is one.
    fn refusal(&self, step: &Step, index: &Index<'_>) -> Option<String> {
        stale(step, index).or_else(|| self.objections.get(&step.number).cloned())
    }

    /// Resolves a step in doubt, whose call was in progress when the run crashed, by looking at the account. `None` means that the
    /// step can be retried.
    fn resolve_doubt(&self, step: &Step, index: &Index<'_>) -> Option<Outcome> {
        let doubt = |message: &str| Outcome::InDoubt { fault: Fault::new(ErrorKind::Conflict, message) };
        match see(step, index) {
            Arrival::Done(effect) => Some(effect.into()),
            // It is retried on the same condition as any other step: only if its subject has not changed.
            Arrival::NotDone if self.capabilities.visibility.is_certain() => {
                self.refusal(step, index).map(Outcome::skipped)
            }
            Arrival::NotDone => {
                Some(doubt("the call was in progress when the run crashed, and its effect may still become visible"))
            }
            Arrival::Moot(reason) => Some(Outcome::skipped(reason)),
            Arrival::Unclear => Some(doubt(
                "the call was in progress when the run crashed, and the user matches neither the state before nor after it",
            )),
        }
    }

    async fn stage<'a>(
        &self,
        steps: &'a [Step],
        plan: &Plan,
        learning: &Learning<'a>,
        outcome_check: &OutcomeCheck<'a>,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<()> {
        let missing = Missing::after(plan.steps(), outcomes);
        let mut events = Vec::new();
        let mut open: Vec<&Step> = Vec::new();
        for step in steps {
            let slot = &mut outcomes[step.number as usize - 1];
            if slot.is_some() {
                continue;
            }
            if let Some(need) = missing.need(step) {
                let outcome = Outcome::skipped(format!("{need} could not be {}", need.made()));
                learning.note(step, &outcome);
                trace::completed(step, &outcome);
                events.push(Event::Completed { step: step.number, outcome: outcome.clone() });
                *slot = Some(outcome);
            } else {
                open.push(step);
            }
        }
        if !events.is_empty() {
            self.state.record(self.run, &events, &[]).await?;
        }
        let before = outcomes.iter().flatten().count();
        let done = AtomicUsize::new(before);
        let broken = AtomicBool::new(false);
        // Collect the futures first: a closure that creates them lazily would not be `Send`.
        let mut calls = Vec::new();
        for batch in batches(&open, self.capabilities.batch.max(1)) {
            calls.push(self.counted(batch, learning, outcome_check, &done, &broken));
        }
        let concurrency = self.capabilities.concurrency.max(1);
        // Wait for calls in progress even if the journal fails: dropping a call does not stop it on the server.
        let results: Vec<Result<_>> = stream::iter(calls).buffer_unordered(concurrency).collect().await;
        for result in results {
            for (number, outcome) in result? {
                outcomes[number as usize - 1] = Some(outcome);
            }
        }
        Ok(())
    }

    /// Executes one batch, and reports the number of steps that have an outcome.
    async fn counted<'a>(
        &self,
        steps: Vec<&'a Step>,
        learning: &Learning<'a>,
        outcome_check: &OutcomeCheck<'a>,
        done: &AtomicUsize,
        broken: &AtomicBool,
    ) -> Result<Vec<(u32, Outcome)>> {
        if broken.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        let completed =
            self.batch(steps, learning, outcome_check).await.inspect_err(|_| broken.store(true, Ordering::SeqCst))?;
        let total = done.fetch_add(completed.len(), Ordering::SeqCst) + completed.len();
        (self.completed)(total);
        Ok(completed)
    }

    async fn batch<'a>(
        &self,
        steps: Vec<&'a Step>,
        learning: &Learning<'a>,
        outcome_check: &OutcomeCheck<'a>,
    ) -> Result<Vec<(u32, Outcome)>> {
        if self.stop.requested() {
            return Ok(Vec::new());
        }
        let intended: Vec<Event> = steps.iter().map(|step| Event::Intended { step: step.number }).collect();
        self.state.record(self.run, &intended, &[]).await?;
        let batch: Batch = steps.iter().map(|step| step.action.clone()).collect();
        let mut learned = Vec::new();
        let outcomes = match self.target.execute(&batch).await {
            Ok(outcomes) if outcomes.len() == steps.len() => {
                let pairs = steps.iter().zip(outcomes);
                let outcomes: Vec<Outcome> =
                    pairs.map(|(step, outcome)| outcome_check.checked(step, outcome)).collect();
                learned.extend(steps.iter().zip(&outcomes).flat_map(|(step, outcome)| learning.learn(step, outcome)));
                outcomes
            }
            Ok(outcomes) => {
                let message = format!("the target returned {} outcomes for {} actions", outcomes.len(), steps.len());
                all(&steps, &Outcome::InDoubt { fault: Fault::new(ErrorKind::Bug, message) }, learning)
            }
            // The error is not about a particular step.
            Err(error) => all(&steps, &Outcome::Failed { fault: Fault::from(error) }, learning),
        };
        steps.iter().zip(&outcomes).for_each(|(step, outcome)| trace::completed(step, outcome));
        let completed =
            |(step, outcome): (&&Step, &Outcome)| Event::Completed { step: step.number, outcome: outcome.clone() };
        let events: Vec<Event> = steps.iter().zip(&outcomes).map(completed).collect();
        self.state.record(self.run, &events, &learned).await?;
        Ok(steps.iter().map(|step| step.number).zip(outcomes).collect())
    }
}

/// Returns the same outcome for all steps of a batch. It teaches nothing about the people.
fn all<'a>(steps: &[&'a Step], outcome: &Outcome, learning: &Learning<'a>) -> Vec<Outcome> {
    for step in steps {
        learning.note(step, outcome);
    }
    vec![outcome.clone(); steps.len()]
}

/// Splits steps into batches of one kind each. Deletions are executed one by one, so that a crash leaves few of them in doubt.
/// New users with the same licenses, role, user group, and welcome e-mail share a batch, since many services create them in one call.
fn batches<'s>(steps: &[&'s Step], size: usize) -> Vec<Vec<&'s Step>> {
    let mut batches = Vec::new();
    for run in steps.chunk_by(|a, b| a.action.kind() == b.action.kind()) {
        let mut bundles: Vec<(Bundle<'s>, Vec<&'s Step>)> = Vec::new();
        for step in run {
            let bundle = bundle(&step.action);
            match bundles.iter_mut().find(|(own, _)| *own == bundle) {
                Some((_, steps)) => steps.push(step),
                None => bundles.push((bundle, vec![step])),
            }
        }
        let size = if run[0].action.kind() == ActionKind::Delete { 1 } else { size };
        batches.extend(bundles.iter().flat_map(|(_, steps)| steps.chunks(size).map(<[&Step]>::to_vec)));
    }
    batches
}

/// The values that new users in one batch have in common: licenses, role, user group, and welcome e-mail.
type Bundle<'s> = Option<(&'s [LicenseKey], &'s Role, Option<&'s UserGroupPath>, &'s WelcomeEmail)>;

fn bundle(action: &Action) -> Bundle<'_> {
    let Action::Create(creation) = action else { return None };
    let user = &creation.user;
    Some((&user.licenses, &user.role, user.group.as_ref(), &creation.welcome))
}

/// The reason for skipping a step after a stop was requested.
pub(crate) const STOPPED: &str = "the run was asked to stop";

#[cfg(test)]
mod tests {
    use super::cases::{account, create, delete, invite, invited, license, update, user};
    use super::*;
    use crate::model::{Role, Status, User};
    use crate::state::MemoryState;
    use crate::target::{MemoryTarget, Visibility};

    /// Resolves a step in doubt, if a read returns these users.
    fn completed(step: &Step, users: &[User], visibility: Visibility) -> Option<Outcome> {
        let (account, target, state) = (account(users.to_vec()), MemoryTarget::new(account([])), MemoryState::new());
        let capabilities = Capabilities { visibility, ..Capabilities::built_in() };
        let applying = Applying {
            target: &target,
            capabilities: &capabilities,
            state: &state,
            run: &RunId::new("r1"),
            set_aside: &[],
            objections: &BTreeMap::new(),
            stop: &Stop::new(),
            now: &Timestamp::now,
            completed: &|_| {},
        };
        applying.resolve_doubt(step, &Index::new(&account, std::slice::from_ref(step), None))
    }

    #[test]
    fn retries_a_step_in_doubt_only_if_it_was_certainly_not_done() {
        let (gone, waits) = (user("u1", &[], Role::Member), invited("u1", 2));
        for (step, before) in [(delete(&gone), &gone), (invite(&waits, 2), &waits)] {
            let before = std::slice::from_ref(before);
            assert_eq!(completed(&step, before, Visibility::Immediate), None, "retried");
            let eventual = completed(&step, before, Visibility::Eventual);
            assert!(matches!(eventual, Some(Outcome::InDoubt { .. })), "{eventual:?}");
        }
    }

    #[test]
    fn does_not_retry_a_step_in_doubt_on_a_changed_user() {
        let gone = user("u1", &[], Role::Member);
        let back = user("u1", &["g2m"], Role::Member);
        let reason = "changed since the plan was made: the user is no longer suspended";
        assert_eq!(completed(&delete(&gone), &[back], Visibility::Immediate), Some(Outcome::skipped(reason)));
        let waits = invited("u1", 2);
        let signed_in = User { status: Status::Active, invitation: None, ..waits.clone() };
        for visibility in [Visibility::Immediate, Visibility::Eventual] {
            let outcome = completed(&invite(&waits, 2), std::slice::from_ref(&signed_in), visibility);
            assert_eq!(outcome, Some(Outcome::skipped("the user has already signed in")));
        }
    }

    #[tokio::test]
    async fn abandons_work_when_a_stop_is_requested() {
        let stop = Stop::new();
        assert_eq!(stop.or(async { 7 }).await, Some(7));
        let asks = async {
            tokio::task::yield_now().await;
            stop.request();
        };
        let (abandoned, ()) = futures_util::future::join(stop.or(std::future::pending::<()>()), asks).await;
        assert_eq!(abandoned, None);
        assert_eq!(stop.or(std::future::pending::<()>()).await, None);
    }

    #[test]
    fn batches_steps_of_one_kind_and_each_deletion_alone() {
        let user = user("u1", &[], Role::Member);
        let (deletion, change) = (delete(&user), update(&user, license("g2m")));
        let steps = [&deletion, &deletion, &change, &change, &change, &deletion];
        let sizes: Vec<usize> = batches(&steps, 2).iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 1, 2, 1, 1]);
    }

    #[test]
    fn batches_new_users_with_equal_values_together() {
        let new = |license: &str, welcome| create(user("u1", &[license], Role::Member), welcome);
        let (one, two) = (new("g2m", WelcomeEmail::None), new("g2w", WelcomeEmail::None));
        let mailed = new("g2m", WelcomeEmail::Default);
        let steps = [&one, &two, &one, &mailed, &two, &one];
        let batched: Vec<Vec<usize>> = batches(&steps, 2)
            .iter()
            .map(|batch| {
                batch.iter().map(|step| steps.iter().position(|own| std::ptr::eq(*own, *step)).unwrap()).collect()
            })
            .collect();
        assert_eq!(batched, [vec![0, 0], vec![0], vec![1, 1], vec![3]]);
    }
}
