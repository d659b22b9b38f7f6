//! The account of a configuration file: the table `[account]`.

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

/// The account that users are provisioned in.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountConfig {
    /// An account in a file.
    Local {
        /// The file.
        file: PathBuf,
        /// The account as JSON that it is made from when it is missing.
        from: Option<PathBuf>,
    },
    /// An account at GoTo.
    #[cfg(feature = "goto")]
    Goto(Box<GotoConfig>),
    /// An account at a service that speaks SCIM.
    #[cfg(feature = "scim")]
    Scim(Box<ScimConfig>),
}

impl AccountConfig {
    /// Opens it, or prepares to call it. This is when secrets are fetched.
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

    /// Chooses another account of the same login, by name or key.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an account that is the only one there.
    pub(super) fn choose(&mut self, name: &str) -> Result<()> {
        match self {
            Self::Local { .. } => Err(Error::new(
                ErrorKind::Input,
                format!("there is no account `{name}` to choose: it is one in a file"),
            )
            .hint("leave --account out")),
            #[cfg(feature = "scim")]
            Self::Scim(_) => Err(Error::new(
                ErrorKind::Input,
                format!("there is no account `{name}` to choose: a SCIM service is one"),
            )
            .hint("leave --account out")),
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
    let text = read_text(from, "the account to start with")?;
    let account: Account = serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Data, format!("it is not an account: {error}"))
            .during("read the account to start with")
            .with("file", from.display())
            .hint("the README shows one with its licenses")
    })?;
    LocalAccount::create(file, &account)
}

/// Reads the account of a file.
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

/// Sees that the table names one account only.
fn alone(table: &Table<'_, '_>, kind: &str) {
    for other in ["local", "goto", "scim"] {
        if other != kind && table.has(other) {
            let message = format!("[account] names two accounts: by `{kind}` and by `{other}`");
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
    // Whether they are right cannot be said here.
    for key in table.keys() {
        let _ = table.has(&key);
    }
    table.problem(&table.at_key("scim"), "this build has no SCIM", "build with the feature `scim`");
    None
}

#[cfg(feature = "goto")]
fn goto(table: &Table<'_, '_>, folder: &Path) -> Option<AccountConfig> {
    super::goto::read(table, folder).map(|goto| AccountConfig::Goto(Box::new(goto)))
}

#[cfg(not(feature = "goto"))]
fn goto(table: &Table<'_, '_>, _: &Path) -> Option<AccountConfig> {
    // Whether they are right cannot be said here.
    for key in table.keys() {
        let _ = table.has(&key);
    }
    table.problem(&table.at_key("goto"), "this build has no GoTo", "build with the feature `goto`");
    None
}
