//! A client with no manners: one connection, one request, and whatever came back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Trouble;

/// Asks for one thing at a time, without another try.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What stands in `Authorization`, whole.
    pub authorization: Option<String>,
}

/// What came back.
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
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl Probe {
    /// One with an access token.
    pub fn bearer(token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")) }
    }

    /// One without.
    pub fn stranger() -> Self {
        Self { authorization: None }
    }

    /// Reads.
    ///
    /// # Errors
    ///
    /// Nobody answered, or not to the end.
    pub fn get(&self, url: &str) -> Result<Answer, Trouble> {
        self.send("GET", url, "application/json", "")
    }

    /// Sends JSON.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn json(&self, method: &str, url: &str, body: &Value) -> Result<Answer, Trouble> {
        self.send(method, url, "application/json", &body.to_string())
    }

    /// Sends a form that is encoded already.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn form(&self, url: &str, body: &str) -> Result<Answer, Trouble> {
        self.send("POST", url, "application/x-www-form-urlencoded", body)
    }

    fn send(&self, method: &str, url: &str, kind: &str, body: &str) -> Result<Answer, Trouble> {
        let rest = url.strip_prefix("http://").ok_or("only http is spoken")?;
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
        let (head, text) = text.split_once("\r\n\r\n").ok_or("the answer has no end of its head")?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("the answer has no status")?.parse()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let answer = Answer { status, headers, text: text.to_owned() };
        match answer.header("content-length") {
            Some(length) if length.parse() != Ok(answer.text.len()) => Err("the answer was cut".into()),
            _ => Ok(answer),
        }
    }
}
