//! The arguments of `gotosync user`. Their doc comments are the help texts.

use clap::{Args, Subcommand};

use super::Shape;

#[derive(Debug, Args)]
pub(crate) struct User {
    #[command(subcommand)]
    pub(crate) verb: UserVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserVerb {
    /// Resend a person's invitation
    ///
    /// Use this if a person has not signed in yet, or if the invitation to move here from another account has expired. Runs
    /// never resend invitations.
    Invite(Invite),
}

#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Invite this person, by e-mail, account name, distinguished name, common name, or id
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) shape: Shape,
}
