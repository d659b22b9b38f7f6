//! A running server, and that it does not outlive whoever started it.

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

/// One server with its folder. Dropped, it ends the server and removes the folder; so does the end of this process.
#[derive(Debug)]
pub(super) struct Keeper {
    folder: PathBuf,
    // Words and answers alternate, so one at a time may talk.
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    child: Child,
    answers: BufReader<ChildStdout>,
    server: Option<u32>,
}

impl Keeper {
    /// Takes over a folder and the command of a server, which is not started yet.
    pub(super) fn new(folder: &Path, server: &Command) -> Result<Self, Trouble> {
        let mut child = tool(script("keep"))
            .arg(folder)
            .arg(server.get_program())
            .args(server.get_args())
            // What a terminal says to the tests it does not say to the server: the keeper sees to that one.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("no way out")?);
        Ok(Self { folder: folder.to_owned(), inner: Mutex::new(Inner { child, answers, server: None }) })
    }

    /// Where the server's files are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the server and waits until this says that it answers.
    ///
    /// # Errors
    ///
    /// It ended again, or took longer than two minutes; then the end of its log comes along.
    pub(super) fn start(&self, answers: impl Fn() -> Result<(), Trouble>) -> Result<(), Trouble> {
        let server = self.say("start")?;
        self.inner().server = Some(server.parse()?);
        let begun = Instant::now();
        loop {
            let answer = answers();
            // Asked after the answer: on an address that is taken, somebody else may have given it.
            if self.say("alive")? != "yes" {
                return Err(format!("the server ended at once\n{}", self.log_end()).into());
            }
            let Err(trouble) = answer else { return Ok(()) };
            if begun.elapsed() > PATIENCE {
                return Err(format!("the server does not answer: {trouble}\n{}", self.log_end()).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server and keeps its files.
    pub(super) fn stop(&self) -> Result<(), Trouble> {
        self.say("stop")?;
        self.inner().server = None;
        Ok(())
    }

    /// Lets the server be silent: connections are taken by the system, and nothing is answered.
    pub(super) fn pause(&self) -> Result<(), Trouble> {
        self.say("pause").map(drop)
    }

    /// Lets a paused server go on.
    pub(super) fn resume(&self) -> Result<(), Trouble> {
        self.say("resume").map(drop)
    }

    /// The process id of the server, if it was started and not stopped.
    pub(super) fn pid(&self) -> Option<u32> {
        self.inner().server
    }

    /// Everything the server has written so far.
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
        writeln!(inner.child.stdin.as_mut().ok_or("no way in")?, "{word}")?;
        let mut answer = String::new();
        if inner.answers.read_line(&mut answer)? == 0 {
            return Err(format!("the keeper of the server does not answer to `{word}`").into());
        }
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // This closes the keeper's input, which is what it waits for.
        let _ = self.inner().child.wait();
    }
}

const PATIENCE: Duration = Duration::from_mins(2);
