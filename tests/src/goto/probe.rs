//! A minimal HTTP client: one connection and one request, without retries.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Trouble;

/// A client that sends single requests.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The complete value of the `Authorization` header.
    pub authorization: Option<String>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Returns the body as JSON, or `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Returns a header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl Probe {
    /// Creates a client with an access token.
    pub fn bearer(token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")) }
    }

    /// Creates a client without a token.
    pub fn stranger() -> Self {
        Self { authorization: None }
    }

    /// Sends a GET request.
    ///
    /// # Errors
    ///
    /// An error if there is no complete response.
    pub fn get(&self, url: &str) -> Result<Answer, Trouble> {
        self.send("GET", url, "application/json", "")
    }

    /// Sends JSON.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    pub fn json(&self, method: &str, url: &str, body: &Value) -> Result<Answer, Trouble> {
        self.send(method, url, "application/json", &body.to_string())
    }

    /// Sends a form that is already encoded.
    ///
    /// # Errors
    ///
    /// The same as for [`get`](Self::get).
    pub fn form(&self, url: &str, body: &str) -> Result<Answer, Trouble> {
        self.send("POST", url, "application/x-www-form-urlencoded", body)
    }

    fn send(&self, method: &str, url: &str, kind: &str, body: &str) -> Result<Answer, Trouble> {
        let rest = url.strip_prefix("http://").ok_or("the URL must begin with `http://`")?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        let authorization = self.authorization.as_ref().map(|value| format!("Authorization: {value}\r\n"));
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\n{}\
             Content-Length: {}\r\n\r\n{body}",
            authorization.unwrap_or_default(),
            body.len(),
        )?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8(bytes)?;
        let (head, text) = text.split_once("\r\n\r\n").ok_or("the response header is incomplete")?;
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("the response has no status")?.parse()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let answer = Answer { status, headers, text: text.to_owned() };
        match answer.header("content-length") {
            Some(length) if length.parse() != Ok(answer.text.len()) => Err("the response was cut off".into()),
            _ => Ok(answer),
        }
    }
}
