//! The account store over the tables of a local account.

use std::cell::RefCell;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::trouble::Fail;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Account, AccountKey, ActionKind, Catalog, Completeness, Device, Email, Exclusive, License, LicenseKey, Mac,
    NamedNumber, PhoneNumber, Transfer, User, UserGroup, UserGroupPath, UserKey, WelcomeTemplate,
};
use crate::target::account_rules::{self, AccountStore, Activity, Record};

/// The tables, accessed within the connection's current transaction.
pub(super) struct Page<'c> {
    connection: &'c Connection,
    path: &'c Path,
    cached: &'c Cached,
}

/// Data already read in the transaction of a [`Page`]. It is valid only within that transaction.
#[derive(Debug, Default)]
pub(super) struct Cached {
    catalog: RefCell<Option<Arc<Catalog>>>,
}

impl<'c> Page<'c> {
    pub(super) fn new(connection: &'c Connection, path: &'c Path, cached: &'c Cached) -> Self {
        Self { connection, path, cached }
    }

    /// Writes a complete account into empty tables.
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
        for device in &account.catalog.devices {
            let row = (device.mac.to_string(), json(device)?);
            self.execute("INSERT INTO devices (mac, document) VALUES (?1, ?2)", row)?;
        }
        for own in &account.catalog.phone_numbers {
            self.put_phone_number(own)?;
        }
        for extension in &account.catalog.extensions {
            self.put_extension(extension)?;
        }
        for email in &account.catalog.elsewhere {
            let row = (&*email.key(), email.as_str());
            self.execute("INSERT INTO elsewhere (email_key, email) VALUES (?1, ?2)", row)?;
        }
        account.transfers.iter().cloned().try_for_each(|transfer| self.put_transfer(transfer))?;
        let mut short = Catalog {
            devices: Vec::new(),
            phone_numbers: Vec::new(),
            extensions: Vec::new(),
            elsewhere: Vec::new(),
            ..account.catalog.clone()
        };
        short.sort();
        self.put_catalog(short)?;
        records.into_iter().try_for_each(|record| self.put_user(record))
    }

    /// Returns the account's key and name and the key of the signed-in user.
    pub(super) fn heading(&self) -> Result<(AccountKey, String, Option<UserKey>)> {
        self.one("SELECT key, name, login FROM account", (), |row| {
            let login: Option<String> = row.get(2)?;
            Ok((AccountKey::new(row.get::<_, String>(0)?), row.get(1)?, login.map(UserKey::new)))
        })
    }

    /// Reads the complete account in the order of [`Account::sort`]. `SQLite` compares text by its bytes, as `sort` does.
    pub(super) fn account(&self) -> Result<Account> {
        let (key, name, login) = self.heading()?;
        let catalog = Catalog {
            devices: self.all("SELECT document FROM devices ORDER BY mac", (), |row| document(row, 0))?,
            phone_numbers: self.all(
                "SELECT document FROM phone_numbers WHERE NOT EXISTS
                 (SELECT 1 FROM sole WHERE what = 'phone number' AND value = number) ORDER BY number",
                (),
                |row| document(row, 0),
            )?,
            extensions: self.all(
                "SELECT number FROM extensions WHERE NOT EXISTS
                 (SELECT 1 FROM sole WHERE what = 'extension' AND value = number) ORDER BY number",
                (),
                |row| row.get(0),
            )?,
            elsewhere: self.all("SELECT email FROM elsewhere ORDER BY email_key", (), |row| {
                Ok(Email::new(row.get_ref(0)?.as_str()?))
            })?,
            ..Catalog::clone(&*self.catalog()?)
        };
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
            catalog,
            transfers: self.all("SELECT document FROM transfers ORDER BY email_key", (), |row| document(row, 0))?,
            completeness: Completeness::Complete,
        })
    }

    /// Reads the latest entries of the history, oldest first.
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

    fn put_catalog(&self, catalog: Catalog) -> Result<()> {
        self.execute("UPDATE account SET catalog = ?1", [json(&catalog)?])?;
        self.cached.catalog.replace(Some(Arc::new(catalog)));
        Ok(())
    }

    fn put_phone_number(&self, own: &NamedNumber) -> Result<()> {
        self.execute(
            "INSERT INTO phone_numbers (number, document) VALUES (?1, ?2)
             ON CONFLICT (number) DO UPDATE SET document = excluded.document",
            (own.number.as_str(), json(own)?),
        )
    }

    fn put_extension(&self, extension: &str) -> Result<()> {
        self.execute("INSERT INTO extensions (number) VALUES (?1) ON CONFLICT DO NOTHING", [extension])
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

impl AccountStore for Page<'_> {
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

    fn catalog(&self) -> Result<Arc<Catalog>> {
        if let Some(catalog) = &*self.cached.catalog.borrow() {
            return Ok(Arc::clone(catalog));
        }
        let catalog = self.one("SELECT catalog FROM account", (), |row| document::<Arc<Catalog>>(row, 0))?;
        self.cached.catalog.replace(Some(Arc::clone(&catalog)));
        Ok(catalog)
    }

    fn device(&self, mac: Mac) -> Result<Option<Device>> {
        self.maybe("SELECT document FROM devices WHERE mac = ?1", [mac.to_string()], |row| document(row, 0))
    }

    fn phone_number(&self, number: &PhoneNumber) -> Result<Option<NamedNumber>> {
        let sql = "SELECT document FROM phone_numbers WHERE number = ?1";
        self.maybe(sql, [number.as_str()], |row| document(row, 0))
    }

    fn has_extension(&self, extension: &str) -> Result<bool> {
        Ok(self.maybe("SELECT 1 FROM extensions WHERE number = ?1", [extension], |_| Ok(()))?.is_some())
    }

    fn holder_of(&self, one: &Exclusive) -> Result<Option<UserKey>> {
        let key = |row: &Row<'_>| row.get::<_, String>(0).map(UserKey::new);
        self.maybe("SELECT user FROM sole WHERE what = ?1 AND value = ?2", (one.what(), one.value()), key)
    }

    fn is_elsewhere(&self, email: &Email) -> Result<bool> {
        let found = self.maybe("SELECT 1 FROM elsewhere WHERE email_key = ?1", [&*email.key()], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn transfer(&self, email: &Email) -> Result<Option<Transfer>> {
        let sql = "SELECT document FROM transfers WHERE email_key = ?1";
        self.maybe(sql, [&*email.key()], |row| document(row, 0))
    }

    fn has_administrator_beside(&self, user: &UserKey) -> Result<bool> {
        let sql = "SELECT 1 FROM users WHERE administrator = 1 AND key <> ?1 LIMIT 1";
        Ok(self.maybe(sql, [user.as_str()], |_| Ok(()))?.is_some())
    }

    fn put_user(&mut self, record: Record) -> Result<()> {
        let key = record.key.as_str();
        // Not REPLACE: it deletes the row first, and the delete cascades to the user's licenses.
        self.execute(
            "INSERT INTO users (key, email_key, signed_in, document, administrator) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (key) DO UPDATE SET
             email_key = excluded.email_key, signed_in = excluded.signed_in, document = excluded.document,
             administrator = excluded.administrator",
            (
                key,
                &*record.user.email.key(),
                record.signed_in,
                json(&record.user)?,
                record.user.role.is_administrator(),
            ),
        )?;
        self.execute("DELETE FROM user_licenses WHERE user = ?1", [key])?;
        for license in &record.user.licenses {
            self.execute("INSERT INTO user_licenses (user, license) VALUES (?1, ?2)", (key, license.as_str()))?;
        }
        let settings = record.user.settings();
        if let Some(now) = settings.extension.as_deref()
            && !self.has_extension(now)?
        {
            // The new number did not exist in the account, so the user's old extension was renumbered.
            let sql = "DELETE FROM extensions WHERE number IN
                 (SELECT value FROM sole WHERE user = ?1 AND what = 'extension')";
            self.execute(sql, [key])?;
        }
        self.execute("DELETE FROM sole WHERE user = ?1", [key])?;
        for one in settings.exclusive() {
            let row = (one.what(), one.value(), key);
            self.execute("INSERT INTO sole (what, value, user) VALUES (?1, ?2, ?3)", row)?;
        }
        settings.extension.iter().try_for_each(|extension| self.put_extension(extension))?;
        settings.phone_numbers.iter().try_for_each(|(number, name)| {
            self.put_phone_number(&NamedNumber { number: number.clone(), name: name.clone(), rings_at: None })
        })
    }

    fn remove_user(&mut self, key: &UserKey) -> Result<()> {
        self.execute("DELETE FROM users WHERE key = ?1", [key.as_str()])
    }

    fn put_welcome_email(&mut self, template: WelcomeTemplate) -> Result<()> {
        let mut catalog = Catalog::clone(&*self.catalog()?);
        account_rules::put_template(&mut catalog, template);
        self.put_catalog(catalog)
    }

    fn put_transfer(&mut self, transfer: Transfer) -> Result<()> {
        self.execute(
            "INSERT INTO transfers (email_key, document) VALUES (?1, ?2)
             ON CONFLICT (email_key) DO UPDATE SET document = excluded.document",
            (&*transfer.email.key(), json(&transfer)?),
        )
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
        // Rows of this table are never deleted, so the next rowid is the next sequence number.
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
    known.ok_or_else(|| unreadable(2, format!("unknown action `{word}`")))
}

fn unreadable(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(ErrorKind::Bug, "a value could not be serialized as JSON").caused_by(error))
}
