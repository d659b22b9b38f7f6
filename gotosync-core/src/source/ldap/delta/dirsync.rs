//! `DirSync` (MS-ADTS 3.1.1.3.4.1.3), which returns the changes since a cookie. Only the ids of changed and deleted entries are
//! taken from it; the changed entries are then read by id, so that entries are always read in the same way.

use ldap3::Scope;
use ldap3::controls::RawControl;

use super::super::ber::{Ber, INTEGER, Malformed, OCTETS, SEQUENCE, element, integer, number};
use super::super::cursor::{Cursor, DirsyncPosition};
use super::super::describe::DIR_SYNC as OID;
use super::super::guard::Item;
use super::super::id::{Id, canonical};
use super::super::mirror::Mirror;
use super::super::server::Root;
use super::super::session::{Question, Session, control};
use super::{Asking, Found, Refused, identity, usn};
use crate::model::Dn;

/// Gets a cookie with a search that matches nothing. Without the right to replicate, this method is used only if it is
/// configured explicitly, because `uSNChanged` then finds as much at a lower cost.
pub(super) async fn start(
    asking: &Asking<'_>,
    session: &mut Session,
    asked_for: bool,
) -> Result<DirsyncPosition, Refused> {
    if !session.root.supports(OID) {
        return Err(Refused("the server does not support DirSync".to_owned()));
    }
    let highest = usn::highest(session).unwrap_or_default();
    let mut replicates = true;
    let mut found = ask(session, NOTHING, &[], true, &asking.attributes).await;
    if found.is_err() && asked_for {
        replicates = false;
        found = ask(session, NOTHING, &[], false, &asking.attributes).await;
    }
    let found = found?;
    let server = identity(session).await;
    let tombstones = replicates && usn::sees_deleted(session).await;
    Ok(DirsyncPosition { cookie: hex(&found.cookie), server, highest, replicates, tombstones })
}

pub(super) async fn changes(
    asking: &Asking<'_>,
    session: &mut Session,
    before: &Mirror,
    place: &DirsyncPosition,
) -> Result<Option<Found>, Refused> {
    session.root = session.root().await?;
    let now = usn::highest(session).unwrap_or_default();
    let server = identity(session).await;
    let same = server == place.server;
    // A server that does not report its highest USN (0 here) may still have changes.
    if same && now == place.highest && now != 0 {
        return Ok(None);
    }
    // Samba accepts the cookie of another server, but compares it to its own USNs.
    if !same && is_samba(&session.root) || same && now < place.highest {
        return Err(Refused(
            "a different domain controller answered, or the same one after a restore from a backup".to_owned(),
        ));
    }
    let cookie = unhex(&place.cookie).ok_or_else(|| Refused("the cookie is damaged".to_owned()))?;
    let Changed { ids: mut changed, deleted, cookie } =
        ask(session, EVERYTHING, &cookie, place.replicates, &asking.attributes).await?;
    changed.retain(|id| !deleted.contains(id));
    let came = asking.fetch(session, before, asking.wanted().by_ids(&changed, &asking.attributes)).await?;
    // These changed, but the search by id does not find them: they were moved out of the bases or are no longer people.
    let mut gone: Vec<Id> = changed.into_iter().filter(|id| !came.holds(id)).collect();
    gone.extend(deleted);
    if !place.tombstones {
        gone.extend(asking.missing(session, before).await?);
    }
    let place = DirsyncPosition { cookie: hex(&cookie), server, highest: now, ..*place };
    Ok(Some(Found { came, gone, cursor: Cursor::Dirsync(place) }))
}

/// The result of a `DirSync` search.
struct Changed {
    ids: Vec<Id>,
    deleted: Vec<Id>,
    cookie: Vec<u8>,
}

async fn ask(
    session: &mut Session,
    filter: &str,
    cookie: &[u8],
    replicates: bool,
    attributes: &[String],
) -> Result<Changed, Refused> {
    let context = Dn::trusted(session.root.one("defaultnamingcontext").unwrap_or_default());
    let plain = |name: &String| name.split(';').next().unwrap_or_default().to_owned();
    // DirSync reports only changes to the requested attributes. `name` and `parentGUID` cover renames and moves.
    let named = attributes.iter().map(plain).chain(["name", "isDeleted", "parentGUID"].map(str::to_owned));
    let attributes: Vec<String> = named.collect();
    let question = Question { base: context.as_str(), scope: Scope::Subtree, filter, attributes: &attributes };
    let mut found = Changed { ids: Vec::new(), deleted: Vec::new(), cookie: cookie.to_vec() };
    for _ in 0..ROUNDS {
        let Changed { ids, deleted, cookie } = &mut found;
        let mut take = |item: Item| {
            if let Item::Entries(frames) = &item {
                super::super::reader::each(frames, |message| entry(message, ids, deleted))?;
            }
            Ok(())
        };
        let result = session.ask(&question, vec![request(replicates, cookie)], &mut take).await?;
        let value = control(&result, OID).ok_or_else(|| Refused("the response has no cookie".to_owned()))?;
        let (more, next) = answer(value).map_err(|malformed| Refused(malformed.to_string()))?;
        next.clone_into(cookie);
        if !more {
            return Ok(found);
        }
    }
    Err(Refused("the changes never end".to_owned()))
}

fn entry(
    message: &super::super::message::Message<'_>,
    changed: &mut Vec<Id>,
    deleted: &mut Vec<Id>,
) -> Result<(), Malformed> {
    let mut entry = super::super::message::Entry::parse(message)?;
    let (mut id, mut is_deleted) = (None, false);
    while let Some((name, mut values)) = entry.next()? {
        if values.is_empty() {
            continue;
        }
        let value = values.next()?.1;
        if name.eq_ignore_ascii_case(b"objectGUID") {
            id = Some(canonical(value));
        } else if name.eq_ignore_ascii_case(b"isDeleted") {
            is_deleted = value.eq_ignore_ascii_case(b"TRUE");
        }
    }
    let id = id.ok_or(Malformed("a changed entry has no objectGUID"))?;
    let list = if is_deleted { deleted } else { changed };
    list.push(id);
    Ok(())
}

fn request(replicates: bool, cookie: &[u8]) -> RawControl {
    let flags = if replicates { 0 } else { OBJECT_SECURITY };
    let value = [number(INTEGER, flags), number(INTEGER, BYTES), element(OCTETS, cookie)].concat();
    RawControl { ctype: OID.to_owned(), crit: true, val: Some(element(SEQUENCE, &value)) }
}

fn answer(value: &[u8]) -> Result<(bool, &[u8]), Malformed> {
    let mut parts = Ber::new(Ber::new(value).expect(SEQUENCE, "the DirSync control is invalid")?);
    let more = integer(parts.expect(INTEGER, "the DirSync control has no flag for more results")?)?;
    parts.expect(INTEGER, "the DirSync control has no size")?;
    Ok((more != 0, parts.expect(OCTETS, "the DirSync control has no cookie")?))
}

fn is_samba(root: &Root) -> bool {
    root.one("vendorname").is_some_and(|name| name.contains("Samba"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// The flag `LDAP_DIRSYNC_OBJECT_SECURITY`: return only entries that the signed-in user may read.
const OBJECT_SECURITY: i64 = 1;

/// The maximum size of a response, in bytes, after which the server continues in another response.
const BYTES: i64 = 1 << 20;

/// The maximum number of responses to one request. A million people take some hundreds.
const ROUNDS: u32 = 100_000;

/// Filters by `objectClass`, because deleted objects keep it but lose their `objectCategory`.
const EVERYTHING: &str = "(|(&(objectClass=user)(!(objectClass=computer)))(objectClass=group)(objectClass=organizationalUnit)\
(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS))";

const NOTHING: &str = "(objectGUID=\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00)";
