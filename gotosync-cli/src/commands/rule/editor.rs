//! The rules file in the editor of whoever sits there.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use gotosync_core::rules::RulesFile;
use gotosync_core::{Error, ErrorKind};

use crate::failure::Failure;
use crate::output::say;

/// A text that was edited, and where it is.
pub(super) struct Draft {
    pub(super) text: String,
    file: PathBuf,
}

impl Draft {
    /// Takes the file away once the text is saved; what is not saved stays, so that no work is lost.
    pub(super) fn finish<T, E>(self, saved: Result<T, E>) -> Result<T, E> {
        if saved.is_ok() {
            let _ = fs::remove_file(&self.file);
        } else {
            say(format_args!("nothing was saved; what you wrote is kept in {}", self.file.display()));
        }
        saved
    }
}

/// Opens a copy of the file in the editor; `None` when nothing was changed.
///
/// # Errors
/// When nobody sits there, and when the editor cannot be run or did not end well.
pub(super) fn open(rules: &RulesFile, rule: &str) -> Result<Option<Draft>, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Error::new(
            ErrorKind::Input,
            "it is not said what to change, and there is no terminal for an editor",
        )
        .hint(
            "say it by options: --name, --ou, --group, --everyone, --filter, --product, --user-group, \
                 --create-user-group, --language, --set KEY=VALUE, --unset KEY",
        )
        .into());
    }
    let file = env::temp_dir().join(format!("gotosync-rules-{}.toml", process::id()));
    let failed = |error: io::Error| Error::from(error).during("edit the rules").with("file", file.display());
    create(&file, rules.text()).map_err(failed)?;
    if let Some(line) = rules.line_of(rule.trim()) {
        say(format_args!("rule `{rule}` starts in line {line}"));
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

/// Makes a file that nobody else can read.
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
    let failed = |told: String| {
        let error = Error::new(ErrorKind::Unavailable, told).during("edit the rules");
        error.hint("name an editor in $VISUAL or $EDITOR; one with windows needs its option to wait")
    };
    let status = Command::new(words.next().unwrap_or(EDITOR)).args(words).arg(file).status();
    let status = status.map_err(|error| failed(format!("`{editor}` does not start: {error}")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("`{editor}` ended with {status}, so nothing was saved"))) }
}

#[cfg(unix)]
const EDITOR: &str = "vi";
#[cfg(not(unix))]
const EDITOR: &str = "notepad";
