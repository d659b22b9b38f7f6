//! The configuration that a command works with, and the engine it makes.

use std::env;
use std::path::{Path, PathBuf};

use gotosync_core::{Config, Engine};

use crate::again;
use crate::failure::Failure;
use crate::progress::Line;
use crate::trace;

/// Which configuration file is meant.
#[derive(Clone, Debug)]
pub(crate) struct ConfigLocation {
    /// The file.
    pub(crate) file: PathBuf,
    /// Whether it was named on the command line, so that further commands must name it too.
    named: bool,
    /// The account that is chosen, where it is not the one that the file names.
    account: Option<String>,
    /// Where calls to services are told.
    trace: Option<PathBuf>,
}

/// Everything a command works with.
pub(crate) struct Setup<'p> {
    /// Where the configuration is.
    pub(crate) place: &'p ConfigLocation,
    /// What it says.
    pub(crate) config: Config,
    /// The engine it makes.
    pub(crate) engine: Engine,
    /// The progress of the engine.
    pub(crate) line: Line,
}

impl ConfigLocation {
    /// The file of `--config`, or of the environment, or the one in the current folder.
    pub(crate) fn find(option: Option<PathBuf>) -> Self {
        let named = option.is_some();
        let file = option.or_else(|| env::var_os(VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from));
        Self { file: file.unwrap_or_else(|| PathBuf::from(FILE)), named, account: None, trace: None }
    }

    /// The same with another account.
    pub(crate) fn choosing(self, account: Option<String>) -> Self {
        Self { account, ..self }
    }

    /// The same, telling of every call to a service.
    pub(crate) fn tracing(self, trace: Option<PathBuf>) -> Self {
        Self { trace, ..self }
    }

    /// Says whether `--config` named it.
    pub(crate) fn is_named(&self) -> bool {
        self.named
    }

    /// A file that further commands have to name.
    pub(crate) fn named(file: PathBuf) -> Self {
        Self { file, named: true, account: None, trace: None }
    }

    /// Reads the configuration. Where it needs the process to have been started in another way, that is done first.
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

    /// Opens everything the configuration names, or gives every problem of the rules file if there are any.
    pub(crate) fn open(&self, verb: &str) -> Result<Setup<'_>, Failure> {
        let config = self.load()?;
        config.rules()?;
        let line = Line::new();
        let engine = config.engine()?.command(format!("gotosync {verb}")).watch(line.watch());
        Ok(Setup { place: self, config, engine, line })
    }

    /// A command as it has to be typed to go on with this configuration.
    pub(crate) fn command(&self, rest: &str) -> String {
        let config = if self.named { format!("--config {} ", quoted(&self.file)) } else { String::new() };
        let account = self.account.as_ref().map(|name| format!("--account {} ", quoted(Path::new(name))));
        format!("gotosync {config}{}{rest}", account.unwrap_or_default())
    }
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

const FILE: &str = "gotosync.toml";
const VARIABLE: &str = "GOTOSYNC_CONFIG";
