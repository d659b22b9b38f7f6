//! Connection settings for services: trusted certificates, proxy, and timeouts.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::{Surroundings, secret};
use crate::Result;
use crate::http::{Client, HttpOptions, Proxies, Roots, Timeouts};
use crate::rules::Table;
use crate::secret::SecretSource;

/// The connection settings for a service.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpConfig {
    /// The certificate authorities to trust.
    pub roots: Roots,
    /// The proxy; `None` to use the proxy from the environment variables.
    pub proxy: Option<ProxyConfig>,
    /// The timeouts.
    pub timeouts: Timeouts,
    /// The maximum size of a response, in bytes.
    pub largest_answer: Option<usize>,
    /// `true` if TLS certificate verification is off.
    pub danger_accept_any_certificate: bool,
}

/// A proxy server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyConfig {
    /// The address of the proxy.
    pub url: String,
    /// The user name for the proxy, and the location of its password.
    pub user: Option<(String, SecretSource)>,
    /// Hosts to connect to without the proxy, separated by commas.
    pub direct: String,
}

impl HttpConfig {
    /// Creates an HTTP client. Fetches the password of the proxy.
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
        Ok(proxies.with_credentials(user, &password.map_err(|error| error.during("get the proxy password"))?))
    }
}

/// Reads the connection settings from the table of an account.
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
        // Do not show the address: it may contain a password before the `@`.
        let hint = "use the separate keys `user` and `password`";
        inner.problem(&text.at, "the proxy address contains a user", hint);
    }
    let user = inner.string("user").map(|text| text.value);
    let password = secret::read(&inner, "password", "proxy", folder);
    if user.is_some() != inner.has("password") {
        inner.problem(
            inner.at(),
            "a proxy needs both `user` and `password`, or neither",
            "add the missing key, or remove the other one",
        );
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

/// Reads a duration.
pub(super) fn time(table: &Table<'_, '_>, key: &'static str, least: Duration) -> Option<Duration> {
    let text = table.string(key)?;
    let time = text.value.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    let found = time.filter(|time| (least..=LONGEST).contains(time));
    if found.is_none() {
        let message = format!("`{key}` is `{}`, expected a duration of at most a day", text.value);
        table.problem(&text.at, message, "write, for example, \"15s\" or \"2m\"");
    }
    found
}

/// Reads a positive number.
pub(super) fn size(table: &Table<'_, '_>, key: &'static str) -> Option<usize> {
    let size = table.number(key)?;
    if size == 0 {
        table.problem(&table.at_key(key), format!("`{key}` is 0, expected at least 1"), "leave it out for the default");
    }
    Some(size)
}

const LONGEST: Duration = Duration::from_hours(24);
