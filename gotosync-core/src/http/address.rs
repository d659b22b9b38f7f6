//! Validates and displays the addresses of services.

use crate::{Error, ErrorKind, Result};

/// Parses the base address of a service. Without TLS, anyone on the network could read the token, so plain HTTP is
/// accepted for this machine only.
pub(super) fn parse_base(text: &str) -> Result<reqwest::Url> {
    let wrong = |message: &str, hint: &str| Err(Error::new(ErrorKind::Input, message.to_owned()).hint(hint.to_owned()));
    let example = "write it as `https://api.example.test`";
    let Ok(url) = reqwest::Url::parse(text.trim()) else {
        return wrong("the service address is not a valid URL", example);
    };
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return wrong("the service address must not contain a user name, a password, or parameters", example);
    }
    let host = url.host_str().unwrap_or_default();
    let own =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match url.scheme() {
        "https" if !host.is_empty() => Ok(url),
        "http" if own => Ok(url),
        "http" => wrong("plain HTTP is allowed only for services on this machine", "write `https://`"),
        _ => wrong("the service address is not a valid URL", example),
    }
}

/// Returns the host of an address, with the port if it is not the default.
pub(super) fn host_of(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Formats an address without the user name, path, and parameters.
pub(super) fn shown_url(url: &reqwest::Url) -> String {
    format!("{}://{}", url.scheme(), host_of(url))
}
