//! `gotosync rule add`

use gotosync_core::model::Severity;
use gotosync_core::rules::{Change, Place as Position, RulesFile, unknown_names};
use gotosync_core::{Config, Error};

use super::{look, position, says, tell};
use crate::cli::rule::Add;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::Place;

/// Adds a rule once what it names was found.
pub(super) async fn add(args: &Add, place: &Place) -> Result<Exit, Failure> {
    let config = place.load()?;
    let mut file = config.rules_file()?;
    let before = file.clone();
    says::places(&args.says, &config).await?;
    let mut changes = says::changes(&args.says)?;
    if args.disabled {
        changes.push(Change::set("enabled", "false")?);
    }
    file.add(&args.name, &changes, &position(&args.spot).unwrap_or(Position::Last))?;
    let name = args.name.trim();
    verify(&config, &file, name, args.force).await?;
    config.save_rules(&file)?;
    tell::saved(&config, &before, &file, name, "added").await;
    Ok(Exit::Done)
}

/// Finds what a rule names in the directory and the account, or says what is near to it. Whoever forces it is only told.
pub(super) async fn verify(config: &Config, file: &RulesFile, name: &str, force: bool) -> Result<(), Vec<Error>> {
    let rules = file.rules()?;
    let seen = look::for_rule(config, &rules, name).await;
    let found = unknown_names(file, name, seen.directory().map(|directory| &**directory), seen.account())?;
    let missing = found.iter().filter(|finding| finding.severity() >= Severity::Warning);
    let mut errors: Vec<Error> = missing.map(look::error).collect();
    let hint = "mend that first, or save the rule all the same with --force";
    errors.extend(seen.into_problems().into_iter().map(|problem| {
        let problem = problem.with("rule", name);
        if force { problem } else { problem.hint(hint) }
    }));
    if !force && !errors.is_empty() {
        return Err(errors);
    }
    for error in &errors {
        say(format_args!("note: {error}"));
    }
    Ok(())
}
