//! `gotosync apply`

use std::path::Path;

use gotosync_core::ErrorKind;
use gotosync_core::apply::Stop;
use gotosync_core::config::read_plan;
use gotosync_core::model::PlanId;
use gotosync_core::sync::Unfinished;

use super::told::{Told, wrong_approval};
use crate::cli::Apply;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::{Place, Setup};
use crate::signals;

/// Applies the plan in a file, or plans and applies.
pub(super) async fn apply(args: &Apply, place: &Place) -> Result<Exit, Failure> {
    let setup = place.open("apply")?;
    let stop = signals::stop(&setup.line);
    let mut told = Told::new(args.shape);
    let exit = if let Some(file) = &args.plan {
        apply_file(file, args.approve.as_deref(), &setup, &stop, &mut told).await?
    } else {
        run_now(&setup, &stop, &mut told).await?
    };
    told.finish()?;
    Ok(exit)
}

async fn apply_file(
    file: &Path,
    approve: Option<&str>,
    setup: &Setup<'_>,
    stop: &Stop,
    told: &mut Told,
) -> Result<Exit, Failure> {
    let plan = read_plan(file)?;
    wrong_approval(&plan, approve);
    let approval = approve.map(PlanId::new);
    let result = setup.engine.apply(&plan, approval.as_ref(), stop).await;
    setup.line.clear();
    match result {
        Ok(report) => told.report(&report),
        Err(error) if error.kind() == ErrorKind::Stopped => {
            told.stopped(&setup.engine.check(&plan, approval.as_ref()), file, setup.place)
        }
        Err(error) => Err(error.into()),
    }
}

/// Plans and applies in one go. A plan that a check stopped is kept, so that it can be approved.
pub(super) async fn run_now(setup: &Setup<'_>, stop: &Stop, told: &mut Told) -> Result<Exit, Failure> {
    let result = setup.engine.run(stop).await;
    setup.line.clear();
    match result.map_err(|unfinished| *unfinished) {
        Ok(report) => told.report(&report),
        Err(Unfinished { plan: Some(plan), .. }) => {
            let file = setup.config.keep_plan(&plan)?;
            told.stopped(&setup.engine.check(&plan, None), &file, setup.place)
        }
        Err(Unfinished { error, plan: None }) => Err(error.into()),
    }
}
