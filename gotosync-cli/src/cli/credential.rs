//! The arguments of `gotosync credential`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The subcommand of `gotosync credential`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Credential {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Store a secret, typed at a hidden prompt or piped in
    Set(Set),
    /// Remove a secret
    Remove(Which),
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Replace an existing secret
    #[arg(long)]
    pub(crate) force: bool,
}

/// The location of one secret.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// Use this name in the key store, as in `password = { keyring = "NAME" }`; write SERVICE/NAME for a secret of another program
    pub(crate) name: Option<String>,
    /// Use a file instead, as in `password = { file = "FILE" }`; it is created so that only you can read it
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}
