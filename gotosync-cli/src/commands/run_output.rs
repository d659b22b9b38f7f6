//! The output of `apply`, `run`, and `resume`: text is printed as it comes, JSON as one document at the end.

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

/// The output collected so far.
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

    /// Outputs the report of a resumed run.
    pub(super) fn resumed(&mut self, report: &Report) -> Result<Exit, Failure> {
        self.resumed = self.report_value(report)?;
        Ok(Exit::of(report))
    }

    /// Outputs the report of this run.
    pub(super) fn report(&mut self, report: &Report) -> Result<Exit, Failure> {
        self.report = self.report_value(report)?;
        Ok(Exit::of(report))
    }

    /// Outputs the notes that stopped a plan, and the command that approves this plan, which is saved in a file.
    pub(super) fn stopped(&mut self, verdict: &Verdict, file: &Path, place: &ConfigLocation) -> Result<Exit, Failure> {
        if self.shape.json {
            self.stopped = json::stopped(verdict, file);
        } else {
            print(render::verdict(verdict, self.shape.length()))?;
        }
        approval(verdict, Some(file), place);
        Ok(Exit::Stopped)
    }

    /// Outputs the deletions that need an admin's approval, and the command that approves them.
    pub(super) fn deletions(&mut self, plan: &Plan, file: &Path, place: &ConfigLocation) {
        if self.shape.json {
            self.deletions =
                json!({ "plan": plan.id(), "file": file.display().to_string(), "users": plan.steps().len() });
        }
        let users = count(plan.steps().len(), "user is waiting", "users are waiting");
        say(format_args!("{users} to be deleted, which cannot be undone; review the plan; to delete:"));
        say(format_args!("  {}", place.command(&format!("apply {} --approve {}", quoted(file), plan.id()))));
    }

    /// Prints the JSON document, if JSON output was requested.
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

/// Prints how to approve a plan that a check stopped, or that it cannot be approved.
pub(super) fn approval(verdict: &Verdict, file: Option<&Path>, place: &ConfigLocation) {
    if verdict.passes() {
        return;
    }
    let Some(file) = file.filter(|_| verdict.approvable()) else {
        return say(if verdict.approvable() {
            format!("to approve this plan, first write it to a file: {}", place.command("plan --out plan.json"))
        } else {
            "this plan cannot be approved: fix the problems in the notes, and plan again".to_owned()
        });
    };
    say("review the plan; to apply exactly this plan anyway:");
    say(format_args!("  {}", place.command(&format!("apply {} --approve {}", quoted(file), verdict.plan().id()))));
}

/// Prints a note if the approved id is not the id of the plan.
pub(super) fn wrong_approval(plan: &Plan, approve: Option<&str>) {
    if let Some(id) = approve.filter(|id| *id != plan.id().as_str()) {
        say(format_args!("note: the approval is for plan {id}, but this is plan {}: it has no effect", plan.id()));
    }
}
