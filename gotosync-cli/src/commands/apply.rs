//! `gotosync apply`

use std::path::Path;

use gotosync_core::apply::Stop;
use gotosync_core::config::read_plan;
use gotosync_core::model::PlanId;
use gotosync_core::sync::Unfinished;
use gotosync_core::{ErrorKind, Plan};

use super::run_output::{RunOutput, wrong_approval};
use crate::cli::Apply;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::{ConfigLocation, Setup};
use crate::signals;

/// Applies the plan in a file, or makes a plan and applies it.
pub(super) async fn apply(args: &Apply, place: &ConfigLocation) -> Result<Exit, Failure> {
    let mut setup = place.open("apply")?;
    if args.simulate {
        setup.engine = setup.engine.simulated();
    }
    let stop = signals::stop(&setup.line);
    let mut output = RunOutput::new(args.shape);
    let exit = if let Some(file) = &args.plan {
        apply_file(file, args.approve.as_deref(), &setup, &stop, &mut output).await?
    } else {
        run_now(&setup, &stop, &mut output).await?
    };
    output.finish()?;
    Ok(exit)
}

async fn apply_file(
    file: &Path,
    approve: Option<&str>,
    setup: &Setup<'_>,
    stop: &Stop,
    output: &mut RunOutput,
) -> Result<Exit, Failure> {
    let plan = read_plan(file)?;
    wrong_approval(&plan, approve);
    apply_plan(&plan, Some(file), approve.map(PlanId::new).as_ref(), setup, stop, output).await
}

/// Applies a plan. If a check stops a plan that is not in a file yet, saves it so that an admin can approve it.
pub(super) async fn apply_plan(
    plan: &Plan,
    file: Option<&Path>,
    approval: Option<&PlanId>,
    setup: &Setup<'_>,
    stop: &Stop,
    output: &mut RunOutput,
) -> Result<Exit, Failure> {
    let result = setup.engine.apply(plan, approval, stop).await;
    setup.line.clear();
    match result {
        Ok(report) => output.report(&report),
        Err(error) if error.kind() == ErrorKind::Stopped => {
            let file = file.map_or_else(|| setup.config.keep_plan(plan), |file| Ok(file.to_path_buf()))?;
            output.stopped(&setup.engine.check(plan, approval), &file, setup.place)
        }
        Err(error) => Err(error.into()),
    }
}

/// Plans and applies in one step. If a check stops the plan, saves it so that an admin can approve it.
pub(super) async fn run_now(setup: &Setup<'_>, stop: &Stop, output: &mut RunOutput) -> Result<Exit, Failure> {
    let result = setup.engine.run(stop).await;
    setup.line.clear();
    match result.map_err(|unfinished| *unfinished) {
        Ok(report) => {
            let exit = output.report(&report)?;
            if let Some(deletions) = &report.deletions {
                output.deletions(deletions, &setup.config.keep_plan(deletions)?, setup.place);
            }
            Ok(exit)
        }
        Err(Unfinished { plan: Some(plan), .. }) => {
            let file = setup.config.keep_plan(&plan)?;
            output.stopped(&setup.engine.check(&plan, None), &file, setup.place)
        }
        Err(Unfinished { error, plan: None }) => Err(error.into()),
    }
}
