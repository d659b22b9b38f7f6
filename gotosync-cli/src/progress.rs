//! The progress line, shown only on a terminal.

use std::io::{self, IsTerminal};
use std::time::Duration;

use gotosync_core::sync::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// The progress line of one command. Dropping it removes the line.
#[derive(Debug)]
pub(crate) struct Line(ProgressBar);

impl Line {
    /// Returns a line on stderr, or a hidden line if stderr is not a terminal.
    pub(crate) fn new() -> Self {
        Self(if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() })
    }

    /// Returns the callback that shows the progress of an engine.
    pub(crate) fn watch(&self) -> impl Fn(Progress) + Send + Sync + 'static {
        let bar = self.0.clone();
        move |progress| match progress {
            Progress::Waiting { time } => {
                bar.set_style(style(SPINNER));
                let seconds = time.as_secs() + 1;
                bar.set_message(format!("waiting {seconds} s until the account shows the latest changes"));
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

    /// Prints a message without breaking the progress line.
    pub(crate) fn say(&self, talk: &str) {
        self.0.suspend(|| crate::output::say(talk));
    }

    /// Hides the line until the next progress.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }

    /// Returns a handle to the same line, for another task.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Returns the style for a template of this file. An invalid template would be a bug; the default bar replaces it.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

const SPINNER: &str = "{spinner} {msg} {elapsed}";
const BAR: &str = "{msg} [{bar:40}] {pos}/{len}, {eta} to go";
