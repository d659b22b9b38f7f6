//! The notation of faults on the command line: `create-users:reset-after:first=2`.

use std::str::FromStr;

use super::{Again, Fault, FaultKind, Shift, When};
use crate::Trouble;
use crate::goto::call::Operation;

impl FromStr for Fault {
    type Err = Trouble;

    /// Parses the operation or `all`, then the fault, then optionally the affected requests.
    fn from_str(words: &str) -> Result<Self, Trouble> {
        let mut parts = words.split(':');
        let (about, what) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let operation = match about {
            "all" => None,
            word => Some(named(word, &OPERATIONS, "operation")?),
        };
        let kind = match what.parse() {
            Ok(status) => FaultKind::Status(status),
            Err(_) => named(what, &KINDS, "fault")?,
        };
        let when = parts.next().map_or(Ok(When::Always), when)?;
        Ok(Self { operation, kind, when })
    }
}

fn when(words: &str) -> Result<When, Trouble> {
    let wrong = || format!("`{words}` is invalid; use `first=2`, `nth=2`, or `per-mille=50`");
    let (word, number) = words.split_once('=').ok_or_else(wrong)?;
    match (word, number.parse::<u32>()) {
        ("first", Ok(number)) => Ok(When::First(number as usize)),
        ("nth", Ok(number)) => Ok(When::Nth(number as usize)),
        ("per-mille", Ok(number)) => Ok(When::PerMille(number)),
        _ => Err(wrong().into()),
    }
}

fn named<T: Copy>(word: &str, names: &[(&str, T)], what: &str) -> Result<T, Trouble> {
    if let Some((_, named)) = names.iter().find(|(name, _)| *name == word) {
        return Ok(*named);
    }
    let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    Err(format!("unknown {what} `{word}`; use one of {}", known.join(", ")).into())
}

const OPERATIONS: [(&str, Operation); 16] = [
    ("authorize", Operation::Authorize),
    ("token", Operation::Token),
    ("tokens", Operation::Tokens),
    ("me", Operation::Me),
    ("list-users", Operation::ListUsers),
    ("read-user", Operation::ReadUser),
    ("create-users", Operation::CreateUsers),
    ("change-user", Operation::ChangeUser),
    ("invite", Operation::Invite),
    ("delete-user", Operation::DeleteUser),
    ("list", Operation::List),
    ("change", Operation::Change),
    ("connect-read", Operation::ConnectRead),
    ("connect-write", Operation::ConnectWrite),
    ("scim-read", Operation::ScimRead),
    ("scim-write", Operation::ScimWrite),
];

/// The names of faults. A bare number is a status.
const KINDS: [(&str, FaultKind); 17] = [
    ("too-many", FaultKind::TooMany(Again::Unsaid)),
    ("too-many-seconds", FaultKind::TooMany(Again::Seconds(1))),
    ("too-many-date", FaultKind::TooMany(Again::Date(1))),
    ("html", FaultKind::Html(502)),
    ("reset-before", FaultKind::ResetBefore),
    ("reset-after", FaultKind::ResetAfter),
    ("slow", FaultKind::Slow(20)),
    ("truncated", FaultKind::Truncated),
    ("oversized", FaultKind::Oversized(256 << 20)),
    ("shift-added", FaultKind::Shift(Shift::Added)),
    ("shift-removed", FaultKind::Shift(Shift::Removed)),
    ("shift-swapped", FaultKind::Shift(Shift::Swapped)),
    ("page-lost", FaultKind::PageLost),
    ("hidden", FaultKind::Hidden(3)),
    ("seats-taken", FaultKind::SeatsTaken),
    ("expired", FaultKind::Expired),
    ("revoked", FaultKind::Revoked),
];
