//! What can go wrong in a file, before it is known to callers by the file's name.

use std::io;
use std::path::Path;

use crate::{Error, ErrorKind};

/// Why a file cannot be read on.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file itself cannot be opened or read.
    File(io::Error),
    /// The text is not what RFC 2849 says, or not what an export must say.
    Text {
        /// The line, counted from one.
        line: u64,
        /// What is wrong there.
        problem: String,
        /// What to do about it.
        hint: &'static str,
    },
}

impl Fault {
    pub(super) fn text(line: u64, problem: impl Into<String>, hint: &'static str) -> Self {
        Self::Text { line, problem: problem.into(), hint }
    }

    /// The error that a caller sees.
    pub(super) fn in_file(self, path: &Path) -> Error {
        match self {
            Self::File(error) => Error::from(error).during(READING).with("file", path.display()),
            Self::Text { line, problem, hint } => Error::new(ErrorKind::Data, problem)
                .during(READING)
                .with("file", path.display())
                .with("line", line)
                .hint(hint),
        }
    }
}

/// Shows bytes of a file in a message: as text, on one line, and never too many of them.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]);
    let shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rest = if text.chars().nth(SHOWN).is_some() || bytes.len() > 4 * SHOWN { "…" } else { "" };
    format!("`{shown}{rest}`")
}

/// What was being done, as errors say it.
pub(super) const READING: &str = "read the LDIF export";

/// Characters of a file that a message shows.
const SHOWN: usize = 40;
