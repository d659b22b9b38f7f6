//! `gotosync completions`

use crate::cli::{Completions, Shell};
use crate::complete::{VARIABLE, completer};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::print;

/// Prints the script with which a shell completes `gotosync` commands.
pub(super) fn completions(args: &Completions) -> Result<Exit, Failure> {
    let name = match args.shell {
        // Directory names contain blanks and `=`, which the script of clap does not handle in bash.
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
