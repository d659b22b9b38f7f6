//! `uSNChanged` (MS-ADTS 3.1.1.1.9): a number that a domain controller counts up with every change, its own one at each.

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

/// The highest number that the root entry names.
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
    let now = highest(session).ok_or_else(|| Refused("the server does not say how far it has counted".to_owned()))?;
    if identity(session).await != place.server || now < place.highest {
        return Err(Refused("another domain controller answers, or the same one from a backup".to_owned()));
    }
    if now == place.highest {
        return Ok(None);
    }
    let filter = format!("(uSNChanged>={})", place.highest + 1);
    // Whoever was moved out of the places that are read has changed as well, and is found where they went.
    let wanted = asking.wanted();
    let context = context(session);
    let whole = asking.bases.iter().any(|base| base.key() == context.key());
    let job = wanted.everything_that(&context, &filter, asking.attributes.clone(), "what changed");
    let mut came = asking.fetch(session, before, vec![job]).await?;
    let mut gone = if whole { Vec::new() } else { came.split_off_outside(&asking.bases) };
    gone.extend(if place.tombstones {
        deleted(session, &context, &filter).await?
    } else {
        asking.missing(session, before).await?
    });
    let cursor = Cursor::Usn(UsnPosition { highest: now, ..place.clone() });
    Ok(Some(Found { came, gone, cursor }))
}

/// Whether the server has counted on, or is another one.
pub(super) async fn counts_on(session: &mut Session, server: &str, before: i64) -> crate::Result<bool> {
    session.root = session.root().await?;
    Ok(highest(session) != Some(before) || identity(session).await != server)
}

/// The naming context of the domain.
fn context(session: &Session) -> Dn {
    Dn::trusted(session.root.one("defaultnamingcontext").unwrap_or_default())
}

/// Whether whoever is signed in sees what was deleted. A search without the right finds nothing, and says so of nothing; and the
/// right to see where it is kept is not yet the right to see it. So only something that is seen is proof: in a domain in which
/// nothing was ever deleted there is none.
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
    // Of what may be very many, the first page is enough.
    let controls = vec![show_deleted(), paging(1, &[])];
    session.ask(&question, controls, &mut take).await.is_ok() && seen
}

/// The ids of what was deleted since.
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
