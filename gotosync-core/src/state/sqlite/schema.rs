//! The tables of the state database, and the migrations that upgrade older files.

use rusqlite::{Connection, TransactionBehavior};

use super::trouble::Trouble;

/// Checks that the file is a state database or empty, upgrades it to this version, and configures the connection.
///
/// A file of another program or of a newer version is left unchanged.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Trouble> {
    identify(connection)?;
    // A returned commit must survive a power failure: hence FULL, which costs one fsync per commit in WAL mode.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    if mode != "wal" {
        return Err(Trouble::NoWal(mode));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    climb(connection, LADDER)
}

fn identify(connection: &mut Connection) -> Result<(), Trouble> {
    // Read everything in one snapshot, so that a database that another process is just creating looks either empty or complete.
    let snapshot = connection.transaction()?;
    let application: i32 = snapshot.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = version(&snapshot)?;
    let tables: i64 = snapshot.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if application != APPLICATION && (application, version, tables) != (0, 0, 0) {
        return Err(Trouble::Foreign);
    }
    newest(version, LADDER).map(drop)
}

/// Runs the missing migrations, each in its own transaction.
fn climb(connection: &mut Connection, ladder: &[&str]) -> Result<(), Trouble> {
    // Usually there is nothing to do, and this check should not wait for another writer.
    while newest(version(connection)?, ladder)? < ladder.len() {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have run the migration while this one waited for the lock.
        let done = newest(version(&step)?, ladder)?;
        if let Some(rung) = ladder.get(done) {
            step.execute_batch(rung)?;
            step.pragma_update(None, "application_id", APPLICATION)?;
            step.pragma_update(None, "user_version", i64::try_from(done + 1).unwrap_or(i64::MAX))?;
        }
        step.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, Trouble> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Returns the number of migrations that a file of this version has had; returns an error if the version is unknown.
fn newest(version: i64, ladder: &[&str]) -> Result<usize, Trouble> {
    usize::try_from(version).ok().filter(|done| *done <= ladder.len()).ok_or(Trouble::Newer(version))
}

/// The `application_id` of a state database, which tools such as `file` show.
const APPLICATION: i32 = i32::from_be_bytes(*b"gtsy");

/// The migrations from version 0 (an empty file) to 1, from 1 to 2, and so on. A migration that has been released is never changed.
const LADDER: &[&str] = &[FIRST, SECOND, THIRD];

/// Times are stored as RFC 3339 text in UTC with nine decimals, so that text order is time order. A run has a plan exactly as long
/// as it is open. The plan is the last column because it is large and most queries do not read it.
const FIRST: &str = "
CREATE TABLE links (
    account TEXT NOT NULL,
    person TEXT NOT NULL,
    user TEXT NOT NULL,
    email TEXT NOT NULL,
    rules TEXT NOT NULL,
    suspended TEXT,
    leaver_since TEXT,
    PRIMARY KEY (account, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX links_by_user ON links (account, user);

CREATE TABLE populations (
    account TEXT NOT NULL,
    rule TEXT NOT NULL,
    people INTEGER NOT NULL,
    PRIMARY KEY (account, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    command TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    plan_id TEXT,
    ending TEXT NOT NULL,
    outcomes TEXT NOT NULL,
    reason TEXT,
    plan TEXT
) STRICT;

CREATE INDEX runs_by_age ON runs (account, started, number);

CREATE TABLE events (
    run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
";

/// Adds the absences of leavers, the roles that rules assigned, the licenses and roles before a suspension, and people set aside.
/// Roles, and the licenses and roles from before a suspension, are JSON; most people have neither.
const SECOND: &str = "
ALTER TABLE links ADD COLUMN absences INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN role TEXT;
ALTER TABLE links ADD COLUMN had TEXT;

CREATE TABLE set_aside (
    account TEXT NOT NULL,
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    failures INTEGER NOT NULL,
    since TEXT NOT NULL,
    next TEXT NOT NULL,
    PRIMARY KEY (account, person)
) STRICT, WITHOUT ROWID;
";

/// Adds the state that the last read of each source saved, in the source's own format.
const THIRD: &str = "
CREATE TABLE readings (
    account TEXT NOT NULL,
    source TEXT NOT NULL,
    left BLOB NOT NULL,
    PRIMARY KEY (account, source)
) STRICT;
";

/// Creates a database as an earlier version would have left it.
#[cfg(test)]
pub(super) fn make_older(connection: &mut Connection, version: usize) -> Result<(), Trouble> {
    climb(connection, &LADDER[..version])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOURTH: &str = "ALTER TABLE links ADD COLUMN note TEXT; UPDATE links SET note = 'moved';";
    const BROKEN: &str = "CREATE TABLE half (a TEXT) STRICT; CREATE TABLE links (a TEXT);";

    fn links(connection: &Connection) -> Vec<(String, Option<String>)> {
        let mut select = connection.prepare("SELECT user, note FROM links").unwrap();
        select.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn upgrades_an_empty_file_step_by_step_and_keeps_its_data() {
        let mut connection = Connection::open_in_memory().unwrap();
        identify(&mut connection).unwrap();
        climb(&mut connection, LADDER).unwrap();
        assert_eq!(version(&connection).unwrap(), 3);
        let insert = "INSERT INTO links (account, person, user, email, rules) VALUES ('a', 'p', 'u', 'e', '[]')";
        connection.execute(insert, ()).unwrap();

        climb(&mut connection, LADDER).unwrap();
        identify(&mut connection).unwrap();
        climb(&mut connection, &[FIRST, SECOND, THIRD, FOURTH]).unwrap();
        assert_eq!(version(&connection).unwrap(), 4);
        assert_eq!(links(&connection), [("u".to_owned(), Some("moved".to_owned()))]);

        assert!(matches!(climb(&mut connection, LADDER), Err(Trouble::Newer(4))));
        assert!(matches!(identify(&mut connection), Err(Trouble::Newer(4))));
    }

    #[test]
    fn a_failed_migration_leaves_the_file_at_the_version_before() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(climb(&mut connection, &[FIRST, SECOND, THIRD, FOURTH, BROKEN]).is_err());
        assert_eq!(version(&connection).unwrap(), 4);
        let half: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'half'", (), |row| row.get(0))
            .unwrap();
        assert_eq!(half, 0);
    }

    #[test]
    fn rejects_databases_of_other_programs() {
        for sql in ["CREATE TABLE theirs (a)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"] {
            let mut connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(sql).unwrap();
            assert!(matches!(identify(&mut connection), Err(Trouble::Foreign)), "{sql}");
        }
    }
}
