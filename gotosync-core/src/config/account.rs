//! The table `[account]` of the configuration file.

use std::fmt;
use std::path::{Path, PathBuf};

#[cfg(feature = "goto")]
use super::GotoConfig;
#[cfg(feature = "scim")]
use super::ScimConfig;
use super::{Surroundings, path_of, read_text};
use crate::model::Account;
use crate::rules::Table;
use crate::target::{LocalAccount, ProvisioningTarget};
use crate::{Error, ErrorKind, Result};

/// The account in which users are provisioned.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountConfig {
    /// An account in a file.
    Local {
        /// The file.
        file: PathBuf,
        /// The file with the initial account as JSON, used if `file` is missing.
        from: Option<PathBuf>,
    },
    /// An account at GoTo.
    #[cfg(feature = "goto")]
    Goto(Box<GotoConfig>),
    /// An account at a SCIM service.
    #[cfg(feature = "scim")]
    Scim(Box<ScimConfig>),
}

impl AccountConfig {
    /// Opens the account file, or creates a client for the service. Fetches the secrets.
    pub(super) fn open(&self, surroundings: &Surroundings) -> Result<Box<dyn ProvisioningTarget>> {
        #[cfg(not(any(feature = "goto", feature = "scim")))]
        let _ = surroundings;
        Ok(match self {
            Self::Local { file, from } => Box::new(local(file, from.as_deref())?),
            #[cfg(feature = "goto")]
            Self::Goto(goto) => Box::new(goto.open(surroundings)?),
            #[cfg(feature = "scim")]
            Self::Scim(scim) => Box::new(scim.open(surroundings)?),
        })
    }

    /// Chooses another account that the signed-in user can access, by name or key.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an account in a file or at a SCIM service, where there is only one.
    pub(super) fn choose(&mut self, name: &str) -> Result<()> {
        match self {
            Self::Local { .. } => Err(Error::new(
                ErrorKind::Input,
                format!("cannot choose the account `{name}`: the configuration names an account in a file"),
            )
            .hint("leave out --account")),
            #[cfg(feature = "scim")]
            Self::Scim(_) => Err(Error::new(
                ErrorKind::Input,
                format!("cannot choose the account `{name}`: a SCIM service has only one account"),
            )
            .hint("leave out --account")),
            #[cfg(feature = "goto")]
            Self::Goto(goto) => {
                goto.account = Some(name.to_owned());
                Ok(())
            }
        }
    }
}

impl fmt::Display for AccountConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { file, .. } => write!(f, "{}", file.display()),
            #[cfg(feature = "goto")]
            Self::Goto(goto) => goto.fmt(f),
            #[cfg(feature = "scim")]
            Self::Scim(scim) => scim.fmt(f),
        }
    }
}

fn local(file: &Path, from: Option<&Path>) -> Result<LocalAccount> {
    let Some(from) = from.filter(|_| !file.exists()) else { return LocalAccount::open(file) };
    let text = read_text(from, "the initial account")?;
    let account: Account = serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Data, format!("the file does not contain a valid account: {error}"))
            .during("read the initial account")
            .with("file", from.display())
            .hint("gotosync-core/docs/files.md shows an example with licenses")
    })?;
    LocalAccount::create(file, &account)
}

/// Reads the account from the configuration.
pub(super) fn read(top: &Table<'_, '_>, folder: &Path) -> Option<AccountConfig> {
    let table = top.table("account");
    let read = match &table {
        Some(table) if table.has("goto") => {
            let goto = goto(table, folder);
            alone(table, "goto");
            goto
        }
        Some(table) if table.has("scim") => {
            let scim = scim(table, folder);
            alone(table, "scim");
            scim
        }
        _ => {
            let file = path_of(top, table.as_ref(), "account", "local", None).map(|path| folder.join(path));
            let from = table.as_ref().and_then(|table| table.string("from")).map(|text| folder.join(text.value));
            file.map(|file| AccountConfig::Local { file, from })
        }
    };
    table.iter().for_each(Table::finish);
    read
}

/// Checks that the table names only one account.
fn alone(table: &Table<'_, '_>, kind: &str) {
    for other in ["local", "goto", "scim"] {
        if other != kind && table.has(other) {
            let message = format!("[account] names two accounts: with `{kind}` and with `{other}`");
            table.problem(&table.at_key(other), message, "leave one of them out");
        }
    }
}

#[cfg(feature = "scim")]
fn scim(table: &Table<'_, '_>, folder: &Path) -> Option<AccountConfig> {
    super::scim::read(table, folder).map(|scim| AccountConfig::Scim(Box::new(scim)))
}

#[cfg(not(feature = "scim"))]
fn scim(table: &Table<'_, '_>, _: &Path) -> Option<AccountConfig> {
    // This build cannot check the keys. Mark them as known, so that they are not reported as unknown.
    for key in table.keys() {
        let _ = table.has(&key);
    }
    table.problem(&table.at_key("scim"), "this build does not support SCIM", "build gotosync with the feature `scim`");
    None
}

#[cfg(feature = "goto")]
fn goto(table: &Table<'_, '_>, folder: &Path) -> Option<AccountConfig> {
    super::goto::read(table, folder).map(|goto| AccountConfig::Goto(Box::new(goto)))
}

#[cfg(not(feature = "goto"))]
fn goto(table: &Table<'_, '_>, _: &Path) -> Option<AccountConfig> {
    // This build cannot check the keys. Mark them as known, so that they are not reported as unknown.
    for key in table.keys() {
        let _ = table.has(&key);
    }
    table.problem(&table.at_key("goto"), "this build does not support GoTo", "build gotosync with the feature `goto`");
    None
}
