//! The command-line arguments. Their doc comments are the help texts.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use gotosync_core::render::Length;

use crate::complete;

pub(crate) mod credential;
mod groups;
pub(crate) mod mail;
pub(crate) mod rule;
pub(crate) mod user;

/// The command line. Its description comes from Cargo.toml.
#[derive(Debug, Parser)]
#[command(name = "gotosync", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Read this configuration file [default: `$GOTOSYNC_CONFIG`, or gotosync.toml in the current folder]
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub(crate) config: Option<PathBuf>,
    /// Use another account that the signed-in user can access, by name or key
    #[arg(long, global = true, value_name = "ACCOUNT", help_heading = GLOBAL)]
    pub(crate) account: Option<String>,
    /// Log every call to a service to this file, for troubleshooting; it contains no secrets
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub(crate) trace: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

impl Cli {
    /// Parses a command line; its first word is the program name.
    ///
    /// # Errors
    /// Invalid arguments; also requests for help or version, because clap reports these as errors.
    pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = groups::grouped(Self::command(), GROUPS);
        let matches = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// The commands, in the order and groups of [`GROUPS`]. Hidden commands are old names that still work.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show the changes that a run would make; nothing is written
    Plan(PlanArgs),
    /// Check whether a plan may be applied, and check the rules file
    Check(Check),
    /// Plan, check, and apply; or apply exactly the plan in a file
    Apply(Apply),
    /// Do an unattended run: resume, plan, check, and apply
    ///
    /// An interrupted run is finished first.
    Run(Run),
    /// Finish an interrupted run
    ///
    /// Completed steps are not repeated. For steps in doubt, whose reply was lost, gotosync reads the account to see whether they
    /// were done. Then it carries out the remaining steps.
    Resume(Shape),
    /// Retry people whose last step failed
    ///
    /// After a failed step, runs skip the person for two hours, then for six, and so on up to a week; every report lists
    /// skipped people. This command retries at once, and it affects no other people.
    Retry(Retry),

    /// List, show, add, edit, move, and remove rules
    ///
    /// The rules file keeps its comments, order, and formatting.
    Rule(Box<rule::Rule>),

    /// Explain one person: matching rules, fields, and planned changes
    ///
    /// Shows why each rule does or does not select the person, the input and result of each expression, the linked user, and
    /// the changes that a run would make.
    Explain(Explain),
    /// Resend a user's invitation
    User(user::User),
    /// Preview the e-mails that people would get
    Mail(mail::Mail),
    /// Import people from a CSV file or a list, using one rule
    ///
    /// The settings of the rule decide which licenses and settings the people get. A CSV file has a header row. A list looks
    /// like `firstName lastName emailName@domain.extension;nextName...`; a line break works as well as a `;`. People are
    /// matched to existing users by e-mail. An import takes nothing away from existing users, and people from the file do not
    /// become leavers later. Entries that need correction are shown with their position and written to a file that you can
    /// correct and import. Without --apply, nothing is written to the account.
    Import(Import),

    /// Write a small worked example into a folder and run it
    ///
    /// The example is a directory export of a thousand people, rules, and an account in a file. Nothing outside the folder
    /// is changed. If the folder already holds an example, that example is run unchanged.
    Quickstart(Quickstart),
    /// Sign in to GoTo once, in a browser
    ///
    /// An admin of the account approves the access in the browser. The tokens are stored in the place that `login` in
    /// [account] names, and each run renews them there. A personal access token needs no login.
    Login(Login),
    /// Show the signed-in user, accounts, seats, and missing rights
    ///
    /// Lists the accounts that the user can access, the licenses with used and free seats, and rights that the user lacks.
    Account(Account),
    /// Store or remove a password or another secret
    ///
    /// The configuration refers to the secret by its name. Secrets are stored in the system's key store, or in a file that only
    /// you can read. A secret is never a command-line argument: type it at a hidden prompt, or pipe it in.
    Credential(credential::Credential),
    /// Print a shell script that completes commands and names
    ///
    /// It completes names from the directory, the account, and the rules.
    ///
    /// bash: `source <(gotosync completions bash)` in ~/.bashrc; zsh: the same in ~/.zshrc, below `compinit`; fish: `gotosync
    /// completions fish | source`; PowerShell: `gotosync completions powershell | Out-String | Invoke-Expression` in the profile.
    Completions(Completions),

    /// Browse the directory tree, list people, or search by name
    Browse(Browse),
    /// Show the directory's servers, and which data gotosync can read
    ///
    /// Shows the user that gotosync signs in as, and whether that user can read everything that a run needs.
    Describe(Json),
    /// List the latest runs, newest first
    History(History),
    /// Show version, license, and file locations
    ///
    /// Lists the locations of the configuration, data, and logs.
    About(Json),

    /// Resend a person's invitation; old name of `user invite`
    #[command(hide = true)]
    Invite(user::Invite),
    /// Preview a person's welcome e-mail; old name of `mail preview`
    #[command(hide = true)]
    Welcome(mail::Preview),
}

/// The headings of the help and the commands below each. Each visible command appears once, in the order of [`Verb`].
const GROUPS: &[groups::Group] = &[
    ("Run", &["plan", "check", "apply", "run", "resume", "retry"]),
    ("Rules", &["rule"]),
    ("People", &["explain", "user", "mail", "import"]),
    ("Setup", &["quickstart", "login", "account", "credential", "completions"]),
    ("Look", &["browse", "describe", "history", "about"]),
];

#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    /// Create the example in this folder
    #[arg(default_value = "gotosync-quickstart")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Write the plan to a file, to apply exactly that plan later
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Show only one person, by e-mail, account name, distinguished name, common name, or id
    #[arg(long, value_name = "PERSON", conflicts_with = "out")]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Check this plan, written by `plan --out`; if omitted, make a new plan
    pub(crate) plan: Option<PathBuf>,
    /// Approve the plan with this id after reviewing it; this allows changes above the limits
    #[arg(long, value_name = "ID", requires = "plan")]
    pub(crate) approve: Option<String>,
    /// Check only the rules: rules without effect, contradictions, and names missing in the directory or the account
    #[arg(long, conflicts_with_all = ["plan", "approve"])]
    pub(crate) rules: bool,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// Apply this plan, written by `plan --out` or kept after a check stopped it; if omitted, make a new plan
    pub(crate) plan: Option<PathBuf>,
    /// Approve the plan with this id after reviewing it; this allows changes above the limits
    #[arg(long, value_name = "ID", requires = "plan")]
    pub(crate) approve: Option<String>,
    /// Plan and show everything, but apply nothing
    #[arg(long, conflicts_with = "plan")]
    pub(crate) simulate: bool,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Plan and show everything, but apply nothing
    #[arg(long)]
    pub(crate) simulate: bool,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// Retry this person (e-mail, account name, distinguished name, common name, or id), or `all`
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Explain this person, by e-mail, account name, distinguished name, common name, or id
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct Browse {
    /// List the level below this OU, container, or group, by name or distinguished name; if omitted, list the top of the tree
    pub(crate) dn: Option<String>,
    /// List the people directly in it, or the members of the group; if DN is omitted, list everyone
    #[arg(long)]
    pub(crate) people: bool,
    /// Include people at any depth below it, or members of nested groups
    #[arg(long, requires = "people")]
    pub(crate) below: bool,
    /// Find people, groups, and OUs by name, at any depth below DN; with --people, only people
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Show this page of people, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) page: u32,
    /// Show at most N people per page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Import people from this file; `-` reads standard input
    pub(crate) file: PathBuf,
    /// Use the products, user group, fields, and limits of this rule; its selection of people is ignored, and it may be disabled
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::rules))]
    pub(crate) rule: String,
    /// Read the file in this format; if omitted, a first line that looks like a header means CSV
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Map attributes to columns, such as `mail=E-Mail,givenName=Vorname,sn=Nachname`
    #[arg(long, value_name = "ATTRIBUTE=COLUMN", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Read a unique id for each row from this column
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,
    /// Use the columns guessed from the header; if omitted, the guesses are only shown
    #[arg(long, conflicts_with = "columns")]
    pub(crate) accept_guesses: bool,
    /// Split columns at this character; if omitted, it is detected from the header
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<Delimiter>,
    /// Decode the file with this encoding, such as windows-1252; if omitted, the file must be UTF-8
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// Apply the plan if its check passes
    #[arg(long)]
    pub(crate) apply: bool,
    /// Write entries that need correction to this file, which must not exist yet [default: FILE.mend]
    #[arg(long, value_name = "FILE")]
    pub(crate) mend: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

/// The format of a file to import.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// CSV with a header row
    Csv,
    /// Pasted list
    List,
}

/// The character between the columns of a CSV file.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Delimiter {
    /// Comma
    #[value(alias = ",")]
    Comma,
    /// Semicolon
    #[value(alias = ";")]
    Semicolon,
    /// Tab
    #[value(alias = "\t")]
    Tab,
    /// Vertical bar
    #[value(alias = "|")]
    Bar,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Print the script for this shell
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
    /// Show the address to open in a browser on this machine, instead of opening the browser
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Show the address to open on any machine, and ask for the address that the browser shows after sign-in
    #[arg(long, conflicts_with = "no_browser")]
    pub(crate) paste: bool,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// List at most N runs
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// The option for JSON output.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The arguments of `account`.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Account {
    /// List GoTo Connect lines too: for each user, their own extension and the others that ring for them
    #[arg(long)]
    pub(crate) lines: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// The format and length of the output.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Shape {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Show long lists in full
    #[arg(long)]
    full: bool,
}

impl Shape {
    /// Text with long lists shortened.
    pub(crate) const TEXT: Self = Self { json: false, full: false };

    /// Returns how much of a long list to show.
    pub(crate) fn length(self) -> Length {
        if self.full { Length::Full } else { Length::Short(10) }
    }
}

const GLOBAL: &str = "Global options";

const EXIT_CODES: &str = "\
Exit codes: 0 nothing to do or all done, 1 error, 2 changes pending (plan), 3 stopped by a check, warnings (check --rules), \
or missing rights (account), 4 done, but some steps failed or some entries of an import need correction.
Data goes to stdout, messages to stderr. `gotosync help COMMAND` explains a command.
New here? Try `gotosync quickstart`.";
