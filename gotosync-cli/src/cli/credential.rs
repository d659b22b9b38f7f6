//! The arguments of `gotosync credential`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with a secret.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Credential {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Keeps a secret that is typed unseen, or piped in
    Set(Set),
    /// Removes a secret
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Replaces one that is there already
    #[arg(long)]
    pub(crate) force: bool,
}

/// One secret.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// Its name in the key store, as `password = { keyring = "NAME" }` has it; `SERVICE/NAME` for that of another program
    pub(crate) name: Option<String>,
    /// A file instead, as `password = { file = "FILE" }` has it; it is made so that nobody else can read it
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}
