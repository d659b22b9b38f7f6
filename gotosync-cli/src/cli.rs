//! The arguments; their comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use gotosync_core::render::Length;

use crate::complete;

pub(crate) mod credential;
pub(crate) mod mail;
pub(crate) mod rule;
pub(crate) mod user;

/// The command line; what it is about stands in Cargo.toml.
#[derive(Debug, Parser)]
#[command(name = "gotosync", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The configuration file; without it what `GOTOSYNC_CONFIG` names, or gotosync.toml in the current folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Another account of the same login, by name or key
    #[arg(long, global = true, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Writes a line on every call to a service to a file, for finding out what went wrong; no secret is in it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
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
    Run(Run),
    /// Ends a run that was interrupted
    ///
    /// What is settled stays, what is in doubt is read from the account, and the rest is carried out.
    Resume(Shape),
    /// Tries again, now, whom a failure set aside
    ///
    /// A person whose step failed is left alone for two hours, then for six, and so on up to a week; every report lists them.
    /// This does not wait. Nobody else is touched.
    Retry(Retry),
    /// Lists, shows, adds, changes, orders and removes rules; the file stays as its author wrote it
    Rule(Box<rule::Rule>),
    /// Resend a user's invitation
    User(user::User),
    /// Preview the e-mails that people would get
    Mail(mail::Mail),
    /// Explains one person: rules, mapped fields, link, and what would be done
    Explain(Explain),
    /// Lists one level of the directory's tree, the people of a place or a group, or what is called by a name
    Browse(Browse),
    /// Asks the directory what it is, who is signed in to it, and whether they can read what a run needs
    Describe(Json),
    /// Brings in people from a file by the settings of one rule: a CSV with a header row, or a pasted list
    ///
    /// A list is `firstName lastName emailName@domain.extension;nextName...`; a line does as well as a `;`. Users are found by
    /// e-mail, nobody loses anything, and nobody of the file is a leaver later. What must be mended is shown with its place
    /// and written to a file that can be imported again. Without --apply nothing is written to the account.
    Import(Import),
    /// Signs in to GoTo, once: a browser opens, and whoever administers the account allows it
    ///
    /// What comes of it is kept where [account] says (`login`), and renewed from there by every run. A personal access token
    /// needs no login.
    Login(Login),
    /// Says who is signed in, which accounts that gives, products with seats used and free, and what is missing
    Account(Account),
    /// Keeps a password or another secret where a configuration can name it, and removes it
    ///
    /// In the key store of the system, or in a file that only you can read. No secret is ever a word of a command: it is typed
    /// unseen, or piped in.
    Credential(credential::Credential),
    /// Prints a script that lets a shell complete commands, and names of the directory, the account and the rules
    ///
    /// bash: `source <(gotosync completions bash)` in ~/.bashrc; zsh: the same in ~/.zshrc, below `compinit`; fish: `gotosync
    /// completions fish | source`; PowerShell: `gotosync completions powershell | Out-String | Invoke-Expression` in the profile.
    Completions(Completions),
    /// Lists the latest runs, newest first
    History(History),
    /// Says version and licence, and where configuration, data and logs are
    About(Json),

    /// Resend a person's invitation; old name of `user invite`
    #[command(hide = true)]
    Invite(user::Invite),
    /// Preview a person's welcome e-mail; old name of `mail preview`
    #[command(hide = true)]
    Welcome(mail::Preview),
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
    /// Looks at the rules alone: rules without effect, contradictions, and names the directory or the account lacks
    #[arg(long, conflicts_with_all = ["plan", "approve"])]
    pub(crate) rules: bool,
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
    /// Plans and shows everything, and applies nothing
    #[arg(long, conflicts_with = "plan")]
    pub(crate) simulate: bool,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Plans and shows everything, and applies nothing
    #[arg(long)]
    pub(crate) simulate: bool,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// `all`, or one person: an e-mail, account name, distinguished name, common name or id
    pub(crate) person: String,
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
    /// The place or group whose children are listed; without it the tops of the tree
    pub(crate) dn: Option<String>,
    /// Lists the people right in it, or the members of the group; without a place everybody
    #[arg(long)]
    pub(crate) people: bool,
    /// Counts people anywhere below it as well, or members of nested groups
    #[arg(long, requires = "people")]
    pub(crate) below: bool,
    /// Finds people, groups and units by name, anywhere below it; with --people only people
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// The page of people, from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: u32,
    /// So many people a page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file; `-` reads what is piped in
    pub(crate) file: PathBuf,
    /// The rule whose products, user group, fields and limits count; whom it selects does not, and it may be off
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::rules))]
    pub(crate) rule: String,
    /// What the file is written in; without it a first line that looks like a header makes it a CSV
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Which column is which attribute, such as `mail=E-Mail,givenName=Vorname,sn=Nachname`
    #[arg(long, value_name = "ATTRIBUTE=COLUMN", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// The column of an id that no two rows may share
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// Takes the columns that are guessed from the header; without it they are only shown
    #[arg(long, conflicts_with = "columns")]
    pub(crate) accept_guesses: bool,
    /// What parts the columns; without it the header tells
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<Delimiter>,
    /// The encoding of a file that is not UTF-8, such as windows-1252
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// Applies the plan, if its check passes
    #[arg(long)]
    pub(crate) apply: bool,
    /// Where to write what must be mended; a file that is there is not overwritten [default: FILE.mend]
    #[arg(long, value_name = "FILE")]
    pub(crate) mend: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

/// What a file of people is written in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// A CSV with a header row
    Csv,
    /// A pasted list
    List,
}

/// What parts the columns of a CSV.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Delimiter {
    /// A comma
    #[value(alias = ",")]
    Comma,
    /// A semicolon
    #[value(alias = ";")]
    Semicolon,
    /// A tab
    #[value(alias = "\t")]
    Tab,
    /// A vertical bar
    #[value(alias = "|")]
    Bar,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// A shell.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    /// bash, from version 4
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Only shows the address to open, on this machine
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Shows the address to open, on any machine, and asks for the address that the browser ended at
    #[arg(long, conflicts_with = "no_browser")]
    pub(crate) paste: bool,
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

/// What `account` tells.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Account {
    /// Lists the lines of GoTo Connect too, by user: their own extension, and those that ring at them as well
    #[arg(long)]
    pub(crate) lines: bool,
    #[command(flatten)]
    pub(crate) json: Json,
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
Exit codes: 0 nothing to do or all done, 1 error, 2 changes pending (plan), 3 stopped by a check or warned of rules \
(check --rules), 4 done but some steps failed, or entries of an import must be mended.
Data goes to stdout, talk to stderr. New here? Try `gotosync quickstart`.";
