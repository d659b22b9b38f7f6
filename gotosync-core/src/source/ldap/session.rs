//! A session: a bound connection to a server, and its searches.

use std::sync::{Arc, OnceLock};

use ldap3::controls::{Control, RawControl};
use ldap3::exop::WhoAmI;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Scope, StdStream};
use rustls::ClientConfig;
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use super::ber::Malformed;
#[cfg(feature = "kerberos")]
use super::dial::late;
use super::dial::{Line, dial, servers};
use super::guard::{Broken, Item, Traffic, carry, shown};
use super::options::{LdapOptions, Server, SignIn};
use super::server::{ROOT_ATTRIBUTES, Root};
use super::sign_in::sign_in;
use crate::{Error, ErrorKind, Result};

/// A bound connection, which runs one search at a time.
pub(super) struct Session {
    ldap: Ldap,
    traffic: Arc<Traffic>,
    guard: JoinHandle<()>,
    driver: AbortHandle,
    pub(super) server: Server,
    pub(super) secure: bool,
    pub(super) root: Root,
    options: Arc<LdapOptions>,
    pub(super) searches: u64,
}

/// A search, or a page of one.
#[derive(Clone, Debug)]
pub(super) struct Question<'q> {
    pub(super) base: &'q str,
    pub(super) scope: Scope,
    pub(super) filter: &'q str,
    pub(super) attributes: &'q [String],
}

/// The reason why a search failed.
#[derive(Clone, Debug)]
pub(super) struct Stopped {
    /// The result code, if the server gave one.
    pub(super) code: Option<u32>,
    pub(super) problem: String,
    /// The URLs of a referral, if the server returned one instead of the entries.
    pub(super) elsewhere: Vec<String>,
}

impl Stopped {
    pub(super) fn because(problem: impl Into<String>) -> Self {
        Self { code: None, problem: problem.into(), elsewhere: Vec::new() }
    }
}

impl From<Malformed> for Stopped {
    fn from(malformed: Malformed) -> Self {
        Self::because(malformed.to_string())
    }
}

/// A failed attempt to open a session.
enum Refusal {
    /// Another server may succeed.
    TryNext(Error),
    /// All servers would fail in the same way.
    Final(Error),
}

impl Session {
    /// Connects to the first server that answers, and binds. A refused bind is final: another server would refuse it as well and
    /// count another wrong password.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if no server answers, with the problem of each; [`ErrorKind::Denied`] if a server refuses.
    pub(super) async fn open(options: &Arc<LdapOptions>, config: &Arc<ClientConfig>) -> Result<Self> {
        let mut problems: Vec<Error> = Vec::new();
        for located in servers(options).await? {
            let opening = async {
                let line = dial(&located, config, options).await.map_err(Refusal::TryNext)?;
                let mut session = Self::start(line, options).await?;
                session.root =
                    session.root().await.map_err(|error| Refusal::TryNext(error.with("server", &session.server)))?;
                Ok(session)
            };
            match opening.await {
                Ok(session) => return Ok(session),
                Err(Refusal::Final(error)) => return Err(error),
                Err(Refusal::TryNext(error)) => problems.push(error),
            }
        }
        match problems.len() {
            0 => Err(Error::new(ErrorKind::NotFound, "no server was found")),
            1 => Err(problems.swap_remove(0)),
            count => {
                let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let message = format!("none of the {count} servers answered: {}", list.join("; "));
                let error = Error::new(ErrorKind::Unavailable, message);
                Err(match problems[0].help() {
                    Some(help) => error.hint(help.to_owned()),
                    None => error,
                })
            }
        }
    }

    /// Starts the guard and the client library on a connection, and binds.
    async fn start(mut line: Line, options: &Arc<LdapOptions>) -> Result<Self, Refusal> {
        let server = line.located.server.clone();
        let named = |error: Error| error.with("server", &server);
        let final_or_next = |error: Error| match error.kind() {
            ErrorKind::Unavailable => Refusal::TryNext(named(error)),
            _ => Refusal::Final(named(error)),
        };
        let how = &options.sign_in;
        if let SignIn::Kerberos { .. } = how {
            kerberos(&mut line, options).await.map_err(final_or_next)?;
        }
        let traffic = Arc::new(Traffic::new(options.timeouts.idle, options.largest_answer));
        let (network_side, library_side) = pipe().map_err(|error| Refusal::Final(Error::from(error)))?;
        let guard = tokio::spawn(carry(line.stream, network_side, Arc::clone(&traffic)));
        let settings = LdapConnSettings::new().set_std_stream(library_side);
        let (driver, ldap) = match LdapConnAsync::with_settings(settings, PIPE_URL).await {
            Ok(pair) => pair,
            Err(error) => {
                guard.abort();
                return Err(Refusal::Final(Error::new(ErrorKind::Bug, format!("the client library: {error}"))));
            }
        };
        // The guard knows why the connection ended, so the error of the library is ignored.
        let driver = tokio::spawn(async move {
            let _ = driver.drive().await;
        });
        let mut session = Self {
            ldap,
            traffic,
            guard,
            driver: driver.abort_handle(),
            server: server.clone(),
            secure: line.secure,
            root: Root::default(),
            options: Arc::clone(options),
            searches: 0,
        };
        let signed_in = sign_in(&mut session.ldap, how, options.timeouts.connect).await;
        signed_in.map_err(|error| match session.traffic.broken() {
            Some(broken) if error.kind() == ErrorKind::Unavailable => Refusal::TryNext(named(broken_error(broken))),
            _ => final_or_next(error),
        })?;
        session.traffic.sign_in();
        Ok(session)
    }

    /// Reads the root DSE.
    pub(super) async fn root(&mut self) -> Result<Root> {
        let attributes: Vec<String> = ROOT_ATTRIBUTES.iter().map(ToString::to_string).collect();
        let question = Question { base: "", scope: Scope::Base, filter: "(objectClass=*)", attributes: &attributes };
        let mut root = None;
        let mut take = |item: Item| {
            if let Item::Entries(frames) = &item {
                root = Some(Root::parse(frames).map_err(|malformed| Stopped::because(malformed.to_string()))?);
            }
            Ok(())
        };
        self.ask(&question, Vec::new(), &mut take).await.map_err(|stopped| self.failed(stopped))?;
        root.ok_or_else(|| {
            Error::new(ErrorKind::Denied, "the server does not return its root DSE")
                .hint("grant the user read access to the root DSE, the entry with the empty DN")
        })
    }

    /// Runs one search, passes the items to `take`, and returns the result if it is a success.
    ///
    /// Both of the library's ways to report an error must be checked: after a failed page, it may return `Ok`, or the result of
    /// the previous page.
    ///
    /// # Errors
    /// Any result other than success, a broken connection, a timeout, and the errors of `take`. After an error of `take`, the
    /// remaining items are read and dropped, so that the connection stays usable.
    pub(super) async fn ask(
        &mut self,
        question: &Question<'_>,
        controls: Vec<RawControl>,
        take: &mut (dyn FnMut(Item) -> Result<(), Stopped> + Send),
    ) -> Result<LdapResult, Stopped> {
        self.searches += 1;
        let patience = self.options.timeouts.operation;
        let mut refused = None;
        let mut take = |item: Item| {
            if refused.is_none() {
                refused = take(item).err();
            }
        };
        let result = timeout(patience, self.ask_patiently(question, controls, &mut take)).await;
        let result = result.unwrap_or_else(|_| {
            // Close the connection: late messages could be taken for the response to another request.
            self.close_now();
            Err(Stopped::because(format!("the server did not finish its response within {} s", patience.as_secs_f32())))
        });
        refused.map_or(result, Err)
    }

    async fn ask_patiently(
        &mut self,
        question: &Question<'_>,
        controls: Vec<RawControl>,
        take: &mut (dyn FnMut(Item) + Send),
    ) -> Result<LdapResult, Stopped> {
        let (sender, mut items) = mpsc::channel(IN_FLIGHT);
        self.traffic.deliver_to(Some(sender));
        let result = {
            let ldap = self.ldap.with_controls(controls);
            let searching = async {
                let mut stream = ldap
                    .streaming_search(question.base, question.scope, question.filter, question.attributes.to_vec())
                    .await
                    .map_err(|error| error.to_string())?;
                match stream.next().await {
                    Ok(None) => Ok(stream.finish().await),
                    Ok(Some(_)) => Err("the client library returned an unexpected entry".to_owned()),
                    Err(error) => Err(error.to_string()),
                }
            };
            let mut searching = std::pin::pin!(searching);
            loop {
                tokio::select! {
                    biased;
                    Some(item) = items.recv() => take(item),
                    result = &mut searching => break result,
                }
            }
        };
        self.traffic.deliver_to(None);
        // All items before the result are in the channel by now.
        while let Ok(item) = items.try_recv() {
            take(item);
        }
        match result {
            Err(library) => Err(match self.traffic.broken() {
                Some(broken) => Stopped::because(broken.to_string()),
                None => Stopped::because(library),
            }),
            Ok(result) if result.rc == 0 => Ok(result),
            Ok(result) => {
                let mut problem =
                    format!("the server ended the search with result code {}", shown(result.rc, &result.text));
                if let Some(url) = result.refs.first() {
                    problem = format!("{problem}, and refers to {url}");
                }
                let elsewhere = if result.rc == REFERRAL { result.refs } else { Vec::new() };
                Err(Stopped { code: Some(result.rc), problem, elsewhere })
            }
        }
    }

    /// Asks the server for the identity of the user (RFC 4532): empty if anonymous, `None` if the server does not answer.
    pub(super) async fn who_am_i(&mut self) -> Option<String> {
        let answer = timeout(self.options.timeouts.operation, self.ldap.extended(WhoAmI)).await.ok()?.ok()?;
        if answer.1.rc != 0 {
            return None;
        }
        String::from_utf8(answer.0.val.unwrap_or_default()).ok()
    }

    /// Waits for changes until `take` returns an error to end the wait. The connection cannot be used for anything else
    /// afterward.
    pub(super) async fn listen(
        mut self,
        question: &Question<'_>,
        controls: Vec<RawControl>,
        take: &mut (dyn FnMut(Item) -> Result<(), Stopped> + Send),
    ) -> Stopped {
        self.traffic.be_patient();
        let (enough, heard) = (Notify::new(), OnceLock::new());
        let mut take = |item: Item| {
            if let Err(stopped) = take(item) {
                let _ = heard.set(stopped);
                enough.notify_one();
            }
        };
        let ended = tokio::select! {
            ended = self.ask_patiently(question, controls, &mut take) => ended,
            () = enough.notified() => Err(Stopped::because("the wait has ended")),
        };
        match (heard.into_inner(), ended) {
            (Some(stopped), _) | (None, Err(stopped)) => stopped,
            (None, Ok(_)) => Stopped::because("the server stopped reporting changes"),
        }
    }

    /// Returns the error for a failed search without which the operation cannot continue.
    pub(super) fn failed(&self, stopped: Stopped) -> Error {
        let kind = match stopped.code {
            Some(1 | 8 | 13 | 48 | 49 | 50 | 53) => ErrorKind::Denied,
            Some(32) => ErrorKind::NotFound,
            Some(_) => ErrorKind::Data,
            None => match self.traffic.broken() {
                Some(Broken::Malformed(_) | Broken::Unexpected(_) | Broken::TooLarge(..)) => ErrorKind::Data,
                _ => ErrorKind::Unavailable,
            },
        };
        Error::new(kind, stopped.problem)
    }

    /// Returns `true` if the connection is still usable.
    pub(super) fn is_good(&self) -> bool {
        self.traffic.broken().is_none()
    }

    /// Returns the number of bytes received and sent so far.
    pub(super) fn bytes(&self) -> (u64, u64) {
        self.traffic.bytes()
    }

    /// Sends an unbind request and closes the connection.
    pub(super) async fn close(mut self) {
        let leaving = async {
            // The guard forwards the unbind request and then ends.
            let _ = self.ldap.unbind().await;
            let _ = (&mut self.guard).await;
        };
        let _ = timeout(LEAVE, leaving).await;
    }

    fn close_now(&mut self) {
        self.traffic.give_up(Broken::Silent(self.options.timeouts.operation));
        self.abort();
    }

    fn abort(&self) {
        self.guard.abort();
        self.driver.abort();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.abort();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Returns the value of a control in a result.
pub(super) fn control<'r>(result: &'r LdapResult, oid: &str) -> Option<&'r [u8]> {
    let found = result.ctrls.iter().find(|Control(_, raw): &&Control| raw.ctype == oid)?;
    found.1.val.as_deref().or(Some(&[]))
}

fn broken_error(broken: &Broken) -> Error {
    match broken {
        Broken::Malformed(_) | Broken::Unexpected(_) | Broken::TooLarge(..) => {
            Error::new(ErrorKind::Data, broken.to_string()).hint("check that an LDAP server listens on this port")
        }
        _ => Error::new(ErrorKind::Unavailable, broken.to_string()),
    }
}

#[cfg(feature = "kerberos")]
async fn kerberos(line: &mut Line, options: &LdapOptions) -> Result<()> {
    let patience = options.timeouts.connect;
    timeout(patience, super::kerberos::sign_in(line, &options.sign_in)).await.unwrap_or_else(|_| Err(late(patience)))
}

#[cfg(not(feature = "kerberos"))]
#[expect(clippy::unused_async, reason = "the variant with Kerberos is async")]
async fn kerberos(_: &mut Line, _: &LdapOptions) -> Result<()> {
    Err(Error::new(ErrorKind::Unsupported, "this build cannot sign in by Kerberos"))
}

/// Creates a connected pair of streams for the guard and the library, which accepts only a stream of the system.
#[cfg(unix)]
fn pipe() -> std::io::Result<(tokio::net::UnixStream, StdStream)> {
    let (network, library) = std::os::unix::net::UnixStream::pair()?;
    network.set_nonblocking(true)?;
    Ok((tokio::net::UnixStream::from_std(network)?, StdStream::Unix(library)))
}

#[cfg(unix)]
const PIPE_URL: &str = "ldapi:///";

/// Creates a connected pair of streams over the loopback interface. It fails if another process connected first.
#[cfg(not(unix))]
fn pipe() -> std::io::Result<(tokio::net::TcpStream, StdStream)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let network = std::net::TcpStream::connect(listener.local_addr()?)?;
    let (library, from) = listener.accept()?;
    if from != network.local_addr()? {
        return Err(std::io::ErrorKind::ConnectionRefused.into());
    }
    network.set_nonblocking(true)?;
    Ok((tokio::net::TcpStream::from_std(network)?, StdStream::Tcp(library)))
}

#[cfg(not(unix))]
const PIPE_URL: &str = "ldap://localhost";

const REFERRAL: u32 = 10;

/// The maximum time for the unbind.
const LEAVE: std::time::Duration = std::time::Duration::from_secs(1);

/// The maximum number of chunks of entries in the queue to the reader. A chunk has about 64 kB, unless an entry is larger.
const IN_FLIGHT: usize = 16;
