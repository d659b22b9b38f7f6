//! `gotosync run`

use super::apply::run_now;
use super::run_output::RunOutput;
use crate::cli::Run;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;
use crate::signals;

/// Finishes an interrupted run, then plans, checks, and applies.
pub(super) async fn run(args: &Run, place: &ConfigLocation) -> Result<Exit, Failure> {
    let mut output = RunOutput::new(args.shape);
    let ended = go(args, &mut output, place).await;
    // Print the report of the resumed run even if the new run failed.
    output.finish()?;
    ended
}

async fn go(args: &Run, output: &mut RunOutput, place: &ConfigLocation) -> Result<Exit, Failure> {
    let mut setup = place.open("run")?;
    if args.simulate {
        setup.engine = setup.engine.simulated();
    }
    let stop = signals::stop(&setup.line);
    if let Some(report) = setup.engine.resume(&stop).await? {
        setup.line.clear();
        say("resumed an interrupted run");
        let exit = output.resumed(&report)?;
        if stop.requested() {
            return Ok(exit);
        }
    }
    run_now(&setup, &stop, output).await
}
