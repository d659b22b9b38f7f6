//! An account at GoTo: which client signs in, where what proves it is kept, and how the service is called.

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

/// An account at GoTo, as the configuration describes it. It holds no secret, but where one is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct GotoConfig {
    /// The id of the OAuth client.
    pub client_id: String,
    /// Where its secret is; a public client has none.
    pub client_secret: Option<SecretSource>,
    /// Where what `gotosync login` gets is kept.
    pub login: SecretSource,
    /// Where it is kept if that place does not take it.
    pub login_otherwise: Option<SecretSource>,
    /// Where a personal access token is, which goes before the login.
    pub personal_token: Option<SecretSource>,
    /// The account by name or key, where the login has several.
    pub account: Option<String>,
    /// Where a browser comes back to.
    pub redirect: String,
    /// What a login is asked for.
    pub scopes: Vec<String>,
    /// Whether telephones and locations of GoTo Connect are read and written.
    pub connect: bool,
    /// Whether that is so too for who may show which number as caller id, which takes a call for each number.
    pub caller_ids: bool,
    /// Where GoTo is.
    pub urls: GotoUrls,
    /// New users in one call at the most.
    pub batch: Option<usize>,
    /// Users on a page.
    pub page_size: Option<usize>,
    /// Requests a second for each API.
    pub per_second: Option<u32>,
    /// How long what was written may not be readable, in seconds.
    pub visible_within: Option<u32>,
    /// How the service is called.
    pub http: HttpConfig,
    /// What processes that sign in take turns by.
    lock: PathBuf,
}

impl GotoConfig {
    /// Prepares to call the account. This is when secrets are fetched.
    ///
    /// # Errors
    /// As [`SecretSource::fetch`], and for certificates and proxies that cannot be used.
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

    /// Signs in, without an account.
    pub(super) fn sign_in_alone(&self, surroundings: &Surroundings) -> Result<SignIn> {
        self.sign_in(&self.http.client(surroundings)?, surroundings)
    }

    fn sign_in(&self, client: &Client, surroundings: &Surroundings) -> Result<SignIn> {
        let fetch = |place: &SecretSource, what: &'static str| -> Result<Secret> {
            place.fetch(&|name| surroundings.variables.value(name)).map_err(|error| error.during(what))
        };
        let client_secret =
            self.client_secret.as_ref().map(|place| fetch(place, "get the secret of the OAuth client")).transpose()?;
        let means = if let Some(place) = &self.personal_token {
            let token = fetch(place, "get the personal token")?;
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
            return write!(f, ", personal token from the {place}");
        }
        write!(f, ", login kept in the {}", self.login)?;
        self.login_otherwise.iter().try_for_each(|place| write!(f, ", or else the {place}"))
    }
}

/// Reads the table of an account at GoTo.
pub(super) fn read(table: &Table<'_, '_>, folder: &Path) -> Option<GotoConfig> {
    let text = |key: &'static str, example: &str| {
        let text = if table.has(key) { table.required_string(key, example) } else { None };
        text.map(|text| text.value)
    };
    let client_id = text("goto", "the id of your OAuth client");
    let login = secret::read(table, "login", "goto-login", folder);
    if let Some(place @ (SecretSource::Variable(_) | SecretSource::Systemd(_) | SecretSource::Command { .. })) = &login
    {
        let hint = "name a file or a keyring; a secret that stays the same can be a `personal_token`";
        table.problem(
            &table.at_key("login"),
            format!("a login cannot be kept in the {place}: it changes by itself"),
            hint,
        );
    }
    let [batch, page_size, per_second] = ["batch", "page_size", "per_second"].map(|key| size(table, key));
    let per_second = per_second.map(|rate| u32::try_from(rate).unwrap_or(u32::MAX));
    let scopes: Vec<String> = table.strings("scopes").into_iter().map(|text| text.value).collect();
    let connect = table.boolean("connect").is_some_and(|found| found.value);
    let caller_ids = table.boolean("caller_ids").is_some_and(|found| found.value);
    if caller_ids && !connect {
        let hint = "numbers are those of GoTo Connect: write `connect = true` too";
        table.problem(&table.at_key("caller_ids"), "`caller_ids` without `connect` reads nothing", hint);
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

/// Where a login is kept if nothing is said: in the keyring of the system where there is one that lasts, else in a file.
fn own_login(folder: &Path, lasting_keyring: bool) -> (SecretSource, Option<SecretSource>) {
    let file = SecretSource::File(folder.join(LOGIN));
    if !lasting_keyring {
        return (file, None);
    }
    // Each configuration has its own login.
    let name = format!("{LOGIN} of {}", folder.display());
    (SecretSource::Keyring { service: "gotosync".to_owned(), name }, Some(file))
}

/// What is needed to provision users (goto-api, 1.4).
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
/// Where a browser comes back to; it is registered with the OAuth client.
const REDIRECT: &str = "http://localhost:8723/";
/// Where a login is kept, beside the configuration.
const LOGIN: &str = "goto-login";
const LOCK: &str = ".goto-login.lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_in_the_keyring_where_one_lasts_and_in_a_file_elsewhere() {
        let file = SecretSource::File(Path::new("/etc/gotosync").join("goto-login"));
        assert_eq!(own_login(Path::new("/etc/gotosync"), false), (file.clone(), None));
        let (keyring, otherwise) = own_login(Path::new("/etc/gotosync"), true);
        assert_eq!(keyring.to_string(), "keyring gotosync/goto-login of /etc/gotosync");
        assert_eq!(otherwise, Some(file));
    }
}
