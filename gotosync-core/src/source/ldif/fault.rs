//! What can go wrong in a file, before it is known to callers by the file's name.

use std::io;
use std::path::Path;

use crate::source::entries::Flaw;
use crate::{Error, ErrorKind};

/// Why a file cannot be read on.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file itself cannot be opened or read.
    File(io::Error),
    /// The text is not what RFC 2849 says, or not what an export must say.
    Text(Flaw),
}

impl Fault {
    pub(super) fn text(line: u64, problem: impl Into<String>, hint: &'static str) -> Self {
        Self::Text(Flaw::new(line, problem, hint))
    }

    /// The error that a caller sees.
    pub(super) fn in_file(self, path: &Path) -> Error {
        match self {
            Self::File(error) => Error::from(error).during(READING).with("file", path.display()),
            Self::Text(Flaw { line, problem, hint }) => Error::new(ErrorKind::Data, problem)
                .during(READING)
                .with("file", path.display())
                .with("line", line)
                .hint(hint),
        }
    }
}

impl From<Flaw> for Fault {
    fn from(flaw: Flaw) -> Self {
        Self::Text(flaw)
    }
}

/// What was being done, as errors say it.
pub(super) const READING: &str = "read the LDIF export";
