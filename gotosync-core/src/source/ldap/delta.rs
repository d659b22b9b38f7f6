//! Incremental reads with the methods that servers offer, and a full read if an incremental one is not reliable.

mod dirsync;
mod syncrepl;
mod timestamp;
mod usn;

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashSet;

use super::LdapSource;
use super::ber::Malformed;
use super::catalog;
use super::cursor::Cursor;
use super::guard::Item;
use super::id::{Id, canonical};
use super::mirror::{Filling, Header, Mirror};
use super::options::{Changes, DeltaMethod};
use super::plan::{Job, Wanted};
use super::read::{Run, bases, remarks};
use super::reader::{Reader, each_value};
use super::search::PAGE;
use super::server::Vendor;
use super::session::{Question, Session, Stopped};
use crate::model::{Completeness, Dn, Effort, Kept, ReadRequest, Reading};
use crate::{Error, Result};

/// The changes that were found.
struct Found {
    came: Mirror,
    gone: Vec<Id>,
    cursor: Cursor,
}

/// The reason why an incremental read is not possible, so that everything is read.
#[derive(Debug)]
struct Refused(String);

impl From<Stopped> for Refused {
    fn from(stopped: Stopped) -> Self {
        Self(stopped.problem)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads the data that a request asks for, incrementally if possible.
///
/// # Errors
/// The errors of a full read.
pub(super) async fn read(source: &LdapSource, request: &ReadRequest, changes: &Changes) -> Result<Reading> {
    let mut session = source.session().await?;
    if catalog::is_one(&session) {
        // A global catalog does not report all changes, and only the full read checks for requests it cannot answer.
        return super::read::read(&source.options, &source.config, request).await;
    }
    let mut refused = None;
    if let Some(before) = request.since.as_ref().and_then(|kept| source.mirror(kept)) {
        let mut asking = Asking::new(source, &session, request)?;
        match asking.since(&mut session, &before, changes).await {
            Ok(reading) => {
                if reading.completeness.is_complete() {
                    source.put_back(session);
                }
                return Ok(reading);
            }
            // The cause may be the connection, so open a new one.
            Err(Refused(why)) => {
                refused = Some(why);
                session = Session::open(&source.options, &source.config).await?;
            }
        }
    }
    let asking = Asking::new(source, &session, request)?;
    let mut reading = asking.everything(session, changes).await?;
    if let Some(effort) = &mut reading.effort {
        effort.everything_because = refused;
    }
    Ok(reading)
}

/// Waits until something may have changed since an earlier read.
///
/// # Errors
/// If the bind fails, or the connection breaks while waiting.
pub(super) async fn wait(source: &LdapSource, kept: &Kept, every: Duration) -> Result<()> {
    let Some(cursor) = source.mirror(kept).and_then(|mirror| mirror.header.cursor.clone()) else { return Ok(()) };
    let mut session = Session::open(&source.options, &source.config).await?;
    let (server, highest) = match &cursor {
        Cursor::Timestamp(_) => {
            tokio::time::sleep(every).await;
            return Ok(());
        }
        Cursor::Syncrepl(place) => {
            let request = ReadRequest::default();
            let asking = Asking::new(source, &session, &request)?;
            let mut waits = Vec::new();
            for base in &asking.bases {
                let own = Session::open(&source.options, &source.config).await?;
                waits.push(Box::pin(syncrepl::wait(&asking, own, base, place)));
            }
            let (ended, ..) = futures_util::future::select_all(waits).await;
            return ended.map_err(|stopped| session.failed(stopped).during("wait for changes"));
        }
        Cursor::Usn(place) => place.server_and_highest(),
        Cursor::Dirsync(place) => place.server_and_highest(),
    };
    while !usn::counts_on(&mut session, server, highest).await? {
        tokio::time::sleep(every).await;
    }
    Ok(())
}

/// The context of a read.
struct Asking<'r> {
    source: &'r LdapSource,
    request: &'r ReadRequest,
    bases: Vec<Dn>,
    vendor: Vendor,
    attributes: Vec<String>,
}

impl<'r> Asking<'r> {
    fn new(source: &'r LdapSource, session: &Session, request: &'r ReadRequest) -> Result<Self> {
        let bases = bases(&source.options, &session.root)?;
        let vendor = session.root.vendor();
        let mut asking = Self { source, request, bases, vendor, attributes: Vec::new() };
        asking.attributes = asking.wanted().all_attributes();
        Ok(asking)
    }

    fn wanted(&self) -> Wanted<'_> {
        let range_size = self.source.options.range_size;
        Wanted { request: self.request, bases: &self.bases, vendor: self.vendor, range_size, catalog: false }
    }

    /// Returns the attributes that a full read with the options of the kept mirror would request today.
    fn asked_for(&self, before: &Mirror) -> Vec<String> {
        let attributes = before.header.attributes.clone();
        let request = ReadRequest { attributes, ..ReadRequest::default() };
        Wanted { request: &request, ..self.wanted() }.all_attributes()
    }

    fn header(&self) -> Header {
        Header {
            attributes: self.request.attributes.clone(),
            bases: self.bases.iter().map(Dn::key).collect(),
            reader: self.source.options.sign_in.name(),
            asked: self.attributes.clone(),
            ..Header::default()
        }
    }

    /// Creates an empty mirror to read entries into.
    fn filling(before: &Mirror) -> Filling {
        Filling::new(Header { attributes: before.header.attributes.clone(), ..Header::default() })
    }

    /// Creates a reader that fills a mirror in the same way as the kept one.
    fn reader(&self, before: &Mirror) -> Reader<Filling> {
        Reader::new(Self::filling(before)).aliases(self.vendor)
    }

    /// Runs searches and returns the entries.
    async fn fetch(&self, session: &mut Session, before: &Mirror, jobs: Vec<Job>) -> Result<Mirror, Refused> {
        let run = Run::new(&self.source.options, &self.source.config, self.reader(before));
        for job in jobs {
            run.job(session, &job, 0).await;
        }
        let (reader, tally) = run.into_parts();
        if let Some(gap) = reader.gaps.first() {
            return Err(Refused(gap.problem.clone()));
        }
        if tally.effort.connections > 0 {
            return Err(Refused("some changes are on other servers".to_owned()));
        }
        Ok(reader.sink.mirror)
    }

    /// Reads everything, and determines the position from which the next read looks for changes.
    async fn everything(&self, mut session: Session, changes: &Changes) -> Result<Reading> {
        // Determined before the first entry is read, so that the next read finds changes made during this one.
        let cursor = self.start(&mut session, changes.method).await;
        let filling = Filling::new(self.header());
        let run = Run::new(&self.source.options, &self.source.config, Reader::new(filling).aliases(self.vendor));
        run.remark(remarks(&session, &self.source.options));
        let jobs = self.wanted().everything().into_iter().map(|job| Job { attributes: self.attributes.clone(), ..job });
        let mut sessions = vec![session];
        run.jobs(jobs.collect(), &mut sessions).await;
        if let Some(first) = sessions.drain(..1).next() {
            run.count(&first);
            self.source.put_back(first);
        }
        for session in sessions {
            run.retire(session).await;
        }
        let (mut reader, tally) = run.into_parts();
        let mut gaps = reader.gaps_of(&self.bases);
        let mut mirror = reader.sink.mirror;
        mirror.header.left = tally.left.into_iter().collect();
        mirror.header.orphans = mirror.orphans();
        let (directory, completeness) = mirror.directory(self.request)?;
        gaps.extend(completeness.gaps().iter().cloned());
        gaps.sort_by(|a, b| (&a.place, &a.problem).cmp(&(&b.place, &b.problem)));
        let completeness = Completeness::from_gaps(gaps);
        let mut remarks = tally.remarks;
        remarks.extend(super::read::left_alone(&mirror.header.left));
        let directory = Arc::new(directory);
        // If references were followed, this server does not report the changes on the other servers.
        mirror.header.cursor = cursor.filter(|_| completeness.is_complete() && tally.followed.is_empty());
        let kept = mirror.header.cursor.is_some().then(|| mirror.to_kept());
        if let Some(kept) = &kept {
            self.source.remember(kept, mirror, self.request, &directory);
        }
        Ok(Reading { directory, completeness, remarks, effort: Some(tally.effort), kept })
    }

    /// Returns the current position for the first method that works; `None` if none does.
    async fn start(&self, session: &mut Session, method: Option<DeltaMethod>) -> Option<Cursor> {
        let wants = |own| method.is_none_or(|method| method == own);
        if self.vendor == Vendor::ActiveDirectory {
            if wants(DeltaMethod::DirSync)
                && let Ok(place) = dirsync::start(self, session, method.is_some()).await
            {
                return Some(Cursor::Dirsync(place));
            }
            return if wants(DeltaMethod::Usn) { usn::start(session).await.map(Cursor::Usn) } else { None };
        }
        if wants(DeltaMethod::Syncrepl)
            && let Some(place) = syncrepl::start(self, session).await
        {
            return Some(Cursor::Syncrepl(place));
        }
        wants(DeltaMethod::Timestamp).then(|| Cursor::Timestamp(timestamp::start()))
    }

    /// Reads the changes since an earlier read.
    async fn since(
        &mut self,
        session: &mut Session,
        before: &Arc<Mirror>,
        changes: &Changes,
    ) -> Result<Reading, Refused> {
        // Read with the attributes of the kept entries: the next request may need more of them than this one.
        self.attributes = self.asked_for(before);
        let (bytes, searches) = (session.bytes(), session.searches);
        let header = &before.header;
        let has = |name: &String| header.attributes.iter().any(|own| own.eq_ignore_ascii_case(name));
        if !self.request.attributes.iter().all(has) {
            return Err(Refused("the request needs attributes that are not kept".to_owned()));
        }
        if !header.bases.iter().eq(self.bases.iter().map(Dn::key).collect::<Vec<_>>().iter()) {
            return Err(Refused("the base DNs have changed".to_owned()));
        }
        if header.reader != self.source.options.sign_in.name() {
            return Err(Refused("the user that gotosync signs in as has changed".to_owned()));
        }
        if header.asked != self.attributes || !Self::filling(before).mirror.is_like(before) {
            return Err(Refused(
                "the version or the options have changed, and with them the requested attributes".to_owned(),
            ));
        }
        if header.reads + 1 >= changes.full_every {
            return Err(Refused("a full read is due (`full_every`)".to_owned()));
        }
        let cursor = header
            .cursor
            .as_ref()
            .ok_or_else(|| Refused("the last read left no position to continue from".to_owned()))?;
        let found = match cursor {
            Cursor::Dirsync(place) => dirsync::changes(self, session, before, place).await?,
            Cursor::Usn(place) => usn::changes(self, session, before, place).await?,
            Cursor::Syncrepl(place) => syncrepl::changes(self, session, before, place).await?,
            Cursor::Timestamp(place) => timestamp::changes(self, session, before, place).await?,
        };
        let mut count = 0;
        let (directory, completeness, kept) = match found {
            None => {
                let known = self.source.directory(before, self.request);
                let (directory, completeness) = match known {
                    Some(directory) => (directory, Completeness::Complete),
                    None => before
                        .directory(self.request)
                        .map(|(directory, completeness)| (Arc::new(directory), completeness))?,
                };
                (directory, completeness, None)
            }
            Some(Found { mut came, mut gone, cursor }) => {
                came.absorb(self.moved_in(session, before, &came).await?);
                count = (came.len() + gone.len()) as u64;
                gone.retain(|id| before.holds(id) && !came.holds(id));
                let mut mirror = Mirror::clone(before);
                let stale = mirror.update(came, &gone);
                count += self.refresh(session, &mut mirror, stale).await?;
                mirror.header.cursor = Some(cursor);
                mirror.header.reads += 1;
                // An entry without a parent was moved together with the parent, and that move was missed.
                if mirror.orphans() > mirror.header.orphans {
                    return Err(Refused("the parents of some entries are missing".to_owned()));
                }
                let (directory, completeness) = mirror.directory(self.request)?;
                let directory = Arc::new(directory);
                let kept = completeness.is_complete().then(|| mirror.to_kept());
                if let Some(kept) = &kept {
                    self.source.remember(kept, mirror, self.request, &directory);
                }
                (directory, completeness, kept)
            }
        };
        let mut remarks = remarks(session, &self.source.options);
        remarks.extend(super::read::left_alone(&before.header.left));
        let now = session.bytes();
        let effort = Effort {
            connections: 1,
            searches: session.searches - searches,
            received: now.0 - bytes.0,
            sent: now.1 - bytes.1,
            changes: Some(count),
            everything_because: None,
        };
        Ok(Reading { directory, completeness, remarks, effort: Some(effort), kept })
    }

    /// Reads the entries below new units. If the bases are smaller than a naming context, such a unit may have been moved in from
    /// outside, which does not change the entries below it.
    async fn moved_in(&self, session: &mut Session, before: &Mirror, came: &Mirror) -> Result<Mirror, Refused> {
        let contexts = session.root.contexts();
        let reads_contexts = self.bases.iter().all(|base| contexts.contains(base));
        let units = if reads_contexts { Vec::new() } else { came.units_not_in(before) };
        let wanted = self.wanted();
        let below = |unit: &Dn| {
            wanted.everything_that(unit, "(objectClass=*)", self.attributes.clone(), "entries that were moved in")
        };
        self.fetch(session, before, units.iter().map(below).collect()).await
    }

    /// Reads entries again that refer to renamed or deleted entries.
    async fn refresh(&self, session: &mut Session, mirror: &mut Mirror, stale: Vec<Id>) -> Result<u64, Refused> {
        if stale.is_empty() {
            return Ok(0);
        }
        if stale.len() > STALE_MAX {
            return Err(Refused("the changes affect too many other entries".to_owned()));
        }
        let came = self.fetch(session, mirror, self.wanted().by_ids(&stale, &self.attributes)).await?;
        let gone: Vec<Id> = stale.into_iter().filter(|id| !came.holds(id)).collect();
        let changed = (came.len() + gone.len()) as u64;
        // The entries that these refer to are already up to date, so the new stale ids can be ignored.
        mirror.update(came, &gone);
        Ok(changed)
    }

    /// Compares the ids of all current entries to the kept ones, and returns the ids of the deleted entries.
    async fn missing(&self, session: &mut Session, before: &Mirror) -> Result<Vec<Id>, Refused> {
        let wanted = self.wanted();
        let mut there: HashSet<Id> = HashSet::with_capacity(before.len());
        for base in &self.bases {
            let job = wanted.everything_that(base, "(objectClass=*)", wanted.id_attributes(), "ids");
            let question =
                Question { base: base.as_str(), scope: job.scope, filter: &job.filter, attributes: &job.attributes };
            let mut take = |item: Item| {
                each_value(&item, |id| {
                    if there.insert(canonical(id)) {
                        return Ok(());
                    }
                    Err(Malformed("an id was returned twice: the pages overlap or repeat"))
                })
            };
            let page_size = self.source.options.page_size.unwrap_or(PAGE);
            session.search(&question, page_size, &mut take).await.map_err(|halt| Refused(halt.stopped.problem))?;
        }
        Ok(before.ids().filter(|id| !there.contains(*id)).cloned().collect())
    }
}

/// Returns the identity of a server within which its USNs are comparable: the invocation id of a domain controller's
/// database (MS-ADTS 3.1.1.1.9), which changes with a restore from a backup.
async fn identity(session: &mut Session) -> String {
    let Some(service) = session.root.one("dsservicename").map(str::to_owned) else {
        return session.server.to_string();
    };
    let attributes = ["invocationId".to_owned()];
    let question =
        Question { base: &service, scope: ldap3::Scope::Base, filter: "(objectClass=*)", attributes: &attributes };
    let mut id = None;
    let mut take = |item: Item| {
        each_value(&item, |value| {
            id = Some(canonical(value));
            Ok(())
        })
    };
    let asked = session.ask(&question, Vec::new(), &mut take).await;
    match (asked, id) {
        (Ok(_), Some(id)) => id.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        _ => session.server.to_string(),
    }
}

/// The maximum number of entries to read again; if more are affected, everything is read.
const STALE_MAX: usize = 2000;
