//! The arguments of `gotosync mail`. Their doc comments are the help texts.

use clap::{Args, Subcommand};

use super::Json;

#[derive(Debug, Args)]
pub(crate) struct Mail {
    #[command(subcommand)]
    pub(crate) verb: MailVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MailVerb {
    /// Preview a person's welcome e-mail; nothing is sent or written
    Preview(Preview),
}

#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// Preview the e-mail of this person, by e-mail, account name, distinguished name, common name, or id
    pub(crate) person: String,
    /// Use this template instead of the one from the rules
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}
