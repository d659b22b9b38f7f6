//! Errors in entries, before the caller adds the file or server that they came from.

/// The reason why an entry cannot be read.
#[derive(Debug)]
#[cfg_attr(not(feature = "ldif"), expect(dead_code, reason = "entries from a server have no lines"))]
pub(in crate::source) struct Flaw {
    /// The line in the file, or the number of the entry in the response, from 1.
    pub(in crate::source) line: u64,
    /// A description of the problem.
    pub(in crate::source) problem: String,
    /// The hint for fixing it in an export.
    pub(in crate::source) hint: &'static str,
}

impl Flaw {
    pub(in crate::source) fn new(line: u64, problem: impl Into<String>, hint: &'static str) -> Self {
        Self { line, problem: problem.into(), hint }
    }
}

/// Quotes bytes of an entry for a message: as text, on one line, and shortened.
pub(in crate::source) fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]);
    let shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rest = if text.chars().nth(SHOWN).is_some() || bytes.len() > 4 * SHOWN { "…" } else { "" };
    format!("`{shown}{rest}`")
}

/// The maximum number of characters that a message quotes.
const SHOWN: usize = 40;
