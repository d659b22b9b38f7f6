//! Events since a plan was made that forbid some of its steps.

use std::collections::{BTreeMap, BTreeSet};

use super::Engine;
use crate::Result;
use crate::journal::Standing;
use crate::model::{Account, Action, Ending, Link, RunRecord, UserKey};
use crate::plan::{Inputs, Override, Plan, plan};
use crate::target::TargetInfo;

impl Engine {
    /// Returns `true` if another run has written since the plan was made, so that the stored state is newer than the plan.
    pub(super) async fn overtaken(&self, plan: &Plan, record: &RunRecord) -> Result<bool> {
        let wrote = |run: &RunRecord| matches!(run.ending, Ending::Done | Ending::Partial | Ending::Interrupted);
        let runs = self.state.runs_since(&record.account, plan.basis().made_at).await?;
        Ok(runs.iter().any(|run| run.run != record.run && wrote(run) && run.started <= record.started))
    }

    /// Returns the links of a plan that should be stored. Links of a plan that was overtaken by another run never replace stored ones.
    pub(super) async fn links_to_keep(&self, plan: &Plan, record: &RunRecord) -> Result<Vec<Link>> {
        if !self.overtaken(plan, record).await? {
            return Ok(plan.links().to_vec());
        }
        let remembered = self.state.load(&record.account).await?;
        Ok(plan.links().iter().filter(|link| remembered.link(&link.person).is_none()).cloned().collect())
    }

    /// Returns the reasons for refusing steps that do not follow from the account alone, by step number.
    ///
    /// A deletion cannot be undone, so it is refused unless the current directory, rules, and stored state still require it. A creation is
    /// refused if the person has got a user since the plan was made.
    pub(super) async fn objections(
        &self,
        plan: &Plan,
        standings: &[Standing],
        info: &TargetInfo,
        account: &Account,
        overtaken: bool,
    ) -> Result<BTreeMap<u32, String>> {
        let open =
            || plan.steps().iter().zip(standings).filter(|(_, standing)| !matches!(standing, Standing::Completed(_)));
        let steps = || open().map(|(step, _)| step);
        let mut objections = BTreeMap::new();
        let deletions: Vec<_> = steps().filter(|step| matches!(step.action, Action::Delete(_))).collect();
        if !deletions.is_empty() {
            let due = self.due(info).await;
            for step in deletions {
                match &due {
                    Ok(due) if step.action.user().is_some_and(|user| due.contains(user)) => {}
                    Ok(_) => {
                        let reason = "changed since the plan was made: the rules no longer delete this user".to_owned();
                        objections.insert(step.number, reason);
                    }
                    Err(error) => {
                        objections
                            .insert(step.number, format!("could not check whether the deletion is still due: {error}"));
                    }
                }
            }
        }
        let created = steps().filter(|step| matches!(step.action, Action::Create(_)) && step.person.is_some());
        if overtaken && created.clone().next().is_some() {
            let remembered = self.state.load(&info.account).await?;
            let users: BTreeSet<&UserKey> = account.users.iter().filter_map(|user| user.key.as_ref()).collect();
            for step in created {
                let link = step.person.as_ref().and_then(|person| remembered.link(person));
                if let Some(link) = link.filter(|link| users.contains(&link.user)) {
                    let reason = format!("changed since the plan was made: the person has the user {} now", link.email);
                    objections.insert(step.number, reason);
                }
            }
        }
        Ok(objections)
    }

    /// Returns the users that the current directory, rules, and stored state require to be deleted. A deletion that failed before is
    /// still due.
    pub(super) async fn due(&self, info: &TargetInfo) -> Result<BTreeSet<UserKey>> {
        let read = self.read(info.clone(), &self.rules.request()).await?;
        let fresh = plan(&Inputs { overrides: Override::All, ..self.inputs(&read) }).plan;
        let deletes = fresh.steps().iter().filter(|step| matches!(step.action, Action::Delete(_)));
        Ok(deletes.filter_map(|step| step.action.user().cloned()).collect())
    }
}
