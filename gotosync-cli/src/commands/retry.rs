//! `gotosync retry`

use super::apply::apply_plan;
use super::run_output::RunOutput;
use crate::cli::Retry;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;
use crate::signals;

/// Retries people whose last step failed, without waiting until their next retry is due.
pub(super) async fn retry(args: &Retry, place: &ConfigLocation) -> Result<Exit, Failure> {
    let setup = place.open("retry")?;
    let stop = signals::stop(&setup.line);
    let mut output = RunOutput::new(args.shape);
    let who = match args.person.trim() {
        "all" => gotosync_core::sync::Retry::Everybody,
        person => gotosync_core::sync::Retry::Person(person),
    };
    let plan = setup.engine.retry(who).await?;
    setup.line.clear();
    if plan.is_empty() {
        say("nothing to retry: there are no failed steps");
    }
    let exit = apply_plan(&plan, None, None, &setup, &stop, &mut output).await?;
    output.finish()?;
    Ok(exit)
}
