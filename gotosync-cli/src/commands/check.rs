//! `gotosync check`

use gotosync_core::config::read_plan;
use gotosync_core::model::PlanId;
use gotosync_core::render;

use super::told::{approval, wrong_approval};
use crate::cli::Check;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::print;
use crate::setup::{Place, Setup};

/// Says whether a plan may be applied.
pub(super) async fn check(args: &Check, place: &Place) -> Result<Exit, Failure> {
    let Setup { engine, line, .. } = place.open("check")?;
    let plan = match &args.plan {
        Some(file) => read_plan(file)?,
        None => engine.plan().await?.plan,
    };
    wrong_approval(&plan, args.approve.as_deref());
    let verdict = engine.check(&plan, args.approve.as_deref().map(PlanId::new).as_ref());
    line.clear();
    if args.shape.json {
        json::print_json(serde_json::to_string_pretty(&json::notes(&verdict.notes)))?;
    } else {
        print(render::verdict(&verdict, args.shape.length()))?;
    }
    approval(&verdict, args.plan.as_deref(), place);
    Ok(if verdict.passes() { Exit::Done } else { Exit::Stopped })
}
