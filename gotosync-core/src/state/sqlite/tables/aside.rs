//! The table of people who are set aside.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::{Result, number, text, time, to_text, unreadable};
use crate::model::{AccountKey, ActionKind, PersonId};
use crate::state::{Failure, SetAside};

pub(in crate::state) fn set_aside(connection: &Connection, account: &AccountKey) -> Result<Vec<SetAside>> {
    let mut select = connection.prepare_cached(ALL)?;
    let mut set_aside = select.query_and_then([account.as_str()], aside_of)?.collect::<Result<Vec<_>>>()?;
    // Ids sort differently from their text forms.
    set_aside.sort_by(|one, other| one.person.cmp(&other.person));
    Ok(set_aside)
}

/// Sets a person aside after a failure; each further failure of the same action makes the wait longer.
pub(super) fn keep_aside(write: &Transaction<'_>, account: &str, failure: &Failure) -> Result<()> {
    let person = failure.person.to_string();
    let before = write.prepare_cached(ONE)?.query_row((account, &person), |row| Ok(aside_of(row))).optional()?;
    let aside = SetAside::after(failure.clone(), before.transpose()?.as_ref());
    write.prepare_cached(KEEP)?.execute((
        account,
        person,
        aside.subject,
        aside.kind.as_str(),
        aside.action.as_str(),
        aside.reason,
        aside.failures,
        to_text(aside.since),
        to_text(aside.next),
    ))?;
    Ok(())
}

pub(super) fn forget_aside(write: &Transaction<'_>, account: &str, person: &PersonId) -> Result<()> {
    let delete = "DELETE FROM set_aside WHERE account = ?1 AND person = ?2";
    write.prepare_cached(delete)?.execute((account, person.to_string()))?;
    Ok(())
}

fn aside_of(row: &Row<'_>) -> Result<SetAside> {
    let kind = text(row, 2)?;
    Ok(SetAside {
        person: PersonId::parse(text(row, 0)?),
        subject: row.get(1)?,
        kind: ActionKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| format!("unknown action `{kind}`"))
            .map_err(unreadable("kind"))?,
        action: text(row, 3)?.into(),
        reason: row.get(4)?,
        failures: number(row, 5, "failures")?,
        since: time(row, 6, "since")?.ok_or("no time").map_err(unreadable("since"))?,
        next: time(row, 7, "next")?.ok_or("no time").map_err(unreadable("next"))?,
    })
}

const ALL: &str = "
SELECT person, subject, kind, action, reason, failures, since, next FROM set_aside WHERE account = ?1";

const ONE: &str = "
SELECT person, subject, kind, action, reason, failures, since, next FROM set_aside
WHERE account = ?1 AND person = ?2";

const KEEP: &str = "
INSERT OR REPLACE INTO set_aside (account, person, subject, kind, action, reason, failures, since, next)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
