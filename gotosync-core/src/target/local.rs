//! The built-in account in a file.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::account_rules::{self, Activity, Terms};
use super::{Capabilities, FieldLimits, ProvisioningTarget, TargetInfo};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Account, Batch, Fault, Outcome};

mod file;
mod page;
mod trouble;

use page::{Cached, Page};
use trouble::Fail;

/// An account stored in one file on disk, with the vendor's rules.
///
/// The rules are the same as those of [`MemoryTarget`](super::MemoryTarget) and share its code. A batch is one `SQLite`
/// transaction, and each action is a savepoint in it. A crash loses at most the current batch, never half an action, and
/// outcomes that were returned are on disk. Any number of handles and processes may use one file; they take turns, one
/// batch at a time, so no seat is assigned twice.
///
/// The file is in WAL mode: while it is open, two files with the suffixes `-wal` and `-shm` exist next to it. All processes
/// that use the file must share memory, so **do not put it on a network file system**. To copy the account, read it
/// through this type, or copy the file while no process has it open.
///
/// As at the vendor, the signed-in user can see and change roles only as a full administrator. Otherwise every user is read
/// as a member.
///
/// The work runs on tokio's blocking threads and continues there even if the caller drops the future. A batch whose future
/// was dropped may therefore have been executed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> gotosync_core::Result<()> {
/// use gotosync_core::model::{Account, Action, UserGroupPath};
/// use gotosync_core::target::{LocalAccount, ProvisioningTarget};
///
/// # let folder = std::env::temp_dir().join(format!("gotosync-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("account.db");
/// # let _ = std::fs::remove_file(&path);
/// let account = LocalAccount::create(&path, &Account::empty("1", "Example"))?;
/// let batch = [Action::CreateGroup { path: UserGroupPath::new("Sales") }].into_iter().collect();
/// assert!(account.execute(&batch).await?[0].is_done());
/// drop(account);
///
/// let account = LocalAccount::open(&path)?;
/// assert!(account.read().await?.has_group(&UserGroupPath::new("Sales")));
/// assert_eq!(account.activity(10).await?[0].subject, "Sales");
/// # drop(account);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LocalAccount {
    path: Arc<Path>,
    connection: Arc<Mutex<Connection>>,
}

impl LocalAccount {
    /// Opens the account in a file, and upgrades a file of an earlier version to the current one.
    ///
    /// # Errors
    /// Returns [`ErrorKind::NotFound`] if the file does not exist, [`ErrorKind::Data`] if it is damaged or is not an account,
    /// [`ErrorKind::Unsupported`] if a newer version of gotosync wrote it, and [`ErrorKind::State`] if it cannot be opened or
    /// another process has it locked for more than five seconds (the latter error is retryable). A file that is not an
    /// account is not changed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self::over(path, file::open(path)?))
    }

    /// Creates a file that contains a copy of an account.
    ///
    /// Users without a key get one, counted from 1000000001. `status` and `used` are derived: a user with neither a product
    /// nor a role is suspended, whatever the given status. Limits apply only to later writes. If the call fails, no file is
    /// left behind.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Conflict`] if the path exists, [`ErrorKind::NotFound`] if its folder does not exist,
    /// [`ErrorKind::Incomplete`] if the account was not read completely, [`ErrorKind::Input`] if the account contains a
    /// duplicate, such as two users with one key or address, and [`ErrorKind::State`] if the file cannot be written.
    pub fn create(path: impl AsRef<Path>, account: &Account) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self::over(path, file::create(path, account)?))
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the latest changes in the order in which they were made, at most `limit` of them.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Data`] and [`ErrorKind::State`] for the same reasons as [`open`](Self::open).
    pub async fn activity(&self, limit: usize) -> Result<Vec<Activity>> {
        self.blocking("read the activity", move |connection, path| {
            Page::new(connection, path, &Cached::default()).activity(limit)
        })
        .await
    }

    fn over(path: &Path, connection: Connection) -> Self {
        Self { path: path.into(), connection: Arc::new(Mutex::new(connection)) }
    }

    /// Runs work with the connection on a blocking thread, so that it does not hold up the runtime.
    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Connection, &Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (connection, path) = (Arc::clone(&self.connection), Arc::clone(&self.path));
        let task = tokio::task::spawn_blocking(move || {
            // A panic rolls the transaction back while it unwinds, so the connection is still usable.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection, &path)
        });
        let answer = task.await.unwrap_or_else(|error| Err(stopped(error)));
        answer.map_err(|error| error.during(operation))
    }
}

impl fmt::Display for LocalAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "local account {}", self.path.display())
    }
}

#[async_trait]
impl ProvisioningTarget for LocalAccount {
    async fn describe(&self) -> Result<TargetInfo> {
        let name = self.to_string();
        let read = |connection: &mut Connection, path: &Path| {
            let cached = Cached::default();
            let page = Page::new(connection, path, &cached);
            Ok((page.heading()?, account_rules::access(&page, &Capabilities::built_in())?))
        };
        let ((account, _, login), roles) = self.blocking("describe the account", read).await?;
        let capabilities = Capabilities { roles, ..Capabilities::built_in() };
        Ok(TargetInfo { name, account, login, capabilities, limits: FieldLimits::VENDOR, remarks: Vec::new() })
    }

    async fn read(&self) -> Result<Account> {
        self.blocking("read the account", |connection, path| {
            // One transaction, so that another process cannot write between the listings.
            let transaction = connection.transaction().or_fail(path)?;
            let cached = Cached::default();
            let page = Page::new(&transaction, path, &cached);
            let (account, access) = (page.account()?, account_rules::access(&page, &Capabilities::built_in())?);
            transaction.commit().or_fail(path)?;
            Ok(account_rules::as_shown(account, access))
        })
        .await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        account_rules::admit(batch, &Capabilities::built_in())?;
        let batch = batch.clone();
        self.blocking("execute a batch", move |connection, path| execute(connection, path, &batch)).await
    }
}

/// Executes a batch in one transaction. The transaction locks the file for writing from its start, so that lookups are still valid
/// when their action writes.
fn execute(connection: &mut Connection, path: &Path, batch: &Batch) -> Result<Vec<Outcome>> {
    let capabilities = Capabilities::built_in();
    let terms = Terms { capabilities: &capabilities, limits: FieldLimits::VENDOR, now: Timestamp::now() };
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).or_fail(path)?;
    let (mut outcomes, cached) = (Vec::with_capacity(batch.actions.len()), Cached::default());
    for action in &batch.actions {
        let savepoint = transaction.savepoint().or_fail(path)?;
        // An error here is an error of the file. It rolls the transaction back, so no action of the batch takes effect.
        let outcome = account_rules::perform(&mut Page::new(&savepoint, path, &cached), action, &terms)?;
        if outcome.is_done() {
            savepoint.commit().or_fail(path)?;
        } else {
            savepoint.finish().or_fail(path)?;
        }
        outcomes.push(outcome);
    }
    match transaction.commit().or_fail(path) {
        Ok(()) => Ok(outcomes),
        Err(error) => Ok(in_doubt(outcomes, error)),
    }
}

/// Marks completed actions as in doubt: after a commit that failed while writing to disk, their changes may or may not be stored.
fn in_doubt(outcomes: Vec<Outcome>, error: Error) -> Vec<Outcome> {
    let fault = Fault::from(error.during("finish the batch"));
    let doubt = |outcome: Outcome| if outcome.is_done() { Outcome::InDoubt { fault: fault.clone() } } else { outcome };
    outcomes.into_iter().map(doubt).collect()
}

fn stopped(error: tokio::task::JoinError) -> Error {
    if error.is_cancelled() {
        return Error::new(ErrorKind::Unavailable, "the runtime is shutting down");
    }
    Error::new(ErrorKind::Bug, "the code that works on the account's file panicked").caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::target::account_rules::cases::{
        Bench, SEQUEL, STORY, account, created, every_case, lines, sequel, story,
    };

    fn bench(account: &Account) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let target = LocalAccount::create(folder.path().join("account.db"), account).unwrap();
        Bench { target: Box::new(target), _beside: Box::new(folder) }
    }

    every_case!(bench);

    #[tokio::test]
    async fn keeps_account_and_history_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let target = LocalAccount::create(&path, &account()).unwrap();
        target.execute(&story()).await.unwrap();
        let before = target.read().await.unwrap();
        drop(target);

        let target = LocalAccount::open(&path).unwrap();
        assert_eq!(target.read().await.unwrap(), before);
        assert_eq!(lines(&target.activity(usize::MAX).await.unwrap()), STORY);
        assert_eq!(lines(&target.activity(2).await.unwrap()), STORY[3..]);
        target.execute(&[created("gus@example.test", &[])].into_iter().collect()).await.unwrap();
        assert!(target.read().await.unwrap().user(&"1000000003".into()).is_some());
    }

    #[tokio::test]
    async fn gives_the_same_results_as_the_account_in_memory() {
        let bench = bench(&account());
        let memory = super::super::MemoryTarget::new(account());
        for batch in [story(), sequel()] {
            assert_eq!(bench.target.execute(&batch).await.unwrap(), memory.execute(&batch).await.unwrap());
            assert_eq!(bench.target.read().await.unwrap(), memory.account());
        }
    }

    #[tokio::test]
    async fn keeps_settings_templates_and_transfers_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let target = LocalAccount::create(&path, &account()).unwrap();
        target.execute(&sequel()).await.unwrap();
        let before = target.read().await.unwrap();
        drop(target);
        let target = LocalAccount::open(&path).unwrap();
        assert_eq!(target.read().await.unwrap(), before);
        assert_eq!(lines(&target.activity(usize::MAX).await.unwrap()), SEQUEL);
    }

    #[test]
    fn gives_the_last_seat_to_only_one_of_two_handles() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        drop(LocalAccount::create(&path, &account()).unwrap());
        let attempt = |who: usize| {
            let target = LocalAccount::open(&path).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut done = 0;
            for round in 0..10 {
                let batch = [created(&format!("u{who}-{round}@example.test"), &["g2w"])].into_iter().collect();
                let outcomes = runtime.block_on(target.execute(&batch)).unwrap();
                done += outcomes.iter().filter(|outcome| outcome.is_done()).count();
            }
            done
        };
        let done: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2).map(|who| scope.spawn(move || attempt(who))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(done, 1);
    }

    #[tokio::test]
    async fn rolls_back_a_batch_that_fails_halfway() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let target = LocalAccount::create(&path, &account()).unwrap();
        // Bob's row is damaged, which the second action discovers.
        let sql = "UPDATE users SET document = 'x' WHERE key = '2'";
        target.connection.lock().unwrap().execute(sql, ()).unwrap();
        let mut batch: Batch = [created("dan@example.test", &[])].into_iter().collect();
        batch.actions.extend(story().actions);
        let error = target.execute(&batch).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Data, "the file contains a row that could not be read")
        );
        assert_eq!(error.operation(), Some("execute a batch"));
        assert_eq!(target.activity(9).await.unwrap(), []);
        assert_eq!(target.read().await.unwrap_err().kind(), ErrorKind::Data);
    }

    #[test]
    fn a_failed_commit_leaves_completed_actions_in_doubt() {
        let failed = Outcome::failed(ErrorKind::Conflict, "no");
        let outcomes = vec![crate::model::Effect::Updated.into(), failed.clone()];
        let after = in_doubt(outcomes, Error::new(ErrorKind::State, "the disk is full"));
        assert_eq!(after[0].as_str(), "in doubt");
        assert_eq!(after[1], failed);
    }

    #[tokio::test]
    async fn handles_a_large_account_quickly() {
        let start = Instant::now();
        let mut account = account();
        account.licenses.iter_mut().for_each(|license| license.seats = 30_000);
        let bench = bench(&account);
        for chunk in 0..50 {
            let batch = (0..100).map(|n| created(&format!("u{chunk}-{n}@example.test"), &["g2m"])).collect();
            let outcomes = bench.target.execute(&batch).await.unwrap();
            assert!(outcomes.iter().all(Outcome::is_done));
        }
        assert_eq!(bench.target.read().await.unwrap().users.len(), 5_003);
        // Each batch is synced to disk, so the time limit allows for a slow disk.
        assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    }
}
