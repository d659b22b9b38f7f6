//! One read: its searches, side by side where that helps, and what they come to.

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

/// Reads what a request asks for.
///
/// # Errors
/// When nobody can sign in. From then on whatever goes wrong makes the reading incomplete.
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

/// Reads what jobs find and nothing else; `None` if they find nothing and nothing went wrong.
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

/// Where to read.
pub(super) fn bases(options: &LdapOptions, root: &Root) -> Result<Vec<Dn>> {
    let bases = if options.bases.is_empty() { root.bases() } else { options.bases.clone() };
    if bases.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "the server names no naming context to read")
            .hint("name where to read, such as `DC=example,DC=test`"));
    }
    // What stands below another one is read with it.
    let below = |base: &Dn| bases.iter().any(|other| base.is_within(other) && base.key() != other.key());
    let mut kept: Vec<Dn> = Vec::new();
    for base in &bases {
        if !below(base) && kept.iter().all(|other| other.key() != base.key()) {
            kept.push(base.clone());
        }
    }
    Ok(kept)
}

/// What stands at the top of the tree where these bases are read: what those of one root have in common, in the order of names.
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

/// A read under way.
pub(super) struct Run<'r, S> {
    options: &'r Arc<LdapOptions>,
    config: &'r Arc<ClientConfig>,
    reader: Mutex<Reader<S>>,
    tally: Mutex<Tally>,
}

/// What of an answer a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// What is below one place.
    Part,
    /// All of it.
    All,
}

/// What is counted and told.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) remarks: Vec<String>,
    pub(super) effort: Effort,
    /// Jobs so far, each with a number of its own.
    numbered: u32,
    /// Where references have led, so that they end.
    pub(super) followed: BTreeSet<String>,
    /// References that were left alone.
    pub(super) left: BTreeSet<String>,
    /// Scopes of rules that were not there.
    missing: Vec<Dn>,
}

impl<'r, S: Sink + Send> Run<'r, S> {
    pub(super) fn new(options: &'r Arc<LdapOptions>, config: &'r Arc<ClientConfig>, reader: Reader<S>) -> Self {
        Self { options, config, reader: Mutex::new(reader), tally: Mutex::new(Tally::default()) }
    }

    /// What was read, and what it took.
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

    /// Does jobs, several at once if there are several: each on a connection of its own, up to a few.
    pub(super) async fn jobs(&self, jobs: Vec<Job>, sessions: &mut Vec<Session>) {
        let wanted = jobs.len().min(CONNECTIONS);
        while sessions.len() < wanted {
            // Where a server takes no more connections, those there are do it.
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

    /// Does one job: every page, every value, every reference.
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
            // All of it is on another server.
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

    /// Reads the values that entries of a search came without, from the server they came from.
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

    /// Follows a reference, or says that it was not.
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
                let problem = format!("the rest of the answer is at {shown}, where this source must not look");
                self.reader().gap(job.place(), problem);
            }
            Referrals::Follow(hosts) => {
                let listed = |found: &&Reference| hosts.iter().any(|host| same_host(host, &found.server.host));
                let allowed: Vec<&Reference> = parsed.iter().filter(listed).collect();
                let Some(found) = allowed.first() else {
                    let problem =
                        format!("the rest of the answer is at {shown}, which is not on the list of hosts to follow");
                    return self.reader().gap(job.place(), problem);
                };
                if hops >= HOPS {
                    let problem = format!("references lead on and on: after {HOPS} the next is {shown}");
                    return self.reader().gap(job.place(), problem);
                }
                let base = found.base.clone().unwrap_or_else(|| job.base.clone());
                let scope = found.scope.unwrap_or(job.scope);
                let job = Job { base, scope, may_be_missing: false, ..job.clone() };
                // Another search finds something else there. Where all of the answer is said to be, it must come.
                let first = self.tally().followed.insert(format!("{found} {:?} {}", job.scope, job.filter));
                if first || rest == Rest::All {
                    // Those of one reference hold the same: whichever answers will do.
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

    /// Counts what a session did, and ends it.
    pub(super) async fn retire(&self, session: Session) {
        self.count(&session);
        session.close().await;
    }

    /// Counts what a session did.
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
        // A unit that is not there is for the rule that names it. One that was there a moment ago is not empty.
        let gone = missing.iter().filter(|dn| directory.find_unit(dn).is_some());
        gaps.extend(gone.map(|dn| Gap { place: dn.to_string(), problem: GONE.to_owned() }));
        // Searches side by side end in any order, and a plan must not differ for it.
        gaps.sort_by(|a, b| (&a.place, &a.problem).cmp(&(&b.place, &b.problem)));
        let completeness = Completeness::from_gaps(gaps);
        Ok(Reading { directory, completeness, remarks, effort: Some(effort), kept: None })
    }
}

fn selected(reached: Reached) -> Selected {
    let relative_id = reached.sid.as_deref().and_then(|sid| sid.last_chunk()).map(|id| u32::from_le_bytes(*id));
    Selected { dn: reached.dn, relative_id }
}

/// What every reader of a report should know of how it was read.
pub(super) fn remarks(session: &Session, options: &LdapOptions) -> Vec<String> {
    let mut remarks = Vec::new();
    if !session.secure {
        let who = if matches!(options.sign_in, super::SignIn::Anonymous) { "" } else { ", the password included" };
        remarks.push(format!(
            "danger: {} is read without TLS{who}: anybody on the way can see and change it",
            session.server
        ));
    }
    remarks
}

pub(super) fn left_alone(left: &[String]) -> Option<String> {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = left.iter().take(SHOWN).map(String::as_str).collect();
    let more = if left.len() > SHOWN { ", …" } else { "" };
    let count = text::count(left.len(), "reference", "references");
    let verb = if left.len() == 1 { "was" } else { "were" };
    (!left.is_empty())
        .then(|| format!("{count} to other naming contexts {verb} not followed: {}{more}", shown.join(", ")))
}

/// Whether a result says that there is no such place: `noSuchObject`, or `invalidDNSyntax` for a name that cannot be one.
fn means_missing(code: u32) -> bool {
    matches!(code, 32 | 34)
}

const GONE: &str = "the server knew the unit, and then had no such object: it was moved or deleted while it was read";

/// Connections that are open at once.
const CONNECTIONS: usize = 4;

/// References that may lead from one to the next.
const HOPS: u32 = 8;
