//! Content synchronization (RFC 4533), as `OpenLDAP` offers it with `syncprov`.

use hashbrown::HashSet;
use ldap3::Scope;
use ldap3::controls::RawControl;

use super::super::ber::{BOOLEAN, Ber, ENUMERATED, Malformed, OCTETS, SEQUENCE, SET, element, integer, number};
use super::super::cursor::{Cursor, SyncreplPosition};
use super::super::guard::Item;
use super::super::id::Id;
use super::super::message::Message;
use super::super::mirror::Mirror;
use super::super::reader::{Reader, each_value};
use super::super::session::{Question, Session, Stopped, control};
use super::{Asking, Found, Refused};
use crate::model::Dn;

/// Reads the change sequence numbers (CSNs) of every base; `None` if the server does not maintain them.
pub(super) async fn start(asking: &Asking<'_>, session: &mut Session) -> Option<SyncreplPosition> {
    if !session.root.supports(SYNC_REQUEST) {
        return None;
    }
    let mut all = Vec::new();
    for base in &asking.bases {
        let numbers = numbers(session, base).await?;
        if numbers.is_empty() {
            return None;
        }
        all.push(numbers);
    }
    Some(SyncreplPosition { numbers: all })
}

pub(super) async fn changes(
    asking: &Asking<'_>,
    session: &mut Session,
    before: &Mirror,
    place: &SyncreplPosition,
) -> Result<Option<Found>, Refused> {
    let mut now = Vec::with_capacity(asking.bases.len());
    for base in &asking.bases {
        let numbers = numbers(session, base).await;
        now.push(numbers.ok_or_else(|| Refused("the server does not report its change sequence numbers".to_owned()))?);
    }
    if now == place.numbers {
        return Ok(None);
    }
    let mut phase = Phase::new(asking, before);
    for (base, (then, now)) in asking.bases.iter().zip(place.numbers.iter().zip(&now)) {
        if then != now {
            phase.base(asking, session, before, base, then).await?;
        }
    }
    let (came, gone) = phase.finish();
    Ok(Some(Found { came, gone, cursor: Cursor::Syncrepl(SyncreplPosition { numbers: now }) }))
}

/// Waits until the server reports a change below a base (refreshAndPersist). The change may already be known.
///
/// # Errors
/// If the connection breaks while waiting.
pub(super) async fn wait(
    asking: &Asking<'_>,
    mut session: Session,
    base: &Dn,
    place: &SyncreplPosition,
) -> Result<(), Stopped> {
    let now = numbers(&mut session, base).await;
    let now = now.ok_or_else(|| Stopped::because("the server does not report its change sequence numbers"))?;
    if !place.numbers.contains(&now) {
        return Ok(());
    }
    let job = asking.wanted().everything_that(base, "(objectClass=*)", vec!["1.1".to_owned()], "changes");
    let question = Question { base: base.as_str(), scope: job.scope, filter: &job.filter, attributes: &job.attributes };
    let mut heard = false;
    let mut take = |item: Item| {
        heard = match &item {
            Item::Entries(_) | Item::Reference(_) => true,
            Item::News(frame) => names_entries(frame).map_err(|malformed| Stopped::because(malformed.to_string()))?,
        };
        if heard { Err(Stopped::because("there was a change")) } else { Ok(()) }
    };
    let controls = vec![request(REFRESH_AND_PERSIST, &cookie(&now))];
    let stopped = session.listen(&question, controls, &mut take).await;
    if heard { Ok(()) } else { Err(stopped) }
}

/// Returns `true` if an intermediate response names entries, and not merely a new cookie.
fn names_entries(frame: &[u8]) -> Result<bool, Malformed> {
    let mut parts = Ber::new(Message::parse(frame)?.content);
    parts.optional(0x80)?;
    let mut value = Ber::new(parts.optional(0x81)?.unwrap_or_default());
    Ok(value.optional(0xa3)?.is_some())
}

/// Reads the change sequence numbers of the naming context of a base, one for each server that accepts writes.
async fn numbers(session: &mut Session, base: &Dn) -> Option<Vec<String>> {
    let contexts: Vec<Dn> = session.root.all("namingcontexts").iter().map(|dn| Dn::trusted(dn)).collect();
    let context = contexts.into_iter().filter(|context| base.is_within(context)).max_by_key(Dn::depth)?;
    let attributes = ["contextCSN".to_owned()];
    let question =
        Question { base: context.as_str(), scope: Scope::Base, filter: "(objectClass=*)", attributes: &attributes };
    let mut numbers = Vec::new();
    let mut take = |item: Item| {
        each_value(&item, |number| {
            numbers.push(String::from_utf8_lossy(number).into_owned());
            Ok(())
        })
    };
    session.ask(&question, Vec::new(), &mut take).await.ok()?;
    numbers.sort();
    // The server would ignore an invalid number, and return everything as new.
    numbers.iter().all(|number| number.contains('#') && !number.contains([',', ';', ' '])).then_some(numbers)
}

/// The refresh phase: the state collected from the responses.
struct Phase {
    reader: Reader<super::super::mirror::Filling>,
    gone: HashSet<Id>,
    /// The entries that exist and are unchanged, if the server lists these instead of the deleted ones.
    present: HashSet<Id>,
    searches: u32,
}

impl Phase {
    fn new(asking: &Asking<'_>, before: &Mirror) -> Self {
        Self { reader: asking.reader(before), gone: HashSet::new(), present: HashSet::new(), searches: 0 }
    }

    async fn base(
        &mut self,
        asking: &Asking<'_>,
        session: &mut Session,
        before: &Mirror,
        base: &Dn,
        numbers: &[String],
    ) -> Result<(), Refused> {
        self.searches += 1;
        let search = self.searches;
        let job = asking.wanted().everything_that(base, "(objectClass=*)", asking.attributes.clone(), "changes");
        let question =
            Question { base: base.as_str(), scope: job.scope, filter: &job.filter, attributes: &job.attributes };
        let mut said = false;
        let mut take = |item: Item| {
            said = true;
            self.take(item, search)
        };
        let result = session.ask(&question, vec![request(REFRESH_ONLY, &cookie(numbers))], &mut take).await?;
        let value =
            control(&result, SYNC_DONE).ok_or_else(|| Refused("the response has no Sync Done control".to_owned()))?;
        let by_deletion = done(value).map_err(|malformed| Refused(malformed.to_string()))?;
        if !by_deletion {
            // A response without any entries in the present phase would mean an empty directory.
            if !said {
                return Err(Refused("the server lists neither present nor deleted entries".to_owned()));
            }
            let came = &self.reader.sink.mirror;
            let lost = before.ids_within(base).filter(|id| !self.present.contains(*id) && !came.holds(id));
            self.gone.extend(lost.cloned());
        }
        if let Some(gap) = self.reader.gaps.first() {
            return Err(Refused(gap.problem.clone()));
        }
        if !self.reader.unfinished.is_empty() || !self.reader.references.is_empty() {
            return Err(Refused("the changes are incomplete".to_owned()));
        }
        Ok(())
    }

    fn take(&mut self, item: Item, search: u32) -> Result<(), Stopped> {
        match item {
            Item::Entries(frames) => {
                let mut changed = Vec::new();
                let (gone, present) = (&mut self.gone, &mut self.present);
                let mut rest = &frames[..];
                while let Some(length) = super::super::reader::next_length(rest)? {
                    let (frame, behind) = rest.split_at(length);
                    let message = Message::parse(frame).map_err(|malformed| Stopped::because(malformed.to_string()))?;
                    let (state, id) = state(&message).map_err(|malformed| Stopped::because(malformed.to_string()))?;
                    match state {
                        PRESENT => {
                            present.insert(id);
                        }
                        DELETE => {
                            gone.insert(id);
                        }
                        _ => changed.extend_from_slice(frame),
                    }
                    rest = behind;
                }
                self.reader.take(Item::Entries(changed), search)
            }
            Item::News(frame) => self.news(&frame).map_err(|malformed| Stopped::because(malformed.to_string())),
            reference @ Item::Reference(_) => self.reader.take(reference, search),
        }
    }

    fn news(&mut self, frame: &[u8]) -> Result<(), Malformed> {
        let message = Message::parse(frame)?;
        let mut parts = Ber::new(message.content);
        if parts.optional(0x80)? != Some(SYNC_INFO.as_bytes()) {
            return Ok(());
        }
        let mut value = Ber::new(parts.optional(0x81)?.unwrap_or_default());
        // New cookies and the ends of phases can be ignored; the end of the search has the same information.
        let Some(set) = value.optional(0xa3)? else { return Ok(()) };
        let mut parts = Ber::new(set);
        parts.optional(OCTETS)?;
        let deletes = parts.optional(BOOLEAN)?.is_some_and(|truth| truth.first().is_some_and(|byte| *byte != 0));
        let mut ids = Ber::new(parts.expect(SET, "a set of ids is invalid")?);
        while !ids.is_empty() {
            let id: Id = ids.expect(OCTETS, "an id is invalid")?.into();
            if deletes {
                self.gone.insert(id)
            } else {
                self.present.insert(id)
            };
        }
        Ok(())
    }

    fn finish(self) -> (Mirror, Vec<Id>) {
        (self.reader.sink.mirror, self.gone.into_iter().collect())
    }
}

/// Returns the kind of a change and the id of the entry, from the Sync State control.
fn state(message: &Message<'_>) -> Result<(i64, Id), Malformed> {
    let controls = message.controls()?;
    let control = controls.iter().find(|control| control.oid == SYNC_STATE);
    let value = control.and_then(|control| control.value).ok_or(Malformed("an entry has no Sync State control"))?;
    let mut parts = Ber::new(Ber::new(value).expect(SEQUENCE, "a Sync State control is invalid")?);
    let state = integer(parts.expect(ENUMERATED, "a Sync State control is invalid")?)?;
    Ok((state, parts.expect(OCTETS, "a Sync State control has no entryUUID")?.into()))
}

/// Returns `true` if the server listed the deleted entries (`refreshDeletes`), and not the present ones.
fn done(value: &[u8]) -> Result<bool, Malformed> {
    let mut parts = Ber::new(Ber::new(value).expect(SEQUENCE, "the Sync Done control is invalid")?);
    parts.optional(OCTETS)?;
    Ok(parts.optional(BOOLEAN)?.is_some_and(|truth| truth.first().is_some_and(|byte| *byte != 0)))
}

/// Builds the cookie for change sequence numbers, in the format of the server.
fn cookie(numbers: &[String]) -> String {
    format!("rid=000,csn={}", numbers.join(";"))
}

fn request(mode: i64, cookie: &str) -> RawControl {
    let value = [number(ENUMERATED, mode), element(OCTETS, cookie.as_bytes())].concat();
    RawControl { ctype: SYNC_REQUEST.to_owned(), crit: true, val: Some(element(SEQUENCE, &value)) }
}

const SYNC_REQUEST: &str = "1.3.6.1.4.1.4203.1.9.1.1";
const SYNC_STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
const SYNC_DONE: &str = "1.3.6.1.4.1.4203.1.9.1.3";
const SYNC_INFO: &str = "1.3.6.1.4.1.4203.1.9.1.4";

const REFRESH_ONLY: i64 = 1;
const REFRESH_AND_PERSIST: i64 = 3;
const PRESENT: i64 = 0;
const DELETE: i64 = 3;
