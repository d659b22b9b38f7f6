//! A state store in one `SQLite` file, with one lock file beside it for each account.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::task::{JoinError, spawn_blocking};

use self::lock::FileHold;
use self::trouble::{Trouble, state};
use super::{Hold, Holder, Interrupted, Learned, Link, Remembered, RunRecord, SetAside, StateStore};
use crate::journal::Event;
use crate::model::{AccountKey, Kept, RunId};
use crate::{Error, Result};

mod lock;
mod schema;
mod tables;
mod trouble;

/// A state store in an `SQLite` database.
///
/// The file must be on a local disk: `SQLite`'s write-ahead log, which makes commits cheap enough to journal every step,
/// does not work over a network. When a call returns, its data is on the disk. Several processes may have the same file
/// open; each waits up to five seconds for the commit of another.
///
/// Beside the file are its `-wal` and `-shm` files, and a `.lock` file for each account that was ever locked. A new file can
/// be read only by its owner, because it contains personal data. For each account, the store keeps the journals of the last
/// 20 finished runs and the records of the last 1000.
///
/// ```
/// use gotosync_core::model::AccountKey;
/// use gotosync_core::state::{Ending, RunRecord, SqliteState, StateStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> gotosync_core::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("state.db");
/// let run = RunRecord {
///     run: "run-1".into(),
///     account: AccountKey::new("4711"),
///     command: "gotosync apply".into(),
///     started: "2026-10-01T06:00:00Z".parse().unwrap(),
///     ended: None,
///     plan: None,
///     ending: Ending::Open,
///     outcomes: Default::default(),
///     reason: None,
/// };
/// SqliteState::open(&path)?.begin(&run, "{}", &[]).await?;
///
/// // The process crashes, and the next one finds the unfinished run.
/// let state = SqliteState::open(&path)?;
/// assert_eq!(state.unfinished(&run.account).await?.unwrap().record, run);
/// # Ok(())
/// # }
/// ```
pub struct SqliteState {
    connection: Arc<Mutex<Connection>>,
    /// The path with symbolic links resolved, so that all processes that open the database use the same lock files.
    path: PathBuf,
}

impl SqliteState {
    /// Opens the state database at `path`, and creates it if it does not exist; its folder must exist.
    ///
    /// This function blocks the calling thread while it reads and writes the disk.
    ///
    /// # Errors
    /// [`ErrorKind::State`](crate::ErrorKind::State) with the file if it cannot be opened or written, is damaged, is not a
    /// database, belongs to another program, or was written by a newer version. A rejected file is left unchanged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let given = path.as_ref();
        let unusable = |error: std::io::Error| {
            state("could not open the state database", given)
                .hint("its folder must exist and be writable")
                .caused_by(error)
        };
        // An absolute path is never one of SQLite's special names, such as `:memory:`.
        let path = std::path::absolute(given).map_err(unusable)?;
        let new = !path.exists();
        let mut connection =
            Connection::open_with_flags(&path, FLAGS).map_err(|error| Trouble::from(error).at(given))?;
        let path = path.canonicalize().map_err(unusable)?;
        if new {
            // Set the mode by path while the file is empty: closing a second file handle would release SQLite's own locks, and
            // the write-ahead log is created with the mode of the database.
            keep_private(&path).map_err(unusable)?;
        }
        set_up(&mut connection).map_err(|trouble| trouble.at(&path))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path })
    }

    /// Runs the work on a thread that may block. Once started, the work is finished even if the caller stops waiting.
    async fn call<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Trouble> + Send + 'static,
    {
        let connection = Arc::clone(&self.connection);
        let done = spawn_blocking(move || {
            // A panic drops the transaction, which rolls it back: the connection can be used again.
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match done.await {
            Ok(done) => done.map_err(|trouble| trouble.at(&self.path).during(operation)),
            Err(error) => Err(self.abandoned(error).during(operation)),
        }
    }

    fn abandoned(&self, error: JoinError) -> Error {
        match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => state("the runtime is shutting down", &self.path).caused_by(error),
        }
    }
}

#[async_trait]
impl StateStore for SqliteState {
    async fn load(&self, account: &AccountKey) -> Result<Remembered> {
        let account = account.clone();
        self.call("load the state", move |connection| tables::load(connection, &account)).await
    }

    async fn hold(&self, account: &AccountKey, holder: &Holder) -> Result<Box<dyn Hold>> {
        let path = lock::path(&self.path, account);
        let holder = holder.clone();
        match spawn_blocking(move || FileHold::take(&path, &holder)).await {
            Ok(hold) => Ok(Box::new(hold?)),
            Err(error) => Err(self.abandoned(error)),
        }
    }

    async fn begin(&self, run: &RunRecord, plan: &str, links: &[Link]) -> Result<()> {
        let (run, plan, links) = (run.clone(), plan.to_owned(), links.to_owned());
        self.call("begin the run", move |connection| tables::begin(connection, &run, &plan, &links)).await
    }

    async fn record(&self, run: &RunId, events: &[Event], learned: &[Learned]) -> Result<()> {
        let (run, events, learned) = (run.clone(), events.to_owned(), learned.to_owned());
        self.call("write the journal", move |connection| tables::record(connection, &run, &events, &learned)).await
    }

    async fn finish(&self, run: &RunRecord, populations: Option<&BTreeMap<String, usize>>) -> Result<()> {
        let (run, populations) = (run.clone(), populations.cloned());
        self.call("finish the run", move |connection| tables::finish(connection, &run, populations.as_ref())).await
    }

    async fn unfinished(&self, account: &AccountKey) -> Result<Option<Interrupted>> {
        let account = account.clone();
        self.call("read the journal", move |connection| tables::unfinished(connection, &account)).await
    }

    async fn history(&self, account: &AccountKey, limit: usize) -> Result<Vec<RunRecord>> {
        let account = account.clone();
        self.call("read the history", move |connection| tables::history(connection, &account, limit)).await
    }

    async fn set_aside(&self, account: &AccountKey) -> Result<Vec<SetAside>> {
        let account = account.clone();
        self.call("load the state", move |connection| tables::set_aside(connection, &account)).await
    }

    async fn runs_since(&self, account: &AccountKey, moment: Timestamp) -> Result<Vec<RunRecord>> {
        let account = account.clone();
        self.call("read the history", move |connection| tables::runs_since(connection, &account, moment)).await
    }

    async fn kept(&self, account: &AccountKey, source: &str) -> Result<Option<Kept>> {
        let (account, source) = (account.clone(), source.to_owned());
        self.call("load the saved state of the last read", move |connection| {
            tables::kept(connection, &account, &source)
        })
        .await
    }

    async fn keep(&self, account: &AccountKey, source: &str, kept: &Kept) -> Result<()> {
        let (account, source, kept) = (account.clone(), source.to_owned(), kept.clone());
        self.call("save the state of the read", move |connection| {
            tables::keep_reading(connection, &account, &source, &kept)
        })
        .await
    }
}

impl fmt::Display for SqliteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state database {}", self.path.display())
    }
}

impl fmt::Debug for SqliteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteState").field("path", &self.path).finish_non_exhaustive()
    }
}

fn set_up(connection: &mut Connection) -> Result<(), Trouble> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(32);
    // If two processes turn on the write-ahead log at the same time, they block each other, and SQLite returns an error to one of
    // them without waiting.
    let start = Instant::now();
    loop {
        match schema::prepare(connection) {
            Err(trouble) if trouble.is_busy() && start.elapsed() < PATIENCE => sleep(PAUSE),
            done => return done,
        }
    }
}

#[cfg(unix)]
fn keep_private(path: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> std::io::Result<()> {
    // On other systems, a file gets the permissions of its folder.
    Ok(())
}

/// No mutex inside `SQLite`, because each connection has our own, and no URIs, because the argument is a path.
const FLAGS: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE).union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// The maximum time to wait for the commit of another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause between retries where `SQLite` does not wait by itself.
const PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ErrorKind;
    use crate::laws::state::{self as laws, link, run};

    #[tokio::test]
    async fn passes_the_conformance_tests_of_state_stores() {
        let broken = laws::broken(&|| {
            let folder = tempfile::tempdir().unwrap();
            Box::new(move || Box::new(SqliteState::open(folder.path().join("state.db")).unwrap()))
        });
        assert_eq!(broken.await, Vec::<String>::new());
    }

    fn count(state: &SqliteState, sql: &str) -> i64 {
        state.connection.lock().unwrap().query_row(sql, (), |row| row.get(0)).unwrap()
    }

    #[test]
    fn configures_the_connection_for_durability() {
        let folder = tempfile::tempdir().unwrap();
        let state = SqliteState::open(folder.path().join("state.db")).unwrap();
        for (pragma, value) in
            [("user_version", 3), ("application_id", 0x6774_7379), ("synchronous", 2), ("foreign_keys", 1)]
        {
            assert_eq!(count(&state, &format!("PRAGMA {pragma}")), value, "{pragma}");
        }
        assert_eq!(count(&state, "PRAGMA busy_timeout"), 5000);
        assert_eq!(count(&state, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
        assert_eq!(count(&state, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict"), 6);
    }

    #[cfg(unix)]
    #[test]
    fn makes_a_new_file_private_and_keeps_the_mode_of_an_old_one() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let state = SqliteState::open(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder.path().join("state.db-wal")), 0o600);
        drop(state);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        drop(SqliteState::open(&path).unwrap());
        assert_eq!(mode(&path), 0o640);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn two_paths_of_one_database_share_one_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("state.db"), folder.path().join("other.db"));
        let one = SqliteState::open(&path).unwrap();
        std::os::unix::fs::symlink(&path, &other).unwrap();
        let two = SqliteState::open(&other).unwrap();
        let _hold = one.hold(&"a".into(), &laws::holder()).await.unwrap();
        assert_eq!(two.hold(&"a".into(), &laws::holder()).await.unwrap_err().kind(), ErrorKind::Held);
    }

    #[test]
    fn turns_an_empty_file_into_a_state_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        fs::write(&path, "").unwrap();
        assert_eq!(count(&SqliteState::open(&path).unwrap(), "PRAGMA user_version"), 3);
    }

    #[tokio::test]
    async fn opens_a_file_of_the_first_version_and_keeps_its_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let mut older = Connection::open(&path).unwrap();
        schema::make_older(&mut older, 1).unwrap();
        older
            .execute_batch(
                "INSERT INTO links VALUES ('a', 'p1', 'u1', 'u1@Example.test', '[\"Sales\"]',
                    '2026-10-01T00:00:05.000000000Z', NULL);
                INSERT INTO populations VALUES ('a', 'Sales', 3);
                INSERT INTO runs VALUES (1, 'r1', 'a', 'gotosync apply', '2026-10-01T00:00:01.000000000Z',
                    NULL, NULL, 'open', '{}', NULL, 'plan');
                INSERT INTO events VALUES ('r1', 1, '{\"event\":\"intended\",\"step\":1}');",
            )
            .unwrap();
        drop(older);

        let state = SqliteState::open(&path).unwrap();
        let suspended = Link { suspended: Some(laws::at(5)), ..link("p1", "u1") };
        let populations = [("Sales".to_owned(), 3)].into();
        let kept = Remembered { links: vec![suspended], populations, set_aside: Vec::new() };
        assert_eq!(state.load(&"a".into()).await.unwrap(), kept);
        let left = state.unfinished(&"a".into()).await.unwrap().unwrap();
        assert_eq!((left.record, left.events), (run("a", "r1", 1), vec![Event::Intended { step: 1 }]));

        // The upgraded file stores data that only the newer version has.
        let person = kept.links[0].person.clone();
        let learned = [Learned::Role(person, Some(crate::model::Role::Administrator)), laws::failed("p1", "f", 1)];
        state.record(&"r1".into(), &[], &learned).await.unwrap();
        let remembered = state.load(&"a".into()).await.unwrap();
        assert_eq!(remembered.links[0].role, Some(crate::model::Role::Administrator));
        assert_eq!(remembered.set_aside.len(), 1);
    }

    #[test]
    fn rejects_other_files_and_leaves_them_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        for (content, message) in [
            (b"hello".to_vec(), "the file is not a state database"),
            (vec![b'x'; 100_000], "the file is not a state database"),
            (
                database("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1);"),
                "the file belongs to another program",
            ),
            (database("PRAGMA application_id = 7;"), "the file belongs to another program"),
            (
                database("PRAGMA application_id = 0x67747379; PRAGMA user_version = 99;"),
                "the state database was written by a newer version",
            ),
        ] {
            fs::write(&path, &content).unwrap();
            let error = SqliteState::open(&path).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::State, message));
            assert!(error.to_string().contains("state.db"), "{error}");
            assert!(error.help().unwrap().contains("links users again by e-mail address"), "{error:?}");
            assert!(fs::read(&path).unwrap() == content, "the file has changed: {message}");
        }
    }

    fn database(sql: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        fs::read(&path).unwrap()
    }

    #[test]
    fn names_a_file_that_cannot_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("missing/state.db"), PathBuf::new()] {
            let error = SqliteState::open(&path).unwrap_err();
            assert_eq!((error.kind(), error.message()), (ErrorKind::State, "could not open the state database"));
        }
    }

    #[tokio::test]
    async fn reports_damage_and_shows_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let state = SqliteState::open(&path).unwrap();
        state.begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await.unwrap();
        state.connection.lock().unwrap().execute_batch("UPDATE links SET rules = 'no list'").unwrap();
        let error = state.load(&"a".into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.to_string().starts_with("could not load the state: the state database contains"), "{error}");
        state.connection.lock().unwrap().execute_batch("UPDATE links SET rules = '[]', had = 'all'").unwrap();
        let error = state.load(&"a".into()).await.unwrap_err();
        assert_eq!(error.message(), "the state database contains an unreadable value");
        assert!(error.to_string().contains("column: had"), "{error}");
        drop(state);

        // Overwrite every page except the first two, which opening reads.
        let mut bytes = fs::read(&path).unwrap();
        let from = bytes.len().min(2 * 4096);
        bytes[from..].fill(0xA5);
        fs::write(&path, bytes).unwrap();
        let error = match SqliteState::open(&path) {
            Ok(state) => state.unfinished(&"a".into()).await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.kind(), error.message()), (ErrorKind::State, "the state database is damaged"));
        assert!(error.help().unwrap().contains("links users again by e-mail address"));
    }

    #[test]
    fn several_threads_can_open_a_new_file_at_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state.db");
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| assert_eq!(count(&SqliteState::open(&path).unwrap(), "PRAGMA user_version"), 3));
                }
            });
        }
    }

    #[tokio::test]
    async fn two_connections_can_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let runs = ["r1", "r2"];
        std::thread::scope(|scope| {
            for name in runs {
                let path = &path;
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(async {
                        let state = SqliteState::open(path).unwrap();
                        state.begin(&run(name, name, 1), "{}", &[]).await.unwrap();
                        for step in 1..=200 {
                            let put = Learned::Linked(link(&format!("p{step}"), &format!("u{step}")));
                            state.record(&name.into(), &[Event::Intended { step }], &[put]).await.unwrap();
                        }
                    });
                });
            }
        });
        let state = SqliteState::open(&path).unwrap();
        for name in runs {
            let events = state.unfinished(&name.into()).await.unwrap().unwrap().events;
            assert_eq!(events, (1..=200).map(|step| Event::Intended { step }).collect::<Vec<_>>());
            assert_eq!(state.load(&name.into()).await.unwrap().links.len(), 200);
        }
    }

    #[tokio::test]
    async fn keeps_the_journals_of_recent_runs_and_the_plans_of_open_ones() {
        let folder = tempfile::tempdir().unwrap();
        let state = SqliteState::open(folder.path().join("state.db")).unwrap();
        let begin = async |account: &str, name: &str, started| {
            state.begin(&run(account, name, started), "plan", &[]).await.unwrap();
            let events = [Event::Intended { step: 1 }, Event::Intended { step: 2 }];
            state.record(&name.into(), &events, &[]).await.unwrap();
        };
        begin("a", "open", 0).await;
        begin("b", "other", 0).await;
        state.finish(&run("b", "other", 0), None).await.unwrap();
        for second in 1..=25 {
            begin("a", &format!("r{second}"), second).await;
            state.finish(&run("a", &format!("r{second}"), second), None).await.unwrap();
        }
        assert_eq!(count(&state, "SELECT count(*) FROM events WHERE run LIKE 'r%'"), 2 * 20);
        assert_eq!(count(&state, "SELECT count(*) FROM events WHERE run IN ('r5', 'r6')"), 2);
        assert_eq!(count(&state, "SELECT count(*) FROM events WHERE run IN ('open', 'other')"), 4);
        assert_eq!(count(&state, "SELECT count(*) FROM runs WHERE plan IS NOT NULL"), 1);
        assert_eq!(count(&state, "SELECT count(*) FROM runs"), 27);
    }

    #[tokio::test]
    async fn loads_many_links_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let state = SqliteState::open(folder.path().join("state.db")).unwrap();
        let mut links: Vec<_> = (0..25_000).map(|n| link(&format!("E{n}"), &n.to_string())).collect();
        state.begin(&run("a", "r1", 1), "{}", &links).await.unwrap();
        let loaded = state.load(&"a".into()).await.unwrap().links;
        links.sort_by(|one, other| one.person.cmp(&other.person));
        assert!(loaded == links);
    }
}
