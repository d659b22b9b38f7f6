//! Requests to a service.

use crate::{Error, ErrorKind, Result};

/// A request that can be sent.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    /// The path below the base address, with encoded segments.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Body>,
    pub(super) safety: Safety,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads a resource.
    Get,
    /// Creates a resource.
    Post,
    /// Replaces a resource.
    Put,
    /// Changes a resource.
    Patch,
    /// Deletes a resource.
    Delete,
}

/// The safety of repeating a request whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Repeating the request has no further effect (it is idempotent).
    Repeatable,
    /// Repeating the request could do its work twice. It is retried only if the service certainly did not process it.
    Once,
}

impl Safety {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Repeatable, Self::Once];
}

/// A request body.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Method {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// Returns the method name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Returns the default safety: GET, PUT, and DELETE are idempotent, the others are not (RFC 9110, section 9.2.2).
    const fn safety(self) -> Safety {
        match self {
            Self::Get | Self::Put | Self::Delete => Safety::Repeatable,
            Self::Post | Self::Patch => Safety::Once,
        }
    }
}

impl Request {
    /// Creates a request for a path that begins with `/`. The path segments must be encoded; see [`part`](Self::part).
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let safety = method.safety();
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: None, safety }
    }

    /// Creates a GET request.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// Encodes one segment of a path.
    pub fn part(text: &str) -> String {
        encode(text)
    }

    /// Adds a query parameter. A space is sent as `%20`, never as `+` (goto-api, 2.4).
    #[must_use]
    pub fn query(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.query.push((name.to_owned(), format!("{value}")));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(self, body: &impl serde::Serialize) -> Self {
        self.json_as("application/json", body)
    }

    /// Sets a JSON body with another media type, such as `application/scim+json`.
    #[must_use]
    pub fn json_as(mut self, kind: &'static str, body: &impl serde::Serialize) -> Self {
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        self.body = Some(Body { kind, bytes });
        self
    }

    /// Sets a form body.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let bytes = pairs(fields.iter().map(|(name, value)| (*name, *value))).into_bytes();
        self.body = Some(Body { kind: "application/x-www-form-urlencoded", bytes });
        self
    }

    /// Overrides the default safety of the method.
    #[must_use]
    pub fn safety(mut self, safety: Safety) -> Self {
        self.safety = safety;
        self
    }

    /// Builds the URL below a base address.
    pub(super) fn url(&self, base: &reqwest::Url) -> Result<reqwest::Url> {
        let mut text = base.as_str().trim_end_matches('/').to_owned();
        text.push_str(&self.path);
        if !self.query.is_empty() {
            text.push('?');
            text.push_str(&pairs(self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
        }
        reqwest::Url::parse(&text).map_err(|_| Error::new(ErrorKind::Bug, "the request URL is invalid"))
    }
}

impl std::fmt::Debug for Request {
    /// Hides the parameters and the body, which may contain personal data and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

/// Encodes names and values as a query string or form.
pub(crate) fn pairs<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from_digit(u32::from(digit), 16).unwrap_or_default().to_ascii_uppercase());
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_a_space_as_percent_20() {
        let base = reqwest::Url::parse("https://api.example.test/admin/").unwrap();
        let request =
            Request::get(format!("/users/{}", Request::part("a/b"))).query("filter", "email eq \"a+b@x.test\"");
        let expected = "https://api.example.test/admin/users/a%2Fb?filter=email%20eq%20%22a%2Bb%40x.test%22";
        assert_eq!(request.url(&base).unwrap().as_str(), expected);
        assert_eq!(format!("{request:?}"), "GET /users/a%2Fb");
    }

    #[test]
    fn marks_post_and_patch_as_not_repeatable() {
        assert_eq!(Request::get("/").safety, Safety::Repeatable);
        assert_eq!(Request::new(Method::Post, "/").safety, Safety::Once);
        assert_eq!(Request::new(Method::Patch, "/").safety, Safety::Once);
    }
}
