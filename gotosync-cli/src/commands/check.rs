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

/// Checks a plan, and the examples in the rules file.
///
/// Only this command reports examples with wrong results: they block no run.
pub(super) async fn check(args: &Check, place: &ConfigLocation) -> Result<Exit, Failure> {
    if args.rules {
        return rules::check(args.shape.json, place).await;
    }
    let Setup { engine, line, .. } = place.open("check")?;
    // Check examples before reading the directory: they do not need it.
    let wrong = engine.rules().verify_examples();
    print_examples(engine.rules(), &wrong);
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

/// Prints each field that differs from its example, and the number of examples that pass.
fn print_examples(rules: &Rules, wrong: &[Error]) {
    let all = rules.examples.len();
    if all == 0 {
        return;
    }
    for error in wrong {
        say(ErrorText(error));
    }
    let fine = rules.examples.iter().filter(|example| example.holds(rules)).count();
    let rest = if wrong.is_empty() { "" } else { "; failed examples block no run" };
    say(format_args!("examples: {fine} of {all} passed{rest}"));
}
