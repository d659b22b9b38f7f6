//! Replaces the people of a domain while its server runs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::super::tool::{script, tool};
use crate::Trouble;

/// A program that changes the database files of a running domain. It can do more than LDAP clients, such as set the
/// id of an entry.
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
        let answers = BufReader::new(child.stdout.take().ok_or("standard output is not piped")?);
        let mut talk = Talk { child, answers };
        talk.answer()?;
        Ok(Self(Mutex::new(talk)))
    }

    /// Replaces the entries of the previous call with these entries, including their ids. Each entry must follow its
    /// parent; see [`super::super::rooted`].
    ///
    /// # Errors
    /// If the domain rejects an entry. Its content is then unchanged.
    pub fn hold(&self, entries: &str) -> Result<(), Trouble> {
        let mut talk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = serde_json::to_string(entries)?;
        writeln!(talk.child.stdin.as_mut().ok_or("standard input is not piped")?, "{line}")?;
        talk.answer()
    }
}

impl Talk {
    fn answer(&mut self) -> Result<(), Trouble> {
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            return Err("the loader of the domain does not respond".into());
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
        // The program ends when its standard input is closed.
        drop(talk.child.stdin.take());
        let _ = talk.child.wait();
    }
}
