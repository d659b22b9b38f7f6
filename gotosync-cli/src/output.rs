//! Writes data to stdout and messages to stderr. A closed pipe is no error.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, Write};

/// Writes data to stdout. If the reader closes the pipe (`gotosync plan | head`), drops the rest without an error.
///
/// # Errors
/// Any other write error, such as a full disk.
pub(crate) fn print(data: impl Display) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write!(out, "{data}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            // Discard the buffer: dropping the writer would write it again.
            let _ = out.into_parts();
            Ok(())
        }
        result => result,
    }
}

/// Prints a message to stderr.
pub(crate) fn say(talk: impl Display) {
    let _ = writeln!(io::stderr(), "{talk}");
}
