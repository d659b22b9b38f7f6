//! `gotosync completions`

use crate::cli::{Completions, Shell};
use crate::complete::{VARIABLE, completer};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::print;

/// Prints the script that lets a shell ask the command.
pub(super) fn completions(args: &Completions) -> Result<Exit, Failure> {
    let name = match args.shell {
        // Of its own: names in a directory have blanks and `=` in them, with which bash needs help.
        Shell::Bash => {
            print(include_str!("../../data/completion.bash"))?;
            return Ok(Exit::Done);
        }
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    };
    let mut script = Vec::new();
    if let Some(completer) = completer(name) {
        completer.write_registration(VARIABLE, "gotosync", "gotosync", "gotosync", &mut script)?;
    }
    print(String::from_utf8_lossy(&script).trim_start())?;
    Ok(Exit::Done)
}
