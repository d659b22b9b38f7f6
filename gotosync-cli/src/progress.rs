//! A line on the terminal that says how far it is; nowhere else.

use std::io::{self, IsTerminal};
use std::time::Duration;

use gotosync_core::sync::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// The progress line of one command. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Line(ProgressBar);

impl Line {
    /// A line on stderr if that is a terminal, otherwise none.
    pub(crate) fn new() -> Self {
        Self(if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() })
    }

    /// What an engine is to be watched with.
    pub(crate) fn watch(&self) -> impl Fn(Progress) + Send + Sync + 'static {
        let bar = self.0.clone();
        move |progress| match progress {
            Progress::Waiting { time } => {
                bar.set_style(style(SPINNER));
                let seconds = time.as_secs() + 1;
                bar.set_message(format!("waiting {seconds} s: the account may not show yet what was last written"));
                bar.reset();
                bar.enable_steady_tick(Duration::from_millis(120));
            }
            Progress::Reading => {
                bar.set_style(style(SPINNER));
                bar.set_message("reading the directory and the account");
                bar.reset();
                bar.enable_steady_tick(Duration::from_millis(120));
            }
            Progress::Read { people, users } => bar.set_message(format!("comparing {people} people and {users} users")),
            Progress::Applied { of: 0, .. } => {}
            Progress::Applied { done, of } => {
                if bar.length() != Some(of as u64) {
                    bar.set_message("applying");
                    bar.set_length(of as u64);
                    bar.set_style(style(BAR));
                    bar.reset();
                }
                bar.set_position(done as u64);
            }
        }
    }

    /// Says something without breaking the line.
    pub(crate) fn say(&self, talk: &str) {
        self.0.suspend(|| crate::output::say(talk));
    }

    /// Takes the line away, until the next progress.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }

    /// The same line, for another task.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A template of this file; a wrong one would be a mistake here, and then the plain bar does.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

const SPINNER: &str = "{spinner} {msg} {elapsed}";
const BAR: &str = "{msg} [{bar:40}] {pos}/{len}, {eta} to go";
