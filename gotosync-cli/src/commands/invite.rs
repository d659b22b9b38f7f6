//! `gotosync invite`

use super::apply::apply_plan;
use super::told::Told;
use crate::cli::Invite;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::Place;
use crate::signals;

/// Sends one person's invitation again.
pub(super) async fn invite(args: &Invite, place: &Place) -> Result<Exit, Failure> {
    let setup = place.open("invite")?;
    let stop = signals::stop(&setup.line);
    let mut told = Told::new(args.shape);
    let plan = setup.engine.invite(&args.person).await?;
    let exit = apply_plan(&plan, None, None, &setup, &stop, &mut told).await?;
    told.finish()?;
    Ok(exit)
}
