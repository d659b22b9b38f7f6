//! Makes calls: one at a time by itself, as many at once as it is asked for.

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

/// Connections to services, and how they are made. Clones share them.
#[derive(Clone)]
pub struct Client {
    inner: reqwest::Client,
    options: Arc<HttpOptions>,
    watch: Option<Watch>,
}

/// Told of every attempt of every call.
pub type Watch = Arc<dyn Fn(&Exchange<'_>) + Send + Sync>;

/// One attempt of a call, as a trace tells it. It holds no parameter, no body and no secret.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'e> {
    /// The word of the method.
    pub method: &'static str,
    /// The host, and the port where it is not the usual one.
    pub host: &'e str,
    /// The path.
    pub path: &'e str,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The status; `None` if no answer came.
    pub status: Option<u16>,
    /// The number that the service gave the call.
    pub request_id: Option<&'e str>,
    /// How long it took, without waiting for its turn.
    pub took: Duration,
    /// What went wrong, in one line.
    pub problem: Option<&'e str>,
}

/// One base address of a service: its limit, and who signs in.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: reqwest::Url,
    limit: Arc<Limit>,
    bearer: Option<Arc<dyn Bearer>>,
}

impl Client {
    /// Prepares connections; none is made before it is used.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] and [`ErrorKind::Input`] for certificates and proxies that cannot be used.
    pub fn new(options: HttpOptions) -> Result<Self> {
        let mut config = if options.danger_accept_any_certificate {
            let provider = Arc::new(default_provider());
            tls::configure_with(Arc::new(AnyServer::new(&provider)), provider, options.client.as_ref())?
        } else {
            tls::configure(&options.roots, options.client.as_ref())?
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut builder = reqwest::Client::builder()
            // Without this it would read variables by itself.
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
            Error::new(ErrorKind::Input, format!("the HTTP client cannot be set up: {error}")).during("prepare HTTP")
        })?;
        Ok(Self { inner, options: Arc::new(options), watch: None })
    }

    /// Tells somebody of every attempt. It is called from within the call and must not take long.
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    /// How connections are made.
    pub fn options(&self) -> &HttpOptions {
        &self.options
    }

    /// A service at a base address, called at most so often in a second.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for what is no address of a service, and for one without TLS that is not on this machine.
    pub fn api(&self, base: &str, per_second: Option<f64>) -> Result<Api> {
        let base = parse_base(base)?;
        Ok(Api { client: self.clone(), base, limit: Arc::new(Limit::new(per_second)), bearer: None })
    }
}

impl Api {
    /// The same service with somebody who signs in.
    #[must_use]
    pub fn signed_in(mut self, bearer: Arc<dyn Bearer>) -> Self {
        self.bearer = Some(bearer);
        self
    }

    /// The base address.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Makes a call, with as many attempts as are right.
    ///
    /// # Errors
    /// A [`Failure`] for everything but an answer that says that it was done.
    pub async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let nothing = |error| Failure::lost(error, Reached::Not);
        let url = request.url(&self.base).map_err(nothing)?;
        let (mut attempt, mut renewed, mut doubt) = (1, false, false);
        loop {
            let token = match &self.bearer {
                Some(bearer) => Some(bearer.token().await.map_err(nothing)?),
                None => None,
            };
            let began = self.limit.turn().await;
            let tried = self.attempt(request, &url, token.as_ref(), attempt).await;
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
                    // Not what the service said of the old one: why there is no other.
                    Err(error) => return Err(failed(Failure::lost(error, failure.reached))),
                }
            }
            let passes = failure.meaning.is_none_or(Meaning::passes) && failure.error.retryable();
            let wait = (passes && may_repeat(request.safety, failure.reached))
                .then(|| self.client.options.patience.wait(attempt, failure.pause, chance()))
                .flatten();
            if failure.meaning == Some(Meaning::Slower) {
                self.limit.slower(began, Instant::now(), failure.pause.or(wait).unwrap_or_default());
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
        attempt: u32,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let host = host_of(url);
        let told = |status: Option<u16>, id: Option<&str>, problem: Option<&str>| {
            if let Some(watch) = &self.client.watch {
                let (method, path) = (request.method.as_str(), url.path());
                let took = began.elapsed();
                watch(&Exchange { method, host: &host, path, attempt, status, request_id: id, took, problem });
            }
        };
        let named = |error: Error| error.with("call", format_args!("{} {host}{}", request.method.as_str(), url.path()));
        let sent = made(request, url, token).map_err(|error| Failure::lost(named(error), Reached::Not))?;
        let answered = match self.client.inner.execute(sent).await {
            Ok(answered) => answered,
            Err(error) => {
                let failure = lost(&error);
                told(None, None, Some(failure.error.message()));
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
                told(Some(status), id.as_deref(), Some(error.message()));
                // Whether it was done is as the status says; that the answer is of no use does not change it.
                let reached = if meaning.nothing_was_done() { Reached::Not } else { Reached::Perhaps };
                return Err(Failure::lost(identified(named(error), id.as_deref()), reached));
            }
        };
        told(Some(status), id.as_deref(), None);
        if meaning == Meaning::Done && kind_of(&body).starts_with(PAGE) {
            // A proxy or a portal on the way answers like this. It may have passed the call on, or not.
            let error =
                Error::new(ErrorKind::Unavailable, format!("{PAGE} came instead of an answer (status {status})"));
            return Err(Failure { body, ..Failure::lost(identified(named(error), id.as_deref()), Reached::Perhaps) });
        }
        if meaning == Meaning::Done {
            return Ok(Answer { body, headers, after_doubt: false, request_id: id });
        }
        let mut error = named(Error::new(meaning.kind(), message(meaning, status, &headers, &body)));
        if meaning == Meaning::Elsewhere {
            error = error.hint("see whether the address of the service is right, and what stands between");
        }
        let pause = headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, Timestamp::now()));
        let reached = if meaning.nothing_was_done() { Reached::Not } else { Reached::Perhaps };
        Err(Failure { error: identified(error, id.as_deref()), reached, meaning: Some(meaning), body, pause })
    }
}

/// A request as it goes out.
fn made(request: &Request, url: &reqwest::Url, token: Option<&Secret>) -> Result<reqwest::Request> {
    let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes());
    let method = method.map_err(|_| Error::new(ErrorKind::Bug, "a method is none"))?;
    let mut made = reqwest::Request::new(method, url.clone());
    let headers = made.headers_mut();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let unfit = || Error::new(ErrorKind::Input, "a header cannot be sent: it holds characters that are not allowed");
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

/// Reads a body up to a size.
async fn read(mut answered: reqwest::Response, largest: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        match answered.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > largest => {
                return Err(Error::new(
                    ErrorKind::Data,
                    format!("the answer is larger than {}", bytes(largest as u64)),
                )
                .hint("the size of a page can be set, and so can the largest answer"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => {
                let what = if error.is_timeout() { "the answer stopped coming" } else { "the answer broke off" };
                return Err(Error::new(ErrorKind::Unavailable, what).caused_by(error.without_url()));
            }
        }
    }
}

/// What a call that was not answered means.
fn lost(error: &reqwest::Error) -> Failure {
    let cause = innermost(error);
    let reached = if error.is_connect() || error.is_builder() { Reached::Not } else { Reached::Perhaps };
    if let Some(problem) = certificate(error) {
        let error = Error::new(ErrorKind::Denied, format!("the server could not prove who it is: {problem}")).hint(
            "name the CA that signed its certificate as a PEM file; a proxy that looks into TLS has one of its own",
        );
        return Failure::lost(error, Reached::Not);
    }
    let what = if error.is_timeout() && error.is_connect() {
        "there was no connection in time".to_owned()
    } else if error.is_timeout() {
        "no answer came in time".to_owned()
    } else if error.is_connect() {
        format!("there is no connection: {cause}")
    } else {
        format!("the connection was lost: {cause}")
    };
    Failure::lost(Error::new(ErrorKind::Unavailable, what), reached)
}

/// The problem of a certificate, if that is what went wrong.
fn certificate(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(tls, rustls::Error::InvalidCertificate(_)).then(|| tls.to_string());
    }
    // What an error of input and output is made of is not its source, but has one.
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
    // The outermost names the address, with what is in its query.
    if std::error::Error::source(error).is_none() { "it broke".to_owned() } else { shown(&cause.to_string(), 200) }
}

/// One line on an answer that says that it was not done.
fn message(meaning: Meaning, status: u16, headers: &HeaderMap, body: &[u8]) -> String {
    let what = match meaning {
        Meaning::Done | Meaning::NotModified => "it says that nothing has changed",
        Meaning::Elsewhere => {
            let to = headers.get(LOCATION).and_then(|to| reqwest::Url::parse(to.to_str().ok()?).ok());
            let to = to.as_ref().map_or_else(|| "somewhere else".to_owned(), host_of);
            return format!("the service sends on to {to}, which is not followed (status {status})");
        }
        Meaning::Refused => "the service does not take the request",
        Meaning::SignInNeeded => "the service takes nobody to be signed in",
        Meaning::Denied => "the service says that this is not allowed",
        Meaning::NotFound => "the service has no such thing",
        Meaning::Unsupported => "the service cannot do this",
        Meaning::Conflict => "something stands against it",
        Meaning::Changed => "it is not as it was read",
        Meaning::TooLarge => "the request is too large",
        Meaning::Slower => "the service wants fewer requests",
        Meaning::Broken => "something broke at the service",
        Meaning::Away => "the service is away",
    };
    match kind_of(body) {
        page if page.starts_with(PAGE) => format!("{what} (status {status}, {page})"),
        _ => format!("{what} (status {status})"),
    }
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

/// How [`kind_of`] begins to tell of what people read.
const PAGE: &str = "a web page";
const AGENT: &str = concat!("gotosync/", env!("CARGO_PKG_VERSION"));
/// How long a connection is quiet before the system asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Headers by which services number calls.
const IDS: &[&str] = &["x-request-id", "x-correlation-id", "request-id", "x-amzn-requestid"];
