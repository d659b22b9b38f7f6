//! A full read: running the searches, several at a time if possible, and combining their results.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use rustls::ClientConfig;

use super::catalog;
use super::options::{LdapOptions, Referrals, Server};
use super::plan::{Job, Selected, Wanted};
use super::reader::{Reader, Sink, Unfinished, classless, store};
use super::references::{Reference, same_host};
use super::search::{Halt, PAGE};
use super::server::Root;
use super::session::{Question, Session};
use crate::model::{Completeness, Dn, Effort, Gap, ReadRequest, Reading, text};
use crate::source::entries::{Collector, Reached, Selection};
use crate::source::tree::sort_by_name;
use crate::{Error, ErrorKind, Result};

/// Reads the data that a request asks for.
///
/// # Errors
/// If the connection or the bind fails. Any failure after that makes the reading incomplete.
pub(super) async fn read(
    options: &Arc<LdapOptions>,
    config: &Arc<ClientConfig>,
    request: &ReadRequest,
) -> Result<Reading> {
    let mut session = Session::open(options, config).await?;
    let catalog = catalog::is_one(&session);
    if catalog {
        catalog::check(&mut session, request).await?;
    }
    let bases = bases(options, &session.root)?;
    let mut selection = if request.wants_everyone() { Selection::Everybody } else { Selection::Nobody };
    let vendor = session.root.vendor();
    let reader = Reader::new(Collector::new(&request.attributes, &mut selection)).aliases(vendor);
    let run = Run::new(options, config, reader);
    run.remark(remarks(&session, options));
    let wanted = Wanted { request, bases: &bases, vendor, range_size: options.range_size, catalog };
    let mut sessions = vec![session];
    if request.wants_everyone() {
        run.jobs(wanted.everything(), &mut sessions).await;
    } else {
        run.jobs(wanted.structure(), &mut sessions).await;
        let reached = run.reader().sink.choose(request)?;
        let selected: Vec<Selected> = reached.into_iter().map(selected).collect();
        let jobs = [wanted.people_in_units(), wanted.members(&selected)].concat();
        run.jobs(jobs, &mut sessions).await;
    }
    for session in sessions {
        run.retire(session).await;
    }
    run.finish(&bases)
}

/// Reads only what the jobs find; `None` if they find nothing and all succeed.
pub(super) async fn gather(
    options: &Arc<LdapOptions>,
    config: &Arc<ClientConfig>,
    sessions: &mut Vec<Session>,
    attributes: &[String],
    jobs: Vec<Job>,
) -> Result<Option<Reading>> {
    let mut everybody = Selection::Everybody;
    let collector = Collector::new(attributes, &mut everybody);
    let run = Run::new(options, config, Reader::new(collector));
    run.jobs(jobs, sessions).await;
    let nothing = run.reader().is_untouched();
    if nothing { Ok(None) } else { run.finish(&[]).map(Some) }
}

/// Returns the base DNs to search: the configured ones, or the server's.
pub(super) fn bases(options: &LdapOptions, root: &Root) -> Result<Vec<Dn>> {
    let bases = if options.bases.is_empty() { root.bases() } else { options.bases.clone() };
    if bases.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "the server does not report a naming context to read")
            .hint("set the base DN, such as `DC=example,DC=test`"));
    }
    // A base DN below another one is read with that one.
    let below = |base: &Dn| bases.iter().any(|other| base.is_within(other) && base.key() != other.key());
    let mut kept: Vec<Dn> = Vec::new();
    for base in &bases {
        if !below(base) && kept.iter().all(|other| other.key() != base.key()) {
            kept.push(base.clone());
        }
    }
    Ok(kept)
}

/// Returns the roots of the tree for these base DNs, sorted by name. Bases with the same root share their common ancestor.
pub(super) fn tops(bases: &[Dn]) -> Vec<Dn> {
    let above = |dn: &Dn| std::iter::successors(Some(dn.clone()), Dn::parent);
    let mut tops: Vec<Dn> = Vec::new();
    for base in bases {
        let common = |top: &Dn| above(top).find(|dn| base.is_within(dn));
        match tops.iter_mut().find_map(|top| common(top).map(|common| (top, common))) {
            Some((top, common)) => *top = common,
            None => tops.push(base.clone()),
        }
    }
    sort_by_name(&mut tops, |dn| dn);
    tops
}

/// A read in progress.
pub(super) struct Run<'r, S> {
    options: &'r Arc<LdapOptions>,
    config: &'r Arc<ClientConfig>,
    reader: Mutex<Reader<S>>,
    tally: Mutex<Tally>,
}

/// The part of a result that a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// One subtree: a continuation reference.
    Part,
    /// The entire result: a referral.
    All,
}

/// Counters and remarks of a read.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) remarks: Vec<String>,
    pub(super) effort: Effort,
    /// The number of jobs so far, which gives each job a unique number.
    numbered: u32,
    /// The references that were followed, to prevent loops.
    pub(super) followed: BTreeSet<String>,
    /// The references that were not followed.
    pub(super) left: BTreeSet<String>,
    /// The bases that did not exist.
    missing: Vec<Dn>,
}

impl<'r, S: Sink + Send> Run<'r, S> {
    pub(super) fn new(options: &'r Arc<LdapOptions>, config: &'r Arc<ClientConfig>, reader: Reader<S>) -> Self {
        Self { options, config, reader: Mutex::new(reader), tally: Mutex::new(Tally::default()) }
    }

    /// Returns the entries and the counters.
    pub(super) fn into_parts(self) -> (Reader<S>, Tally) {
        let reader = self.reader.into_inner().unwrap_or_else(PoisonError::into_inner);
        (reader, self.tally.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn remark(&self, remarks: Vec<String>) {
        self.tally().remarks.extend(remarks);
    }

    fn reader(&self) -> MutexGuard<'_, Reader<S>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs jobs in parallel, on up to [`CONNECTIONS`] connections.
    pub(super) async fn jobs(&self, jobs: Vec<Job>, sessions: &mut Vec<Session>) {
        let wanted = jobs.len().min(CONNECTIONS);
        while sessions.len() < wanted {
            // If the server refuses more connections, continue with the ones that are open.
            match Session::open(self.options, self.config).await {
                Ok(session) => sessions.push(session),
                Err(_) => break,
            }
        }
        let queue = Mutex::new(VecDeque::from(jobs));
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let next = &next;
        join_all(sessions.iter_mut().map(|session| async move {
            while let Some(job) = next() {
                self.job(session, &job, 0).await;
            }
        }))
        .await;
    }

    /// Runs one job, including all pages, all values of long attributes, and all references.
    pub(super) async fn job(&self, session: &mut Session, job: &Job, hops: u32) {
        let number = {
            let mut tally = self.tally();
            tally.numbered += 1;
            tally.numbered
        };
        let base = job.base.as_str();
        let question = Question { base, scope: job.scope, filter: &job.filter, attributes: &job.attributes };
        let page_size = self.options.page_size.unwrap_or(PAGE);
        let mut take = |item| self.reader().take(item, number);
        let mut elsewhere = Vec::new();
        match session.search(&question, page_size, &mut take).await {
            Ok(()) => {}
            // A referral: the entire result is on another server.
            Err(Halt { page: 1, stopped })
                if !stopped.elsewhere.is_empty() && matches!(self.options.referrals, Referrals::Follow(_)) =>
            {
                elsewhere = stopped.elsewhere;
            }
            Err(Halt { page: 1, stopped }) if job.may_be_missing && stopped.code.is_some_and(means_missing) => {
                self.tally().missing.push(job.base.clone());
            }
            Err(Halt { page, stopped }) => {
                self.reader().gap(format!("{}, page {page}", job.place()), stopped.problem);
            }
        }
        self.complete(session, number).await;
        let references: Vec<Vec<String>> = {
            let mut reader = self.reader();
            let (own, others) =
                std::mem::take(&mut reader.references).into_iter().partition(|(from, _)| *from == number);
            reader.references = others;
            let own: Vec<(u32, Vec<String>)> = own;
            own.into_iter().map(|(_, urls)| urls).collect()
        };
        for urls in references {
            self.reference(session, job, &urls, Rest::Part, hops).await;
        }
        if !elsewhere.is_empty() {
            self.reference(session, job, &elsewhere, Rest::All, hops).await;
        }
    }

    /// Reads the remaining values of long attributes from the same server.
    async fn complete(&self, session: &mut Session, number: u32) {
        let unfinished: Vec<Unfinished> = {
            let mut reader = self.reader();
            let (own, others) =
                std::mem::take(&mut reader.unfinished).into_iter().partition(|entry| entry.search == number);
            reader.unfinished = others;
            own
        };
        for mut entry in unfinished {
            let mut problem = None;
            for list in &entry.lists {
                let dn = entry.record.dn.as_str().to_owned();
                let record = &mut entry.record;
                let mut take = |value: &[u8]| store(record, list.name, value);
                let rest = session.rest_of(&dn, &list.attribute, list.next, self.options.range_size, &mut take).await;
                problem = rest.err();
                if problem.is_some() {
                    break;
                }
            }
            let mut reader = self.reader();
            if let Some(stopped) = problem {
                reader.gap(text::shown(entry.record.dn.as_str(), 120), stopped.problem);
            }
            reader.finish(entry.record);
        }
    }

    /// Follows a reference, or reports that it was not followed.
    async fn reference(&self, session: &Session, job: &Job, urls: &[String], rest: Rest, hops: u32) {
        let shown = urls.first().map_or("", String::as_str).to_owned();
        let parsed: Vec<Reference> = urls.iter().filter_map(|url| Reference::parse(url)).collect();
        let base = |reference: &Reference| {
            reference.base.as_ref().is_some_and(|base| session.root.holds_no_people(base.as_str()))
        };
        if !parsed.is_empty() && parsed.iter().all(base) {
            self.tally().left.insert(shown);
            return;
        }
        let read_elsewhere = |reference: &Reference| {
            let covers = |place: &Dn| reference.base.as_ref().is_some_and(|base| base.is_within(place));
            self.options.elsewhere.iter().any(covers)
        };
        if rest == Rest::Part && !parsed.is_empty() && parsed.iter().all(read_elsewhere) {
            return;
        }
        match &self.options.referrals {
            Referrals::Ignore => {
                self.tally().left.insert(shown);
            }
            Referrals::Refuse => {
                let problem =
                    format!("the rest of the result is at {shown}, and this source does not follow referrals");
                self.reader().gap(job.place(), problem);
            }
            Referrals::Follow(hosts) => {
                let listed = |found: &&Reference| hosts.iter().any(|host| same_host(host, &found.server.host));
                let allowed: Vec<&Reference> = parsed.iter().filter(listed).collect();
                let Some(found) = allowed.first() else {
                    let problem =
                        format!("the rest of the result is at {shown}, which is not in the list of hosts to follow");
                    return self.reader().gap(job.place(), problem);
                };
                if hops >= HOPS {
                    let problem = format!("too many referrals: after {HOPS} of them, the next one is {shown}");
                    return self.reader().gap(job.place(), problem);
                }
                let base = found.base.clone().unwrap_or_else(|| job.base.clone());
                let scope = found.scope.unwrap_or(job.scope);
                let job = Job { base, scope, may_be_missing: false, ..job.clone() };
                // A different search may find other entries there, so scope and filter are part of the key. A referral for
                // the entire result must always be followed.
                let first = self.tally().followed.insert(format!("{found} {:?} {}", job.scope, job.filter));
                if first || rest == Rest::All {
                    // The URLs of one reference are alternatives: any of them will do.
                    let same = allowed.iter().filter(|other| other.base == found.base && other.scope == found.scope);
                    let servers = same.map(|other| other.server.clone()).collect();
                    Box::pin(self.follow(found, servers, &job, hops)).await;
                }
            }
        }
    }

    async fn follow(&self, found: &Reference, servers: Vec<Server>, job: &Job, hops: u32) {
        let options = LdapOptions { servers, discover: None, ..(**self.options).clone() };
        match Session::open(&Arc::new(options), self.config).await {
            Ok(mut session) => {
                self.job(&mut session, job, hops + 1).await;
                self.retire(session).await;
            }
            Err(error) => self.reader().gap(found.to_string(), error.to_string()),
        }
    }

    /// Adds the counters of a session, and closes it.
    pub(super) async fn retire(&self, session: Session) {
        self.count(&session);
        session.close().await;
    }

    /// Adds the counters of a session.
    pub(super) fn count(&self, session: &Session) {
        let mut tally = self.tally();
        let (received, sent) = session.bytes();
        tally.effort.connections += 1;
        tally.effort.searches += session.searches;
        tally.effort.received += received;
        tally.effort.sent += sent;
    }
}

impl Run<'_, Collector<'_>> {
    fn finish(self, bases: &[Dn]) -> Result<Reading> {
        let (mut reader, Tally { mut remarks, effort, left, missing, .. }) = self.into_parts();
        let mut gaps = reader.gaps_of(bases);
        let Ok(found) = reader.sink.finish() else { return Err(classless()) };
        gaps.extend(found.gaps.into_iter().map(|(_, problem)| Gap { place: "the entries".to_owned(), problem }));
        remarks.extend(found.remarks);
        remarks.extend(left_alone(&Vec::from_iter(left)));
        let mut builder = found.builder;
        for group in found.groups {
            builder.group(group.entry);
        }
        gaps.extend(builder.drop_doubles().into_iter().map(|(place, problem)| Gap { place, problem }));
        let directory = Arc::new(builder.build()?);
        // The rule that names a missing unit reports it. A unit that existed a moment ago is a gap, not an empty unit.
        let gone = missing.iter().filter(|dn| directory.find_unit(dn).is_some());
        gaps.extend(gone.map(|dn| Gap { place: dn.to_string(), problem: GONE.to_owned() }));
        // Parallel searches end in any order, which must not affect the plan.
        gaps.sort_by(|a, b| (&a.place, &a.problem).cmp(&(&b.place, &b.problem)));
        let completeness = Completeness::from_gaps(gaps);
        Ok(Reading { directory, completeness, remarks, effort: Some(effort), kept: None })
    }
}

fn selected(reached: Reached) -> Selected {
    let relative_id = reached.sid.as_deref().and_then(|sid| sid.last_chunk()).map(|id| u32::from_le_bytes(*id));
    Selected { dn: reached.dn, relative_id }
}

/// Returns the remarks about how the directory was read.
pub(super) fn remarks(session: &Session, options: &LdapOptions) -> Vec<String> {
    let mut remarks = Vec::new();
    if !session.secure {
        let what =
            if matches!(options.sign_in, super::SignIn::Anonymous) { "the data" } else { "the password and the data" };
        remarks.push(format!(
            "danger: {} is read without TLS: anyone on the network path can read and change {what}",
            session.server
        ));
    }
    remarks
}

pub(super) fn left_alone(left: &[String]) -> Option<String> {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = left.iter().take(SHOWN).map(String::as_str).collect();
    let more = if left.len() > SHOWN { ", …" } else { "" };
    let count = text::count(left.len(), "continuation reference", "continuation references");
    let verb = if left.len() == 1 { "was" } else { "were" };
    (!left.is_empty())
        .then(|| format!("{count} to other naming contexts {verb} not followed: {}{more}", shown.join(", ")))
}

/// Returns `true` if a result code means that the base does not exist: `noSuchObject`, or `invalidDNSyntax`.
fn means_missing(code: u32) -> bool {
    matches!(code, 32 | 34)
}

const GONE: &str =
    "the unit was moved or deleted while it was read: the server returned it first, and noSuchObject later";

/// The maximum number of parallel connections.
const CONNECTIONS: usize = 4;

/// The maximum number of references that lead from one to the next.
const HOPS: u32 = 8;
