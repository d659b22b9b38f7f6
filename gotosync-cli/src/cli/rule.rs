//! The arguments of `gotosync rule`. Their doc comments are the help texts.

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
    /// List rules by priority, highest first, with the number of people
    ///
    /// The number counts the people that the rule selects now.
    List(Json),
    /// Show a rule as written in the file
    Show(Show),
    /// Add a rule and save the file
    ///
    /// Names are looked up first. If an OU or group is not in the directory, or a product or user group is not in the account,
    /// the rule is not saved, and the nearest names are suggested.
    Add(Add),
    /// Edit a rule; without options, open the file in $VISUAL or $EDITOR
    ///
    /// A list given here replaces the existing list. Names are looked up as in `gotosync rule add`.
    Edit(Edit),
    /// Enable a disabled rule
    Enable(Named),
    /// Disable a rule without removing it
    Disable(Named),
    /// Remove a rule and its comments
    Remove(Named),
    /// Move a rule, which changes its priority
    Move(Move),
    /// Print the JSON Schema of rules files
    ///
    /// Editors use it to complete and check a rules file. Save it beside the rules (`gotosync rule schema >
    /// rules.schema.json`), and write `#:schema rules.schema.json` into the first line of the rules file.
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Change the rule with this name
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Show the rule with this name
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Give the new rule this name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) says: Says,
    #[command(flatten)]
    pub(crate) spot: Spot,
    /// Save the rule disabled
    #[arg(long)]
    pub(crate) disabled: bool,
    /// Save the rule even if names in it do not exist or cannot be looked up
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Edit the rule with this name
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
    /// Rename the rule
    #[arg(long = "name", value_name = "NEW")]
    pub(crate) rename: Option<String>,
    #[command(flatten)]
    pub(crate) says: Says,
    /// Remove a key, such as `filter` or `fields.email`
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,
    /// Save the rule even if names in it do not exist or cannot be looked up
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    /// Move the rule with this name
    #[arg(add = ArgValueCompleter::new(complete::rules))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) spot: Spot,
    /// Place the rule after every other rule
    #[arg(long, group = "spot")]
    pub(crate) last: bool,
}

/// The contents of a rule.
#[derive(Debug, Args)]
pub(crate) struct Says {
    /// Select people in this OU and everything below it, by distinguished name; may be repeated
    #[arg(long, value_name = "DN", add = ArgValueCompleter::new(complete::units))]
    pub(crate) ou: Vec<String>,
    /// Select people in this group, by name, distinguished name, or id; may be repeated
    #[arg(long, value_name = "GROUP", add = ArgValueCompleter::new(complete::groups))]
    pub(crate) group: Vec<String>,
    /// Select everyone in the directory
    #[arg(long)]
    pub(crate) everyone: bool,
    /// Narrow the selection to people who match this LDAP filter
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// Give this license, by name, key, or product code; may be repeated
    #[arg(long, value_name = "PRODUCT", add = ArgValueCompleter::new(complete::products))]
    pub(crate) product: Vec<String>,
    /// Put users into this user group, by path
    #[arg(long, value_name = "PATH", add = ArgValueCompleter::new(complete::user_groups))]
    pub(crate) user_group: Option<String>,
    /// Create the user group if it is missing
    #[arg(long)]
    pub(crate) create_user_group: bool,
    /// Set the language: an expression, or a language such as `en_US`
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// Set any key of the rule to a value as in the file, such as `update=false` or `fields.email="{{ mail }}"`
    ///
    /// A value that is not valid TOML is taken as text.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// A position in the order of rules.
#[derive(Debug, Args)]
pub(crate) struct Spot {
    /// Place the rule directly before this rule
    #[arg(long, value_name = "RULE", add = ArgValueCompleter::new(complete::rules), group = "spot")]
    pub(crate) before: Option<String>,
    /// Place the rule directly after this rule
    #[arg(long, value_name = "RULE", add = ArgValueCompleter::new(complete::rules), group = "spot")]
    pub(crate) after: Option<String>,
    /// Place the rule before every other rule
    #[arg(long, group = "spot")]
    pub(crate) first: bool,
}
