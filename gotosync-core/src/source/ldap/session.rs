//! Somebody signed in at a server, and what they may ask.

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

/// A connection on which somebody has signed in. One search at a time.
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

/// Why a search ended before its end.
#[derive(Clone, Debug)]
pub(super) struct Stopped {
    /// The result code, if the server gave one.
    pub(super) code: Option<u32>,
    pub(super) problem: String,
    /// Where the whole answer is instead.
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

/// What a server is like when it is not the one to go on with.
enum Refusal {
    /// Another one may answer.
    TryNext(Error),
    /// All of them would say the same.
    Final(Error),
}

impl Session {
    /// Connects to the first server that answers, and signs in. A server that refuses whoever signs in ends it: another one
    /// would refuse as well, and count it as one more wrong password.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] when none answers, with what each said; [`ErrorKind::Denied`] when one refuses.
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
            0 => Err(Error::new(ErrorKind::NotFound, "there is no server to try")),
            1 => Err(problems.swap_remove(0)),
            count => {
                let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let message = format!("none of {count} servers answers: {}", list.join("; "));
                let error = Error::new(ErrorKind::Unavailable, message);
                Err(match problems[0].help() {
                    Some(help) => error.hint(help.to_owned()),
                    None => error,
                })
            }
        }
    }

    /// Puts the guard and the client library behind a connection, and signs in.
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
        // Why it ended is the guard's to say.
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

    /// Reads the root entry anew.
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
            Error::new(ErrorKind::Denied, "the server does not show its root entry")
                .hint("let the user read the entry with the empty name")
        })
    }

    /// Asks once, hands on what comes, and gives the result if it is a success.
    ///
    /// Neither of the two ways in which the library tells an error is enough alone: after a failed page it may say `Ok`, or
    /// give the result of the page before.
    ///
    /// # Errors
    /// Any result but success, a connection that broke, an answer that took too long, and what `take` says. After an error of
    /// `take` the rest of the answer is read and not handed on, so that the next question gets its own.
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
            // Nothing more can be asked: what still comes would be taken for the answer to something else.
            self.close_now();
            Err(Stopped::because(format!("the answer was not there after {} s", patience.as_secs_f32())))
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
                    Ok(Some(_)) => Err("an entry came where none should".to_owned()),
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
        // All that came before the end is in the channel by now.
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
                let mut problem = format!("the server ended the search with {}", shown(result.rc, &result.text));
                if let Some(url) = result.refs.first() {
                    problem = format!("{problem}, and refers to {url}");
                }
                let elsewhere = if result.rc == REFERRAL { result.refs } else { Vec::new() };
                Err(Stopped { code: Some(result.rc), problem, elsewhere })
            }
        }
    }

    /// Who the server says is signed in (RFC 4532): empty for nobody, `None` if it does not say.
    pub(super) async fn who_am_i(&mut self) -> Option<String> {
        let answer = timeout(self.options.timeouts.operation, self.ldap.extended(WhoAmI)).await.ok()?.ok()?;
        if answer.1.rc != 0 {
            return None;
        }
        String::from_utf8(answer.0.val.unwrap_or_default()).ok()
    }

    /// Asks for news, for as long as it takes until `take` has heard enough, which it says by an error. The connection is of no use
    /// for anything else from then on.
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
            () = enough.notified() => Err(Stopped::because("enough was heard")),
        };
        match (heard.into_inner(), ended) {
            (Some(stopped), _) | (None, Err(stopped)) => stopped,
            (None, Ok(_)) => Stopped::because("the server has stopped to tell what changes"),
        }
    }

    /// The error of a search that was needed to go on at all.
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

    /// Whether more can be asked.
    pub(super) fn is_good(&self) -> bool {
        self.traffic.broken().is_none()
    }

    /// Bytes received and sent so far.
    pub(super) fn bytes(&self) -> (u64, u64) {
        self.traffic.bytes()
    }

    /// Takes leave as the protocol wants it.
    pub(super) async fn close(mut self) {
        let leaving = async {
            // It goes through the guard, which ends when it is through.
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

/// The value of a control of a result.
pub(super) fn control<'r>(result: &'r LdapResult, oid: &str) -> Option<&'r [u8]> {
    let found = result.ctrls.iter().find(|Control(_, raw): &&Control| raw.ctype == oid)?;
    found.1.val.as_deref().or(Some(&[]))
}

fn broken_error(broken: &Broken) -> Error {
    match broken {
        Broken::Malformed(_) | Broken::Unexpected(_) | Broken::TooLarge(..) => {
            Error::new(ErrorKind::Data, broken.to_string()).hint("see whether an LDAP server listens there")
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
#[expect(clippy::unused_async, reason = "the other form waits")]
async fn kerberos(_: &mut Line, _: &LdapOptions) -> Result<()> {
    Err(Error::new(ErrorKind::Unsupported, "this build cannot sign in by Kerberos"))
}

/// Two ends that are joined: one for the guard, one for the library, which takes a stream of the system and no other.
#[cfg(unix)]
fn pipe() -> std::io::Result<(tokio::net::UnixStream, StdStream)> {
    let (network, library) = std::os::unix::net::UnixStream::pair()?;
    network.set_nonblocking(true)?;
    Ok((tokio::net::UnixStream::from_std(network)?, StdStream::Unix(library)))
}

#[cfg(unix)]
const PIPE_URL: &str = "ldapi:///";

/// Two ends that are joined, over the loopback interface: where another process got in between, they are not.
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

/// How long it may take to say goodbye.
const LEAVE: std::time::Duration = std::time::Duration::from_secs(1);

/// Parcels of entries that may wait for the reader, of at most 64 kB each unless an entry is larger: beyond them the network
/// waits.
const IN_FLIGHT: usize = 16;
