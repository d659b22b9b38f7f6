//! From where on changes are asked for, as it is kept from one read to the next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// From where on changes are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub(super) enum Cursor {
    /// `DirSync` (MS-ADTS 3.1.1.3.4.1.3).
    Dirsync(DirsyncPosition),
    /// `uSNChanged` of one domain controller.
    Usn(UsnPosition),
    /// Content synchronization (RFC 4533).
    Syncrepl(SyncreplPosition),
    /// `modifyTimestamp`.
    Timestamp(TimestampPosition),
}

/// Where the changes of a domain were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DirsyncPosition {
    /// What the server gave to go on from, in hexadecimal digits.
    pub(super) cookie: String,
    /// The domain controller's database, and how far it had counted.
    pub(super) server: String,
    pub(super) highest: i64,
    /// Whether the right to replicate is there.
    pub(super) replicates: bool,
    /// Whether what is deleted is told. Samba does not tell it for that right alone.
    pub(super) tombstones: bool,
}

impl DirsyncPosition {
    pub(super) fn server_and_highest(&self) -> (&str, i64) {
        (&self.server, self.highest)
    }
}

/// Where the numbers of one domain controller were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct UsnPosition {
    /// The domain controller's database.
    pub(super) server: String,
    /// The highest number before the read.
    pub(super) highest: i64,
    /// Whether what is deleted can be seen.
    pub(super) tombstones: bool,
}

impl UsnPosition {
    pub(super) fn server_and_highest(&self) -> (&str, i64) {
        (&self.server, self.highest)
    }
}

/// Where the changes of each base were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SyncreplPosition {
    /// For each base, the change sequence numbers of its naming context.
    pub(super) numbers: Vec<Vec<String>>,
}

/// When everything that is kept had been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TimestampPosition {
    pub(super) since: Timestamp,
}
