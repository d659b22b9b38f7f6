//! HTTP proxies.

use std::ffi::OsString;
use std::fmt;

use super::address::shown_url;
use crate::{Error, ErrorKind, Result, Secret};

/// The proxies for all calls, and the hosts that bypass them. `Debug` shows no password.
#[derive(Clone, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    /// Hosts that bypass the proxies: names, `.domains`, addresses, and networks, separated by commas.
    direct: String,
}

/// An HTTP proxy.
#[derive(Clone)]
struct Proxy {
    /// The address, without user name and password.
    url: reqwest::Url,
    credentials: Option<(String, Secret)>,
}

impl Proxies {
    /// Returns settings without a proxy.
    pub fn none() -> Self {
        Self::default()
    }

    /// Uses one proxy for all hosts except those in `direct`. The address may contain a user name and a password.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the address is invalid. The error does not show the address, which may contain a
    /// password.
    pub fn all(url: &str, direct: &str) -> Result<Self> {
        let proxy = Proxy::parse(url)?;
        Ok(Self { http: Some(proxy.clone()), https: Some(proxy), direct: direct.to_owned() })
    }

    /// Returns the same proxies with this user name and password.
    #[must_use]
    pub fn with_credentials(mut self, user: &str, password: &Secret) -> Self {
        for proxy in [&mut self.http, &mut self.https].into_iter().flatten() {
            proxy.credentials = Some((user.to_owned(), password.clone()));
        }
        self
    }

    /// Reads the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, and `NO_PROXY`. Lower-case names take precedence.
    /// `HTTP_PROXY` in upper case is ignored in a CGI process (`REQUEST_METHOD` is set), where a request header could
    /// have set it.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if a variable does not contain the address of a proxy.
    pub fn from_variables(variables: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        let text =
            |name: &str| variables(name).and_then(|value| value.into_string().ok()).filter(|text| !text.is_empty());
        let either = |name: &'static str| text(&name.to_lowercase()).or_else(|| text(name)).map(|text| (name, text));
        let parse = |found: Option<(&'static str, String)>| {
            found.map(|(name, url)| Proxy::parse(&url).map_err(|error| error.with("variable", name))).transpose()
        };
        let all = either("ALL_PROXY");
        let http = if text("REQUEST_METHOD").is_some() {
            text("http_proxy").map(|text| ("HTTP_PROXY", text))
        } else {
            either("HTTP_PROXY")
        };
        Ok(Self {
            http: parse(http.or_else(|| all.clone()))?,
            https: parse(either("HTTPS_PROXY").or(all))?,
            direct: either("NO_PROXY").map(|(_, text)| text).unwrap_or_default(),
        })
    }

    /// Converts the proxies for reqwest.
    pub(super) fn built(&self) -> Result<Vec<reqwest::Proxy>> {
        let none = || reqwest::NoProxy::from_string(&self.direct);
        let mut built = Vec::new();
        for (scheme, proxy) in [("http", &self.http), ("https", &self.https)] {
            let Some(proxy) = proxy else { continue };
            let made = if scheme == "http" {
                reqwest::Proxy::http(proxy.url.clone())
            } else {
                reqwest::Proxy::https(proxy.url.clone())
            };
            let mut made = made.map_err(|_| unusable())?.no_proxy(none());
            if let Some((user, password)) = &proxy.credentials {
                made = made.basic_auth(user, password.expose());
            }
            built.push(made);
        }
        Ok(built)
    }
}

impl Proxy {
    fn parse(text: &str) -> Result<Self> {
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = reqwest::Url::parse(full.trim()).map_err(|_| unusable())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(unusable());
        }
        let decoded = |text: &str| decode(text).ok_or_else(unusable);
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user)?, Secret::new(decoded(password.unwrap_or_default())?))),
        };
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| unusable())?;
        Ok(Self { url, credentials })
    }
}

/// Decodes percent-encoded text, such as `%41` to `A`; `None` if the result is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                (high * 16 + low) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn unusable() -> Error {
    Error::new(ErrorKind::Input, "the address of the HTTP proxy is invalid")
        .hint("write it as `http://proxy.example.test:3128`, or with a user name as `http://user:password@…`")
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |proxy: &Option<Proxy>| proxy.as_ref().map(|proxy| shown_url(&proxy.url));
        f.debug_struct("Proxies")
            .field("http", &shown(&self.http))
            .field("https", &shown(&self.https))
            .field("direct", &self.direct)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Proxies> {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Proxies::from_variables(&move |wanted| {
            variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn reads_the_usual_proxy_variables() {
        let none = from(&[]).unwrap();
        assert!(none.built().unwrap().is_empty());
        let both =
            from(&[("ALL_PROXY", "proxy.test:3128"), ("https_proxy", "http://a.test:1"), ("HTTPS_PROXY", "b.test")]);
        let text = format!("{:?}", both.unwrap());
        assert!(text.contains("proxy.test:3128") && text.contains("a.test:1") && !text.contains("b.test"), "{text}");
        let served = from(&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "evil.test")]).unwrap();
        assert!(served.http.is_none());
    }

    #[test]
    fn never_shows_the_password_of_a_proxy() {
        let proxies = Proxies::all("http://ann:hunter%32@proxy.test:3128", "localhost,.test").unwrap();
        let (user, password) = proxies.https.as_ref().unwrap().credentials.as_ref().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("ann", "hunter2"));
        let text = format!("{proxies:?}");
        assert!(!text.contains("hunter") && !text.contains("ann"), "{text}");
        for wrong in ["socks5://ann:hunter2@x", "http://", "ftp://x", "http://ann:hunter%2@x", ""] {
            let error = Proxies::all(wrong, "").unwrap_err();
            assert!(error.kind() == ErrorKind::Input && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
