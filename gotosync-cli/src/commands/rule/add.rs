//! `gotosync rule add`

use gotosync_core::model::Severity;
use gotosync_core::rules::{Change, Position, RulesFile, unknown_names};
use gotosync_core::{Config, Error};

use super::look::{self, Seen};
use super::{position, says, tell};
use crate::cli::rule::Add;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;

/// Adds a rule once what it names was found.
pub(super) async fn add(args: &Add, place: &ConfigLocation) -> Result<Exit, Failure> {
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
    let seen = verify(&config, &before, &file, name, args.force).await?;
    config.save_rules(&file)?;
    tell::saved(&config, &before, &file, name, "added", Some(seen)).await;
    Ok(Exit::Done)
}

/// Finds what a rule names in the directory and the account, or says what is near to it. Whoever forces it is only told.
pub(super) async fn verify(
    config: &Config,
    before: &RulesFile,
    file: &RulesFile,
    name: &str,
    force: bool,
) -> Result<Seen, Vec<Error>> {
    let rules = file.rules()?;
    let seen = look::for_rule(config, before.rules().ok().as_ref(), &rules, name).await;
    let found = unknown_names(file, name, seen.directory().map(|directory| &**directory), seen.account())?;
    let missing = found.iter().filter(|finding| finding.severity() >= Severity::Warning);
    let mut errors: Vec<Error> = missing.map(look::error).collect();
    if force {
        for error in errors.iter().chain(seen.problems()) {
            say(format_args!("note: {error}"));
        }
        return Ok(seen);
    }
    if errors.is_empty() && seen.problems().next().is_none() {
        return Ok(seen);
    }
    let hint = "mend that first, or save the rule all the same with --force";
    errors.extend(seen.into_problems().into_iter().map(|problem| problem.with("rule", name).hint(hint)));
    Err(errors)
}
