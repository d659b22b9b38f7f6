//! `uSNChanged` (MS-ADTS 3.1.1.1.9): the update sequence number (USN), which each domain controller increments with every
//! change, independently of the others.

use ldap3::Scope;

use super::super::cursor::{Cursor, UsnPosition};
use super::super::describe::show_deleted;
use super::super::guard::Item;
use super::super::id::{Id, canonical};
use super::super::mirror::Mirror;
use super::super::reader::each_value;
use super::super::search::paging;
use super::super::session::{Question, Session};
use super::{Asking, Found, Refused, identity};
use crate::model::Dn;

pub(super) async fn start(session: &mut Session) -> Option<UsnPosition> {
    let highest = highest(session)?;
    let server = identity(session).await;
    let tombstones = sees_deleted(session).await;
    Some(UsnPosition { server, highest, tombstones })
}

/// Returns the highest committed USN from the root DSE.
pub(super) fn highest(session: &Session) -> Option<i64> {
    session.root.one("highestcommittedusn")?.parse().ok()
}

pub(super) async fn changes(
    asking: &Asking<'_>,
    session: &mut Session,
    before: &Mirror,
    place: &UsnPosition,
) -> Result<Option<Found>, Refused> {
    session.root = session.root().await?;
    let now =
        highest(session).ok_or_else(|| Refused("the server does not report its highest committed USN".to_owned()))?;
    if identity(session).await != place.server || now < place.highest {
        return Err(Refused(
            "a different domain controller answered, or the same one after a restore from a backup".to_owned(),
        ));
    }
    if now == place.highest {
        return Ok(None);
    }
    let filter = format!("(uSNChanged>={})", place.highest + 1);
    // Search the entire domain: entries that were moved out of the bases have changed, too, and are found in their new place.
    let wanted = asking.wanted();
    let context = context(session);
    let reads_domain = asking.bases.iter().any(|base| base.key() == context.key());
    let job = wanted.everything_that(&context, &filter, asking.attributes.clone(), "changes");
    let mut came = asking.fetch(session, before, vec![job]).await?;
    let mut gone = if reads_domain { Vec::new() } else { came.split_off_outside(&asking.bases) };
    gone.extend(if place.tombstones {
        deleted(session, &context, &filter).await?
    } else {
        asking.missing(session, before).await?
    });
    let cursor = Cursor::Usn(UsnPosition { highest: now, ..place.clone() });
    Ok(Some(Found { came, gone, cursor }))
}

/// Returns `true` if the server's highest USN has changed, or a different server answered.
pub(super) async fn counts_on(session: &mut Session, server: &str, before: i64) -> crate::Result<bool> {
    session.root = session.root().await?;
    Ok(highest(session) != Some(before) || identity(session).await != server)
}

/// Returns the naming context of the domain.
fn context(session: &Session) -> Dn {
    Dn::trusted(session.root.one("defaultnamingcontext").unwrap_or_default())
}

/// Returns `true` if the signed-in user can see deleted objects. Without the right, a search succeeds but finds nothing, and
/// the right to read the container does not include the right to read the objects in it. Only a deleted object that is
/// actually found proves the right; in a domain without any, the result is `false`.
pub(super) async fn sees_deleted(session: &mut Session) -> bool {
    let base = format!("CN=Deleted Objects,{}", context(session));
    let mut seen = false;
    let mut take = |item: Item| {
        seen |= matches!(item, Item::Entries(_));
        Ok(())
    };
    let attributes = ["1.1".to_owned()];
    let filter = "(&(isDeleted=TRUE)(objectClass=user))";
    let question = Question { base: &base, scope: Scope::OneLevel, filter, attributes: &attributes };
    // There may be very many deleted objects; one is enough.
    let controls = vec![show_deleted(), paging(1, &[])];
    session.ask(&question, controls, &mut take).await.is_ok() && seen
}

/// Reads the ids of the deleted objects that match a filter.
async fn deleted(session: &mut Session, context: &Dn, filter: &str) -> Result<Vec<Id>, Refused> {
    let base = format!("CN=Deleted Objects,{context}");
    let filter = format!("(&(isDeleted=TRUE){filter})");
    let attributes = ["objectGUID".to_owned()];
    let question = Question { base: &base, scope: Scope::Subtree, filter: &filter, attributes: &attributes };
    let mut ids = Vec::new();
    let mut take = |item: Item| {
        each_value(&item, |id| {
            ids.push(canonical(id));
            Ok(())
        })
    };
    session.ask(&question, vec![show_deleted()], &mut take).await?;
    Ok(ids)
}
