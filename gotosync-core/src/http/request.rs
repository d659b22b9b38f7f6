//! What is asked of a service.

use crate::{Error, ErrorKind, Result};

/// One call, before it is made.
#[derive(Clone)]
pub struct Request {
    pub(super) method: Method,
    /// The path below the base address, its parts encoded.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Body>,
    pub(super) safety: Safety,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something.
    Post,
    /// Writes over something.
    Put,
    /// Changes something.
    Patch,
    /// Deletes.
    Delete,
}

/// Whether a call may be made again when nobody knows whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Doing it twice is as doing it once.
    Repeatable,
    /// It is repeated only if it was not done for sure.
    Once,
}

impl Safety {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Repeatable, Self::Once];
}

/// What is sent.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl Method {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Reads, writes over and deletes are repeatable; the others are not (RFC 9110, section 9.2.2).
    const fn safety(self) -> Safety {
        match self {
            Self::Get | Self::Put | Self::Delete => Safety::Repeatable,
            Self::Post | Self::Patch => Safety::Once,
        }
    }
}

impl Request {
    /// Asks for a path that begins with `/`; its parts must be encoded, see [`part`](Self::part).
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let safety = method.safety();
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: None, safety }
    }

    /// Reads a path.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path)
    }

    /// Encodes one part of a path.
    pub fn part(text: &str) -> String {
        encode(text)
    }

    /// Adds a parameter. A space is sent as `%20`, never as `+` (goto-api, 2.4).
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

    /// Sends JSON.
    #[must_use]
    pub fn json(self, body: &impl serde::Serialize) -> Self {
        self.json_as("application/json", body)
    }

    /// Sends JSON under a name of its own, such as `application/scim+json`.
    #[must_use]
    pub fn json_as(mut self, kind: &'static str, body: &impl serde::Serialize) -> Self {
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        self.body = Some(Body { kind, bytes });
        self
    }

    /// Sends the fields of a form.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let bytes = pairs(fields.iter().map(|(name, value)| (*name, *value))).into_bytes();
        self.body = Some(Body { kind: "application/x-www-form-urlencoded", bytes });
        self
    }

    /// Says otherwise than its method whether it may be repeated.
    #[must_use]
    pub fn safety(mut self, safety: Safety) -> Self {
        self.safety = safety;
        self
    }

    /// The address below a base.
    pub(super) fn url(&self, base: &reqwest::Url) -> Result<reqwest::Url> {
        let mut text = base.as_str().trim_end_matches('/').to_owned();
        text.push_str(&self.path);
        if !self.query.is_empty() {
            text.push('?');
            text.push_str(&pairs(self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
        }
        reqwest::Url::parse(&text).map_err(|_| Error::new(ErrorKind::Bug, "an address cannot be put together"))
    }
}

impl std::fmt::Debug for Request {
    /// Shows neither parameters nor the body: they may hold people's data, and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

/// Puts names and values together as a query or a form has them.
pub(crate) fn pairs<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// Encodes everything but what needs no encoding anywhere (RFC 3986, section 2.3).
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
    fn a_space_is_never_sent_as_plus() {
        let base = reqwest::Url::parse("https://api.example.test/admin/").unwrap();
        let request =
            Request::get(format!("/users/{}", Request::part("a/b"))).query("filter", "email eq \"a+b@x.test\"");
        let expected = "https://api.example.test/admin/users/a%2Fb?filter=email%20eq%20%22a%2Bb%40x.test%22";
        assert_eq!(request.url(&base).unwrap().as_str(), expected);
        assert_eq!(format!("{request:?}"), "GET /users/a%2Fb");
    }

    #[test]
    fn what_makes_something_is_not_repeated() {
        assert_eq!(Request::get("/").safety, Safety::Repeatable);
        assert_eq!(Request::new(Method::Post, "/").safety, Safety::Once);
        assert_eq!(Request::new(Method::Patch, "/").safety, Safety::Once);
    }
}
