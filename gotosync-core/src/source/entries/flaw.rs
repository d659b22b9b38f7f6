//! What can be wrong with an entry, before it is known to callers by the place it came from.

/// Why an entry cannot be read.
#[derive(Debug)]
#[cfg_attr(not(feature = "ldif"), expect(dead_code, reason = "what came over the wire has no lines"))]
pub(in crate::source) struct Flaw {
    /// Where it stands: the line of a file, or the number of an entry in an answer, counted from one.
    pub(in crate::source) line: u64,
    /// What is wrong there.
    pub(in crate::source) problem: String,
    /// What to do about it in an export.
    pub(in crate::source) hint: &'static str,
}

impl Flaw {
    pub(in crate::source) fn new(line: u64, problem: impl Into<String>, hint: &'static str) -> Self {
        Self { line, problem: problem.into(), hint }
    }
}

/// Shows bytes of an entry in a message: as text, on one line, and never too many of them.
pub(in crate::source) fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN)]);
    let shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rest = if text.chars().nth(SHOWN).is_some() || bytes.len() > 4 * SHOWN { "…" } else { "" };
    format!("`{shown}{rest}`")
}

/// Characters that a message shows.
const SHOWN: usize = 40;
