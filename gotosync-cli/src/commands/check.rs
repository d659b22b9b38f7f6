//! `gotosync check`

use gotosync_core::config::read_plan;
use gotosync_core::model::PlanId;
use gotosync_core::{Error, Rules, render};

use super::run_output::{approval, wrong_approval};
use crate::cli::Check;
use crate::exit::Exit;
use crate::failure::{ErrorText, Failure};
use crate::json;
use crate::output::{print, say};
use crate::setup::{ConfigLocation, Setup};

mod rules;

/// Says whether a plan may be applied, and whether the examples of the rules file come out as they are written.
///
/// An example that does not is told here alone: it stands in the way of no run.
pub(super) async fn check(args: &Check, place: &ConfigLocation) -> Result<Exit, Failure> {
    if args.rules {
        return rules::check(args.shape.json, place).await;
    }
    let Setup { engine, line, .. } = place.open("check")?;
    // Before anything is read: an example needs no directory.
    let wrong = engine.rules().verify_examples();
    tell(engine.rules(), &wrong);
    let plan = match &args.plan {
        Some(file) => read_plan(file)?,
        None => engine.plan().await?.plan,
    };
    wrong_approval(&plan, args.approve.as_deref());
    let verdict = engine.check(&plan, args.approve.as_deref().map(PlanId::new).as_ref());
    line.clear();
    if args.shape.json {
        let mut found = json::notes(&verdict.notes);
        found.as_array_mut().into_iter().for_each(|notes| notes.extend(wrong.iter().map(json::example)));
        json::print_json(serde_json::to_string_pretty(&found))?;
    } else {
        print(render::verdict(&verdict, args.shape.length()))?;
    }
    approval(&verdict, args.plan.as_deref(), place);
    Ok(if verdict.passes() && wrong.is_empty() { Exit::Done } else { Exit::Stopped })
}

/// Tells each field of an example that does not come out as written, and how many examples do.
fn tell(rules: &Rules, wrong: &[Error]) {
    let all = rules.examples.len();
    if all == 0 {
        return;
    }
    for error in wrong {
        say(ErrorText(error));
    }
    let fine = rules.examples.iter().filter(|example| example.holds(rules)).count();
    let rest = if wrong.is_empty() { "" } else { "; the others stop no run" };
    say(format_args!("examples: {fine} of {all} come out as written{rest}"));
}
