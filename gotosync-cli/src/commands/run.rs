//! `gotosync run`

use super::apply::run_now;
use super::run_output::RunOutput;
use crate::cli::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;
use crate::signals;

/// Ends an interrupted run, then plans, checks and applies.
pub(super) async fn run(args: &Run, place: &ConfigLocation) -> Result<Exit, Failure> {
    let mut told = RunOutput::new(args.shape);
    let ended = go(args, &mut told, place).await;
    // What was resumed is told even if what followed failed.
    told.finish()?;
    ended
}

async fn go(args: &Run, told: &mut RunOutput, place: &ConfigLocation) -> Result<Exit, Failure> {
    let mut setup = place.open("run")?;
    if args.simulate {
        setup.engine = setup.engine.simulated();
    }
    let stop = signals::stop(&setup.line);
    if let Some(report) = setup.engine.resume(&stop).await? {
        setup.line.clear();
        say("an interrupted run was resumed");
        let exit = told.resumed(&report)?;
        if stop.requested() {
            return Ok(exit);
        }
    }
    run_now(&setup, &stop, told).await
}
