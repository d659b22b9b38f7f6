//! An account in a file: the embedded default.

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

/// An account kept in one file on disk, under the vendor's rules.
///
/// It keeps the same rules as [`MemoryTarget`](super::MemoryTarget), in the same code. A batch is one transaction of
/// `SQLite` and each action a savepoint in it: a crash loses the batch under way and never half an action, and what was
/// answered is on the disk. Any number of handles and processes may use one file; they take turns, batch by batch, so no
/// seat is given twice.
///
/// The file is in WAL mode, with two companions, `-wal` and `-shm`, beside it while it is open. They need memory that is
/// shared by all who use the file, so **a network file system is no place for it**. To copy the account, read it, or copy
/// the file when nobody has it open.
///
/// The login whose account it is sees and gives roles only if it is a full administrator's, as at the vendor: for others
/// everybody reads as a member.
///
/// Work happens on tokio's blocking threads. A call that is dropped while it runs is still finished there: a batch that
/// nobody waits for any more may well be done.
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
    /// Opens the account in a file, and brings a file of an earlier version up to this one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such file; [`ErrorKind::Data`] if it is damaged or holds something else;
    /// [`ErrorKind::Unsupported`] if a newer version made it; [`ErrorKind::State`] if it cannot be opened, or somebody
    /// holds it for more than five seconds (then worth trying again). A file that is not an account is left untouched.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self::over(path, file::open(path)?))
    }

    /// Makes a file with an account in it; the account is taken over as it is.
    ///
    /// Users without a key get one, counted from 1000000001. `status` and `used` are derived: who has neither a product
    /// nor a role is suspended, whatever the value says. Limits are asked of writes only. If it fails, no file is left.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the path exists; [`ErrorKind::NotFound`] if its folder does not;
    /// [`ErrorKind::Incomplete`] if the account was not read to its end; [`ErrorKind::Input`] if something stands in it
    /// twice that can be there once only, such as a key, an address, a license or a user group; [`ErrorKind::State`] if the
    /// file cannot be written.
    pub fn create(path: impl AsRef<Path>, account: &Account) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self::over(path, file::create(path, account)?))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The latest changes, at most so many, in the order in which they were made.
    ///
    /// # Errors
    /// [`ErrorKind::Data`] and [`ErrorKind::State`], as [`open`](Self::open).
    pub async fn activity(&self, limit: usize) -> Result<Vec<Activity>> {
        self.blocking("read the activity", move |connection, path| {
            Page::new(connection, path, &Cached::default()).activity(limit)
        })
        .await
    }

    fn over(path: &Path, connection: Connection) -> Self {
        Self { path: path.into(), connection: Arc::new(Mutex::new(connection)) }
    }

    /// Does work with the connection where it holds up nobody.
    async fn blocking<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Connection, &Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (connection, path) = (Arc::clone(&self.connection), Arc::clone(&self.path));
        let task = tokio::task::spawn_blocking(move || {
            // After a panic the transaction was rolled back on the way out: the connection is as good as before.
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

/// Does a batch in one transaction that has the file to itself from its start, so that what the rules look up still holds
/// when they write.
fn execute(connection: &mut Connection, path: &Path, batch: &Batch) -> Result<Vec<Outcome>> {
    let capabilities = Capabilities::built_in();
    let terms = Terms { capabilities: &capabilities, limits: FieldLimits::VENDOR, now: Timestamp::now() };
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).or_fail(path)?;
    let (mut outcomes, cached) = (Vec::with_capacity(batch.actions.len()), Cached::default());
    for action in &batch.actions {
        let savepoint = transaction.savepoint().or_fail(path)?;
        // An error here is one of the file, and drops the whole transaction: nothing of the batch was done.
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

/// Says of what was done that nobody knows: a commit that failed while the disk was written may still be found there.
fn in_doubt(outcomes: Vec<Outcome>, error: Error) -> Vec<Outcome> {
    let fault = Fault::from(error.during("finish the batch"));
    let doubt = |outcome: Outcome| if outcome.is_done() { Outcome::InDoubt { fault: fault.clone() } } else { outcome };
    outcomes.into_iter().map(doubt).collect()
}

fn stopped(error: tokio::task::JoinError) -> Error {
    if error.is_cancelled() {
        return Error::new(ErrorKind::Unavailable, "the runtime is shutting down");
    }
    Error::new(ErrorKind::Bug, "the work on the account's file panicked").caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::target::account_rules::cases::{
        Bench, SEQUEL, STORY, account, created, every_case, sequel, story, told,
    };

    fn bench(account: &Account) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let target = LocalAccount::create(folder.path().join("account.db"), account).unwrap();
        Bench { target: Box::new(target), _beside: Box::new(folder) }
    }

    every_case!(bench);

    #[tokio::test]
    async fn everything_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let target = LocalAccount::create(&path, &account()).unwrap();
        target.execute(&story()).await.unwrap();
        let before = target.read().await.unwrap();
        drop(target);

        let target = LocalAccount::open(&path).unwrap();
        assert_eq!(target.read().await.unwrap(), before);
        assert_eq!(told(&target.activity(usize::MAX).await.unwrap()), STORY);
        assert_eq!(told(&target.activity(2).await.unwrap()), STORY[3..]);
        target.execute(&[created("gus@example.test", &[])].into_iter().collect()).await.unwrap();
        assert!(target.read().await.unwrap().user(&"1000000003".into()).is_some());
    }

    #[tokio::test]
    async fn it_comes_to_the_same_as_the_account_in_memory() {
        let bench = bench(&account());
        let memory = super::super::MemoryTarget::new(account());
        for batch in [story(), sequel()] {
            assert_eq!(bench.target.execute(&batch).await.unwrap(), memory.execute(&batch).await.unwrap());
            assert_eq!(bench.target.read().await.unwrap(), memory.account());
        }
    }

    #[tokio::test]
    async fn whatever_the_service_keeps_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let target = LocalAccount::create(&path, &account()).unwrap();
        target.execute(&sequel()).await.unwrap();
        let before = target.read().await.unwrap();
        drop(target);
        let target = LocalAccount::open(&path).unwrap();
        assert_eq!(target.read().await.unwrap(), before);
        assert_eq!(told(&target.activity(usize::MAX).await.unwrap()), SEQUEL);
    }

    #[test]
    fn of_two_handles_one_gets_the_last_seat() {
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
    async fn a_batch_that_breaks_on_the_way_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let target = LocalAccount::create(&path, &account()).unwrap();
        // Bob's row is damaged: the second action finds it out.
        let sql = "UPDATE users SET document = 'x' WHERE key = '2'";
        target.connection.lock().unwrap().execute(sql, ()).unwrap();
        let mut batch: Batch = [created("dan@example.test", &[])].into_iter().collect();
        batch.actions.extend(story().actions);
        let error = target.execute(&batch).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Data, "a row of the file cannot be read"));
        assert_eq!(error.operation(), Some("execute a batch"));
        assert_eq!(target.activity(9).await.unwrap(), []);
        assert_eq!(target.read().await.unwrap_err().kind(), ErrorKind::Data);
    }

    #[test]
    fn a_lost_commit_leaves_what_was_done_in_doubt() {
        let failed = Outcome::failed(ErrorKind::Conflict, "no");
        let outcomes = vec![crate::model::Effect::Updated.into(), failed.clone()];
        let told = in_doubt(outcomes, Error::new(ErrorKind::State, "the disk is full"));
        assert_eq!(told[0].as_str(), "in doubt");
        assert_eq!(told[1], failed);
    }

    #[tokio::test]
    async fn a_large_account_is_quick() {
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
        // The margin is for a slow disk: every batch is synced to it.
        assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    }
}
