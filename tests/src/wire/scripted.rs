//! A small LDAP server that behaves as it is told.

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

/// What a scripted server holds, and how it behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Attributes of the rootDSE.
    pub root: Vec<(String, Vec<Vec<u8>>)>,
    /// All other entries; they come in this order.
    pub entries: Vec<Entry>,
    /// Who may sign in; without anybody, all may read without signing in, and every password is right.
    pub accounts: Vec<Account>,
    /// The result code of a bind with a name and an empty password: 0 on Windows, which takes it for an anonymous bind, 49
    /// on Samba, 53 on slapd.
    pub empty_password: u32,
    /// What it makes of the paging control.
    pub paging: ServedPaging,
    /// Entries in one answer at most, as AD's `MaxPageSize`: pages are made smaller, and an unpaged search ends with
    /// `sizeLimitExceeded` after so many.
    pub limit: Option<usize>,
    /// Values of one attribute in one answer at most, as AD's `MaxValRange`.
    pub range: Option<usize>,
    /// Entries in one round of a `DirSync` search at most; without it the control is not known.
    pub dir_sync: Option<usize>,
    /// Other servers that hold parts of the tree: the name of the part, and URLs. A search above it comes with a
    /// continuation reference, one in it with a referral.
    pub elsewhere: Vec<(String, Vec<String>)>,
    /// The only attributes it has, as a Global Catalog does.
    pub partial: Option<Vec<String>>,
}

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name, as it has to be given.
    pub name: String,
    /// The password.
    pub password: String,
}

/// What a server makes of the paging control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedPaging {
    /// It gives pages.
    Served,
    /// It takes no notice, and gives all at once.
    Ignored,
    /// It takes no notice but where the control is critical: then it refuses with `unavailableCriticalExtension`.
    Unknown,
}

impl Script {
    /// A server that holds these entries below a naming context, gives pages, and asks nobody for a password.
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

    /// Puts other values into the rootDSE.
    pub fn root<V: AsRef<[u8]>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.root.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.root.push((name.to_owned(), values.into_iter().map(|value| value.as_ref().to_vec()).collect()));
        self
    }

    /// Lets somebody sign in, and from then on nobody read who has not.
    pub fn account(mut self, name: &str, password: &str) -> Self {
        self.accounts.push(Account { name: name.to_owned(), password: password.to_owned() });
        self
    }
}

/// A server that behaves as a script says; it ends when it is dropped.
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

    /// Listens as a front says.
    pub fn start_at(front: &Front, script: Script) -> Result<Self, Trouble> {
        let script = Arc::new(script);
        let acceptor = Acceptor::new(front)?;
        let listening = Listening::start(front, move |tcp| {
            let (script, acceptor) = (Arc::clone(&script), acceptor.clone());
            // However a client goes, nobody is left to tell.
            async move { drop(serve(tcp, acceptor, &script).await) }
        })?;
        Ok(Self { listening, scheme: front.scheme() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Where it listens, as clients write it.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// This server as what stands behind a wire; for servers without TLS.
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
            // To abandon what has been answered is nothing.
            message::ABANDON => {}
            tag => {
                let op = message::result(tag + 1, 53, "this server is only read", &[]);
                client.send(&Message::new(message.id, op).bytes()).await?;
            }
        }
    }
    Ok(())
}

/// The result code of a bind; nothing for one that succeeds without signing anybody in.
fn sign_in(script: &Script, bind: &BindOp) -> Option<u32> {
    let Some(password) = &bind.password else { return Some(7) };
    if password.is_empty() {
        return Some(script.empty_password).filter(|code| *code != 0 && !bind.name.is_empty());
    }
    let known =
        |account: &Account| account.name.eq_ignore_ascii_case(&bind.name) && account.password.as_bytes() == password;
    Some(if script.accounts.is_empty() || script.accounts.iter().any(known) { 0 } else { 49 })
}
