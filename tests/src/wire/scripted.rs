//! A small LDAP server whose content and behavior a script defines.

mod answer;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::listen::Listening;
use super::message::{self, BIND, BOUND, BindOp, Entry, Message, SEARCH, START_TLS, SearchOp, UNBIND};
use super::shared::Acceptor;
use super::stream::{Framed, Front, Stream, Upstream};
use crate::Trouble;

/// The content and behavior of a scripted server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The attributes of the root DSE.
    pub root: Vec<(String, Vec<Vec<u8>>)>,
    /// All other entries, in the order in which searches return them.
    pub entries: Vec<Entry>,
    /// The accounts that may sign in. If empty, anonymous clients may read, and every password is accepted.
    pub accounts: Vec<Account>,
    /// The result code of a bind with a name and an empty password: 0 on Windows (an unauthenticated bind), 49 on
    /// Samba, 53 on slapd.
    pub empty_password: u32,
    /// The support of the paging control.
    pub paging: ServedPaging,
    /// The maximum number of entries in a response, like `MaxPageSize` of Active Directory: pages become smaller, and
    /// an unpaged search ends with `sizeLimitExceeded` after this number.
    pub limit: Option<usize>,
    /// The maximum number of values of an attribute in a response, like `MaxValRange` of Active Directory.
    pub range: Option<usize>,
    /// The maximum number of entries in one round of a `DirSync` search; `None` if the control is unsupported.
    pub dir_sync: Option<usize>,
    /// The parts of the tree that other servers hold: the DN of the part and the URLs. A search above such a part
    /// returns a continuation reference, and a search inside returns a referral.
    pub elsewhere: Vec<(String, Vec<String>)>,
    /// The only attributes that the server has, like a global catalog; `None` for all.
    pub partial: Option<Vec<String>>,
}

/// An account that may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The exact bind name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// The support of the paging control by a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedPaging {
    /// The server returns pages.
    Served,
    /// The server ignores the control and returns all entries at once.
    Ignored,
    /// The server ignores the control unless it is critical. Then it rejects the search with
    /// `unavailableCriticalExtension`.
    Unknown,
}

impl Script {
    /// Creates a server that contains these entries below a naming context, supports paging, and requires no sign-in.
    pub fn new(context: &str, entries: impl IntoIterator<Item = Entry>) -> Self {
        let root = Entry::new(
            "",
            [
                ("objectClass", "top"),
                ("namingContexts", context),
                ("defaultNamingContext", context),
                ("supportedLDAPVersion", "3"),
                ("supportedControl", message::PAGING),
            ],
        );
        Self {
            root: root.attributes,
            entries: entries.into_iter().collect(),
            accounts: Vec::new(),
            empty_password: 0,
            paging: ServedPaging::Served,
            limit: None,
            range: None,
            dir_sync: None,
            elsewhere: Vec::new(),
            partial: None,
        }
    }

    /// Sets the values of an attribute of the root DSE.
    pub fn root<V: AsRef<[u8]>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.root.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.root.push((name.to_owned(), values.into_iter().map(|value| value.as_ref().to_vec()).collect()));
        self
    }

    /// Adds an account. From then on, clients must sign in before they can read.
    pub fn account(mut self, name: &str, password: &str) -> Self {
        self.accounts.push(Account { name: name.to_owned(), password: password.to_owned() });
        self
    }
}

/// A server that behaves as its script defines. It stops when it is dropped.
#[derive(Debug)]
pub struct Scripted {
    listening: Listening,
    scheme: &'static str,
}

impl Scripted {
    /// Listens on a free port of 127.0.0.1 without TLS.
    pub fn start(script: Script) -> Result<Self, Trouble> {
        Self::start_at(&Front::plain(), script)
    }

    /// Listens as the front specifies.
    pub fn start_at(front: &Front, script: Script) -> Result<Self, Trouble> {
        let script = Arc::new(script);
        let acceptor = Acceptor::new(front)?;
        let listening = Listening::start(front, move |tcp| {
            let (script, acceptor) = (Arc::clone(&script), acceptor.clone());
            // Errors mean that the client has disconnected, so they are ignored.
            async move { drop(serve(tcp, acceptor, &script).await) }
        })?;
        Ok(Self { listening, scheme: front.scheme() })
    }

    /// Returns the address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Returns the LDAP URL of the server.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// Returns the server as the upstream of a wire. Only for servers without TLS.
    pub fn upstream(&self) -> Upstream {
        Upstream::plain(self.address().to_string())
    }
}

async fn serve(tcp: TcpStream, acceptor: Option<Acceptor>, script: &Script) -> io::Result<()> {
    let mut on_demand: Option<TlsAcceptor> = None;
    let stream = match acceptor {
        Some(Acceptor::AtOnce(acceptor)) => Stream::accept(tcp, &acceptor).await?,
        Some(Acceptor::OnDemand(acceptor)) => {
            on_demand = Some(acceptor);
            Stream::Plain(tcp)
        }
        None => Stream::Plain(tcp),
    };
    let mut client = Framed::new(stream);
    let mut signed_in = script.accounts.is_empty();
    while let Some(bytes) = client.next().await? {
        let malformed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let message = Message::parse(&bytes).map_err(malformed)?;
        match message.tag() {
            UNBIND => return Ok(()),
            BIND => {
                let code = sign_in(script, &BindOp::parse(&message).map_err(malformed)?);
                signed_in = script.accounts.is_empty() || code == Some(0);
                let op = message::result(BOUND, code.unwrap_or(0), "", &[]);
                client.send(&Message::new(message.id, op).bytes()).await?;
            }
            SEARCH => {
                let search = SearchOp::parse(&message).map_err(malformed)?;
                client.send(&answer::answer(script, signed_in, &message, &search)).await?;
            }
            message::EXTENDED => {
                let begins = message::extended(&message).as_deref() == Some(START_TLS) && on_demand.is_some();
                let op = message::result(message::EXTENDED_ANSWER, if begins { 0 } else { 2 }, "", &[]);
                client.send(&Message::new(message.id, op).bytes()).await?;
                if let (true, Stream::Plain(_), Some(acceptor)) = (begins, &client.stream, &on_demand) {
                    let Stream::Plain(tcp) = client.stream else { return Ok(()) };
                    client = Framed::new(Stream::accept(tcp, acceptor).await?);
                }
            }
            // Requests are answered immediately, so there is nothing to abandon.
            message::ABANDON => {}
            tag => {
                let op = message::result(tag + 1, 53, "this server is read-only", &[]);
                client.send(&Message::new(message.id, op).bytes()).await?;
            }
        }
    }
    Ok(())
}

/// Returns the result code of a bind, or `None` for a successful anonymous bind.
fn sign_in(script: &Script, bind: &BindOp) -> Option<u32> {
    let Some(password) = &bind.password else { return Some(7) };
    if password.is_empty() {
        return Some(script.empty_password).filter(|code| *code != 0 && !bind.name.is_empty());
    }
    let known =
        |account: &Account| account.name.eq_ignore_ascii_case(&bind.name) && account.password.as_bytes() == password;
    Some(if script.accounts.is_empty() || script.accounts.iter().any(known) { 0 } else { 49 })
}
