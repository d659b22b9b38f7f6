//! A read as a value that knows whether it is complete.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::directory::Directory;
use super::text;

/// Whether a read reached its end.
///
/// Only the part that did the reading can tell; nothing downstream may assume it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "gaps")]
pub enum Completeness {
    /// Everything that was asked for has arrived.
    Complete,
    /// Something is missing; the list is never empty.
    Incomplete(Vec<Gap>),
}

/// One reason why a read is not complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where: a file and line, a search, a page.
    pub place: String,
    /// What happened there.
    pub problem: String,
}

impl Completeness {
    /// Complete if there are no gaps.
    pub fn from_gaps(gaps: Vec<Gap>) -> Self {
        if gaps.is_empty() { Self::Complete } else { Self::Incomplete(gaps) }
    }

    /// Says whether the read reached its end.
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// The gaps, none if the read is complete.
    pub fn gaps(&self) -> &[Gap] {
        match self {
            Self::Complete => &[],
            Self::Incomplete(gaps) => gaps,
        }
    }
}

impl fmt::Display for Completeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Incomplete(gaps) => {
                f.write_str("incomplete")?;
                gaps.iter().try_for_each(|gap| write!(f, "; {}: {}", gap.place, gap.problem))
            }
        }
    }
}

/// What a source answered: a directory, and whether it is all of what was asked for.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What was read.
    pub directory: Arc<Directory>,
    /// Whether that is everything.
    pub completeness: Completeness,
    /// What a reader should know that takes nothing away from completeness, such as references that were left alone.
    pub remarks: Vec<String>,
    /// What it took, where a server was asked.
    pub effort: Option<Effort>,
    /// What the next reading can start from, where the source reads only what changed; `None` also when nothing did.
    pub kept: Option<Kept>,
}

/// What a reading leaves for the next one, so that only what changed has to be read again. Only the source that made it
/// understands it. It holds people's data as they were read.
///
/// It may be handed back after whatever was planned from the reading has been done, and not before: a reading that starts from
/// an older one finds all that has changed since.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept(Arc<[u8]>);

impl Kept {
    /// Takes bytes that a source made, or a state store kept.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} bytes)", self.0.len())
    }
}

/// What a read took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Connections that were opened.
    pub connections: u64,
    /// Requests to search, each page counted.
    pub searches: u64,
    /// Bytes received, inside TLS.
    pub received: u64,
    /// Bytes sent, inside TLS.
    pub sent: u64,
    /// Entries that were read because they had changed; `None` if everything was read.
    pub changes: Option<u64>,
    /// Why everything was read although only what changed was asked for.
    pub everything_because: Option<String>,
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let searches = text::count(self.searches as usize, "search", "searches");
        let connections = text::count(self.connections as usize, "connection", "connections");
        write!(f, "{searches} over {connections}, {} received", text::bytes(self.received))?;
        match (self.changes, &self.everything_because) {
            (Some(0), _) => f.write_str("; nothing had changed"),
            (Some(changes), _) => write!(f, "; {} read", text::count(changes as usize, "change", "changes")),
            (None, Some(why)) => write!(f, "; everything was read, because {why}"),
            (None, None) => Ok(()),
        }
    }
}

impl Effort {
    /// What two reads took together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            connections: self.connections + other.connections,
            searches: self.searches + other.searches,
            received: self.received + other.received,
            sent: self.sent + other.sent,
            everything_because: self.everything_because.or(other.everything_because),
            changes: self.changes.zip(other.changes).map(|(own, other)| own + other),
        }
    }
}

impl Reading {
    /// A complete reading.
    pub fn complete(directory: Directory) -> Self {
        Self {
            directory: Arc::new(directory),
            completeness: Completeness::Complete,
            remarks: Vec::new(),
            effort: None,
            kept: None,
        }
    }
}
