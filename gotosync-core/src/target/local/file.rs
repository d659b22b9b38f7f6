//! The file of a local account: finding it and making it.

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

/// Makes the file of an account.
pub(super) fn create(path: &Path, account: &Account) -> Result<Connection> {
    create_new(path, account).map_err(|error| error.during("create the local account"))
}

fn open_existing(path: &Path) -> Result<Connection> {
    check_folder(path)?;
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::new(ErrorKind::NotFound, "there is no such file")
                .with("file", path.display())
                .hint("check the path, or create the account first"));
        }
        Err(error) => return Err(unusable(path, error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::new(ErrorKind::Data, "it is not a file").with("file", path.display()));
        }
        Ok(_) => {}
    }
    let mut connection = connect(path)?;
    // Before anything is set: a file that is not ours is left as it was.
    let version = check_version(&connection, path)?;
    prepare(&connection, path)?;
    if version < VERSION {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).or_fail(path)?;
        // Asked again: somebody else may have climbed while this one waited.
        let version = check_version(&transaction, path)?;
        climb(&transaction, version, path)?;
        transaction.commit().or_fail(path)?;
    }
    Ok(connection)
}

fn create_new(path: &Path, account: &Account) -> Result<Connection> {
    check_folder(path)?;
    if !account.completeness.is_complete() {
        return Err(Error::new(ErrorKind::Incomplete, "the account to take over was not read to its end")
            .with("read", &account.completeness)
            .hint("read it again: what is missing in it would be lost"));
    }
    let mut next_user = FIRST_USER;
    let records = account_rules::opening(account, &mut next_user, |_| None)?;
    // Two who create the same file at once: only one gets past this line.
    OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| unusable(path, error))?;
    let fill = || {
        let mut connection = connect(path)?;
        prepare(&connection, path)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).or_fail(path)?;
        transaction.pragma_update(None, "application_id", APPLICATION).or_fail(path)?;
        climb(&transaction, 0, path)?;
        Page::new(&transaction, path, &Cached::default()).fill(account, records, next_user)?;
        transaction.commit().or_fail(path)?;
        Ok(connection)
    };
    fill().inspect_err(|_| remove(path))
}

fn connect(path: &Path) -> Result<Connection> {
    // Neither CREATE nor URI: a path names a file that is there, also one that is called `file:x`.
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

/// Says which version made the file, if that is one of ours and not newer.
fn check_version(connection: &Connection, path: &Path) -> Result<u32> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).or_fail(path);
    if number("application_id")? != APPLICATION {
        return Err(foreign(path));
    }
    let version = u32::try_from(number("user_version")?).map_err(|_| foreign(path))?;
    if version > VERSION {
        return Err(Error::new(ErrorKind::Unsupported, "a newer version of gotosync made the file")
            .with("file", path.display())
            .with("its version", version)
            .with("known", VERSION)
            .hint("use that newer version; an older one cannot read it"));
    }
    Ok(version)
}

/// Brings the tables from one version to this one, in the transaction of the caller.
fn climb(connection: &Connection, from: u32, path: &Path) -> Result<()> {
    for step in &LADDER[from as usize..] {
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
        .hint("make the folder first, or check the path"))
}

/// Takes away what an attempt left; the error that is told is that of the attempt.
fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(PathBuf::from(name));
    }
}

fn unusable(path: &Path, error: io::Error) -> Error {
    let at = |told: Error| told.with("file", path.display());
    match error.kind() {
        io::ErrorKind::AlreadyExists => at(Error::new(ErrorKind::Conflict, "the file exists"))
            .hint("open it, or choose another path: an account is never overwritten"),
        io::ErrorKind::PermissionDenied => at(Error::new(ErrorKind::State, "access to the file is denied"))
            .hint("check who may write in its folder")
            .caused_by(error),
        _ => at(Error::new(ErrorKind::State, "the file cannot be used")).caused_by(error),
    }
}

/// How long to wait for whoever else is writing.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than there are statements, so that each is compiled once.
const STATEMENTS: usize = 48;

/// `gota` in ASCII, in the header of the file.
const APPLICATION: i32 = 0x676f_7461;

/// The version of the tables: the number of steps of the ladder.
const VERSION: u32 = LADDER.len() as u32;

/// What leads from each version to the next. A step that was once released is never changed.
///
/// The counts of users and of taken seats are kept by triggers: counting rows anew for each action would make filling an
/// account quadratic, and counting in code could be forgotten somewhere. What is looked up for single actions has a table
/// of its own: `sole` holds what one user alone can have. The lists of the catalog that are short are one document.
const LADDER: [&str; 3] = [
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
    fn a_missing_file_and_a_missing_folder_are_told_apart() {
        let folder = folder();
        let error = open(&folder.path().join("account.db")).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "there is no such file"));
        assert!(error.help().is_some());
        let beyond = folder.path().join("nowhere").join("account.db");
        for error in [open(&beyond).unwrap_err(), create(&beyond, &empty()).unwrap_err()] {
            assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "the folder of the file does not exist"));
        }
        assert_eq!(open(folder.path()).unwrap_err().kind(), ErrorKind::Data);
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        let path = folder().path().join("account.db");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let error = create(&path, &empty()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "the file exists"));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_foreign_file_is_refused_and_left_as_it_was() {
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

    /// A file as version 1 made it: its tables, and rows as it wrote them.
    fn version_1(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION).unwrap();
        connection.execute_batch(LADDER[0]).unwrap();
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
    fn a_file_of_version_1_is_brought_up() {
        let folder = folder();
        let path = folder.path().join("account.db");
        version_1(&path);
        // Opened twice: the second time there is nothing left to climb.
        drop(open(&path).unwrap());
        let connection = open(&path).unwrap();
        assert_eq!(check_version(&connection, &path).unwrap(), 3);
        let cached = Cached::default();
        let mut page = Page::new(&connection, &path, &cached);
        let account = page.account().unwrap();
        let told: Vec<_> =
            account.users.iter().map(|user| (user.email.as_str(), user.role.to_string(), user.status)).collect();
        let (ann, bob) = ("Ann@example.test", "bob@example.test");
        assert_eq!(
            told,
            [(ann, "administrator".to_owned(), Status::Active), (bob, "manager".to_owned(), Status::Invited)]
        );
        assert_eq!((account.licenses[0].used, account.groups.len()), (1, 1));
        assert!(account.catalog.is_empty() && account.transfers.is_empty());
        assert_eq!(page.activity(9).unwrap().len(), 1);
        // What has a table of its own now was carried over, and is kept from here on.
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
    fn a_file_of_version_2_keeps_who_has_what() {
        let folder = folder();
        let path = folder.path().join("account.db");
        version_1(&path);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(LADDER[1]).unwrap();
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
        assert!(page.account().unwrap().catalog.extensions.is_empty(), "it is somebody's");
        page.remove_user(&"2".into()).unwrap();
        assert_eq!(page.account().unwrap().catalog.extensions, ["12"], "and now nobody's");
    }

    #[test]
    fn a_newer_file_is_refused() {
        let folder = folder();
        let path = folder.path().join("account.db");
        let connection = create(&path, &empty()).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        let error = open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("its version: 99, known: 3"), "{error}");
    }

    #[test]
    fn a_damaged_file_is_data() {
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
    fn a_held_file_is_worth_another_try() {
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
    fn a_failed_creation_leaves_no_file() {
        let folder = folder();
        let path = folder.path().join("account.db");
        let gap = Gap { place: "users".into(), problem: "page 2 was lost".into() };
        let incomplete = Account { completeness: Completeness::Incomplete(vec![gap]), ..empty() };
        assert_eq!(create(&path, &incomplete).unwrap_err().kind(), ErrorKind::Incomplete);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
