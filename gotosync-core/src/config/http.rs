//! How a service is called: whom to trust, what stands between, and how long to wait.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::{Surroundings, secret};
use crate::Result;
use crate::http::{Client, HttpOptions, Proxies, Roots, Timeouts};
use crate::rules::Table;
use crate::secret::SecretSource;

/// How a service is called, as the configuration describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpConfig {
    /// Who may vouch for a server.
    pub roots: Roots,
    /// The proxy, where the environment is not to say.
    pub proxy: Option<ProxyConfig>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// The largest answer that is taken, in bytes.
    pub largest_answer: Option<usize>,
    /// Whether any server is taken for whom it says it is.
    pub danger_accept_any_certificate: bool,
}

/// A proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyConfig {
    /// Its address.
    pub url: String,
    /// Who signs in to it, and where the password is.
    pub user: Option<(String, SecretSource)>,
    /// Hosts that are reached without it, with commas between them.
    pub direct: String,
}

impl HttpConfig {
    /// Prepares to call services. This is when the password of a proxy is fetched.
    pub(super) fn client(&self, surroundings: &Surroundings) -> Result<Client> {
        let proxies = match &self.proxy {
            Some(proxy) => proxy.open(surroundings)?,
            None => Proxies::from_variables(&|name| surroundings.variables.value(name))?,
        };
        let defaults = HttpOptions::default();
        let client = Client::new(HttpOptions {
            roots: self.roots.clone(),
            proxies,
            timeouts: self.timeouts,
            largest_answer: self.largest_answer.unwrap_or(defaults.largest_answer),
            danger_accept_any_certificate: self.danger_accept_any_certificate,
            ..defaults
        })?;
        Ok(match surroundings.trace.clone() {
            Some(trace) => client.watch(move |exchange| trace(exchange)),
            None => client,
        })
    }
}

impl ProxyConfig {
    fn open(&self, surroundings: &Surroundings) -> Result<Proxies> {
        let proxies = Proxies::all(&self.url, &self.direct).map_err(|error| error.during("use the proxy"))?;
        let Some((user, place)) = &self.user else { return Ok(proxies) };
        let password = place.fetch(&|name| surroundings.variables.value(name));
        Ok(proxies.with_credentials(user, &password.map_err(|error| error.during("get the password of the proxy"))?))
    }
}

/// Reads it from the table of an account.
pub(super) fn read(table: &Table<'_, '_>, folder: &Path) -> HttpConfig {
    let ca = if table.has("ca") { table.required_string("ca", "ca.pem") } else { None };
    HttpConfig {
        roots: ca.map_or(Roots::Platform, |path| Roots::Bundle(folder.join(path.value))),
        proxy: proxy(table, folder),
        timeouts: timeouts(table),
        largest_answer: size(table, "largest_answer"),
        danger_accept_any_certificate: table.boolean("danger_accept_any_certificate").is_some_and(|found| found.value),
    }
}

fn proxy(table: &Table<'_, '_>, folder: &Path) -> Option<ProxyConfig> {
    let inner = table.table("proxy")?;
    let url = inner.required_string("url", "http://proxy.example.test:3128");
    if let Some(text) = url.as_ref().filter(|text| text.value.contains('@')) {
        // Not shown: what stands before the `@` is a password.
        let hint = "write `user` and `password` as keys of their own";
        inner.problem(&text.at, "the address of a proxy has a user in it", hint);
    }
    let user = inner.string("user").map(|text| text.value);
    let password = secret::read(&inner, "password", "proxy", folder);
    if user.is_some() != inner.has("password") {
        inner.problem(inner.at(), "a proxy has both a `user` and a `password`, or neither", "add the other one");
    }
    let direct: Vec<String> = inner.strings("direct").into_iter().map(|text| text.value).collect();
    inner.finish();
    Some(ProxyConfig { url: url?.value, user: user.zip(password), direct: direct.join(",") })
}

fn timeouts(table: &Table<'_, '_>) -> Timeouts {
    let mut timeouts = Timeouts::default();
    let Some(inner) = table.table("timeouts") else { return timeouts };
    for (key, slot) in
        [("connect", &mut timeouts.connect), ("read", &mut timeouts.read), ("total", &mut timeouts.total)]
    {
        if let Some(time) = time(&inner, key, Duration::from_millis(1)) {
            *slot = time;
        }
    }
    inner.finish();
    timeouts
}

/// Reads a time.
pub(super) fn time(table: &Table<'_, '_>, key: &'static str, least: Duration) -> Option<Duration> {
    let text = table.string(key)?;
    let time = text.value.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    let found = time.filter(|time| (least..=LONGEST).contains(time));
    if found.is_none() {
        let message = format!("`{key}` is `{}`, expected a time of up to a day", text.value);
        table.problem(&text.at, message, "write for example \"15s\" or \"2m\"");
    }
    found
}

/// Reads a number that is not 0.
pub(super) fn size(table: &Table<'_, '_>, key: &'static str) -> Option<usize> {
    let size = table.number(key)?;
    if size == 0 {
        table.problem(&table.at_key(key), format!("`{key}` is 0"), "leave it out for the default");
    }
    Some(size)
}

const LONGEST: Duration = Duration::from_hours(24);
