//! The arguments of `gotosync user`; their comments are the help texts.

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
    /// For a person who has not signed in yet, or whose invitation to move here from another account has expired. No run
    /// resends an invitation by itself.
    Invite(Invite),
}

#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Invite this person, by e-mail, account name, distinguished name, common name, or id
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) shape: Shape,
}
