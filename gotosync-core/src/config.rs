//! The configuration file that names the parts: which directory, which account, which rules.
//!
//! ```toml
//! [source]
//! ldif = "directory.ldif.gz"   # a directory export, plain or gzipped
//!
//! [account]
//! local = "account.db"         # an account in a file
//! from = "account.json"        # what it is made from when the file is missing: an account as JSON
//!
//! [rules]
//! file = "rules.toml"
//!
//! [state]
//! file = "state.db"            # links, journal, history; made when it is missing
//! plans = "plans"              # where plans that a check stopped are kept
//! ```
//!
//! Paths are relative to the folder of the configuration file.
//!
//! Users may be those of an account at GoTo; `docs/goto.md` tells every key:
//!
//! ```toml
//! [account]
//! goto = "your-client-id"                            # the OAuth client, registered at the vendor
//! client_secret = { file = "secrets/goto-client" }   # a public client has none
//! account = "Example Ltd"                            # where the login has several
//! login = { file = "goto-login" }                    # where `gotosync login` keeps what it gets
//! ```
//!
//! Or those of any service that speaks SCIM 2.0; `docs/scim.md` tells every key:
//!
//! ```toml
//! [account]
//! scim = "https://example.test/scim/v2"
//! token = { file = "secrets/scim" }                  # or variable, command, keyring, systemd
//! login = "sync@example.test"                        # the user whose token it is: never taken from
//! ```
//!
//! People come from a live directory like this; `docs/directory.md` tells every key:
//!
//! ```toml
//! [source]
//! ldap = ["ldaps://dc1.example.test", "ldaps://dc2.example.test"]  # or `domain`, whose servers DNS knows
//! base = "OU=People,DC=example,DC=test"                            # default: all that the server holds
//! user = "sync@example.test"                                       # or DOMAIN\user, or a distinguished name
//! password = { file = "secrets/ldap" }                             # or variable, command, keyring, systemd
//! ca = "ca.pem"                                                    # default: whom the platform trusts
//! ```
//!
//! People may also come from a CSV, or from several sources, of which an earlier one goes before a later one:
//!
//! ```toml
//! [[source]]
//! name = "directory"
//! ldif = "directory.ldif.gz"
//!
//! [[source]]
//! name = "contractors"         # its people are known by it: keep it
//! csv = "contractors.csv"
//! id = "Personalnummer"        # the column that names a person for good
//! columns = { mail = "E-Mail", givenName = "Vorname", sn = "Nachname" }
//! groups = "Gruppen"           # and `disabled`, `enabled`, `expires`, where there are such columns
//! delimiter = ";"              # where the header does not tell
//! encoding = "windows-1252"    # where the file is not UTF-8
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

/// Where the parts of an engine are.
#[derive(Clone, Debug)]
pub struct Config {
    /// The configuration file itself.
    pub file: PathBuf,
    /// Where people are read from, in order of precedence; never empty.
    pub sources: Vec<SourceConfig>,
    /// The account that users are provisioned in.
    pub account: AccountConfig,
    /// The rules file.
    pub rules: PathBuf,
    /// The state store.
    pub state: PathBuf,
    /// The folder of plans that a check stopped.
    pub plans: PathBuf,
    surroundings: Surroundings,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such file, [`ErrorKind::Input`] with line and column for what is wrong in
    /// it.
    pub fn load(file: impl Into<PathBuf>) -> Result<Self> {
        let file = file.into();
        let text = read_text(&file, "the configuration").map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                error.hint("name it with --config, or try `gotosync quickstart` for a worked example")
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

    /// Looks up environment variables in this way; without it none is set.
    #[must_use]
    pub fn with_variables(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.surroundings.variables = Variables::new(lookup);
        self
    }

    /// Tells somebody of every attempt of every call to a service.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn with_trace(mut self, trace: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.surroundings.trace = Some(Arc::new(trace));
        self
    }

    /// The environment variables that the process must have been started with for its sources, since libraries of the system
    /// take these settings from nowhere else; most need none. A front end whose process lacks one starts it anew.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        source::environment(&self.sources)
    }

    /// Reads the rules file, with every problem in it.
    ///
    /// # Errors
    /// The problems, or the one error that the file cannot be read at all.
    pub fn rules(&self) -> Result<Rules, Vec<Error>> {
        let text = read_text(&self.rules, "the rules").map_err(|error| vec![error])?;
        Rules::parse(&text, &self.rules.display().to_string()).map_err(crate::rules::Problems::into_errors)
    }

    /// Opens every part and joins them.
    ///
    /// # Errors
    /// What keeps a part from being opened; of several problems in the rules the first.
    pub fn engine(&self) -> Result<Engine> {
        let text = read_text(&self.rules, "the rules")?;
        let rules = Rules::parse(&text, &self.rules.display().to_string())?;
        let source = self.source()?;
        let target = self.target()?;
        let state = SqliteState::open(&self.state)?;
        Ok(Engine::new(source, target, state, rules))
    }

    /// The latest runs, newest first; the rules need not be readable for that.
    pub async fn history(&self, limit: usize) -> Result<Vec<RunRecord>> {
        let account = self.target()?.describe().await?.account;
        SqliteState::open(&self.state)?.history(&account, limit).await
    }

    /// Looks at another account of the same login, by name or key.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an account in a file.
    pub fn choose_account(&mut self, name: &str) -> Result<()> {
        self.account.choose(name)
    }

    /// The account alone, for looking things up.
    ///
    /// # Errors
    /// What keeps it from being opened.
    pub fn target(&self) -> Result<Box<dyn ProvisioningTarget>> {
        self.account.open(&self.surroundings)
    }

    /// The account at GoTo, for what only one there can tell.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] when the account is another one, otherwise as [`target`](Self::target).
    #[cfg(feature = "goto")]
    pub fn goto_account(&self) -> Result<GotoAccount> {
        self.goto()?.open(&self.surroundings)
    }

    /// Whoever signs in to GoTo, and where their browser comes back to.
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
                Err(Error::new(ErrorKind::Unsupported, "the account is at a SCIM service: nobody signs in to it")
                    .with("scim", &scim.url)
                    .hint("have a token made there, and name in [account] where it is kept, as `token`"))
            }
            AccountConfig::Local { file, .. } => {
                Err(Error::new(ErrorKind::Unsupported, "the account is one in a file: nobody signs in to it")
                    .with("file", file.display())
                    .hint("for one at GoTo write `goto = \"the id of your OAuth client\"` in [account]"))
            }
        }
    }

    /// The source alone, for browsing; several as one. This is when passwords are fetched.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when a source cannot have the name it has, and what keeps a password or a certificate from being
    /// used.
    pub fn source(&self) -> Result<Box<dyn DirectorySource>> {
        source::open(&self.sources, &self.surroundings.variables)
    }

    /// Keeps a plan that a check stopped, and says where.
    pub fn keep_plan(&self, plan: &Plan) -> Result<PathBuf> {
        let failed =
            |error: std::io::Error| Error::from(error).during("keep the plan").with("folder", self.plans.display());
        fs::create_dir_all(&self.plans).map_err(failed)?;
        let path = self.plans.join(format!("{}.json", plan.id()));
        write_plan(plan, &path)?;
        Ok(path)
    }
}

/// Writes a plan to a file, whole or not at all; a file that is there already is replaced.
///
/// # Errors
/// [`ErrorKind::NotFound`] when the folder does not exist, and whatever keeps the file from being written.
pub fn write_plan(plan: &Plan, file: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::from(error).during("write the plan").with("file", file.display());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let message = format!("there is no folder `{}`", folder.display());
        return Err(Error::new(ErrorKind::NotFound, message)
            .during("write the plan")
            .with("file", file.display())
            .hint("make the folder first"));
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
/// [`ErrorKind::NotFound`] when there is no such file, otherwise as [`Plan::from_json`].
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
        let message = format!("[{table}] has no `{key}`");
        let at = inner.map_or(0..0, |inner| inner.at().clone());
        top.problem(&at, message, format!("write a table [{table}] with `{key} = \"…\"`"));
    }
    default.map(PathBuf::from)
}

fn read_text(path: &Path, what: &str) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|error| Error::from(error).during(format!("read {what}")).with("file", path.display()))
}
