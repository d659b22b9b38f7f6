//! `gotosync rule add`

use gotosync_core::model::Severity;
use gotosync_core::rules::{Change, Position, RulesFile, unknown_names};
use gotosync_core::{Config, Error, ErrorKind};

use super::look::{self, Seen};
use super::{position, says, tell};
use crate::cli::rule::Add;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;

/// Adds a rule after looking up the names in it.
pub(super) async fn add(args: &Add, place: &ConfigLocation) -> Result<Exit, Failure> {
    let config = place.load()?;
    let mut file = config.rules_file()?;
    let before = file.clone();
    says::places(&args.says, &config).await?;
    let mut changes = says::changes(&args.says)?;
    if args.disabled {
        changes.push(Change::set("enabled", "false")?);
    }
    if !says::selects(&args.says) {
        return Err(Error::new(ErrorKind::Input, format!("the new rule `{}` selects no people", args.name.trim()))
            .hint("add --ou DN, --group GROUP, or --everyone")
            .into());
    }
    file.add(&args.name, &changes, &position(&args.spot).unwrap_or(Position::Last))?;
    let name = args.name.trim();
    let seen = verify(&config, &before, &file, name, args.force).await?;
    config.save_rules(&file)?;
    tell::saved(&config, &before, &file, name, "added", Some(seen)).await;
    Ok(Exit::Done)
}

/// Looks up the names in a rule in the directory and the account.
///
/// # Errors
/// Each missing name, with the nearest name as the hint. With `force`, prints these as notes instead.
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
    let hint = "fix this first, or save the rule anyway with --force";
    errors.extend(seen.into_problems().into_iter().map(|problem| problem.with("rule", name).hint(hint)));
    Err(errors)
}
