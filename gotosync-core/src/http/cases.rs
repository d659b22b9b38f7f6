//! Tests of calls against servers that fail in various ways.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;

use super::{Api, Bearer, Client, HttpOptions, Meaning, Method, Patience, Reached, Request, Safety, Timeouts};
use crate::{Error, ErrorKind, Result, Secret};

/// A server that plays a script of responses, each on its own connection, and records the requests.
pub(crate) struct Server {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// The reaction of the server to a connection.
#[derive(Clone)]
pub(crate) enum Does {
    Say(String),
    /// Reads the request and closes the connection.
    HangUp,
    /// Reads the request and never responds.
    Wait,
}

fn status(line: &str, headers: &str, body: &str) -> Does {
    Does::Say(format!("HTTP/1.1 {line}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()))
}

pub(crate) fn ok(body: &str) -> Does {
    status("200 OK", "", body)
}

impl Server {
    pub(crate) fn start(script: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/base/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for does in script {
                let Ok((stream, _)) = listener.accept() else { return };
                let text = request(&stream);
                kept.lock().unwrap().push(text);
                answer(stream, &does);
            }
        });
        Self { base, asked }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn api(&self) -> Api {
        self.api_with(HttpOptions::default())
    }

    fn api_with(&self, options: HttpOptions) -> Api {
        let patience = Patience { first: Duration::from_millis(2), ..options.patience };
        Client::new(HttpOptions { patience, ..options }).unwrap().api(&self.base, None).unwrap()
    }
}

fn request(mut stream: &TcpStream) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).unwrap_or(0);
        text.extend_from_slice(&buffer[..read]);
        let all = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = all.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return all;
            }
        }
        if read == 0 {
            return all;
        }
    }
}

fn answer(mut stream: TcpStream, does: &Does) {
    match does {
        Does::Say(text) => {
            let _ = stream.write_all(text.as_bytes());
        }
        Does::HangUp => {}
        // Leaves the connection open until the process ends.
        Does::Wait => std::mem::forget(stream),
    }
}

fn post() -> Request {
    Request::new(Method::Post, "/x").json(&1)
}

#[tokio::test]
async fn retries_every_request_that_was_certainly_not_processed() {
    let busy = |headers: &str| status("429 Too Many Requests", headers, r#"{"errorCode":"TOO_MANY_REQUESTS"}"#);
    let server = Server::start(vec![busy(""), busy("retry-after: 0\r\n"), ok("[]")]);
    server.api().send(&post()).await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn retries_a_request_in_doubt_only_if_it_is_repeatable() {
    for does in [Does::HangUp, status("502 Bad Gateway", "", "<html>"), status("500 Oops", "", "")] {
        let server = Server::start(vec![does.clone(), ok("1")]);
        let failure = server.api().send(&post()).await.unwrap_err();
        assert_eq!((failure.reached, server.asked().len()), (Reached::Perhaps, 1));
        assert!(failure.error.retryable(), "{:?}", failure.error);

        let server = Server::start(vec![does, ok("1")]);
        let answer = server.api().send(&post().safety(Safety::Repeatable)).await.unwrap();
        assert!(answer.after_doubt && server.asked().len() == 2);
    }
}

#[tokio::test]
async fn stays_in_doubt_when_the_retry_is_refused() {
    let server = Server::start(vec![Does::HangUp, status("404 Not Found", "", "{}")]);
    let failure = server.api().send(&Request::new(Method::Delete, "/x")).await.unwrap_err();
    assert_eq!((failure.reached, failure.meaning), (Reached::Perhaps, Some(Meaning::NotFound)));
}

#[tokio::test]
async fn does_not_retry_a_refused_request() {
    let server = Server::start(vec![status("409 Conflict", "x-request-id: abc-1\r\n", "{}"), ok("1")]);
    let failure = server.api().send(&Request::get("/x")).await.unwrap_err();
    assert_eq!((failure.error.kind(), failure.reached), (ErrorKind::Conflict, Reached::Not));
    let text = failure.error.to_string();
    assert!(text.contains("409 Conflict") && text.contains("request: abc-1") && text.contains("GET "), "{text}");
}

#[tokio::test]
async fn refuses_a_redirect_to_another_host() {
    let server = Server::start(vec![status("302 Found", "location: http://elsewhere.test/x?token=1\r\n", ""), ok("1")]);
    let failure = server.api().send(&Request::get("/x")).await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
    let text = format!("{:?}", failure.error);
    assert!(text.contains("a redirect to elsewhere.test") && !text.contains("token=1"), "{text}");
}

#[tokio::test]
async fn rejects_a_response_above_the_size_limit() {
    let server = Server::start(vec![ok(&"x".repeat(5000))]);
    let api = server.api_with(HttpOptions { largest_answer: 4999, ..HttpOptions::default() });
    let failure = api.send(&post()).await.unwrap_err();
    assert_eq!(
        (failure.error.kind(), failure.reached),
        (ErrorKind::Data, Reached::Perhaps),
        "the status says that the request was processed"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn fails_when_a_response_stalls_or_breaks_off() {
    let timeouts = Timeouts { read: Duration::from_millis(50), ..Timeouts::default() };
    let options = HttpOptions { timeouts, patience: Patience::NONE, ..HttpOptions::default() };
    let short = Does::Say("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\n12345".to_owned());
    for (does, words) in [(Does::Wait, "in time"), (short, "broke off")] {
        let server = Server::start(vec![does]);
        let failure = server.api_with(options.clone()).send(&Request::get("/x")).await.unwrap_err();
        assert!(failure.error.to_string().contains(words), "{}", failure.error);
        assert_eq!((failure.error.kind(), failure.reached), (ErrorKind::Unavailable, Reached::Perhaps));
    }
}

#[tokio::test]
async fn knows_that_a_refused_connection_had_no_effect() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = HttpOptions { patience: Patience::NONE, ..HttpOptions::default() };
    let api = Client::new(options).unwrap().api(&format!("http://{closed}"), None).unwrap();
    let failure = api.send(&post()).await.unwrap_err();
    assert_eq!((failure.error.kind(), failure.reached), (ErrorKind::Unavailable, Reached::Not));
}

#[tokio::test]
async fn describes_an_unexpected_body() {
    let page = ok("<!DOCTYPE html><p>Sign in to the guest network");
    let server = Server::start(vec![page, ok("[1")]);
    let api = server.api_with(HttpOptions { patience: Patience::NONE, ..HttpOptions::default() });
    let failure = api.send(&post()).await.unwrap_err();
    assert_eq!((failure.error.kind(), failure.reached), (ErrorKind::Unavailable, Reached::Perhaps));
    assert!(failure.error.to_string().contains("an HTML page"), "{}", failure.error);
    let error = api.send(&Request::get("/x")).await.unwrap().json::<u32>().unwrap_err();
    assert!(error.kind() == ErrorKind::Data && error.to_string().contains("JSON that is truncated"), "{error}");
}

/// A token provider that counts its renewals.
#[derive(Debug, Default)]
struct Renewing(AtomicUsize);

#[async_trait]
impl Bearer for Renewing {
    async fn token(&self) -> Result<Secret> {
        Ok(Secret::new(format!("hunter{}", self.0.load(Ordering::SeqCst))))
    }

    async fn renew(&self, _: &Secret) -> Result<Secret> {
        if self.0.fetch_add(1, Ordering::SeqCst) < 2 {
            self.token().await
        } else {
            Err(Error::new(ErrorKind::Denied, "no"))
        }
    }
}

#[tokio::test]
async fn renews_the_token_at_most_once_per_call() {
    let expired = status("403 Forbidden", "", r#"{"int_err_code":"InvalidToken"}"#);
    let unauthorized = status("401 Unauthorized", "", "{}");
    let server = Server::start(vec![expired, ok("1"), unauthorized.clone(), unauthorized]);
    let bearer = Arc::new(Renewing::default());
    let api = server.api().signed_in(Arc::clone(&bearer) as Arc<dyn Bearer>);
    // A POST is repeated, too, because the service refused it before processing.
    api.send(&post()).await.unwrap();
    let failure = api.send(&post()).await.unwrap_err();
    assert_eq!((failure.meaning, failure.error.kind()), (Some(Meaning::SignInNeeded), ErrorKind::Denied));
    let tokens: Vec<bool> = server
        .asked()
        .iter()
        .zip([0, 1, 1, 2])
        .map(|(asked, n)| asked.contains(&format!("Bearer hunter{n}\r\n")))
        .collect();
    assert_eq!(tokens, [true; 4]);
    assert!(!format!("{:?}{:?}", api, failure.error).contains("hunter"));
}

#[tokio::test]
async fn traces_every_attempt_without_query_parameters() {
    let server = Server::start(vec![status("503 Away", "", ""), status("200 OK", "x-request-id: r2\r\n", "1")]);
    let traced = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&traced);
    let options =
        HttpOptions { patience: Patience { first: Duration::ZERO, ..Patience::default() }, ..HttpOptions::default() };
    let client = Client::new(options).unwrap().watch(move |exchange| {
        let line = format!("{} {} {:?} {:?}", exchange.attempt, exchange.path, exchange.status, exchange.request_id);
        kept.lock().unwrap().push(line);
    });
    client.api(&server.base, None).unwrap().send(&Request::get("/x").query("filter", "ann")).await.unwrap();
    assert_eq!(*traced.lock().unwrap(), ["1 /base/x Some(503) None", "2 /base/x Some(200) Some(\"r2\")"]);
    assert!(server.asked()[0].starts_with("GET /base/x?filter=ann HTTP/1.1"), "{:?}", server.asked());
}

#[tokio::test]
async fn sends_the_proxy_its_password() {
    let proxy = Server::start(vec![ok("1")]);
    let address = proxy.base.trim_start_matches("http://").trim_end_matches("/base/");
    let proxies = super::Proxies::all(&format!("http://ann:hunter2@{address}"), "direct.test").unwrap();
    let client = Client::new(HttpOptions { proxies, ..HttpOptions::default() }).unwrap();
    // The proxy resolves the host name, not this process.
    client.api("http://localhost:9/x", None).unwrap().send(&Request::get("/y")).await.unwrap();
    let asked = proxy.asked();
    assert!(asked[0].starts_with("GET http://localhost:9/x/y HTTP/1.1"), "{asked:?}");
    assert!(asked[0].contains("proxy-authorization: Basic YW5uOmh1bnRlcjI="), "{asked:?}");
    assert!(!format!("{client:?}").contains("hunter2"));
}

#[test]
fn allows_plain_http_only_on_this_machine() {
    let client = Client::new(HttpOptions::default()).unwrap();
    for fine in ["https://api.example.test/v1", "http://127.0.0.1:80", "http://localhost:8080/x", "http://[::1]:1"] {
        assert!(client.api(fine, None).is_ok(), "{fine}");
    }
    for wrong in
        ["http://api.example.test", "ftp://x", "api.example.test", "https://ann:hunter2@x.test", "https://x/?a=1", ""]
    {
        let error = client.api(wrong, None).unwrap_err();
        assert!(error.kind() == ErrorKind::Input && !format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
