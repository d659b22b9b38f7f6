//! `gotosync mail`

use crate::cli::mail::MailVerb;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::ConfigLocation;

mod preview;

/// Runs a subcommand of `gotosync mail`.
pub(super) async fn mail(verb: MailVerb, place: &ConfigLocation) -> Result<Exit, Failure> {
    match verb {
        MailVerb::Preview(args) => preview::preview(&args, place).await,
    }
}
