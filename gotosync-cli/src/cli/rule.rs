//! The arguments of `gotosync rule`; their comments are the help texts.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use super::Json;
use crate::complete;

#[derive(Debug, Args)]
pub(crate) struct Rule {
    #[command(subcommand)]
    pub(crate) verb: RuleVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RuleVerb {
    /// Lists the rules, highest priority first, with how many people each selects now
    List(Json),
    /// Shows a rule as it is written
    Show(Show),
    /// Adds a rule and saves it at once
    ///
    /// What it names is looked up first: a rule with an OU or group that is not in the directory, or a product or user group
    /// that is not in the account, is not saved, and the nearest names are offered.
    Add(Add),
    /// Changes what a rule says; without options it opens the file in $VISUAL or $EDITOR
    ///
    /// A list that is given replaces the one that is there. What it names is looked up as by `add`.
    Edit(Edit),
    /// Lets a rule take part again
    Enable(Named),
    /// Takes a rule out without removing it
    Disable(Named),
    /// Removes a rule with its comments
    Remove(Named),
    /// Moves a rule, and with it its priority
    Move(Move),
    /// Prints the JSON Schema by which editors complete and check a rules file
    ///
    /// Keep it beside the rules (`gotosync rule schema > rules.schema.json`) and write `#:schema rules.schema.json` into
    /// their first line.
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The name of the rule
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The name of the rule
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The name of the new rule
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) says: Says,
    #[command(flatten)]
    pub(crate) spot: Spot,
    /// Saves it switched off
    #[arg(long)]
    pub(crate) disabled: bool,
    /// Saves it even if what it names is not there, or cannot be looked up
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// The name of the rule
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
    /// Gives it another name
    #[arg(long = "name", value_name = "NEW")]
    pub(crate) rename: Option<String>,
    #[command(flatten)]
    pub(crate) says: Says,
    /// Takes a key out, as `filter` or `fields.email`
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,
    /// Saves it even if what it names is not there, or cannot be looked up
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    /// The name of the rule
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) spot: Spot,
    /// After every other rule
    #[arg(long, group = "spot")]
    pub(crate) last: bool,
}

/// What a rule says.
#[derive(Debug, Args)]
pub(crate) struct Says {
    /// People in an OU and everything below it, by its distinguished name; several may be given
    #[arg(long, value_name = "DN", add = ArgValueCompleter::new(complete::units))]
    pub(crate) ou: Vec<String>,
    /// People in a group, by its name, distinguished name or id; several may be given
    #[arg(long, value_name = "GROUP", add = ArgValueCompleter::new(complete::groups))]
    pub(crate) group: Vec<String>,
    /// Everybody in the directory
    #[arg(long)]
    pub(crate) everyone: bool,
    /// Of those, only who matches an LDAP filter
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// A licence by name, key or product code; several may be given
    #[arg(long, value_name = "PRODUCT", add = ArgValueCompleter::new(complete::products))]
    pub(crate) product: Vec<String>,
    /// The user group, by its path
    #[arg(long, value_name = "PATH", add = ArgValueCompleter::new(complete::user_groups))]
    pub(crate) user_group: Option<String>,
    /// Makes the user group if it is missing
    #[arg(long)]
    pub(crate) create_user_group: bool,
    /// An expression for the language, or a language as `en_US`
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// Any key of a rule and its value as in the file, as `update=false` or `fields.email="{{ mail }}"`
    ///
    /// What is no TOML value is taken for a text.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// A place in the order of rules.
#[derive(Debug, Args)]
pub(crate) struct Spot {
    /// Right before another rule
    #[arg(long, value_name = "RULE", add = ArgValueCompleter::new(complete::rules), group = "spot")]
    pub(crate) before: Option<String>,
    /// Right after another rule
    #[arg(long, value_name = "RULE", add = ArgValueCompleter::new(complete::rules), group = "spot")]
    pub(crate) after: Option<String>,
    /// Before every other rule
    #[arg(long, group = "spot")]
    pub(crate) first: bool,
}
