//! `gotosync user invite`

use super::super::apply::apply_plan;
use super::super::run_output::RunOutput;
use crate::cli::user::Invite;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::ConfigLocation;
use crate::signals;

/// Resends one person's invitation.
pub(super) async fn invite(args: &Invite, place: &ConfigLocation) -> Result<Exit, Failure> {
    let setup = place.open("user invite")?;
    let stop = signals::stop(&setup.line);
    let mut output = RunOutput::new(args.shape);
    let plan = setup.engine.invite(&args.person).await?;
    let exit = apply_plan(&plan, None, None, &setup, &stop, &mut output).await?;
    output.finish()?;
    Ok(exit)
}
