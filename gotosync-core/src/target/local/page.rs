//! The tables of a local account as a book.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::Fail;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Account, AccountKey, ActionKind, Completeness, Email, License, LicenseKey, User, UserGroup, UserGroupPath, UserKey,
};
use crate::target::book::{Activity, Book, Record};

/// The tables, within whatever transaction the connection is in.
pub(super) struct Page<'c> {
    connection: &'c Connection,
    path: &'c Path,
}

impl<'c> Page<'c> {
    pub(super) fn new(connection: &'c Connection, path: &'c Path) -> Self {
        Self { connection, path }
    }

    /// Writes a whole account into empty tables.
    pub(super) fn fill(&mut self, account: &Account, records: Vec<Record>, next_user: u64) -> Result<()> {
        self.execute(
            "INSERT INTO account (one, key, name, login, next_user) VALUES (1, ?1, ?2, ?3, ?4)",
            (account.key.as_str(), &account.name, account.login.as_ref().map(UserKey::as_str), next_user.cast_signed()),
        )?;
        for license in &account.licenses {
            let row = (license.key.as_str(), json(license)?);
            self.execute("INSERT INTO licenses (key, document) VALUES (?1, ?2)", row)?;
        }
        account.groups.iter().cloned().try_for_each(|group| self.put_group(group))?;
        records.into_iter().try_for_each(|record| self.put_user(record))
    }

    /// The account's key, name and login.
    pub(super) fn heading(&self) -> Result<(AccountKey, String, Option<UserKey>)> {
        self.one("SELECT key, name, login FROM account", (), |row| {
            let login: Option<String> = row.get(2)?;
            Ok((AccountKey::new(row.get::<_, String>(0)?), row.get(1)?, login.map(UserKey::new)))
        })
    }

    /// The whole account, in the order of [`Account::sort`]: text is compared by its bytes here as there.
    pub(super) fn account(&self) -> Result<Account> {
        let (key, name, login) = self.heading()?;
        Ok(Account {
            key,
            name,
            login,
            users: self.all("SELECT document FROM users ORDER BY email_key", (), |row| document(row, 0))?,
            licenses: self.all("SELECT document, used FROM licenses ORDER BY key", (), license)?,
            groups: self.all("SELECT path, key FROM user_groups ORDER BY path", (), |row| {
                let key: Option<String> = row.get(1)?;
                Ok(UserGroup { path: UserGroupPath::new(row.get_ref(0)?.as_str()?), key: key.map(Into::into) })
            })?,
            completeness: Completeness::Complete,
        })
    }

    /// The latest entries of the history, in order.
    pub(super) fn activity(&self, limit: usize) -> Result<Vec<Activity>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT sequence, at, action, subject, detail FROM activity ORDER BY sequence DESC LIMIT ?1";
        let mut entries = self.all(sql, [limit], |row| {
            Ok(Activity {
                sequence: row.get::<_, i64>(0)?.cast_unsigned(),
                at: Timestamp::from_str(row.get_ref(1)?.as_str()?).map_err(|error| unreadable(1, error))?,
                action: kind(row.get_ref(2)?.as_str()?)?,
                subject: row.get(3)?,
                detail: row.get(4)?,
            })
        })?;
        entries.reverse();
        Ok(entries)
    }

    fn execute(&self, sql: &str, row: impl Params) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).or_fail(self.path)?;
        statement.execute(row).or_fail(self.path).map(|_| ())
    }

    fn one<T>(&self, sql: &str, row: impl Params, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.connection.prepare_cached(sql).and_then(|mut s| s.query_row(row, read)).or_fail(self.path)
    }

    fn maybe<T>(
        &self,
        sql: &str,
        row: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.connection.prepare_cached(sql).and_then(|mut s| s.query_row(row, read).optional()).or_fail(self.path)
    }

    fn all<T>(&self, sql: &str, row: impl Params, read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql).or_fail(self.path)?;
        let rows = statement.query_map(row, read).or_fail(self.path)?;
        rows.collect::<rusqlite::Result<_>>().or_fail(self.path)
    }
}

impl Book for Page<'_> {
    fn login(&self) -> Result<Option<UserKey>> {
        self.heading().map(|(_, _, login)| login)
    }

    fn user(&self, key: &UserKey) -> Result<Option<Record>> {
        self.maybe("SELECT document, signed_in FROM users WHERE key = ?1", [key.as_str()], |row| {
            Ok(Record { key: key.clone(), user: document::<Arc<User>>(row, 0)?, signed_in: row.get(1)? })
        })
    }

    fn holder(&self, email: &Email) -> Result<Option<UserKey>> {
        let key = |row: &Row<'_>| row.get::<_, String>(0).map(UserKey::new);
        self.maybe("SELECT key FROM users WHERE email_key = ?1", [&*email.key()], key)
    }

    fn users(&self) -> Result<usize> {
        self.one("SELECT users FROM account", (), |row| {
            row.get::<_, i64>(0).map(|users| users.cast_unsigned() as usize)
        })
    }

    fn license(&self, key: &LicenseKey) -> Result<Option<License>> {
        self.maybe("SELECT document, used FROM licenses WHERE key = ?1", [key.as_str()], license)
    }

    fn has_group(&self, path: &UserGroupPath) -> Result<bool> {
        let found = self.maybe("SELECT 1 FROM user_groups WHERE path = ?1", [path.as_str()], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn put_user(&mut self, record: Record) -> Result<()> {
        let key = record.key.as_str();
        // Not REPLACE, which deletes first and takes the licences along.
        self.execute(
            "INSERT INTO users (key, email_key, signed_in, document) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET
             email_key = excluded.email_key, signed_in = excluded.signed_in, document = excluded.document",
            (key, &*record.user.email.key(), record.signed_in, json(&record.user)?),
        )?;
        self.execute("DELETE FROM user_licenses WHERE user = ?1", [key])?;
        for license in &record.user.licenses {
            self.execute("INSERT INTO user_licenses (user, license) VALUES (?1, ?2)", (key, license.as_str()))?;
        }
        Ok(())
    }

    fn put_group(&mut self, group: UserGroup) -> Result<()> {
        let row = (group.path.as_str(), group.key.as_deref());
        self.execute("INSERT INTO user_groups (path, key) VALUES (?1, ?2)", row)
    }

    fn next_user(&mut self) -> Result<u64> {
        let sql = "UPDATE account SET next_user = next_user + 1 RETURNING next_user - 1";
        self.one(sql, (), |row| row.get::<_, i64>(0).map(i64::cast_unsigned))
    }

    fn append(&mut self, entry: Activity) -> Result<()> {
        // Nothing is ever deleted here, so the next rowid is the next number.
        self.execute(
            "INSERT INTO activity (at, action, subject, detail) VALUES (?1, ?2, ?3, ?4)",
            (entry.at.to_string(), entry.action.as_str(), entry.subject, entry.detail),
        )
    }
}

fn license(row: &Row<'_>) -> rusqlite::Result<License> {
    let used: u32 = row.get(1)?;
    Ok(License { used, ..document(row, 0)? })
}

fn document<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

fn kind(word: &str) -> rusqlite::Result<ActionKind> {
    let known = ActionKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| unreadable(2, format!("`{word}` is no action")))
}

fn unreadable(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::Bug, "a value has no JSON").caused_by(error))
}
