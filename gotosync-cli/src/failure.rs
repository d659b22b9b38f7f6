//! Errors as they are told on stderr: what, where, and what can be done about it.

use std::error::Error as _;
use std::fmt::{self, Display};
use std::io;

use gotosync_core::Error;

use crate::exit::Exit;
use crate::output::say;

/// Why a command came to no exit code of its own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the core could not do; of a file with several problems, each.
    Errors(Vec<Error>),
    /// Stdout cannot be written.
    Output(io::Error),
}

impl Failure {
    /// Tells it, and gives the exit code.
    pub(crate) fn tell(&self) -> Exit {
        match self {
            Self::Errors(errors) => errors.iter().for_each(|error| say(ErrorText(error))),
            Self::Output(error) => say(format_args!("error: cannot write the output: {error}")),
        }
        Exit::Failed
    }
}

/// One error over several lines.
pub(crate) struct ErrorText<'e>(pub(crate) &'e Error);

impl Display for ErrorText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        f.write_str("error: ")?;
        if let Some(operation) = error.operation() {
            write!(f, "could not {operation}: ")?;
        }
        f.write_str(error.message())?;
        let place = |name| error.context().iter().find(|(own, _)| *own == name).map(|(_, value)| value);
        if let Some(file) = place("file") {
            write!(f, "\n  --> {file}")?;
            for part in ["line", "column"].into_iter().map_while(place) {
                write!(f, ":{part}")?;
            }
        }
        for (name, value) in error.context() {
            let told = place("file").is_some() && ["file", "line", "column"].contains(name);
            if !told {
                write!(f, "\n  {name}: {value}")?;
            }
        }
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        if let Some(help) = error.help() {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Errors(vec![error])
    }
}

impl From<Vec<Error>> for Failure {
    fn from(errors: Vec<Error>) -> Self {
        Self::Errors(errors)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
