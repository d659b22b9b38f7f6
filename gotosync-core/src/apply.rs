//! Carries out a plan: dumb, and safe against a crash at any moment.
//!
//! Before each call the journal says which steps are about to be tried; after it, what became of them. Steps of one stage
//! run in batches, several at a time where the target allows it; a stage begins when the one before it has ended. One step
//! that fails does not stop the others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use crate::journal::{Event, Standing};
use crate::model::{Account, Action, Batch, Effect, Fault, Outcome, RunId, UserGroupPath};
use crate::plan::{Plan, Step};
use crate::state::{Link, LinkChange, StateStore};
use crate::target::{Capabilities, ProvisioningTarget, Visibility};
use crate::{ErrorKind, Result};

mod doubt;
mod stale;

use doubt::{Seen, see};
use stale::{Index, stale};

/// Asks a run to stop after the batches that are under way. Clones ask for the same.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Nothing is asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Says whether somebody asked.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What applying needs beside the plan.
pub(crate) struct Applying<'a> {
    pub(crate) target: &'a dyn ProvisioningTarget,
    pub(crate) capabilities: &'a Capabilities,
    pub(crate) state: &'a dyn StateStore,
    pub(crate) run: &'a RunId,
    pub(crate) stop: &'a Stop,
    pub(crate) now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Told after each batch how many steps are settled.
    pub(crate) settled: &'a (dyn Fn(usize) + Send + Sync),
}

impl Applying<'_> {
    /// Carries out what the journal does not say to be settled, and gives one outcome a step.
    ///
    /// `account` was read after the plan was approved, or after the crash. Steps whose subject has changed since the plan
    /// was made are refused by name.
    ///
    /// # Errors
    /// Only when the journal cannot be written: then nothing more is tried.
    pub(crate) async fn apply(&self, plan: &Plan, account: &Account, standings: Vec<Standing>) -> Result<Vec<Outcome>> {
        let index = Index::new(account, plan);
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(standings.len());
        let mut events = Vec::new();
        let mut links = Vec::new();
        for (step, standing) in plan.steps().iter().zip(standings) {
            let outcome = match standing {
                Standing::Settled(outcome) => Some(outcome),
                Standing::Open => stale(step, &index).map(Outcome::skipped),
                Standing::InDoubt => self.settle_doubt(step, &index),
            };
            outcomes.push(outcome.clone());
            if let Some(outcome) = outcome {
                links.extend(self.link_change(step, &outcome, &index));
                events.push(Event::Settled { step: step.number, outcome });
            }
        }
        if !events.is_empty() {
            self.state.record(self.run, &events, &links).await?;
        }
        (self.settled)(outcomes.iter().flatten().count());

        let mut from = 0;
        while from < plan.steps().len() {
            let stage = plan.steps()[from].stage;
            let to = from + plan.steps()[from..].iter().take_while(|step| step.stage == stage).count();
            self.stage(&plan.steps()[from..to], plan, &index, &mut outcomes).await?;
            from = to;
        }
        Ok(outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| Outcome::skipped(STOPPED))).collect())
    }

    /// What is known of a step that was under way when the run died; `None` means that it can be tried again.
    fn settle_doubt(&self, step: &Step, index: &Index<'_>) -> Option<Outcome> {
        let doubt = |message: &str| Outcome::InDoubt { fault: Fault::new(ErrorKind::Conflict, message) };
        match see(step, index) {
            Seen::Done(effect) => Some(effect.into()),
            Seen::NotDone if self.capabilities.visibility == Visibility::Immediate => None,
            Seen::NotDone => Some(doubt("it was under way when the run died, and may still become visible")),
            Seen::Unclear => {
                Some(doubt("it was under way when the run died, and the user looks neither as before nor as after"))
            }
        }
    }

    async fn stage(
        &self,
        steps: &[Step],
        plan: &Plan,
        index: &Index<'_>,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<()> {
        let failed = failed_groups(plan, outcomes);
        let mut events = Vec::new();
        let mut open: Vec<&Step> = Vec::new();
        for step in steps {
            let slot = &mut outcomes[step.number as usize - 1];
            if slot.is_some() {
                continue;
            }
            if let Some(group) = missing_group(step, &failed) {
                let outcome = Outcome::skipped(format!("the user group `{group}` could not be made"));
                events.push(Event::Settled { step: step.number, outcome: outcome.clone() });
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
        // Collected first: a closure that makes the futures would keep the whole from being `Send`.
        let mut calls = Vec::new();
        for batch in batches(&open, self.capabilities.batch.max(1)) {
            calls.push(self.counted(batch, index, &done, &broken));
        }
        let concurrency = self.capabilities.concurrency.max(1);
        // What is under way is waited for even when the journal fails: a call that is dropped goes on at the other end.
        let results: Vec<Result<_>> = stream::iter(calls).buffer_unordered(concurrency).collect().await;
        for result in results {
            for (number, outcome) in result? {
                outcomes[number as usize - 1] = Some(outcome);
            }
        }
        Ok(())
    }

    /// Tries one batch, and tells how many steps are settled now.
    async fn counted(
        &self,
        steps: Vec<&Step>,
        index: &Index<'_>,
        done: &AtomicUsize,
        broken: &AtomicBool,
    ) -> Result<Vec<(u32, Outcome)>> {
        if broken.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        let settled = self.batch(steps, index).await.inspect_err(|_| broken.store(true, Ordering::SeqCst))?;
        let total = done.fetch_add(settled.len(), Ordering::SeqCst) + settled.len();
        (self.settled)(total);
        Ok(settled)
    }

    async fn batch(&self, steps: Vec<&Step>, index: &Index<'_>) -> Result<Vec<(u32, Outcome)>> {
        if self.stop.requested() {
            return Ok(Vec::new());
        }
        let intended: Vec<Event> = steps.iter().map(|step| Event::Intended { step: step.number }).collect();
        self.state.record(self.run, &intended, &[]).await?;
        let batch: Batch = steps.iter().map(|step| step.action.clone()).collect();
        let outcomes = match self.target.execute(&batch).await {
            Ok(outcomes) if outcomes.len() == steps.len() => outcomes,
            Ok(outcomes) => {
                let message = format!("the target gave {} outcomes for {} actions", outcomes.len(), steps.len());
                vec![Outcome::InDoubt { fault: Fault::new(ErrorKind::Bug, message) }; steps.len()]
            }
            Err(error) => {
                let fault = Fault::from(error);
                vec![Outcome::Failed { fault }; steps.len()]
            }
        };
        let mut events = Vec::with_capacity(steps.len());
        let mut links = Vec::new();
        for (step, outcome) in steps.iter().zip(&outcomes) {
            links.extend(self.link_change(step, outcome, index));
            events.push(Event::Settled { step: step.number, outcome: outcome.clone() });
        }
        self.state.record(self.run, &events, &links).await?;
        Ok(steps.iter().map(|step| step.number).zip(outcomes).collect())
    }

    /// What an outcome changes about who is whom.
    fn link_change(&self, step: &Step, outcome: &Outcome, index: &Index<'_>) -> Option<LinkChange> {
        let Outcome::Done { effect } = outcome else { return None };
        let person = step.person.clone()?;
        match (effect, &step.action) {
            (Effect::Created { user }, Action::Create(creation)) => {
                let wanted = &creation.user;
                // Made without a product or role, the user is suspended by us: a product that comes later gives access.
                let bare = wanted.licenses.is_empty() && wanted.role.is_member();
                Some(LinkChange::Put(Link {
                    person,
                    user: user.clone(),
                    email: wanted.email.clone(),
                    rules: Arc::clone(&step.rules),
                    suspended: bare.then(|| (self.now)()),
                    leaver_since: None,
                }))
            }
            (Effect::Suspended, _) => Some(LinkChange::Suspended(person, (self.now)())),
            // The last licence may go before another comes: until it does, the engine has taken the access.
            (Effect::Released, Action::Release(release)) => {
                let user = index.user(release.user())?;
                let bare = user.role.is_member() && user.licenses.iter().all(|own| release.licenses().contains(own));
                bare.then(|| LinkChange::Suspended(person, (self.now)()))
            }
            (Effect::Reactivated, _) => Some(LinkChange::Reactivated(person)),
            (Effect::Updated, Action::Update(update)) if !update.changes.licenses.added().is_empty() => {
                Some(LinkChange::Reactivated(person))
            }
            _ => None,
        }
    }
}

/// Cuts steps into batches of one kind each.
fn batches<'s>(steps: &[&'s Step], size: usize) -> Vec<Vec<&'s Step>> {
    let same_kind = |a: &&Step, b: &&Step| a.action.kind() == b.action.kind();
    steps.chunk_by(same_kind).flat_map(|run| run.chunks(size).map(<[&Step]>::to_vec)).collect()
}

/// User groups that were to be made and were not.
fn failed_groups(plan: &Plan, outcomes: &[Option<Outcome>]) -> BTreeSet<UserGroupPath> {
    let mut failed = BTreeSet::new();
    for (step, outcome) in plan.steps().iter().zip(outcomes) {
        if let (Action::CreateGroup { path }, Some(Outcome::Failed { .. } | Outcome::InDoubt { .. })) =
            (&step.action, outcome)
        {
            failed.insert(path.clone());
        }
    }
    failed
}

/// The user group a step needs and cannot have.
fn missing_group<'s>(step: &'s Step, failed: &BTreeSet<UserGroupPath>) -> Option<&'s UserGroupPath> {
    let wanted = match &step.action {
        Action::CreateGroup { path } => path,
        action => action.group_joined()?,
    };
    std::iter::successors(Some(wanted.clone()), UserGroupPath::parent)
        .any(|path| failed.contains(&path))
        .then_some(wanted)
}

/// Why a step was not tried when somebody asked the run to stop.
pub(crate) const STOPPED: &str = "the run was asked to stop";
