//! Keeps a server running for a test and ends it even if the test process is killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::tool::{ending, script, tool};
use crate::Trouble;

/// A server and its folder. When the value is dropped or this process ends, the server is stopped and the folder
/// removed.
#[derive(Debug)]
pub(super) struct Keeper {
    folder: PathBuf,
    // Commands and responses alternate, so only one thread may talk to the keeper at a time.
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    child: Child,
    answers: BufReader<ChildStdout>,
    server: Option<u32>,
}

impl Keeper {
    /// Takes over a folder and the command of a server, without starting the server.
    pub(super) fn new(folder: &Path, server: &Command) -> Result<Self, Trouble> {
        let mut child = tool(script("keep"))
            .arg(folder)
            .arg(server.get_program())
            .args(server.get_args())
            // Signals from the terminal must not reach the server directly: the keeper script ends the server.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("standard output is not piped")?);
        Ok(Self { folder: folder.to_owned(), inner: Mutex::new(Inner { child, answers, server: None }) })
    }

    /// Returns the folder with the server's files.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the server and waits until `answers` succeeds.
    ///
    /// # Errors
    ///
    /// If the server ends or does not respond within two minutes; the error contains the end of the log.
    pub(super) fn start(&self, answers: impl Fn() -> Result<(), Trouble>) -> Result<(), Trouble> {
        let server = self.say("start")?;
        self.inner().server = Some(server.parse()?);
        let begun = Instant::now();
        loop {
            let answer = answers();
            // Checked after the server has responded: if the address was taken, another server may have responded.
            if self.say("alive")? != "yes" {
                return Err(format!("the server ended at once\n{}", self.log_end()).into());
            }
            let Err(trouble) = answer else { return Ok(()) };
            if begun.elapsed() > PATIENCE {
                return Err(format!("the server does not respond: {trouble}\n{}", self.log_end()).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the server and keeps its files.
    pub(super) fn stop(&self) -> Result<(), Trouble> {
        self.say("stop")?;
        self.inner().server = None;
        Ok(())
    }

    /// Pauses the server: the system accepts connections, but the server does not respond.
    pub(super) fn pause(&self) -> Result<(), Trouble> {
        self.say("pause").map(drop)
    }

    /// Resumes a paused server.
    pub(super) fn resume(&self) -> Result<(), Trouble> {
        self.say("resume").map(drop)
    }

    /// Returns the process id of the server, or `None` if it is not running.
    pub(super) fn pid(&self) -> Option<u32> {
        self.inner().server
    }

    /// Returns the log of the server.
    pub(super) fn log(&self) -> Result<String, Trouble> {
        Ok(String::from_utf8_lossy(&fs::read(self.folder.join("log"))?).into_owned())
    }

    fn log_end(&self) -> String {
        self.log().map_or_else(|error| error.to_string(), |log| ending(&log))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, word: &str) -> Result<String, Trouble> {
        let mut inner = self.inner();
        writeln!(inner.child.stdin.as_mut().ok_or("standard input is not piped")?, "{word}")?;
        let mut answer = String::new();
        if inner.answers.read_line(&mut answer)? == 0 {
            return Err(format!("the keeper of the server does not respond to `{word}`").into());
        }
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // This closes the standard input of the keeper, which then ends the server.
        let _ = self.inner().child.wait();
    }
}

const PATIENCE: Duration = Duration::from_mins(2);
