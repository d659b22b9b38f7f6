//! Runs the engine on a scenario.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gotosync_core::apply::Stop;
use gotosync_core::diff::diff;
use gotosync_core::model::{Account, AccountKey};
use gotosync_core::render::{self, Length};
use gotosync_core::source::{DirectorySource, LdifSource};
use gotosync_core::state::{Ending, MemoryState, Remembered, RunRecord, SqliteState, StateStore};
use gotosync_core::target::{LocalAccount, MemoryTarget, ProvisioningTarget};
use gotosync_core::{Engine, Plan, Rules};
use jiff::Timestamp;

use super::edit;
use super::folder::{Memory, Run, Scenario, Settings};
use crate::Trouble;
use crate::named::{NamedSource, NamedTarget};
use crate::refusing::RefusingTarget;

/// The storage of the account and the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In memory.
    Memory,
    /// In files.
    Files,
}

/// The order in which the records of a directory are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In the order of the file.
    Written,
    /// In reverse order.
    Reversed,
}

/// A function that opens the source of a run's directory. It may put files into the folder.
pub type Open<'a> = dyn Fn(&Run, &Path) -> Result<Box<dyn DirectorySource>, Trouble> + Send + Sync + 'a;

/// The output of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// The plan and its verdict, as rendered text.
    pub plan: String,
    /// The report as rendered text, or the reason why the run has none.
    pub report: String,
    /// The account, as JSON.
    pub after: String,
    /// The plan, as JSON.
    pub document: String,
    /// The stored state after the run.
    pub remembered: Remembered,
    /// The violated laws.
    pub broken: Vec<String>,
}

/// Performs every run of a scenario from its files and checks the first law after each. `work` is an empty folder.
///
/// # Errors
/// Returns input that cannot be read or runs that cannot be performed, with the number of the run. Violated laws are
/// part of the result, not an error.
pub async fn run(scenario: &Scenario, home: Home, order: Order, work: &Path) -> Result<Vec<Printed>, Trouble> {
    let open = |run: &Run, work: &Path| export(&in_order(&run.directory, order), work);
    run_on(scenario, home, &open, work).await
}

/// Performs every run of a scenario like [`run`], with another source for the directory.
///
/// # Errors
/// As [`run`], or if `open` fails.
pub async fn run_on(scenario: &Scenario, home: Home, open: &Open<'_>, work: &Path) -> Result<Vec<Printed>, Trouble> {
    let mut stage = Stage { home, work: work.to_owned(), memory: MemoryState::new(), built: 0, forgotten: 0 };
    stage.remember(&scenario.before.key, &scenario.memory).await?;
    let mut target = stage.target(&scenario.before)?;
    let mut told = Vec::new();
    for run in &scenario.runs {
        if let Some(patch) = &run.edit {
            target = stage.target(&edit(&target.read().await?, patch)?)?;
        }
        if run.settings.forget {
            stage.forget();
        }
        let one = stage.run(run, Arc::clone(&target), open).await;
        told.push(one.map_err(|error| format!("run {}: {error}", run.number))?);
    }
    Ok(told)
}

/// Opens an export as a source.
///
/// # Errors
/// If the file cannot be written into the folder.
pub fn export(text: &str, work: &Path) -> Result<Box<dyn DirectorySource>, Trouble> {
    let path = work.join("directory.ldif");
    std::fs::write(&path, text)?;
    Ok(Box::new(LdifSource::open(path)))
}

struct Stage {
    home: Home,
    work: PathBuf,
    memory: MemoryState,
    /// The number of accounts created so far.
    built: usize,
    /// The number of times that the state was lost so far.
    forgotten: usize,
}

impl Stage {
    fn target(&mut self, account: &Account) -> Result<Arc<dyn ProvisioningTarget>, Trouble> {
        self.built += 1;
        Ok(match self.home {
            Home::Memory => Arc::new(MemoryTarget::new(account.clone())),
            Home::Files => {
                Arc::new(LocalAccount::create(self.work.join(format!("account-{}.db", self.built)), account)?)
            }
        })
    }

    fn forget(&mut self) {
        self.forgotten += 1;
        self.memory = MemoryState::new();
    }

    fn state_file(&self) -> PathBuf {
        self.work.join(format!("state-{}.db", self.forgotten))
    }

    async fn remember(&self, account: &AccountKey, memory: &Memory) -> Result<(), Trouble> {
        match self.home {
            Home::Memory => remember(&self.memory, account, memory).await,
            Home::Files => remember(&SqliteState::open(self.state_file())?, account, memory).await,
        }
    }

    async fn remembered(&self, account: &AccountKey) -> Result<Remembered, Trouble> {
        Ok(match self.home {
            Home::Memory => self.memory.load(account).await?,
            Home::Files => SqliteState::open(self.state_file())?.load(account).await?,
        })
    }

    fn engine(&self, run: &Run, target: Arc<dyn ProvisioningTarget>, open: &Open<'_>) -> Result<Engine, Trouble> {
        let source = NamedSource::new(open(run, &self.work)?, "LDIF export directory.ldif", &self.work);
        let target = RefusingTarget::new(target, run.settings.refuse.clone());
        let target = NamedTarget::new(target, "account").incomplete(run.settings.account_gaps.clone());
        let rules = Rules::parse(&run.rules, "rules.toml").map_err(gotosync_core::Error::from)?;
        let engine = match self.home {
            Home::Memory => Engine::new(source, target, self.memory.clone(), rules),
            Home::Files => Engine::new(source, target, SqliteState::open(self.state_file())?, rules),
        };
        let now = match run.settings.now {
            Some(now) => now,
            None => NOW.parse::<Timestamp>()?,
        };
        Ok(engine.clock(move || now))
    }

    async fn run(&self, run: &Run, target: Arc<dyn ProvisioningTarget>, open: &Open<'_>) -> Result<Printed, Trouble> {
        let engine = self.engine(run, Arc::clone(&target), open)?;
        let before = target.read().await?;
        let planned = engine.plan().await?;
        let plan = &planned.plan;
        let approval = run.settings.approve.then(|| plan.id().clone());
        let verdict = engine.check(plan, approval.as_ref());
        let stable = |text: String| text.replace(plan.id().as_str(), "PLAN");
        let text = format!("{}{}", render::plan(plan, Length::Full), render::verdict(&verdict, Length::Full));

        let report = match engine.apply(plan, approval.as_ref(), &Stop::new()).await {
            Ok(report) if verdict.passes() => {
                let text = render::report(&report, Length::Full).to_string();
                text.replace(report.run.as_str(), "RUN")
            }
            Ok(_) => return Err("a plan was applied although the check stops it".into()),
            Err(error) => {
                let hint = error.help().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
                format!("error: {error}\n{hint}")
            }
        };
        let after = target.read().await?;
        let mut broken = Vec::new();
        if verdict.passes() {
            broken.extend(is_stable(&engine.plan().await?.plan, &run.settings).err());
            broken.extend(desired(&planned.desired, &after, &run.settings).err());
        } else if after != before {
            broken.push("the check stopped the run, but the account changed".to_owned());
        }
        Ok(Printed {
            plan: stable(text),
            report: stable(report),
            after: serde_json::to_string_pretty(&after)? + "\n",
            document: plan.to_json(),
            remembered: self.remembered(&after.key).await?,
            broken,
        })
    }
}

/// Checks that planning again gives an empty plan.
fn is_stable(again: &Plan, settings: &Settings) -> Result<(), String> {
    match (again.is_empty(), &settings.unsettled) {
        (true, None) | (false, Some(_)) => Ok(()),
        (true, Some(why)) => Err(format!("planning again gives an empty plan, although the settings say: {why}")),
        (false, None) => Err(format!("planning again gives a non-empty plan:\n{}", render::plan(again, Length::Full))),
    }
}

/// Checks that the account equals the desired account after applying the plan.
fn desired(desired: &Account, after: &Account, settings: &Settings) -> Result<(), String> {
    let left = diff(after, desired);
    match (left.is_empty(), &settings.behind) {
        (true, None) | (false, Some(_)) => Ok(()),
        (true, Some(why)) => Err(format!("the account equals the desired account, although the settings say: {why}")),
        (false, None) => Err(format!("the account differs from the desired account: {left:#?}")),
    }
}

async fn remember(state: &dyn StateStore, account: &AccountKey, memory: &Memory) -> Result<(), Trouble> {
    let record = RunRecord {
        run: "earlier".into(),
        account: account.clone(),
        command: "an earlier run".to_owned(),
        started: EARLIER.parse()?,
        ended: Some(EARLIER.parse()?),
        plan: None,
        ending: Ending::Open,
        outcomes: std::collections::BTreeMap::new(),
        reason: None,
    };
    state.begin(&record, "{}", &memory.links).await?;
    state.finish(&RunRecord { ending: Ending::Done, ..record }, Some(&memory.populations)).await?;
    Ok(())
}

/// Returns the records of a file in the given order. Text outside of records stays at the beginning or the end.
fn in_order(text: &str, order: Order) -> String {
    if order == Order::Written {
        return text.to_owned();
    }
    let blocks: Vec<&str> = text.split("\n\n").map(|block| block.trim_matches('\n')).collect();
    let is_record = |block: &&str| block.lines().any(|line| line.starts_with("dn:"));
    let first = blocks.iter().position(is_record).unwrap_or(blocks.len());
    let (head, rest) = blocks.split_at(first);
    let (records, tail): (Vec<&str>, Vec<&str>) = rest.iter().copied().partition(|block| is_record(block));
    let all: Vec<&str> = head.iter().copied().chain(records.into_iter().rev()).chain(tail).collect();
    all.join("\n\n") + "\n"
}

const NOW: &str = "2026-11-22T09:00:00Z";
const EARLIER: &str = "2026-11-21T09:00:00Z";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverses_the_records_and_nothing_else() {
        let text = "version: 1\n\n# one\ndn: a\n\ndn: b\n\nresult: 4\n";
        assert_eq!(in_order(text, Order::Written), text);
        assert_eq!(in_order(text, Order::Reversed), "version: 1\n\ndn: b\n\n# one\ndn: a\n\nresult: 4\n");
    }
}
