//! Makes calls, in parallel if the caller sends several at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use rustls::crypto::ring::default_provider;
use tokio::time::{Instant, sleep};

use super::address::{host_of, parse_base};
use super::answer::{Answer, Failure, Reached, identified, kind_of};
use super::limit::Limit;
use super::options::HttpOptions;
use super::request::Request;
use super::retry::{chance, may_repeat, retry_after};
use super::status::{Meaning, is_about_the_token};
use super::token::Bearer;
use crate::model::text::{bytes, shown};
use crate::tls::{self, AnyServer};
use crate::{Error, ErrorKind, Result, Secret};

/// A connection pool and its settings. Clones share both.
#[derive(Clone)]
pub struct Client {
    inner: reqwest::Client,
    options: Arc<HttpOptions>,
    watch: Option<Watch>,
}

/// A callback that receives every attempt of every call.
pub type Watch = Arc<dyn Fn(&Exchange<'_>) + Send + Sync>;

/// One attempt of a call, as the trace shows it. It contains no parameters, body, or secret.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'e> {
    /// The HTTP method.
    pub method: &'static str,
    /// The host, with the port if it is not the default.
    pub host: &'e str,
    /// The path of the URL.
    pub path: &'e str,
    /// The number of the attempt, starting at 1.
    pub attempt: u32,
    /// The response status; `None` if there was no response.
    pub status: Option<u16>,
    /// The request ID that the service assigned.
    pub request_id: Option<&'e str>,
    /// The duration, without the wait for the rate limit.
    pub took: Duration,
    /// The problem in one line, if there was one.
    pub problem: Option<&'e str>,
}

/// One base address of a service, with its rate limit and its token.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: reqwest::Url,
    limit: Arc<Limit>,
    bearer: Option<Arc<dyn Bearer>>,
}

impl Client {
    /// Sets up the client; it opens connections when they are first needed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] and [`ErrorKind::Input`] for unusable certificates and proxies.
    pub fn new(options: HttpOptions) -> Result<Self> {
        let mut config = if options.danger_accept_any_certificate {
            let provider = Arc::new(default_provider());
            tls::configure_with(Arc::new(AnyServer::new(&provider)), provider, options.client.as_ref())?
        } else {
            tls::configure(&options.roots, options.client.as_ref())?
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut builder = reqwest::Client::builder()
            // Otherwise reqwest would read the proxy variables of the environment by itself.
            .no_proxy()
            .tls_backend_preconfigured(config)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(options.timeouts.connect)
            .read_timeout(options.timeouts.read)
            .timeout(options.timeouts.total)
            .tcp_keepalive(KEEPALIVE);
        for proxy in options.proxies.built()? {
            builder = builder.proxy(proxy);
        }
        let inner = builder.build().map_err(|error| {
            Error::new(ErrorKind::Input, format!("could not create the HTTP client: {error}")).during("prepare HTTP")
        })?;
        Ok(Self { inner, options: Arc::new(options), watch: None })
    }

    /// Reports every attempt to a callback. The call waits for the callback, so it must return quickly.
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    /// Returns the settings of the client.
    pub fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// Returns a service at a base address, with an optional limit of requests per second.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the address is invalid, or uses plain HTTP and is not on this machine.
    pub fn api(&self, base: &str, per_second: Option<f64>) -> Result<Api> {
        let base = parse_base(base)?;
        Ok(Api { client: self.clone(), base, limit: Arc::new(Limit::new(per_second)), bearer: None })
    }
}

impl Api {
    /// Returns the same service, authenticated with the tokens of `bearer`.
    #[must_use]
    pub fn signed_in(mut self, bearer: Arc<dyn Bearer>) -> Self {
        self.bearer = Some(bearer);
        self
    }

    /// Returns the base address.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Sends a request and retries it as its safety and the client's options allow.
    ///
    /// # Errors
    /// A [`Failure`] for everything but a successful response.
    pub async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let nothing = |error| Failure::lost(error, Reached::Not);
        let url = request.url(&self.base).map_err(nothing)?;
        let (mut attempt, mut renewed, mut doubt) = (1, false, false);
        let start = Instant::now();
        loop {
            let token = match &self.bearer {
                Some(bearer) => Some(bearer.token().await.map_err(nothing)?),
                None => None,
            };
            let turn = self.limit.turn().await;
            let tried = self.attempt(request, &url, token.as_ref(), (attempt, start)).await;
            let failure = match tried {
                Ok(answer) => {
                    self.limit.calm();
                    return Ok(Answer { after_doubt: doubt, ..answer });
                }
                Err(failure) => failure,
            };
            doubt |= failure.reached == Reached::Perhaps;
            let failed = |failure: Failure| {
                let reached = if doubt { Reached::Perhaps } else { Reached::Not };
                Failure { reached, ..failure }
            };
            if let (Some(bearer), Some(token), Some(meaning)) = (&self.bearer, &token, failure.meaning)
                && !renewed
                && is_about_the_token(meaning, &failure.body)
            {
                renewed = true;
                match bearer.renew(token).await {
                    Ok(_) => continue,
                    // Report why there is no new token, not why the service rejected the old one.
                    Err(error) => return Err(failed(Failure::lost(error, failure.reached))),
                }
            }
            let passes = failure.meaning.is_none_or(Meaning::passes) && failure.error.retryable();
            let wait = (passes && may_repeat(request.safety, failure.reached))
                .then(|| self.client.options.patience.wait(attempt, failure.pause, chance()))
                .flatten();
            if failure.meaning == Some(Meaning::Slower) {
                self.limit.slower(turn, Instant::now(), failure.pause.or(wait).unwrap_or_default());
            }
            let Some(wait) = wait else { return Err(failed(failure)) };
            sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        request: &Request,
        url: &reqwest::Url,
        token: Option<&Secret>,
        (attempt, start): (u32, Instant),
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let host = host_of(url);
        let watched = |status: Option<u16>, id: Option<&str>, problem: Option<&str>| {
            if let Some(watch) = &self.client.watch {
                let (method, path) = (request.method.as_str(), url.path());
                let took = began.elapsed();
                watch(&Exchange { method, host: &host, path, attempt, status, request_id: id, took, problem });
            }
        };
        let named = |error: Error| {
            let call = format!("{} {host}{}", request.method.as_str(), url.path());
            with_attempts(error, attempt, start.elapsed()).with("call", call)
        };
        let sent = made(request, url, token).map_err(|error| Failure::lost(named(error), Reached::Not))?;
        let answered = match self.client.inner.execute(sent).await {
            Ok(answered) => answered,
            Err(error) => {
                let failure = lost(&error);
                watched(None, None, Some(failure.error.message()));
                return Err(Failure { error: named(failure.error), ..failure });
            }
        };
        let (status, headers) = (answered.status().as_u16(), answered.headers().clone());
        let id = IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::to_owned);
        let meaning = Meaning::of(status);
        let body = read(answered, self.client.options.largest_answer).await;
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                watched(Some(status), id.as_deref(), Some(error.message()));
                // The status decides whether the request was processed, even if the body is unusable.
                let reached = if meaning.nothing_was_done() { Reached::Not } else { Reached::Perhaps };
                return Err(Failure::lost(identified(named(error), id.as_deref()), reached));
            }
        };
        watched(Some(status), id.as_deref(), None);
        if meaning == Meaning::Done && kind_of(&body).starts_with(PAGE) {
            // A proxy or a sign-in portal on the way sent this page. It may or may not have forwarded the request.
            let message = format!("the service answered {} with {PAGE}", status_line(status));
            let error = Error::new(ErrorKind::Unavailable, message);
            return Err(Failure { body, ..Failure::lost(identified(named(error), id.as_deref()), Reached::Perhaps) });
        }
        if meaning == Meaning::Done {
            return Ok(Answer { body, headers, after_doubt: false, request_id: id });
        }
        let mut error = named(Error::new(meaning.kind(), message(meaning, status, &headers, &body)));
        if meaning == Meaning::Elsewhere {
            error = error.hint("check the service address, and any proxy or sign-in portal on the way");
        }
        let pause = headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, Timestamp::now()));
        let reached = if meaning.nothing_was_done() { Reached::Not } else { Reached::Perhaps };
        Err(Failure { error: identified(error, id.as_deref()), reached, meaning: Some(meaning), body, pause })
    }
}

/// Builds the request for reqwest.
fn made(request: &Request, url: &reqwest::Url, token: Option<&Secret>) -> Result<reqwest::Request> {
    let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes());
    let method = method.map_err(|_| Error::new(ErrorKind::Bug, "the HTTP method is invalid"))?;
    let mut made = reqwest::Request::new(method, url.clone());
    let headers = made.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let unfit = || Error::new(ErrorKind::Input, "a request header contains characters that HTTP does not allow");
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value).map_err(|_| unfit())?;
        value.set_sensitive(name.eq_ignore_ascii_case("authorization"));
        headers.insert(*name, value);
    }
    if let Some(body) = &request.body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.kind));
        *made.body_mut() = Some(body.bytes.clone().into());
    }
    Ok(made)
}

/// Reads a body up to a maximum size.
async fn read(mut answered: reqwest::Response, largest: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match answered.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                return Err(Error::new(
                    ErrorKind::Data,
                    format!("the response is larger than {}", bytes(largest as u64)),
                )
                .hint("reduce `page_size`, or increase `largest_answer`"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => {
                let what = if error.is_timeout() { "the response stalled" } else { "the response broke off" };
                return Err(Error::new(ErrorKind::Unavailable, what).caused_by(error.without_url()));
            }
        }
    }
}

/// Converts the error of a call that received no response.
fn lost(error: &reqwest::Error) -> Failure {
    let cause = innermost(error);
    let reached = if error.is_connect() || error.is_builder() { Reached::Not } else { Reached::Perhaps };
    if let Some(problem) = certificate(error) {
        let error = Error::new(ErrorKind::Denied, format!("TLS certificate verification failed: {problem}")).hint(
            "set `ca` to a PEM file with the CA certificate that issued the server's certificate; \
            a proxy that inspects TLS has its own CA",
        );
        return Failure::lost(error, Reached::Not);
    }
    let what = if error.is_timeout() && error.is_connect() {
        "the connection attempt timed out".to_owned()
    } else if error.is_timeout() {
        "the service did not respond in time".to_owned()
    } else if error.is_connect() {
        format!("the connection failed: {cause}")
    } else {
        format!("the connection was lost: {cause}")
    };
    Failure::lost(Error::new(ErrorKind::Unavailable, what), reached)
}

/// Returns the certificate problem that caused an error, if there was one.
fn certificate(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, rustls::Error::InvalidCertificate(_)).then(|| tls.to_string());
    }
    // An I/O error returns the error inside it from `get_ref`, not from `source`.
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => certificate(inner),
        None => certificate(error.source()?),
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    // The outermost error contains the URL with its query, so it is not shown.
    if std::error::Error::source(error).is_none() { "unknown cause".to_owned() } else { shown(&cause.to_string(), 200) }
}

/// Describes an unsuccessful response in one line.
fn message(meaning: Meaning, status: u16, headers: &HeaderMap, body: &[u8]) -> String {
    let answered = format!("the service answered {}", status_line(status));
    match meaning {
        Meaning::Elsewhere => {
            let to = headers.get(LOCATION).and_then(|to| reqwest::Url::parse(to.to_str().ok()?).ok());
            let to = to.as_ref().map_or_else(|| "another address".to_owned(), host_of);
            format!("{answered} with a redirect to {to}, which gotosync refuses to follow")
        }
        Meaning::Changed => format!("{answered}: the object has changed since it was read"),
        _ if kind_of(body).starts_with(PAGE) => format!("{answered} with {PAGE}"),
        _ => answered,
    }
}

/// Formats a status with its standard reason phrase, such as `503 Service Unavailable`.
fn status_line(status: u16) -> String {
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// Appends the number of attempts and their total time to the message of an error, if there was more than one attempt.
fn with_attempts(error: Error, attempts: u32, took: Duration) -> Error {
    if attempts == 1 {
        return error;
    }
    let seconds = took.as_secs_f64();
    let digits = usize::from(seconds < 10.0);
    let message = format!("{} ({attempts} attempts in {seconds:.digits$} s)", error.message());
    error.reworded(message)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Api({})", self.base())
    }
}

/// The beginning of the text that [`kind_of`] returns for HTML.
const PAGE: &str = "an HTML page";
const AGENT: &str = concat!("gotosync/", env!("CARGO_PKG_VERSION"));
/// The idle time of a connection after which the operating system checks that the other end is alive.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Response headers in which services return request IDs.
const IDS: &[&str] = &["x-request-id", "x-correlation-id", "request-id", "x-amzn-requestid"];
