//! A connection between a client and a server.

mod answer;
mod request;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::aim::At;
use super::fault::{Ending, Fault, Rest};
use super::message::{self, DONE, Message, SearchOp};
use super::rubbish;
use super::shared::{Acceptor, Open, Record, Shared};
use super::stream::{Framed, Stream};
use super::strike::paging::Cookies;
use super::strike::{Ask, Step};
use crate::Trouble;

/// Relays a connection until it ends.
pub(super) async fn relay(tcp: TcpStream, shared: Arc<Shared>) {
    let open = shared.open();
    if let Err(trouble) = meet(tcp, &open, &shared).await {
        shared.trouble(open.number, trouble);
    }
}

/// The state of an open connection.
struct Connection<'a> {
    number: usize,
    shared: &'a Shared,
    client: Framed,
    server: Framed,
    pending: HashMap<i64, Pending>,
    searches: Vec<Known>,
    cookies: Cookies,
    /// The result code of all later searches, after [`Fault::SearchesRefused`].
    lost: Option<u32>,
    /// `true` if the last bind was refused.
    refused: bool,
    /// `true` if client and server may have negotiated a SASL security layer, after which messages are encrypted.
    may_seal: bool,
}

/// A request whose response is incomplete.
struct Pending {
    ask: Ask,
    record: Record,
    /// The faults for the response. Without faults, the response is relayed message by message.
    faults: Vec<usize>,
    steps: Vec<Step>,
}

/// A search that may have further pages.
struct Known {
    /// The index of the search in the record.
    record: usize,
    op: SearchOp,
    /// For each fault that includes this search, the number of the match.
    ordinals: Vec<Option<usize>>,
    /// The cookie of the last page.
    cookie: Vec<u8>,
}

/// The action after a message.
enum Next {
    GoOn,
    BeginTls,
    End(Ending),
}

/// A received message.
enum Arrived {
    Client(io::Result<Option<Vec<u8>>>),
    Server(io::Result<Option<Vec<u8>>>),
}

async fn meet(mut tcp: TcpStream, open: &Open, shared: &Shared) -> Result<(), Trouble> {
    for fault in shared.aimed(At::Connection, open.number) {
        match &shared.damages[fault].fault {
            Fault::Cut { ending, .. } => {
                shared.struck(open.number, fault, Record::Other);
                end(Framed::new(Stream::Plain(tcp)), *ending, shared).await;
                return Ok(());
            }
            Fault::Rubbish { what, rest, .. } => {
                shared.struck(open.number, fault, Record::Other);
                // Clients start with the message id 1.
                tcp.write_all(&rubbish::bytes(*what, 1, DONE)).await?;
                if *rest == Rest::Missing {
                    end(Framed::new(Stream::Plain(tcp)), Ending::Silence, shared).await;
                    return Ok(());
                }
            }
            _ => {}
        }
    }
    let client = match &shared.acceptor {
        Some(Acceptor::AtOnce(acceptor)) => Stream::accept(tcp, acceptor).await?,
        Some(Acceptor::OnDemand(_)) | None => Stream::Plain(tcp),
    };
    let connection = Connection {
        number: open.number,
        shared,
        client: Framed::new(client),
        server: Framed::new(shared.upstream.connect().await?),
        pending: HashMap::new(),
        searches: Vec::new(),
        cookies: Cookies::default(),
        lost: None,
        refused: false,
        may_seal: false,
    };
    connection.run().await
}

impl Connection<'_> {
    async fn run(mut self) -> Result<(), Trouble> {
        loop {
            let arrived = tokio::select! {
                message = self.client.next() => Arrived::Client(message),
                message = self.server.next() => Arrived::Server(message),
            };
            let next = match arrived {
                Arrived::Client(Ok(Some(bytes))) => self.request(&bytes).await,
                Arrived::Client(Ok(None)) => return Ok(()),
                Arrived::Server(Ok(Some(bytes))) => self.response(bytes).await,
                Arrived::Server(Ok(None)) => Ok(Next::End(Ending::Closed)),
                Arrived::Client(Err(_)) | Arrived::Server(Err(_)) if self.may_seal && self.is_sealed() => {
                    return self.relay_sealed().await;
                }
                Arrived::Client(Err(error)) => return gone(error),
                Arrived::Server(Err(error)) => {
                    self.shared.trouble(self.number, error);
                    Ok(Next::End(Ending::Rst))
                }
            };
            match next {
                Ok(Next::GoOn) => {}
                Ok(Next::BeginTls) => {
                    let (Stream::Plain(tcp), Some(Acceptor::OnDemand(acceptor))) =
                        (self.client.stream, &self.shared.acceptor)
                    else {
                        return Err("a client requested StartTLS under TLS".into());
                    };
                    self.client = Framed::new(Stream::accept(tcp, acceptor).await?);
                }
                Ok(Next::End(ending)) => {
                    drop(self.server);
                    end(self.client, ending, self.shared).await;
                    return Ok(());
                }
                Err(error) => return gone(error),
            }
        }
    }

    fn is_sealed(&self) -> bool {
        self.client.is_sealed() || self.server.is_sealed()
    }

    /// Relays encrypted bytes unchanged.
    async fn relay_sealed(mut self) -> Result<(), Trouble> {
        self.server.send(&self.client.rest).await?;
        self.client.send(&self.server.rest).await?;
        match copy_bidirectional(&mut self.client.stream, &mut self.server.stream).await {
            Ok(_) => Ok(()),
            Err(error) => gone(error),
        }
    }
}

/// A disconnected client is not an error, however the connection ended.
fn gone(error: io::Error) -> Result<(), Trouble> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof => Ok(()),
        _ => Err(error.into()),
    }
}

/// Ends a connection, but keeps reading from the client: closing a socket with unread bytes would send an RST, which
/// could discard data that was sent before.
async fn end(mut client: Framed, ending: Ending, shared: &Shared) {
    let done = match ending {
        Ending::Rst => {
            // The caller drops the socket immediately afterwards.
            let _ = client.stream.tcp().set_zero_linger();
            return;
        }
        Ending::Closed => client.stream.shutdown().await,
        Ending::Fin => client.stream.tcp().shutdown().await,
        Ending::Silence => Ok(()),
    };
    if done.is_err() {
        return;
    }
    while let Ok(Some(bytes)) = client.next().await {
        shared.received(bytes.len());
        if let Ok(message) = Message::parse(&bytes)
            && !matches!(message.tag(), message::BIND | message::SEARCH)
        {
            shared.other(&message);
        }
    }
}
