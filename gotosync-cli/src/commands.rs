//! The commands, one file each. A command reads its arguments, calls the core, prints the result, and returns an exit code.

use crate::cli::mail::MailVerb;
use crate::cli::user::UserVerb;
use crate::cli::{Cli, Verb};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::ConfigLocation;

mod about;
mod account;
mod apply;
mod browse;
mod check;
mod completions;
mod credential;
mod describe;
mod explain;
mod history;
mod import;
mod login;
mod mail;
mod plan;
mod quickstart;
mod resume;
mod retry;
mod rule;
mod run;
mod run_output;
mod user;

/// Runs the command that the arguments name.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    let place = ConfigLocation::find(cli.config).choosing(cli.account).tracing(cli.trace);
    match cli.verb {
        Verb::Plan(args) => plan::plan(&args, &place).await,
        Verb::Check(args) => check::check(&args, &place).await,
        Verb::Apply(args) => apply::apply(&args, &place).await,
        Verb::Run(args) => run::run(&args, &place).await,
        Verb::Resume(shape) => resume::resume(shape, &place).await,
        Verb::Retry(args) => retry::retry(&args, &place).await,
        Verb::Rule(args) => rule::rule(args.verb, &place).await,
        Verb::Explain(args) => explain::explain(&args, &place).await,
        Verb::User(args) => user::user(args.verb, &place).await,
        Verb::Mail(args) => mail::mail(args.verb, &place).await,
        Verb::Import(args) => import::import(&args, &place).await,
        Verb::Quickstart(args) => quickstart::quickstart(&args, &place).await,
        Verb::Login(args) => login::login(&args, &place).await,
        Verb::Account(args) => account::account(args, &place).await,
        Verb::Credential(args) => credential::credential(&args.verb),
        Verb::Completions(args) => completions::completions(&args),
        Verb::Browse(args) => browse::browse(&args, &place).await,
        Verb::Describe(json) => describe::describe(json, &place).await,
        Verb::History(args) => history::history(&args, &place).await,
        Verb::About(json) => about::about(json, &place),
        Verb::Invite(args) => user::user(UserVerb::Invite(args), &place).await,
        Verb::Welcome(args) => mail::mail(MailVerb::Preview(args), &place).await,
    }
}
