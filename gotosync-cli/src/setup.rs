//! The configuration of a command, and the engine made from it.

use std::env;
use std::path::{Path, PathBuf};

use gotosync_core::{Config, Engine};

use crate::again;
use crate::failure::Failure;
use crate::progress::Line;
use crate::trace;

/// The location of the configuration file, and global options that override its contents.
#[derive(Clone, Debug)]
pub(crate) struct ConfigLocation {
    /// The file.
    pub(crate) file: PathBuf,
    /// `true` if `--config` named the file, so that suggested commands must name it, too.
    named: bool,
    /// The account chosen with `--account`, which overrides the file.
    account: Option<String>,
    /// The file for the log of calls to services.
    trace: Option<PathBuf>,
}

/// The opened parts that a command works with.
pub(crate) struct Setup<'p> {
    /// The location of the configuration.
    pub(crate) place: &'p ConfigLocation,
    /// The configuration.
    pub(crate) config: Config,
    /// The engine made from the configuration.
    pub(crate) engine: Engine,
    /// The progress line of the engine.
    pub(crate) line: Line,
}

impl ConfigLocation {
    /// Returns the location from `--config`, the environment, or the current folder, in this order.
    pub(crate) fn find(option: Option<PathBuf>) -> Self {
        let named = option.is_some();
        let file = option.or_else(|| env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from));
        Self { file: file.unwrap_or_else(|| PathBuf::from(FILE)), named, account: None, trace: None }
    }

    /// Uses another account.
    pub(crate) fn choosing(self, account: Option<String>) -> Self {
        Self { account, ..self }
    }

    /// Logs every call to a service.
    pub(crate) fn tracing(self, trace: Option<PathBuf>) -> Self {
        Self { trace, ..self }
    }

    /// Returns `true` if `--config` named the file.
    pub(crate) fn is_named(&self) -> bool {
        self.named
    }

    /// Returns the location of a file that suggested commands must name.
    pub(crate) fn named(file: PathBuf) -> Self {
        Self { file, named: true, account: None, trace: None }
    }

    /// Reads the configuration. Restarts the process first if the configuration needs other environment variables.
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        let mut config = Config::load(&self.file)?.with_variables(|name| env::var_os(name));
        if let Some(account) = &self.account {
            config.choose_account(account)?;
        }
        if let Some(file) = &self.trace {
            config = config.with_trace(trace::to(file)?);
        }
        again::with(config.environment())?;
        Ok(config)
    }

    /// Opens all parts that the configuration names.
    ///
    /// # Errors
    /// Every problem in the rules file, or the part that cannot be opened.
    pub(crate) fn open(&self, verb: &str) -> Result<Setup<'_>, Failure> {
        let config = self.load()?;
        config.rules()?;
        let line = Line::new();
        let engine = config.engine()?.command(format!("gotosync {verb}")).watch(line.watch());
        Ok(Setup { place: self, config, engine, line })
    }

    /// Returns a command line for this configuration, to suggest to the user.
    pub(crate) fn command(&self, rest: &str) -> String {
        let config = if self.named { format!("--config {} ", quoted(&self.file)) } else { String::new() };
        let account = self.account.as_ref().map(|name| format!("--account {} ", quoted(Path::new(name))));
        format!("gotosync {config}{}{rest}", account.unwrap_or_default())
    }
}

/// Quotes a path for a shell, if needed.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

const FILE: &str = "gotosync.toml";
const VARIABLE: &str = "GOTOSYNC_CONFIG";
