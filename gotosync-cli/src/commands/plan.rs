//! `gotosync plan`

use gotosync_core::config::write_plan;
use gotosync_core::explain::Explanation;
use gotosync_core::model::Severity;
use gotosync_core::{Engine, Plan, Verdict, render};
use serde_json::json;

use super::run_output::approval;
use crate::cli::PlanArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::{ConfigLocation, Setup, quoted};

/// Shows what would be done, and whether it may.
pub(super) async fn plan(args: &PlanArgs, place: &ConfigLocation) -> Result<Exit, Failure> {
    let Setup { engine, line, .. } = place.open("plan")?;
    let explained = match &args.only {
        Some(person) => Some(engine.explain(person).await?),
        None => None,
    };
    let plan = engine.plan().await?.plan;
    let verdict = engine.check(&plan, None);
    line.clear();
    if let Some(explanation) = explained {
        return only(args, &plan, verdict, &explanation);
    }
    // Before it is shown: a mistyped folder should not be found at the end of a long plan.
    if let Some(file) = &args.out {
        write_plan(&plan, file)?;
    }
    if args.shape.json {
        print(format_args!("{}\n", plan.to_json()))?;
    } else {
        print(render::plan(&plan, args.shape.length()))?;
        print(render::verdict(&verdict, args.shape.length()))?;
    }
    if let Some(file) = &args.out {
        say(format_args!("written to {}", file.display()));
    }
    say_open_run(&engine, place).await?;
    if !verdict.passes() {
        approval(&verdict, args.out.as_deref(), place);
        return Ok(Exit::Stopped);
    }
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    let rest = args.out.as_ref().map_or_else(|| "apply".to_owned(), |file| format!("apply {}", quoted(file)));
    say(format_args!("to apply it: {}", place.command(&rest)));
    Ok(Exit::Pending)
}

/// Shows the steps about one person, what was found about them, and what stands against every step.
fn only(args: &PlanArgs, plan: &Plan, mut verdict: Verdict, explanation: &Explanation) -> Result<Exit, Failure> {
    let person = &explanation.id;
    let steps: Vec<_> = plan.steps().iter().filter(|step| step.person.as_ref() == Some(person)).collect();
    verdict.notes.retain(|note| note.severity() >= Severity::Hold || explanation.notes.contains(note));
    if args.shape.json {
        let notes = json::notes(&verdict.notes);
        json::print_json(serde_json::to_string_pretty(
            &json!({ "plan": plan.id(), "person": person, "steps": steps, "notes": notes }),
        ))?;
    } else {
        print(render::plan(plan, args.shape.length()).only(person))?;
        print(render::verdict(&verdict, args.shape.length()))?;
    }
    Ok(match (verdict.passes(), steps.is_empty()) {
        (false, _) => Exit::Stopped,
        (true, true) => Exit::Done,
        (true, false) => Exit::Pending,
    })
}

/// A plan says nothing about a run that has not ended; whoever plans should know.
async fn say_open_run(engine: &Engine, place: &ConfigLocation) -> Result<(), Failure> {
    if let Some(open) = engine.interrupted().await? {
        say(format_args!("note: the run {} has not ended; if nothing runs, end it first:", open.run));
        say(format_args!("  {}", place.command("resume")));
    }
    Ok(())
}
