//! Addresses of services: which are taken, and how they are shown.

use crate::{Error, ErrorKind, Result};

/// The base address of a service. Without TLS a token would go to whoever listens: only this machine may be called so.
pub(super) fn parse_base(text: &str) -> Result<reqwest::Url> {
    let wrong = |message: &str, hint: &str| Err(Error::new(ErrorKind::Input, message.to_owned()).hint(hint.to_owned()));
    let example = "write it as `https://api.example.test`";
    let Ok(url) = reqwest::Url::parse(text.trim()) else { return wrong("it is no address of a service", example) };
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return wrong("an address of a service has neither a user nor parameters", example);
    }
    let host = url.host_str().unwrap_or_default();
    let own =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    match url.scheme() {
        "https" if !host.is_empty() => Ok(url),
        "http" if own => Ok(url),
        "http" => wrong("an address without TLS is taken on this machine only", "write `https://`"),
        _ => wrong("it is no address of a service", example),
    }
}

/// The host of an address, with the port where it is not the usual one.
pub(super) fn host_of(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An address without user and parameters.
pub(super) fn shown_url(url: &reqwest::Url) -> String {
    format!("{}://{}", url.scheme(), host_of(url))
}
