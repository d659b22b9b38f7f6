//! The position from which the next read looks for changes, as it is stored between reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The position from which the next read looks for changes.
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

/// The position for `DirSync`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DirsyncPosition {
    /// The cookie of the server, in hexadecimal.
    pub(super) cookie: String,
    /// The invocation id of the domain controller's database.
    pub(super) server: String,
    /// The highest committed USN.
    pub(super) highest: i64,
    /// `true` if the user has the right to replicate.
    pub(super) replicates: bool,
    /// `true` if the server reports deletions. Samba does not report them for the right to replicate alone.
    pub(super) tombstones: bool,
}

impl DirsyncPosition {
    pub(super) fn server_and_highest(&self) -> (&str, i64) {
        (&self.server, self.highest)
    }
}

/// The position for `uSNChanged`, which is valid for one domain controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct UsnPosition {
    /// The invocation id of the domain controller's database.
    pub(super) server: String,
    /// The highest committed USN before the read.
    pub(super) highest: i64,
    /// `true` if the user can read deleted objects.
    pub(super) tombstones: bool,
}

impl UsnPosition {
    pub(super) fn server_and_highest(&self) -> (&str, i64) {
        (&self.server, self.highest)
    }
}

/// The position for LDAP content synchronization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SyncreplPosition {
    /// The change sequence numbers of the naming context of each base.
    pub(super) numbers: Vec<Vec<String>>,
}

/// The position for `modifyTimestamp`: changes up to this time are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TimestampPosition {
    pub(super) since: Timestamp,
}
