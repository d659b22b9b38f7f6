//! `gotosync retry`

use super::apply::apply_plan;
use super::run_output::RunOutput;
use crate::cli::Retry;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;
use crate::signals;

/// Tries again whom a failure set aside, without waiting for their time.
pub(super) async fn retry(args: &Retry, place: &ConfigLocation) -> Result<Exit, Failure> {
    let setup = place.open("retry")?;
    let stop = signals::stop(&setup.line);
    let mut told = RunOutput::new(args.shape);
    let who = match args.person.trim() {
        "all" => gotosync_core::sync::Retry::Everybody,
        person => gotosync_core::sync::Retry::Person(person),
    };
    let plan = setup.engine.retry(who).await?;
    setup.line.clear();
    if plan.is_empty() {
        say("nobody has to be tried again");
    }
    let exit = apply_plan(&plan, None, None, &setup, &stop, &mut told).await?;
    told.finish()?;
    Ok(exit)
}
