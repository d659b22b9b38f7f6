//! Opening, creating, and upgrading the file of a local account.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::page::{Cached, Page};
use super::trouble::{Fail, foreign};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Account;
use crate::target::account_rules::{self, FIRST_USER};

/// Opens the file of an account.
pub(super) fn open(path: &Path) -> Result<Connection> {
    open_existing(path).map_err(|error| error.during("open the local account"))
}

/// Creates the file of an account.
pub(super) fn create(path: &Path, account: &Account) -> Result<Connection> {
    create_new(path, account).map_err(|error| error.during("create the local account"))
}

fn open_existing(path: &Path) -> Result<Connection> {
    check_folder(path)?;
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::new(ErrorKind::NotFound, "the file does not exist")
                .with("file", path.display())
                .hint("check the path, or create the account first"));
        }
        Err(error) => return Err(unusable(path, error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(
                Error::new(ErrorKind::Data, "the path does not name a regular file").with("file", path.display())
            );
        }
        Ok(_) => {}
    }
    let mut connection = connect(path)?;
    // Checked before any setting is changed, so that a file of another program is not modified.
    let version = check_version(&connection, path)?;
    prepare(&connection, path)?;
    if version < VERSION {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).or_fail(path)?;
        // Checked again, because another process may have upgraded the file while this one waited for the lock.
        let version = check_version(&transaction, path)?;
        upgrade(&transaction, version, path)?;
        transaction.commit().or_fail(path)?;
    }
    Ok(connection)
}

fn create_new(path: &Path, account: &Account) -> Result<Connection> {
    check_folder(path)?;
    if !account.completeness.is_complete() {
        return Err(Error::new(ErrorKind::Incomplete, "the account to copy was not read completely")
            .with("read", &account.completeness)
            .hint("read the account again; otherwise the copy would lack the missing parts"));
    }
    let mut next_user = FIRST_USER;
    let records = account_rules::opening(account, &mut next_user, |_| None)?;
    // If two processes create the same file at once, only one of them gets past this line.
    OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| unusable(path, error))?;
    let fill = || {
        let mut connection = connect(path)?;
        prepare(&connection, path)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).or_fail(path)?;
        transaction.pragma_update(None, "application_id", APPLICATION).or_fail(path)?;
        upgrade(&transaction, 0, path)?;
        Page::new(&transaction, path, &Cached::default()).fill(account, records, next_user)?;
        transaction.commit().or_fail(path)?;
        Ok(connection)
    };
    fill().inspect_err(|_| remove(path))
}

fn connect(path: &Path) -> Result<Connection> {
    // Neither CREATE nor URI: the path must name an existing file, even if the file is called `file:x`.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).or_fail(path)?;
    connection.busy_timeout(PATIENCE).or_fail(path)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn prepare(connection: &Connection, path: &Path) -> Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL").or_fail(path)?;
    connection.pragma_update(None, "synchronous", "FULL").or_fail(path)?;
    connection.pragma_update(None, "foreign_keys", true).or_fail(path)
}

/// Returns the version of the file's tables; fails if the file is not an account or is newer than this version.
fn check_version(connection: &Connection, path: &Path) -> Result<u32> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).or_fail(path);
    if number("application_id")? != APPLICATION {
        return Err(foreign(path));
    }
    let version = u32::try_from(number("user_version")?).map_err(|_| foreign(path))?;
    if version > VERSION {
        return Err(Error::new(ErrorKind::Unsupported, "the file was written by a newer version of gotosync")
            .with("file", path.display())
            .with("version of the file", version)
            .with("newest supported", VERSION)
            .hint("use the newer version of gotosync; this one cannot read the file"));
    }
    Ok(version)
}

/// Upgrades the tables from a version to the current one, in the caller's transaction.
fn upgrade(connection: &Connection, from: u32, path: &Path) -> Result<()> {
    for step in &MIGRATIONS[from as usize..] {
        connection.execute_batch(step).or_fail(path)?;
    }
    connection.pragma_update(None, "user_version", VERSION).or_fail(path)
}

fn check_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    if folder.is_dir() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotFound, "the folder of the file does not exist")
        .with("folder", folder.display())
        .with("file", path.display())
        .hint("create the folder first, or check the path"))
}

/// Deletes the files of a failed attempt. Errors are ignored, because the error of the attempt itself is returned.
fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(PathBuf::from(name));
    }
}

fn unusable(path: &Path, error: io::Error) -> Error {
    let at = |error: Error| error.with("file", path.display());
    match error.kind() {
        io::ErrorKind::AlreadyExists => at(Error::new(ErrorKind::Conflict, "the file already exists"))
            .hint("open it, or choose another path; gotosync never overwrites an account"),
        io::ErrorKind::PermissionDenied => at(Error::new(ErrorKind::State, "access to the file was denied"))
            .hint("check the permissions of the file and its folder")
            .caused_by(error),
        _ => at(Error::new(ErrorKind::State, "the file could not be accessed")).caused_by(error),
    }
}

/// The time to wait while another process has the file locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// The size of the statement cache: larger than the number of statements, so that each is compiled only once.
const STATEMENTS: usize = 48;

/// The application ID in the header of the file: `gota` in ASCII.
const APPLICATION: i32 = 0x676f_7461;

/// The version of the tables: the number of migrations.
const VERSION: u32 = MIGRATIONS.len() as u32;

/// The SQL that migrates each version to the next. A released migration is never changed.
///
/// Triggers maintain the counts of users and used seats: counting rows for each action would make filling an account
/// quadratic, and counting in code could be forgotten somewhere. Data that single actions look up has its own tables; `sole`
/// holds the exclusive values, which only one user can have. The short lists of the catalog are one JSON document.
const MIGRATIONS: [&str; 3] = [
    "
CREATE TABLE account (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    login TEXT,
    next_user INTEGER NOT NULL,
    users INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE users (
    key TEXT PRIMARY KEY NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    signed_in INTEGER NOT NULL CHECK (signed_in IN (0, 1)),
    document TEXT NOT NULL
) STRICT;
CREATE TABLE licenses (
    key TEXT PRIMARY KEY NOT NULL,
    document TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0)
) STRICT;
CREATE TABLE user_licenses (
    user TEXT NOT NULL REFERENCES users (key) ON DELETE CASCADE,
    license TEXT NOT NULL,
    PRIMARY KEY (user, license)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_groups (
    path TEXT PRIMARY KEY NOT NULL,
    key TEXT
) STRICT;
CREATE TABLE activity (
    sequence INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER user_comes AFTER INSERT ON users BEGIN
    UPDATE account SET users = users + 1;
END;
CREATE TRIGGER user_goes AFTER DELETE ON users BEGIN
    UPDATE account SET users = users - 1;
END;
CREATE TRIGGER seat_is_taken AFTER INSERT ON user_licenses BEGIN
    UPDATE licenses SET used = used + 1 WHERE key = new.license;
END;
CREATE TRIGGER seat_is_given_back AFTER DELETE ON user_licenses BEGIN
    UPDATE licenses SET used = used - 1 WHERE key = old.license;
END;
",
    "
ALTER TABLE account ADD COLUMN catalog TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN administrator INTEGER NOT NULL DEFAULT 0 CHECK (administrator IN (0, 1));
UPDATE users SET administrator = 1 WHERE document ->> '$.role' = 'administrator';
CREATE INDEX administrators ON users (key) WHERE administrator = 1;
CREATE TABLE devices (
    mac TEXT PRIMARY KEY NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE elsewhere (
    email_key TEXT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE transfers (
    email_key TEXT PRIMARY KEY NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sole (
    what TEXT NOT NULL CHECK (what IN ('device', 'extension')),
    value TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (key) ON DELETE CASCADE,
    PRIMARY KEY (what, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX sole_of_user ON sole (user);
",
    "
CREATE TABLE phone_numbers (
    number TEXT PRIMARY KEY NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE extensions (
    number TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO extensions (number) SELECT value FROM sole WHERE what = 'extension';
CREATE TABLE sole_of_all (
    what TEXT NOT NULL CHECK (what IN ('device', 'extension', 'phone number')),
    value TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (key) ON DELETE CASCADE,
    PRIMARY KEY (what, value)
) STRICT, WITHOUT ROWID;
INSERT INTO sole_of_all (what, value, user) SELECT what, value, user FROM sole;
DROP TABLE sole;
ALTER TABLE sole_of_all RENAME TO sole;
CREATE INDEX sole_of_user ON sole (user);
",
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::trouble::{BUSY, DAMAGED};
    use super::*;
    use crate::model::{Completeness, Exclusive, Gap, Status};
    use crate::target::account_rules::AccountStore;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn empty() -> Account {
        Account::empty("1", "Test")
    }

    #[test]
    fn distinguishes_a_missing_file_from_a_missing_folder() {
        let folder = folder();
        let error = open(&folder.path().join("account.db")).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "the file does not exist"));
        assert!(error.help().is_some());
        let beyond = folder.path().join("nowhere").join("account.db");
        for error in [open(&beyond).unwrap_err(), create(&beyond, &empty()).unwrap_err()] {
            assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "the folder of the file does not exist"));
        }
        assert_eq!(open(folder.path()).unwrap_err().kind(), ErrorKind::Data);
    }

    #[test]
    fn never_overwrites_an_existing_file() {
        let path = folder().path().join("account.db");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let error = create(&path, &empty()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "the file already exists"));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn rejects_a_foreign_file_and_does_not_change_it() {
        let folder = folder();
        let (text, other, none) =
            (folder.path().join("notes.txt"), folder.path().join("other.db"), folder.path().join("none.db"));
        fs::write(&text, "x".repeat(5000)).unwrap();
        fs::write(&none, "").unwrap();
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1").unwrap();
        for path in [&text, &other, &none] {
            let before = fs::read(path).unwrap();
            let error = open(path).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::Data, "the file is not a gotosync account"));
            assert_eq!(error.context()[0], ("file", path.display().to_string()));
            assert_eq!(fs::read(path).unwrap(), before);
        }
    }

    /// Writes a file as version 1 did, with its tables and rows.
    fn version_1(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                r#"
                INSERT INTO account (one, key, name, login, next_user) VALUES (1, '4711', 'Example', '1', 1000000001);
                INSERT INTO licenses (key, document)
                VALUES ('g2m', '{"key":"g2m","name":"GoToMeeting","products":["G2M"],"seats":3,"used":2}');
                INSERT INTO users (key, email_key, signed_in, document) VALUES
                ('1', 'ann@example.test', 1, '{"key":"1","email":"Ann@example.test","first_name":"Ann","last_name":"Lee",
                 "status":"active","licenses":["g2m"],"role":"administrator"}'),
                ('2', 'bob@example.test', 0, '{"key":"2","email":"bob@example.test","first_name":"Bob","last_name":"Lee",
                 "status":"invited","role":{"manager":{"privileges":["manage-users"],"groups":["Sales"]}}}');
                INSERT INTO user_licenses (user, license) VALUES ('1', 'g2m');
                INSERT INTO user_groups (path, key) VALUES ('Sales', NULL);
                INSERT INTO activity (at, action, subject, detail)
                VALUES ('2026-01-01T00:00:00Z', 'create-group', 'Sales', '');
                "#,
            )
            .unwrap();
    }

    #[test]
    fn upgrades_a_file_of_version_1() {
        let folder = folder();
        let path = folder.path().join("account.db");
        version_1(&path);
        // Opened twice: the second time there is nothing left to upgrade.
        drop(open(&path).unwrap());
        let connection = open(&path).unwrap();
        assert_eq!(check_version(&connection, &path).unwrap(), 3);
        let cached = Cached::default();
        let mut page = Page::new(&connection, &path, &cached);
        let account = page.account().unwrap();
        let users: Vec<_> =
            account.users.iter().map(|user| (user.email.as_str(), user.role.to_string(), user.status)).collect();
        let (ann, bob) = ("Ann@example.test", "bob@example.test");
        assert_eq!(
            users,
            [(ann, "administrator".to_owned(), Status::Active), (bob, "manager".to_owned(), Status::Invited)]
        );
        assert_eq!((account.licenses[0].used, account.groups.len()), (1, 1));
        assert!(account.catalog.is_empty() && account.transfers.is_empty());
        assert_eq!(page.activity(9).unwrap().len(), 1);
        // Data that now has its own table was migrated, and later writes keep it up to date.
        assert!(page.has_administrator_beside(&"2".into()).unwrap());
        assert!(!page.has_administrator_beside(&"1".into()).unwrap());
        let mut bob = page.user(&"2".into()).unwrap().unwrap();
        Arc::make_mut(&mut bob.user).set_settings(|own| own.extension = Some("12".into()));
        page.put_user(bob).unwrap();
        assert_eq!(page.holder_of(&Exclusive::extension("12")).unwrap(), Some("2".into()));
        page.remove_user(&"2".into()).unwrap();
        assert_eq!(page.holder_of(&Exclusive::extension("12")).unwrap(), None);
        assert_eq!(page.users().unwrap(), 1);
    }

    #[test]
    fn upgrading_from_version_2_keeps_the_assignments() {
        let folder = folder();
        let path = folder.path().join("account.db");
        version_1(&path);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(MIGRATIONS[1]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO sole (what, value, user) VALUES ('extension', '12', '2'), ('device', '00:0b:82:00:00:01', '2');
                 PRAGMA user_version = 2;",
            )
            .unwrap();
        drop(connection);
        let connection = open(&path).unwrap();
        let cached = Cached::default();
        let mut page = Page::new(&connection, &path, &cached);
        for one in [Exclusive::extension("12"), Exclusive::device("00:0b:82:00:00:01".parse().unwrap())] {
            assert_eq!(page.holder_of(&one).unwrap(), Some("2".into()), "{one:?}");
        }
        assert!(page.has_extension("12").unwrap());
        assert!(page.account().unwrap().catalog.extensions.is_empty(), "the extension is assigned");
        page.remove_user(&"2".into()).unwrap();
        assert_eq!(page.account().unwrap().catalog.extensions, ["12"], "the extension is free again");
    }

    #[test]
    fn rejects_a_file_of_a_newer_version() {
        let folder = folder();
        let path = folder.path().join("account.db");
        let connection = create(&path, &empty()).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        let error = open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("version of the file: 99, newest supported: 3"), "{error}");
    }

    #[test]
    fn reports_a_damaged_file_as_a_data_error() {
        let folder = folder();
        let path = folder.path().join("account.db");
        drop(create(&path, &empty()).unwrap());
        let mut bytes = fs::read(&path).unwrap();
        let end = bytes.len();
        bytes[100..end].fill(0xff);
        fs::write(&path, bytes).unwrap();
        let error =
            open(&path).and_then(|connection| Page::new(&connection, &path, &Cached::default()).account()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Data, "the file is damaged"));
        assert_eq!(error.help(), Some(DAMAGED));
    }

    #[test]
    fn a_locked_file_is_a_retryable_error() {
        let folder = folder();
        let path = folder.path().join("account.db");
        let mut one = create(&path, &empty()).unwrap();
        let other = open(&path).unwrap();
        other.busy_timeout(Duration::ZERO).unwrap();
        let _held = one.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let error = other.execute_batch("BEGIN IMMEDIATE").or_fail(&path).unwrap_err();
        assert_eq!((error.kind(), error.message(), error.retryable()), (ErrorKind::State, BUSY, true));
    }

    #[test]
    fn leaves_no_file_after_a_failed_creation() {
        let folder = folder();
        let path = folder.path().join("account.db");
        let gap = Gap { place: "users".into(), problem: "page 2 was lost".into() };
        let incomplete = Account { completeness: Completeness::Incomplete(vec![gap]), ..empty() };
        assert_eq!(create(&path, &incomplete).unwrap_err().kind(), ErrorKind::Incomplete);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
