//! `gotosync rule`

use gotosync_core::Error;
use gotosync_core::ErrorKind;
use gotosync_core::rules::{Position, RulesFile, json_schema};

use crate::cli::rule::{Move, Named, RuleVerb, Spot};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::setup::ConfigLocation;

mod add;
mod edit;
mod editor;
mod list;
pub(super) mod look;
mod says;
mod tell;

/// Runs a subcommand of `gotosync rule`. Changes to the file are saved at once.
pub(super) async fn rule(verb: RuleVerb, place: &ConfigLocation) -> Result<Exit, Failure> {
    match verb {
        RuleVerb::List(json) => list::list(json, place).await,
        RuleVerb::Show(args) => list::show(&args, place).await,
        RuleVerb::Add(args) => add::add(&args, place).await,
        RuleVerb::Edit(args) => edit::edit(&args, place).await,
        RuleVerb::Enable(named) => change(&named, place, "enabled", RulesFile::enable).await,
        RuleVerb::Disable(named) => change(&named, place, "disabled", RulesFile::disable).await,
        RuleVerb::Remove(named) => change(&named, place, "removed", RulesFile::remove).await,
        RuleVerb::Move(args) => shift(&args, place).await,
        RuleVerb::Schema => {
            json::print_json(serde_json::to_string_pretty(&json_schema()))?;
            Ok(Exit::Done)
        }
    }
}

/// Changes a rule without adding names, so that nothing needs to be looked up.
async fn change(
    named: &Named,
    place: &ConfigLocation,
    done: &str,
    change: fn(&mut RulesFile, &str) -> Result<(), Vec<Error>>,
) -> Result<Exit, Failure> {
    let config = place.load()?;
    let mut file = config.rules_file()?;
    let before = file.clone();
    change(&mut file, &named.name)?;
    config.save_rules(&file)?;
    tell::saved(&config, &before, &file, &named.name, done, None).await;
    Ok(Exit::Done)
}

async fn shift(args: &Move, place: &ConfigLocation) -> Result<Exit, Failure> {
    let to = if args.last { Some(Position::Last) } else { position(&args.spot) };
    let Some(to) = to else {
        return Err(Error::new(ErrorKind::Input, "no new position for the rule was given")
            .hint("add --before RULE, --after RULE, --first, or --last")
            .into());
    };
    let config = place.load()?;
    let mut file = config.rules_file()?;
    let before = file.clone();
    file.move_to(&args.name, &to)?;
    config.save_rules(&file)?;
    tell::saved(&config, &before, &file, &args.name, "moved", None).await;
    Ok(Exit::Done)
}

/// Returns the position that the arguments give, if any.
fn position(spot: &Spot) -> Option<Position> {
    let before = spot.before.clone().map(Position::Before);
    before.or_else(|| spot.after.clone().map(Position::After)).or_else(|| spot.first.then_some(Position::First))
}
