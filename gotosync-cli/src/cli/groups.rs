//! The main help page. clap cannot group subcommands under headings, so this module does.

use std::fmt::Write;

use clap::Command;

/// A heading and the commands below it.
pub(super) type Group = (&'static str, &'static [&'static str]);

/// Adds the headings to the help of a command. Its subcommands must be in the order of the groups.
///
/// Names, texts, columns, and line breaks stay as clap writes them.
pub(super) fn grouped(command: Command, groups: &[Group]) -> Command {
    let mut verbs = String::new();
    let list = command.clone().disable_help_subcommand(true).help_template("{subcommands}").render_help().to_string();
    for line in list.lines() {
        if let Some((heading, _)) = groups.iter().find(|(_, verbs)| verb(line) == verbs.first().copied()) {
            let _ = writeln!(verbs, "\n{heading}:");
        }
        let _ = writeln!(verbs, "{line}");
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{verbs}\nOptions:\n{{options}}{{after-help}}"
    ))
}

/// Returns the command that a line introduces. Continuation lines are indented further.
fn verb(line: &str) -> Option<&str> {
    line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::{Cli, GROUPS};
    use super::*;

    #[test]
    fn lists_every_visible_command_in_exactly_one_group() {
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(Command::get_name);
        let listed = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied());
        assert_eq!(
            listed.collect::<Vec<_>>(),
            visible.collect::<Vec<_>>(),
            "the groups must list the commands in the order of `Verb`"
        );
    }

    #[test]
    fn shows_each_command_once_below_its_heading_at_any_width() {
        for width in [40, 80, 120] {
            let help = grouped(Cli::command().term_width(width), GROUPS).render_help().to_string();
            let verbs = help.split_once("Usage:").and_then(|(_, rest)| rest.split_once("\nOptions:")).expect("verbs").0;
            let found = verbs.lines().skip(1).filter(|line| !line.is_empty()).filter_map(|line| {
                let heading = line.strip_suffix(':').filter(|heading| !heading.starts_with(' '));
                heading.or_else(|| verb(line))
            });
            let wanted = GROUPS.iter().flat_map(|(heading, verbs)| [&[*heading], *verbs].concat());
            assert_eq!(found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>(), "{help}");
        }
    }
}
