//! The queries on the tables; each function is one transaction.

use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) use self::aside::set_aside;
use self::aside::{forget_aside, keep_aside};
pub(super) use self::readings::{keep_reading, kept};
use super::trouble::Trouble;
use crate::journal::Event;
use crate::model::{AccountKey, Email, PersonId, PlanId, RunId};
use crate::state::{Ending, Had, Interrupted, Learned, Link, RUNS_KEPT, Remembered, RunRecord};

mod aside;
mod readings;

type Result<T, E = Trouble> = std::result::Result<T, E>;

/// Lists of rules, by their JSON text.
type Lists = HashMap<String, Arc<[Arc<str>]>>;

pub(super) fn load(connection: &mut Connection, account: &AccountKey) -> Result<Remembered> {
    // Read everything in one snapshot, regardless of commits by other processes in between.
    let snapshot = connection.transaction()?;
    Ok(Remembered {
        links: links(&snapshot, account)?,
        populations: populations(&snapshot, account)?,
        set_aside: set_aside(&snapshot, account)?,
    })
}

pub(super) fn begin(connection: &mut Connection, run: &RunRecord, plan: &str, links: &[Link]) -> Result<()> {
    let write = write(connection)?;
    let known = "SELECT 1 FROM runs WHERE run = ?1";
    if write.prepare_cached(known)?.exists([run.run.as_str()])? {
        return Err(Trouble::BegunTwice(run.run.clone()));
    }
    keep_run(&write, &RunRecord { ending: Ending::Open, ..run.clone() }, Some(plan))?;
    for link in links {
        put(&write, run.account.as_str(), link)?;
    }
    Ok(write.commit()?)
}

pub(super) fn record(connection: &mut Connection, run: &RunId, events: &[Event], learned: &[Learned]) -> Result<()> {
    let write = write(connection)?;
    let open = "SELECT account FROM runs WHERE run = ?1 AND plan IS NOT NULL";
    let account: Option<String> = write.prepare_cached(open)?.query_row([run.as_str()], |row| row.get(0)).optional()?;
    let Some(account) = account else { return Err(Trouble::NotOpen(run.clone())) };
    append(&write, run, events)?;
    for learned in learned {
        learn(&write, &account, learned)?;
    }
    Ok(write.commit()?)
}

pub(super) fn finish(
    connection: &mut Connection,
    run: &RunRecord,
    populations: Option<&BTreeMap<String, usize>>,
) -> Result<()> {
    let write = write(connection)?;
    let account = run.account.as_str();
    keep_run(&write, run, None)?;
    if let Some(populations) = populations {
        write.prepare_cached("DELETE FROM populations WHERE account = ?1")?.execute([account])?;
        let mut insert = write.prepare_cached("INSERT INTO populations (account, rule, people) VALUES (?1, ?2, ?3)")?;
        for (rule, people) in populations {
            insert.execute((account, rule, i64::try_from(*people).unwrap_or(i64::MAX)))?;
        }
    }
    write.prepare_cached(PRUNE_EVENTS)?.execute((account, JOURNALS_KEPT))?;
    write.prepare_cached(PRUNE_RUNS)?.execute((account, i64::try_from(RUNS_KEPT).unwrap_or(i64::MAX)))?;
    Ok(write.commit()?)
}

pub(super) fn unfinished(connection: &mut Connection, account: &AccountKey) -> Result<Option<Interrupted>> {
    let snapshot = connection.transaction()?;
    let found = snapshot
        .prepare_cached(UNFINISHED)?
        .query_and_then([account.as_str()], |row| Ok::<_, Trouble>((run_of(row)?, row.get(9)?)))?
        .next()
        .transpose()?;
    let Some((record, plan)) = found else { return Ok(None) };
    let events = events(&snapshot, &record.run)?;
    Ok(Some(Interrupted { record, plan, events }))
}

pub(super) fn history(connection: &mut Connection, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection.prepare_cached(HISTORY)?.query_and_then((account.as_str(), limit), run_of)?.collect()
}

pub(super) fn runs_since(
    connection: &mut Connection,
    account: &AccountKey,
    moment: Timestamp,
) -> Result<Vec<RunRecord>> {
    connection.prepare_cached(SINCE)?.query_and_then((account.as_str(), to_text(moment)), run_of)?.collect()
}

/// Begins a write transaction immediately. A transaction that is upgraded to a write later would fail where this one waits.
fn write(connection: &mut Connection) -> Result<Transaction<'_>> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

fn links(connection: &Connection, account: &AccountKey) -> Result<Vec<Link>> {
    // Most people are selected by one of a few lists of rules, so each list is parsed once and shared.
    let mut lists = Lists::new();
    let mut select = connection.prepare_cached(LINKS)?;
    let mut links =
        select.query_and_then([account.as_str()], |row| link_of(row, &mut lists))?.collect::<Result<Vec<_>>>()?;
    // Ids sort differently from their text forms.
    links.sort_by(|one, other| one.person.cmp(&other.person));
    Ok(links)
}

fn link_of(row: &Row<'_>, lists: &mut Lists) -> Result<Link> {
    let list = text(row, 3)?;
    let rules = if let Some(rules) = lists.get(list) {
        Arc::clone(rules)
    } else {
        let rules: Arc<[Arc<str>]> = from_json("rules", list)?;
        lists.insert(list.to_owned(), Arc::clone(&rules));
        rules
    };
    Ok(Link {
        person: PersonId::parse(text(row, 0)?),
        user: text(row, 1)?.into(),
        email: Email::new(text(row, 2)?),
        rules,
        suspended: time(row, 4, "suspended")?,
        leaver_since: time(row, 5, "leaver_since")?,
        absences: number(row, 6, "absences")?,
        role: json_or_null(row, 7, "role")?,
        had: json_or_null::<Had>(row, 8, "had")?.map(Box::new),
    })
}

fn populations(connection: &Connection, account: &AccountKey) -> Result<BTreeMap<String, usize>> {
    connection
        .prepare_cached("SELECT rule, people FROM populations WHERE account = ?1")?
        .query_and_then([account.as_str()], |row| {
            let people = usize::try_from(row.get::<_, i64>(1)?).map_err(unreadable("people"))?;
            Ok((row.get(0)?, people))
        })?
        .collect()
}

fn events(connection: &Connection, run: &RunId) -> Result<Vec<Event>> {
    connection
        .prepare_cached("SELECT event FROM events WHERE run = ?1 ORDER BY seq")?
        .query_and_then([run.as_str()], |row| from_json("event", text(row, 0)?))?
        .collect()
}

fn run_of(row: &Row<'_>) -> Result<RunRecord> {
    let ending = text(row, 6)?;
    Ok(RunRecord {
        run: text(row, 0)?.into(),
        account: text(row, 1)?.into(),
        command: row.get(2)?,
        started: time(row, 3, "started")?.ok_or("no time").map_err(unreadable("started"))?,
        ended: time(row, 4, "ended")?,
        plan: row.get::<_, Option<String>>(5)?.map(|id| id.as_str().into()),
        ending: ENDINGS
            .into_iter()
            .find(|known| known.as_str() == ending)
            .ok_or_else(|| format!("unknown ending `{ending}`"))
            .map_err(unreadable("ending"))?,
        outcomes: from_json("outcomes", text(row, 7)?)?,
        reason: row.get(8)?,
    })
}

/// Stores a run, and replaces an earlier record of it.
fn keep_run(write: &Transaction<'_>, run: &RunRecord, plan: Option<&str>) -> Result<()> {
    write.prepare_cached(KEEP_RUN)?.execute((
        run.run.as_str(),
        run.account.as_str(),
        &run.command,
        to_text(run.started),
        run.ended.map(to_text),
        run.plan.as_ref().map(PlanId::as_str),
        run.ending.as_str(),
        to_json("outcomes", &run.outcomes)?,
        &run.reason,
        plan,
    ))?;
    Ok(())
}

fn append(write: &Transaction<'_>, run: &RunId, events: &[Event]) -> Result<()> {
    let last: i64 = write
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM events WHERE run = ?1")?
        .query_row([run.as_str()], |row| row.get(0))?;
    let mut insert = write.prepare_cached("INSERT INTO events (run, seq, event) VALUES (?1, ?2, ?3)")?;
    for (seq, event) in (last + 1..).zip(events) {
        insert.execute((run.as_str(), seq, to_json("event", event)?))?;
    }
    Ok(())
}

fn learn(write: &Transaction<'_>, account: &str, learned: &Learned) -> Result<()> {
    match learned {
        Learned::Linked(link) => put(write, account, link),
        Learned::Suspended(person, at, had) => change(write, account, person, |link| link.suspend(*at, had)),
        Learned::Reactivated(person) => change(write, account, person, Link::reactivate),
        Learned::Role(person, role) => change(write, account, person, |link| link.role.clone_from(role)),
        Learned::Deleted(person) => {
            let delete = "DELETE FROM links WHERE account = ?1 AND person = ?2";
            write.prepare_cached(delete)?.execute((account, person.to_string()))?;
            forget_aside(write, account, person)
        }
        Learned::Failed(failure) => keep_aside(write, account, failure),
        Learned::Cleared(person) => forget_aside(write, account, person),
    }
}

/// Changes the link of a person, if there is one.
fn change(write: &Transaction<'_>, account: &str, person: &PersonId, change: impl FnOnce(&mut Link)) -> Result<()> {
    let found = write
        .prepare_cached(LINK)?
        .query_and_then((account, person.to_string()), |row| link_of(row, &mut Lists::new()))?
        .next()
        .transpose()?;
    let Some(mut link) = found else { return Ok(()) };
    change(&mut link);
    keep(write, account, &link)
}

/// Stores a link, and replaces other links of the same person or the same user.
fn put(write: &Transaction<'_>, account: &str, link: &Link) -> Result<()> {
    let other = "DELETE FROM links INDEXED BY links_by_user WHERE account = ?1 AND user = ?2 AND person <> ?3";
    write.prepare_cached(other)?.execute((account, link.user.as_str(), link.person.to_string()))?;
    keep(write, account, link)
}

fn keep(write: &Transaction<'_>, account: &str, link: &Link) -> Result<()> {
    write.prepare_cached(KEEP_LINK)?.execute((
        account,
        link.person.to_string(),
        link.user.as_str(),
        link.email.as_str(),
        to_json("rules", &link.rules)?,
        link.suspended.map(to_text),
        link.leaver_since.map(to_text),
        link.absences,
        link.role.as_ref().map(|role| to_json("role", role)).transpose()?,
        link.had.as_ref().map(|had| to_json("had", had)).transpose()?,
    ))?;
    Ok(())
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str> {
    Ok(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

fn time(row: &Row<'_>, column: usize, name: &'static str) -> Result<Option<Timestamp>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    text.map(|text| text.parse().map_err(unreadable(name))).transpose()
}

fn number(row: &Row<'_>, column: usize, name: &'static str) -> Result<u32> {
    u32::try_from(row.get::<_, i64>(column)?).map_err(unreadable(name))
}

fn json_or_null<T: DeserializeOwned>(row: &Row<'_>, column: usize, name: &'static str) -> Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    text.map(|text| from_json(name, text)).transpose()
}

/// Always writes nine decimals: otherwise `00:00:02.5Z` would sort before `00:00:02Z`.
fn to_text(time: Timestamp) -> String {
    format!("{time:.9}")
}

fn from_json<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(unreadable(column))
}

fn to_json(column: &'static str, value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(unreadable(column))
}

fn unreadable<E: Into<Box<dyn StdError + Send + Sync>>>(column: &'static str) -> impl FnOnce(E) -> Trouble {
    move |source| Trouble::Unreadable(column, source.into())
}

/// The number of finished runs of an account whose journals are kept.
const JOURNALS_KEPT: i64 = 20;

const ENDINGS: [Ending; 7] = [
    Ending::Open,
    Ending::Simulated,
    Ending::Done,
    Ending::Partial,
    Ending::Interrupted,
    Ending::Stopped,
    Ending::Failed,
];

const LINKS: &str = "
SELECT person, user, email, rules, suspended, leaver_since, absences, role, had FROM links
WHERE account = ?1";

const LINK: &str = "
SELECT person, user, email, rules, suspended, leaver_since, absences, role, had FROM links
WHERE account = ?1 AND person = ?2";

const KEEP_LINK: &str = "
INSERT INTO links (account, person, user, email, rules, suspended, leaver_since, absences, role, had)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (account, person) DO UPDATE SET
    user = excluded.user, email = excluded.email, rules = excluded.rules,
    suspended = excluded.suspended, leaver_since = excluded.leaver_since, absences = excluded.absences,
    role = excluded.role, had = excluded.had";

const KEEP_RUN: &str = "
INSERT INTO runs (run, account, command, started, ended, plan_id, ending, outcomes, reason, plan)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (run) DO UPDATE SET
    account = excluded.account, command = excluded.command, started = excluded.started, ended = excluded.ended,
    plan_id = excluded.plan_id, ending = excluded.ending, outcomes = excluded.outcomes, reason = excluded.reason,
    plan = excluded.plan";

const UNFINISHED: &str = "
SELECT run, account, command, started, ended, plan_id, ending, outcomes, reason, plan FROM runs
WHERE account = ?1 AND plan IS NOT NULL ORDER BY started DESC, number DESC LIMIT 1";

const HISTORY: &str = "
SELECT run, account, command, started, ended, plan_id, ending, outcomes, reason FROM runs
WHERE account = ?1 ORDER BY started DESC, number DESC LIMIT ?2";

const SINCE: &str = "
SELECT run, account, command, started, ended, plan_id, ending, outcomes, reason FROM runs
WHERE account = ?1 AND started > ?2 ORDER BY started DESC, number DESC";

const PRUNE_EVENTS: &str = "
DELETE FROM events WHERE run IN (
    SELECT run FROM runs WHERE account = ?1 AND plan IS NULL
    ORDER BY started DESC, number DESC LIMIT -1 OFFSET ?2)";

const PRUNE_RUNS: &str = "
DELETE FROM runs WHERE number IN (
    SELECT number FROM runs WHERE account = ?1 AND plan IS NULL
    ORDER BY started DESC, number DESC LIMIT -1 OFFSET ?2)";
