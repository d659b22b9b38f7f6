//! Opens the rules file in the user's editor.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use gotosync_core::rules::RulesFile;
use gotosync_core::{Error, ErrorKind};

use crate::failure::Failure;
use crate::output::say;

/// An edited copy of the rules file.
pub(super) struct Draft {
    pub(super) text: String,
    file: PathBuf,
}

impl Draft {
    /// Deletes the copy if its text was saved. Otherwise keeps it, so that no work is lost.
    pub(super) fn finish<T, E>(self, saved: Result<T, E>) -> Result<T, E> {
        if saved.is_ok() {
            let _ = fs::remove_file(&self.file);
        } else {
            say(format_args!("nothing was saved; your changes are kept in {}", self.file.display()));
        }
        saved
    }
}

/// Opens a copy of the file in the editor. Returns `None` if the user changed nothing.
///
/// # Errors
/// There is no terminal, or the editor does not start or fails.
pub(super) fn open(rules: &RulesFile, rule: &str) -> Result<Option<Draft>, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Error::new(ErrorKind::Input, "no changes were given, and there is no terminal for an editor")
            .hint(
                "give the changes as options: --name, --ou, --group, --everyone, --filter, --product, --user-group, \
                 --create-user-group, --language, --set KEY=VALUE, --unset KEY",
            )
            .into());
    }
    let file = env::temp_dir().join(format!("gotosync-rules-{}.toml", process::id()));
    let failed = |error: io::Error| Error::from(error).during("edit the rules").with("file", file.display());
    create(&file, rules.text()).map_err(failed)?;
    if let Some(line) = rules.line_of(rule.trim()) {
        say(format_args!("rule `{rule}` starts at line {line}"));
    }
    let ended = run(&file);
    let text = fs::read_to_string(&file).map_err(failed)?;
    if text == rules.text() {
        let _ = fs::remove_file(&file);
        ended?;
        say("nothing was changed");
        return Ok(None);
    }
    let draft = Draft { text, file };
    if ended.is_err() { Ok(draft.finish(ended.map(|()| None))?) } else { Ok(Some(draft)) }
}

/// Creates a file that only the user can read.
fn create(file: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text.as_bytes())
}

fn run(file: &Path) -> Result<(), Error> {
    let named =
        ["VISUAL", "EDITOR"].iter().filter_map(|name| env::var(name).ok()).find(|editor| !editor.trim().is_empty());
    let editor = named.unwrap_or_else(|| EDITOR.to_owned());
    let mut words = editor.split_whitespace();
    let failed = |message: String| {
        let error = Error::new(ErrorKind::Unavailable, message).during("edit the rules");
        error.hint(
            "set $VISUAL or $EDITOR to an editor; graphical editors need their option to wait, such as `code --wait`",
        )
    };
    let status = Command::new(words.next().unwrap_or(EDITOR)).args(words).arg(file).status();
    let status = status.map_err(|error| failed(format!("could not start the editor `{editor}`: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("the editor `{editor}` failed ({status}), so nothing was saved")))
    }
}

#[cfg(unix)]
const EDITOR: &str = "vi";
#[cfg(not(unix))]
const EDITOR: &str = "notepad";
