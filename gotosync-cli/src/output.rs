//! Data goes to stdout, talk to stderr. Neither breaks the command when nobody listens any more.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, Write};

/// Writes data. A reader that has gone (`gotosync plan | head`) is no error: the rest is left out.
///
/// # Errors
/// Any other problem of stdout, such as a full disk.
pub(crate) fn print(data: impl Display) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write!(out, "{data}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            // What is still in the buffer must not be tried again when it is dropped.
            let _ = out.into_parts();
            Ok(())
        }
        ended => ended,
    }
}

/// Says something to whoever sits there.
pub(crate) fn say(talk: impl Display) {
    let _ = writeln!(io::stderr(), "{talk}");
}
