//! `gotosync user`

use crate::cli::user::UserVerb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::ConfigLocation;

mod invite;

/// Runs a subcommand of `gotosync user`.
pub(super) async fn user(verb: UserVerb, place: &ConfigLocation) -> Result<Exit, Failure> {
    match verb {
        UserVerb::Invite(args) => invite::invite(&args, place).await,
    }
}
