//! The table of the state that reads of sources saved.

use rusqlite::{Connection, OptionalExtension};

use super::Result;
use crate::model::{AccountKey, Kept};

pub(in crate::state) fn kept(connection: &Connection, account: &AccountKey, source: &str) -> Result<Option<Kept>> {
    let mut select = connection.prepare_cached("SELECT left FROM readings WHERE account = ?1 AND source = ?2")?;
    let bytes: Option<Vec<u8>> = select.query_row((account.as_str(), source), |row| row.get(0)).optional()?;
    Ok(bytes.map(Kept::new))
}

pub(in crate::state) fn keep_reading(
    connection: &Connection,
    account: &AccountKey,
    source: &str,
    kept: &Kept,
) -> Result<()> {
    let replace = "INSERT OR REPLACE INTO readings (account, source, left) VALUES (?1, ?2, ?3)";
    connection.execute(replace, (account.as_str(), source, kept.bytes()))?;
    Ok(())
}
