//! `modifyTimestamp`: the fallback for servers without a better method.

use jiff::{SignedDuration, Timestamp};

use super::super::cursor::{Cursor, TimestampPosition};
use super::super::mirror::Mirror;
use super::super::session::Session;
use super::{Asking, Found, Refused};

/// Returns the position for the next read: one hour ago, so that the clocks may differ by that much.
pub(super) fn start() -> TimestampPosition {
    TimestampPosition { since: Timestamp::now().checked_sub(MARGIN).unwrap_or(Timestamp::MIN) }
}

pub(super) async fn changes(
    asking: &Asking<'_>,
    session: &mut Session,
    before: &Mirror,
    place: &TimestampPosition,
) -> Result<Option<Found>, Refused> {
    let next = start();
    let filter = format!("(modifyTimestamp>={})", place.since.strftime("%Y%m%d%H%M%SZ"));
    let wanted = asking.wanted();
    let job = |base| wanted.everything_that(base, &filter, asking.attributes.clone(), "changes");
    let came = asking.fetch(session, before, asking.bases.iter().map(job).collect()).await?;
    // The server does not report deletions, so the ids of all entries are compared.
    let gone = asking.missing(session, before).await?;
    if came.len() == 0 && gone.is_empty() {
        return Ok(None);
    }
    Ok(Some(Found { came, gone, cursor: Cursor::Timestamp(next) }))
}

const MARGIN: SignedDuration = SignedDuration::from_hours(1);
