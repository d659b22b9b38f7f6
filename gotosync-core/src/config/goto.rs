//! The configuration of an account at GoTo: the OAuth client, the locations of its secrets, and connection settings.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::http::{self, HttpConfig, size, time};
use super::{Surroundings, secret};
use crate::http::Client;
use crate::rules::Table;
use crate::secret::SecretSource;
use crate::target::goto::{GotoAccount, GotoOptions, GotoUrls, LoginStore, Means, SignIn, SignInOptions};
use crate::{Result, Secret};

/// The configuration of an account at GoTo. It contains the locations of secrets, not the secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct GotoConfig {
    /// The id of the OAuth client.
    pub client_id: String,
    /// The location of the client secret; `None` for a public client.
    pub client_secret: Option<SecretSource>,
    /// The location where `gotosync login` stores the tokens.
    pub login: SecretSource,
    /// The location for the tokens if the first location cannot store them.
    pub login_otherwise: Option<SecretSource>,
    /// The location of a personal access token, which takes precedence over the tokens of `gotosync login`.
    pub personal_token: Option<SecretSource>,
    /// The account by name or key, if the signed-in user can access several.
    pub account: Option<String>,
    /// The redirect URI for the browser.
    pub redirect: String,
    /// The OAuth scopes to request.
    pub scopes: Vec<String>,
    /// `true` if phone settings and locations of GoTo Connect are read and written.
    pub connect: bool,
    /// `true` if caller id permissions are read and written too, which takes one API call per number.
    pub caller_ids: bool,
    /// The base addresses of the GoTo APIs.
    pub urls: GotoUrls,
    /// The maximum number of new users in one call.
    pub batch: Option<usize>,
    /// The number of users per page.
    pub page_size: Option<usize>,
    /// The maximum number of requests per second to each API.
    pub per_second: Option<u32>,
    /// The time in seconds until GoTo shows written changes.
    pub visible_within: Option<u32>,
    /// The connection settings.
    pub http: HttpConfig,
    /// The lock file with which several processes take turns when they refresh tokens.
    lock: PathBuf,
}

impl GotoConfig {
    /// Creates a client for the account. Fetches the secrets.
    ///
    /// # Errors
    /// As [`SecretSource::fetch`]; also certificates and proxies that cannot be used.
    pub(super) fn open(&self, surroundings: &Surroundings) -> Result<GotoAccount> {
        let client = self.http.client(surroundings)?;
        let sign_in = self.sign_in(&client, surroundings)?;
        let defaults = GotoOptions::default();
        let options = GotoOptions {
            admin: self.urls.admin.clone(),
            connect: self.connect.then(|| self.urls.connect.clone()),
            caller_ids: self.caller_ids,
            account: self.account.clone(),
            batch: self.batch.unwrap_or(defaults.batch),
            page_size: self.page_size.unwrap_or(defaults.page_size),
            per_second: self.per_second.map_or(defaults.per_second, |rate| Some(f64::from(rate))),
            visible_within: self.visible_within.unwrap_or(defaults.visible_within),
        };
        GotoAccount::new(&client, sign_in, options)
    }

    /// Returns the sign-in, without opening an account.
    pub(super) fn sign_in_alone(&self, surroundings: &Surroundings) -> Result<SignIn> {
        self.sign_in(&self.http.client(surroundings)?, surroundings)
    }

    fn sign_in(&self, client: &Client, surroundings: &Surroundings) -> Result<SignIn> {
        let fetch = |place: &SecretSource, what: &'static str| -> Result<Secret> {
            place.fetch(&|name| surroundings.variables.value(name)).map_err(|error| error.during(what))
        };
        let client_secret = self
            .client_secret
            .as_ref()
            .map(|place| fetch(place, "get the client secret of the OAuth client"))
            .transpose()?;
        let means = if let Some(place) = &self.personal_token {
            let token = fetch(place, "get the personal access token")?;
            Means::PersonalToken { token, place: place.clone() }
        } else {
            let store = LoginStore::new(self.login.clone(), &self.lock)?;
            Means::Login(match &self.login_otherwise {
                Some(place) => store.or_in(place.clone())?,
                None => store,
            })
        };
        let options = SignInOptions {
            client_id: self.client_id.clone(),
            client_secret,
            authorize: self.urls.authorize.clone(),
            token: self.urls.token.clone(),
            scopes: self.scopes.clone(),
            means,
        };
        SignIn::new(client, options)
    }
}

impl fmt::Display for GotoConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoTo")?;
        if let Some(account) = &self.account {
            write!(f, " account {account}")?;
        }
        if let Some(place) = &self.personal_token {
            return write!(f, ", personal access token from the {place}");
        }
        write!(f, ", tokens stored in the {}", self.login)?;
        self.login_otherwise.iter().try_for_each(|place| write!(f, ", or else the {place}"))
    }
}

/// Reads the configuration of an account at GoTo.
pub(super) fn read(table: &Table<'_, '_>, folder: &Path) -> Option<GotoConfig> {
    let text = |key: &'static str, example: &str| {
        let text = if table.has(key) { table.required_string(key, example) } else { None };
        text.map(|text| text.value)
    };
    let client_id = text("goto", "the id of your OAuth client");
    let login = secret::read(table, "login", "goto-login", folder);
    if let Some(place @ (SecretSource::Variable(_) | SecretSource::Systemd(_) | SecretSource::Command { .. })) = &login
    {
        let hint = "use `file` or `keyring` for `login`, or a personal access token as `personal_token`";
        table.problem(
            &table.at_key("login"),
            format!("`login` cannot be in the {place}: gotosync must be able to store renewed tokens there"),
            hint,
        );
    }
    let [batch, page_size, per_second] = ["batch", "page_size", "per_second"].map(|key| size(table, key));
    let per_second = per_second.map(|rate| u32::try_from(rate).unwrap_or(u32::MAX));
    let scopes: Vec<String> = table.strings("scopes").into_iter().map(|text| text.value).collect();
    let connect = table.boolean("connect").is_some_and(|found| found.value);
    let caller_ids = table.boolean("caller_ids").is_some_and(|found| found.value);
    if caller_ids && !connect {
        let hint = "phone numbers belong to GoTo Connect: add `connect = true`";
        table.problem(&table.at_key("caller_ids"), "`caller_ids` has no effect without `connect`", hint);
    }
    let (login, login_otherwise) = match login {
        Some(login) => (login, None),
        None => own_login(folder, SecretSource::LASTING_KEYRING),
    };
    Some(GotoConfig {
        client_id: client_id?,
        client_secret: secret::read(table, "client_secret", "goto-client", folder),
        login,
        login_otherwise,
        personal_token: secret::read(table, "personal_token", "goto-token", folder),
        account: text("account", "Example Ltd"),
        redirect: text("redirect", REDIRECT).unwrap_or_else(|| REDIRECT.to_owned()),
        scopes: if scopes.is_empty() { own_scopes(connect) } else { scopes },
        connect,
        caller_ids,
        urls: urls(table),
        batch,
        page_size,
        per_second,
        visible_within: time(table, "visible_within", Duration::ZERO).map(|time| time.as_secs() as u32),
        http: http::read(table, folder),
        lock: folder.join(LOCK),
    })
}

/// Returns the default locations for the tokens: a permanent system keyring if the platform has one, otherwise a file.
fn own_login(folder: &Path, lasting_keyring: bool) -> (SecretSource, Option<SecretSource>) {
    let file = SecretSource::File(folder.join(LOGIN));
    if !lasting_keyring {
        return (file, None);
    }
    // Each configuration has its own tokens.
    let name = format!("{LOGIN} of {}", folder.display());
    (SecretSource::Keyring { service: "gotosync".to_owned(), name }, Some(file))
}

/// Returns the scopes needed to provision users (goto-api, 1.4).
fn own_scopes(connect: bool) -> Vec<String> {
    let telephones = if connect { SCOPES_OF_CONNECT } else { &[] };
    SCOPES.iter().chain(telephones).map(|&scope| scope.to_owned()).collect()
}

fn urls(table: &Table<'_, '_>) -> GotoUrls {
    let mut urls = GotoUrls::default();
    let Some(inner) = table.table("urls") else { return urls };
    for (key, slot) in [
        ("authorize", &mut urls.authorize),
        ("token", &mut urls.token),
        ("admin", &mut urls.admin),
        ("connect", &mut urls.connect),
    ] {
        if let Some(text) = inner.string(key) {
            *slot = text.value;
        }
    }
    inner.finish();
    urls
}

const SCOPES: &[&str] = &["identity:"];
const SCOPES_OF_CONNECT: &[&str] = &["voice-admin.v1.read", "voice-admin.v1.write"];
/// The default redirect URI, which must be registered with the OAuth client.
const REDIRECT: &str = "http://localhost:8723/";
/// The file for the tokens, beside the configuration.
const LOGIN: &str = "goto-login";
const LOCK: &str = ".goto-login.lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_tokens_in_a_permanent_keyring_or_else_in_a_file() {
        let file = SecretSource::File(Path::new("/etc/gotosync").join("goto-login"));
        assert_eq!(own_login(Path::new("/etc/gotosync"), false), (file.clone(), None));
        let (keyring, otherwise) = own_login(Path::new("/etc/gotosync"), true);
        assert_eq!(keyring.to_string(), "keyring gotosync/goto-login of /etc/gotosync");
        assert_eq!(otherwise, Some(file));
    }
}
