//! Other people in a domain while its server runs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::super::tool::{script, tool};
use crate::Trouble;

/// A program beside the server that changes what the domain holds, on its files: it may do what no client may, such as
/// give an entry the id that it has elsewhere.
#[derive(Debug)]
pub struct Loader(Mutex<Talk>);

#[derive(Debug)]
struct Talk {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Loader {
    pub(super) fn start(folder: &Path) -> Result<Self, Trouble> {
        let mut program = tool("/usr/bin/python3");
        program.arg(script("hold.py")).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("no way out")?);
        let mut talk = Talk { child, answers };
        talk.answer()?;
        Ok(Self(Mutex::new(talk)))
    }

    /// Lets the domain hold these entries, with the ids that they have, and nothing of what was held before. They come each after
    /// the one it is in; see [`super::super::rooted`].
    ///
    /// # Errors
    /// What the domain does not take; then it holds what it held before.
    pub fn hold(&self, entries: &str) -> Result<(), Trouble> {
        let mut talk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = serde_json::to_string(entries)?;
        writeln!(talk.child.stdin.as_mut().ok_or("no way in")?, "{line}")?;
        talk.answer()
    }
}

impl Talk {
    fn answer(&mut self) -> Result<(), Trouble> {
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err("what changes the domain does not answer".into());
        }
        match serde_json::from_str::<Option<String>>(&answer)? {
            None => Ok(()),
            Some(problem) => Err(problem.into()),
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        let talk = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        // The end of its input is what it waits for.
        drop(talk.child.stdin.take());
        let _ = talk.child.wait();
    }
}
