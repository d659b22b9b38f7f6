//! `gotosync user`

use crate::cli::user::UserVerb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::ConfigLocation;

mod invite;

/// Acts on one user of the account.
pub(super) async fn user(verb: UserVerb, place: &ConfigLocation) -> Result<Exit, Failure> {
    match verb {
        UserVerb::Invite(args) => invite::invite(&args, place).await,
    }
}
