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

/// Prints the changes that a run would make, and the result of the check.
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
    // Write the file before printing the plan, so that an error about the folder is not lost below a long plan.
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
        say(format_args!("plan written to {}", file.display()));
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
    say(format_args!("to apply this plan: {}", place.command(&rest)));
    Ok(Exit::Pending)
}

/// Prints the steps and notes about one person, and the notes that block the complete plan.
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

/// Warns about an interrupted run, because the plan does not include its remaining steps.
async fn say_open_run(engine: &Engine, place: &ConfigLocation) -> Result<(), Failure> {
    if let Some(open) = engine.interrupted().await? {
        say(format_args!("note: run {} has not finished; if it is not running any more, finish it first:", open.run));
        say(format_args!("  {}", place.command("resume")));
    }
    Ok(())
}
