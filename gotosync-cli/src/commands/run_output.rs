//! What apply, run and resume tell: as it comes for people, at the end and in one piece for programs.

use std::path::Path;

use gotosync_core::model::text::count;
use gotosync_core::{Plan, Report, Verdict, render};
use serde_json::{Value, json};

use crate::cli::Shape;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::{ConfigLocation, quoted};

/// What was told so far.
pub(super) struct RunOutput {
    shape: Shape,
    resumed: Value,
    report: Value,
    stopped: Value,
    deletions: Value,
}

impl RunOutput {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, resumed: Value::Null, report: Value::Null, stopped: Value::Null, deletions: Value::Null }
    }

    /// Tells the report of a run that had been interrupted.
    pub(super) fn resumed(&mut self, report: &Report) -> Result<Exit, Failure> {
        self.resumed = self.report_value(report)?;
        Ok(Exit::of(report))
    }

    /// Tells the report of this run.
    pub(super) fn report(&mut self, report: &Report) -> Result<Exit, Failure> {
        self.report = self.report_value(report)?;
        Ok(Exit::of(report))
    }

    /// Tells what stopped a plan that is kept in a file, and how that very plan is approved.
    pub(super) fn stopped(&mut self, verdict: &Verdict, file: &Path, place: &ConfigLocation) -> Result<Exit, Failure> {
        if self.shape.json {
            self.stopped = json::stopped(verdict, file);
        } else {
            print(render::verdict(verdict, self.shape.length()))?;
        }
        approval(verdict, Some(file), place);
        Ok(Exit::Stopped)
    }

    /// Tells of deletions that wait for an admin, and how they are approved.
    pub(super) fn deletions(&mut self, plan: &Plan, file: &Path, place: &ConfigLocation) {
        if self.shape.json {
            self.deletions =
                json!({ "plan": plan.id(), "file": file.display().to_string(), "users": plan.steps().len() });
        }
        let users = count(plan.steps().len(), "user waits", "users wait");
        say(format_args!("{users} to be deleted, which nothing brings back; look at the plan; to do it:"));
        say(format_args!("  {}", place.command(&format!("apply {} --approve {}", quoted(file), plan.id()))));
    }

    /// Writes the JSON, if that is what was asked for.
    pub(super) fn finish(self) -> Result<(), Failure> {
        if !self.shape.json {
            return Ok(());
        }
        json::print_json(serde_json::to_string_pretty(&json!({
            "resumed": self.resumed,
            "report": self.report,
            "stopped": self.stopped,
            "deletions": self.deletions,
        })))
    }

    fn report_value(&self, report: &Report) -> Result<Value, Failure> {
        if self.shape.json {
            return Ok(json!(report));
        }
        print(render::report(report, self.shape.length()))?;
        Ok(Value::Null)
    }
}

/// Says how a plan that a check stopped is approved, or that it cannot be.
pub(super) fn approval(verdict: &Verdict, file: Option<&Path>, place: &ConfigLocation) {
    if verdict.passes() {
        return;
    }
    let Some(file) = file.filter(|_| verdict.approvable()) else {
        return say(if verdict.approvable() {
            format!("to approve such a plan, keep it first: {}", place.command("plan --out plan.json"))
        } else {
            "this cannot be approved: mend what the notes name, and plan again".to_owned()
        });
    };
    say("look at the plan; to apply this very plan all the same:");
    say(format_args!("  {}", place.command(&format!("apply {} --approve {}", quoted(file), verdict.plan().id()))));
}

/// Says so if the id that was approved is not that of the plan.
pub(super) fn wrong_approval(plan: &Plan, approve: Option<&str>) {
    if let Some(id) = approve.filter(|id| *id != plan.id().as_str()) {
        say(format_args!("note: the approval is for plan {id}, and this is plan {}: it changes nothing", plan.id()));
    }
}
