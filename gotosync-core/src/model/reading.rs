//! The result of reading a directory, with its completeness.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::directory::Directory;
use super::text;

/// The completeness of a read.
///
/// Only the code that reads can know it. Code that uses the result must check it and never assume it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "gaps")]
pub enum Completeness {
    /// All requested data was read.
    Complete,
    /// Some data is missing; the list is never empty.
    Incomplete(Vec<Gap>),
}

/// A reason why a read is incomplete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The place: a file and line, a search, a page.
    pub place: String,
    /// The problem at that place.
    pub problem: String,
}

impl Completeness {
    /// Returns `Complete` if there are no gaps, and `Incomplete` otherwise.
    pub fn from_gaps(gaps: Vec<Gap>) -> Self {
        if gaps.is_empty() { Self::Complete } else { Self::Incomplete(gaps) }
    }

    /// Returns `true` if the read is complete.
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// Returns the gaps; empty if the read is complete.
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

/// The result of reading a source: a directory and its completeness.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The directory.
    pub directory: Arc<Directory>,
    /// The completeness of the read.
    pub completeness: Completeness,
    /// Messages that do not affect completeness, e.g. about referrals that were not followed.
    pub remarks: Vec<String>,
    /// The cost of the read, if the source is a server.
    pub effort: Option<Effort>,
    /// The state from which the next read can continue, for sources that can read only changes; `None` also if nothing changed.
    pub kept: Option<Kept>,
}

/// State that a source saves for its next read, so that the next read needs to fetch only changes. Only the source that made it
/// understands it. It contains personal data.
///
/// Save it only after the plan made from this read has been applied. A read that continues from older state still finds every
/// change since then.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept(Arc<[u8]>);

impl Kept {
    /// Wraps bytes that a source made or that a state store saved.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} bytes)", self.0.len())
    }
}

/// The cost of a read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// The number of connections opened.
    pub connections: u64,
    /// The number of search requests; each page counts as one.
    pub searches: u64,
    /// The number of bytes received inside TLS.
    pub received: u64,
    /// The number of bytes sent inside TLS.
    pub sent: u64,
    /// The number of changed entries read; `None` for a full read.
    pub changes: Option<u64>,
    /// The reason for a full read if only changes were requested.
    pub everything_because: Option<String>,
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let searches = text::count(self.searches as usize, "search", "searches");
        let connections = text::count(self.connections as usize, "connection", "connections");
        write!(f, "{searches} over {connections}, {} received", text::bytes(self.received))?;
        match (self.changes, &self.everything_because) {
            (Some(0), _) => f.write_str("; no changes"),
            (Some(changes), _) => write!(f, "; {} read", text::count(changes as usize, "change", "changes")),
            (None, Some(why)) => write!(f, "; full read because {why}"),
            (None, None) => Ok(()),
        }
    }
}

impl Effort {
    /// Adds the cost of another read.
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
    /// Creates a complete reading.
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
