//! The configuration file: the directory, the account, and the rules to use.
//!
//! ```toml
//! [source]
//! ldif = "directory.ldif.gz"   # a directory export, plain or gzipped
//!
//! [account]
//! local = "account.db"         # an account in a file
//! from = "account.json"        # the initial account as JSON, used if the file is missing
//!
//! [rules]
//! file = "rules.toml"
//!
//! [state]
//! file = "state.db"            # links, journal, and run history; created if missing
//! plans = "plans"              # folder for plans that a check stopped
//! ```
//!
//! Paths are relative to the folder of the configuration file.
//!
//! The account may be an account at GoTo; `docs/goto.md` describes every key:
//!
//! ```toml
//! [account]
//! goto = "your-client-id"                            # the id of the OAuth client, registered with GoTo
//! client_secret = { file = "secrets/goto-client" }   # omitted for a public client
//! account = "Example Ltd"                            # needed if the signed-in user has several accounts
//! login = { file = "goto-login" }                    # where `gotosync login` stores the tokens
//! ```
//!
//! Or an account at any service that supports SCIM 2.0; `docs/scim.md` describes every key:
//!
//! ```toml
//! [account]
//! scim = "https://example.test/scim/v2"
//! token = { file = "secrets/scim" }                  # or variable, command, keyring, systemd
//! login = "sync@example.test"                        # the sync's own user, which loses nothing
//! ```
//!
//! This reads people from a live directory; `docs/directory.md` describes every key:
//!
//! ```toml
//! [source]
//! ldap = ["ldaps://dc1.example.test", "ldaps://dc2.example.test"]  # or `domain`, to find the servers by DNS
//! base = "OU=People,DC=example,DC=test"                            # default: everything on the server
//! user = "sync@example.test"                                       # or DOMAIN\user, or a distinguished name
//! password = { file = "secrets/ldap" }                             # or variable, command, keyring, systemd
//! ca = "ca.pem"                                                    # default: the system trust store
//! ```
//!
//! People may also come from a CSV file, or from several sources. Earlier sources take precedence over later ones:
//!
//! ```toml
//! [[source]]
//! name = "directory"
//! ldif = "directory.ldif.gz"
//!
//! [[source]]
//! name = "contractors"         # part of the ids of its people: do not change it
//! csv = "contractors.csv"
//! id = "Personalnummer"        # the column with a permanent id for each person
//! columns = { mail = "E-Mail", givenName = "Vorname", sn = "Nachname" }
//! groups = "Gruppen"           # also `disabled`, `enabled`, and `expires` for such columns
//! delimiter = ";"              # default: detected from the header
//! encoding = "windows-1252"    # default: UTF-8
//! ```

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
#[cfg(feature = "http")]
use std::sync::Arc;

#[cfg(feature = "http")]
use crate::http::Exchange;
use crate::model::RunRecord;
use crate::plan::Plan;
use crate::rules::{Document, Rules, Table};
use crate::source::DirectorySource;
use crate::state::{SqliteState, StateStore};
use crate::sync::Engine;
use crate::target::ProvisioningTarget;
#[cfg(feature = "goto")]
use crate::target::goto::{GotoAccount, SignIn};
use crate::{Error, ErrorKind, Result};

mod account;
#[cfg(feature = "goto")]
mod goto;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "ldap")]
mod ldap;
mod save;
#[cfg(feature = "scim")]
mod scim;
#[cfg(feature = "secrets")]
mod secret;
mod source;
mod variables;

pub use account::AccountConfig;
#[cfg(feature = "goto")]
pub use goto::GotoConfig;
#[cfg(feature = "http")]
pub use http::{HttpConfig, ProxyConfig};
#[cfg(feature = "ldap")]
pub use ldap::{LdapConfig, LdapSignIn};
pub use save::{read_rules, write_rules};
#[cfg(feature = "scim")]
pub use scim::ScimConfig;
pub use source::{SourceConfig, SourceKind, open_source};
use variables::Surroundings;
pub use variables::Variables;

/// A configuration: the locations of the parts of an engine.
#[derive(Clone, Debug)]
pub struct Config {
    /// The configuration file itself.
    pub file: PathBuf,
    /// The sources of people, in order of precedence; never empty.
    pub sources: Vec<SourceConfig>,
    /// The account in which users are provisioned.
    pub account: AccountConfig,
    /// The rules file.
    pub rules: PathBuf,
    /// The file of the state store.
    pub state: PathBuf,
    /// The folder for plans that a check stopped.
    pub plans: PathBuf,
    surroundings: Surroundings,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the file does not exist, and [`ErrorKind::Input`] with line and column for mistakes in it.
    pub fn load(file: impl Into<PathBuf>) -> Result<Self> {
        let file = file.into();
        let text = read_text(&file, "the configuration").map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                error.hint("name a configuration file with --config, or run `gotosync quickstart` for a worked example")
            } else {
                error
            }
        })?;
        let name = file.display().to_string();
        let folder = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let config = Document::read(&name, &text, |_, top| {
            let [rules, state] = ["rules", "state"].map(|name| top.table(name));
            let sources = source::read(top, &folder);
            let path = |table: &Option<Table<'_, '_>>, name, key, default| {
                path_of(top, table.as_ref(), name, key, default).map(|path| folder.join(path))
            };
            let account = account::read(top, &folder);
            let rules_file = path(&rules, "rules", "file", Some("rules.toml"));
            let state_file = path(&state, "state", "file", Some("state.db"));
            let plans = path(&state, "state", "plans", Some("plans"));
            [rules, state].iter().flatten().for_each(Table::finish);
            Some(Self {
                file: file.clone(),
                sources: sources?,
                account: account?,
                rules: rules_file?,
                state: state_file?,
                plans: plans?,
                surroundings: Surroundings::default(),
            })
        })?;
        Ok(config)
    }

    /// Looks up environment variables with this function. By default, no variable is set.
    #[must_use]
    pub fn with_variables(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.surroundings.variables = Variables::new(lookup);
        self
    }

    /// Calls this function after every attempt of every call to a service.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn with_trace(mut self, trace: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.surroundings.trace = Some(Arc::new(trace));
        self
    }

    /// Returns the environment variables with which the process must have been started, because system libraries read these
    /// settings from the environment only. Most sources need none. If one is missing, a front end restarts its process.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        source::environment(&self.sources)
    }

    /// Reads the rules file.
    ///
    /// # Errors
    /// Every problem in the file, or one error if the file is missing or cannot be read.
    pub fn rules(&self) -> Result<Rules, Vec<Error>> {
        let text = self.rules_text().map_err(|error| vec![error])?;
        Rules::parse(&text, &self.rules.display().to_string()).map_err(crate::rules::Problems::into_errors)
    }

    /// Opens all parts and combines them to an engine.
    ///
    /// # Errors
    /// A part cannot be opened. If the rules have several problems, this returns the first.
    pub fn engine(&self) -> Result<Engine> {
        let text = self.rules_text()?;
        let rules = Rules::parse(&text, &self.rules.display().to_string())?;
        let source = self.source()?;
        let target = self.target()?;
        let state = SqliteState::open(&self.state)?;
        Ok(Engine::new(source, target, state, rules))
    }

    /// Returns the latest runs, newest first. The rules file need not be readable.
    pub async fn history(&self, limit: usize) -> Result<Vec<RunRecord>> {
        let account = self.target()?.describe().await?.account;
        SqliteState::open(&self.state)?.history(&account, limit).await
    }

    /// Chooses another account that the signed-in user can access, by name or key.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an account in a file, and for an account at a SCIM service.
    pub fn choose_account(&mut self, name: &str) -> Result<()> {
        self.account.choose(name)
    }

    /// Opens only the account, for lookups.
    ///
    /// # Errors
    /// The account cannot be opened.
    pub fn target(&self) -> Result<Box<dyn ProvisioningTarget>> {
        self.account.open(&self.surroundings)
    }

    /// Opens the account at GoTo, for information that other accounts do not have.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the account is not at GoTo; otherwise as [`target`](Self::target).
    #[cfg(feature = "goto")]
    pub fn goto_account(&self) -> Result<GotoAccount> {
        self.goto()?.open(&self.surroundings)
    }

    /// Returns the sign-in to GoTo, and the redirect URI for the browser.
    ///
    /// # Errors
    /// As [`goto_account`](Self::goto_account).
    #[cfg(feature = "goto")]
    pub fn goto_sign_in(&self) -> Result<(SignIn, &str)> {
        let goto = self.goto()?;
        Ok((goto.sign_in_alone(&self.surroundings)?, &goto.redirect))
    }

    #[cfg(feature = "goto")]
    fn goto(&self) -> Result<&GotoConfig> {
        match &self.account {
            AccountConfig::Goto(goto) => Ok(goto),
            #[cfg(feature = "scim")]
            AccountConfig::Scim(scim) => {
                Err(Error::new(ErrorKind::Unsupported, "`gotosync login` does not work for a SCIM service")
                    .with("scim", &scim.url)
                    .hint("create a token at the service, store it, and name its location as `token` in [account]"))
            }
            AccountConfig::Local { file, .. } => {
                Err(Error::new(ErrorKind::Unsupported, "an account in a file needs no sign-in")
                    .with("file", file.display())
                    .hint("for an account at GoTo, write `goto = \"the id of your OAuth client\"` in [account]"))
            }
        }
    }

    /// Opens only the source, for browsing; several sources are merged into one. Fetches the passwords.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the name of a source is invalid; also errors of passwords and certificates that cannot be used.
    pub fn source(&self) -> Result<Box<dyn DirectorySource>> {
        source::open(&self.sources, &self.surroundings.variables)
    }

    /// Reads the text of the rules file.
    fn rules_text(&self) -> Result<String> {
        read_text(&self.rules, "the rules").map_err(|error| {
            if error.kind() != ErrorKind::NotFound {
                return error;
            }
            Error::new(ErrorKind::NotFound, "the rules file does not exist").with("file", self.rules.display()).hint(
                "make the first rule with `gotosync rule add NAME --group GROUP --product PRODUCT`, or write the file",
            )
        })
    }

    /// Saves a plan that a check stopped, and returns the path of the file.
    pub fn keep_plan(&self, plan: &Plan) -> Result<PathBuf> {
        let failed =
            |error: std::io::Error| Error::from(error).during("save the plan").with("folder", self.plans.display());
        fs::create_dir_all(&self.plans).map_err(failed)?;
        let path = self.plans.join(format!("{}.json", plan.id()));
        write_plan(plan, &path)?;
        Ok(path)
    }
}

/// Writes a plan to a file atomically: the complete plan or nothing. Replaces an existing file.
///
/// # Errors
/// [`ErrorKind::NotFound`] if the folder does not exist; also errors of writing the file.
pub fn write_plan(plan: &Plan, file: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::from(error).during("write the plan").with("file", file.display());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let message = format!("the folder `{}` does not exist", folder.display());
        return Err(Error::new(ErrorKind::NotFound, message)
            .during("write the plan")
            .with("file", file.display())
            .hint("create the folder first"));
    }
    if file.file_name().is_none() || file.is_dir() {
        let message = format!("`{}` is a folder, expected a file", file.display());
        return Err(Error::new(ErrorKind::Input, message).during("write the plan"));
    }
    save::replace(file, &save::own_part_of(file), &plan.to_json(), None).map_err(failed)
}

/// Reads a plan from a file that [`write_plan`] wrote.
///
/// # Errors
/// [`ErrorKind::NotFound`] if the file does not exist; otherwise as [`Plan::from_json`].
pub fn read_plan(file: &Path) -> Result<Plan> {
    let text =
        read_text(file, "the plan").map_err(|error| error.hint("write one with `gotosync plan --out plan.json`"))?;
    Plan::from_json(&text).map_err(|error| error.with("file", file.display()))
}

fn path_of(
    top: &Table<'_, '_>,
    inner: Option<&Table<'_, '_>>,
    table: &str,
    key: &'static str,
    default: Option<&str>,
) -> Option<PathBuf> {
    let given = inner.and_then(|inner| inner.string(key)).map(|text| text.value);
    if inner.is_some_and(|inner| inner.has(key)) {
        return given.map(PathBuf::from);
    }
    if default.is_none() {
        let message = format!("`{key}` is missing in [{table}]");
        let at = inner.map_or(0..0, |inner| inner.at().clone());
        top.problem(&at, message, format!("add a table [{table}] with `{key} = \"…\"`"));
    }
    default.map(PathBuf::from)
}

fn read_text(path: &Path, what: &str) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|error| file_error(error).during(format!("read {what}")).with("file", path.display()))
}

/// Converts the error of a file operation, without the code of the operating system for a missing file.
fn file_error(error: std::io::Error) -> Error {
    match Error::from(error) {
        error if error.kind() == ErrorKind::NotFound => Error::new(ErrorKind::NotFound, "the file does not exist"),
        error => error,
    }
}
