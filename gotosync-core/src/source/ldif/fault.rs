//! Errors in a file, before the caller adds the file name.

use std::io;
use std::path::Path;

use crate::source::entries::Flaw;
use crate::{Error, ErrorKind};

/// The reason why reading a file failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file itself cannot be opened or read.
    File(io::Error),
    /// The text violates RFC 2849, or lacks data that an export must contain.
    Text(Flaw),
}

impl Fault {
    pub(super) fn text(line: u64, problem: impl Into<String>, hint: &'static str) -> Self {
        Self::Text(Flaw::new(line, problem, hint))
    }

    /// Converts the fault to the error that callers see.
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

/// The operation named in errors.
pub(super) const READING: &str = "read the LDIF export";
