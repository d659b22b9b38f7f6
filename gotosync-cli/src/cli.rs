//! The arguments; their comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gotosync_core::render::Length;

/// The command line; what it is about stands in Cargo.toml.
#[derive(Debug, Parser)]
#[command(name = "gotosync", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The configuration file; without it what `GOTOSYNC_CONFIG` names, or gotosync.toml in the current folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Writes a small worked example into a folder and runs it
    ///
    /// The example is a directory export of a thousand people, rules, and an account in a file. Nothing outside the folder
    /// is touched. Where the folder holds an example already, it is run as it is.
    Quickstart(Quickstart),
    /// Shows what would be done; writes nothing
    Plan(PlanArgs),
    /// Says whether a plan may be applied, and what is wrong with the rules file
    Check(Check),
    /// Plans, checks and applies; or applies exactly the plan in a file
    Apply(Apply),
    /// Does the unattended run: ends an interrupted run first, then plans, checks and applies
    Run(Shape),
    /// Ends a run that was interrupted
    ///
    /// What is settled stays, what is in doubt is read from the account, and the rest is carried out.
    Resume(Shape),
    /// Explains one person: rules, mapped fields, link, and what would be done
    Explain(Explain),
    /// Lists one level of the directory's tree
    Browse(Browse),
    /// Lists the latest runs, newest first
    History(History),
    /// Says version and licence, and where configuration, data and logs are
    About(Json),
}

#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    /// The folder, which is made
    #[arg(default_value = "gotosync-quickstart")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Writes the plan to a file, to be applied exactly so later
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Shows only one person: an e-mail, account name, distinguished name, common name or id
    #[arg(long, value_name = "PERSON", conflicts_with = "out")]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A plan that `plan --out` wrote; without it a new one is made
    pub(crate) plan: Option<PathBuf>,
    /// The id of the plan, once you have looked at it: what limits hold back is let through
    #[arg(long, value_name = "ID", requires = "plan")]
    pub(crate) approve: Option<String>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A plan that `plan --out` wrote, or that a check stopped; without it a new one is made
    pub(crate) plan: Option<PathBuf>,
    /// The id of the plan, once you have looked at it: what limits hold back is let through
    #[arg(long, value_name = "ID", requires = "plan")]
    pub(crate) approve: Option<String>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// An e-mail, account name, distinguished name, common name or id
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct Browse {
    /// The place whose children are listed; without it the tops of the tree
    pub(crate) dn: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Whether the output is for people or for programs.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Json {
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whom the output is for, and how much of it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Shape {
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Shows every line of long lists
    #[arg(long)]
    full: bool,
}

impl Shape {
    /// Text, with long lists cut.
    pub(crate) const TEXT: Self = Self { json: false, full: false };

    /// How much of a long list is shown.
    pub(crate) fn length(self) -> Length {
        if self.full { Length::Full } else { Length::Short(10) }
    }
}

const EXIT_CODES: &str = "\
Exit codes: 0 nothing to do or all done, 1 error, 2 changes pending (plan), 3 stopped by a check, 4 done but some steps \
failed.
Data goes to stdout, talk to stderr. New here? Try `gotosync quickstart`.";
