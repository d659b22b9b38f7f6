//! `gotosync resume`

use super::run_output::RunOutput;
use crate::cli::Shape;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::{ConfigLocation, Setup};
use crate::signals;

/// Finishes an interrupted run.
pub(super) async fn resume(shape: Shape, place: &ConfigLocation) -> Result<Exit, Failure> {
    let Setup { engine, line, .. } = place.open("resume")?;
    let report = engine.resume(&signals::stop(&line)).await?;
    line.clear();
    let mut output = RunOutput::new(shape);
    let exit = if let Some(report) = report {
        output.resumed(&report)?
    } else {
        say("nothing to resume");
        Exit::Done
    };
    output.finish()?;
    Ok(exit)
}
