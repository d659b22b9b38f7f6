//! The guard between the network and the client library, which checks every message.
//!
//! The library has no limits on nesting, message size, and buffering, panics on unknown messages, and its decoder would take
//! most of the time of a large read. Therefore entries and continuation references bypass it: the guard passes their bytes to
//! the reader through a bounded channel, which stops reading from the network while it is full. All other messages are small,
//! and they are [checked](Message::check) before the library gets them.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::ber::{self, Ber, Frame, Malformed};
use super::message::{
    BIND_REQUEST, BIND_RESPONSE, EXTENDED_REQUEST, EXTENDED_RESPONSE, INTERMEDIATE, Message, SEARCH_DONE, SEARCH_ENTRY,
    SEARCH_REFERENCE, SEARCH_REQUEST, UNBIND_REQUEST, meaning, references,
};
use crate::model::text;

/// An item that a search returns before its result.
#[derive(Debug)]
pub(super) enum Item {
    /// Complete messages, one after the other, each with a search result entry.
    Entries(Vec<u8>),
    /// The URLs of a continuation reference.
    Reference(Vec<String>),
    /// A complete message with an intermediate response.
    News(Vec<u8>),
}

/// The reason why a connection is no longer usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The server closed it.
    Closed,
    /// The network failed.
    Network(String),
    /// The server sent invalid LDAP.
    Malformed(Malformed),
    /// The server sent an unexpected message.
    Unexpected(String),
    /// The server sent a notice of disconnection.
    Notice(String),
    /// The server sent nothing for this time.
    Silent(Duration),
    /// A message is larger than the limit: its size and the limit.
    TooLarge(usize, usize),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Network(problem) => write!(f, "the connection failed: {problem}"),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Unexpected(what) => write!(f, "the server sent {what}"),
            Self::Notice(why) => write!(f, "the server ended the connection: {why}"),
            Self::Silent(time) => write!(f, "the server did not respond for {} s", time.as_secs_f32()),
            Self::TooLarge(size, limit) => write!(f, "a message of {size} bytes exceeds the limit of {limit} bytes"),
        }
    }
}

/// The state of a connection that the guard and the session share.
#[derive(Debug)]
pub(super) struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
    /// The message ID of the current search; entries with another ID are unexpected.
    search: AtomicI64,
    /// The message ID of the current bind.
    bind: AtomicI64,
    /// The message ID of the current extended request.
    extended: AtomicI64,
    owed: AtomicBool,
    signed_in: AtomicBool,
    /// `true` while waiting for changes, when the server may be silent for any time.
    patient: AtomicBool,
    heard: Mutex<Instant>,
    sink: Mutex<Option<Sender<Item>>>,
    broken: OnceLock<Broken>,
    idle: Duration,
    largest: usize,
}

impl Traffic {
    pub(super) fn new(idle: Duration, largest: usize) -> Self {
        Self {
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            search: AtomicI64::new(NONE),
            bind: AtomicI64::new(NONE),
            extended: AtomicI64::new(NONE),
            owed: AtomicBool::new(false),
            signed_in: AtomicBool::new(false),
            patient: AtomicBool::new(false),
            heard: Mutex::new(Instant::now()),
            sink: Mutex::new(None),
            broken: OnceLock::new(),
            idle,
            largest,
        }
    }

    /// Returns the number of bytes received and sent, without the overhead of TLS.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed))
    }

    /// Sets the receiver for the items of the next search.
    pub(super) fn deliver_to(&self, sink: Option<Sender<Item>>) {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = sink;
    }

    /// Marks the connection as bound, which raises the limit for the size of messages.
    pub(super) fn sign_in(&self) {
        self.signed_in.store(true, Ordering::Relaxed);
    }

    /// Disables the idle timeout while waiting for changes. TCP keepalive detects a server that is gone.
    pub(super) fn be_patient(&self) {
        self.patient.store(true, Ordering::Relaxed);
    }

    /// Returns the reason why the connection is no longer usable, if so.
    pub(super) fn broken(&self) -> Option<&Broken> {
        self.broken.get()
    }

    pub(super) fn give_up(&self, broken: Broken) {
        let _ = self.broken.set(broken);
    }

    fn sink(&self) -> Option<Sender<Item>> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn largest(&self) -> usize {
        if self.signed_in.load(Ordering::Relaxed) { self.largest } else { self.largest.min(LARGEST_BEFORE_SIGN_IN) }
    }

    fn hear(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Returns `true` if a response is pending and the server has been silent for longer than the idle timeout.
    fn silent(&self) -> bool {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let patient = self.patient.load(Ordering::Relaxed);
        self.owed.load(Ordering::Relaxed) && !patient && heard.elapsed() >= self.idle
    }
}

/// Forwards messages between the network and the library until one of them ends.
pub(super) async fn carry<N, L>(network: N, library: L, traffic: Arc<Traffic>)
where
    N: AsyncRead + AsyncWrite + Send,
    L: AsyncRead + AsyncWrite + Send,
{
    let (mut from_server, mut to_server) = tokio::io::split(network);
    let (mut from_library, mut to_library) = tokio::io::split(library);
    let broken = tokio::select! {
        broken = inwards(&mut from_server, &mut to_library, &traffic) => broken,
        broken = outwards(&mut from_library, &mut to_server, &traffic) => broken,
    };
    traffic.give_up(broken);
    // Closes the channel, so that a search that is still waiting ends.
    traffic.deliver_to(None);
    let _ = timeout(FAREWELL, to_server.shutdown()).await;
}

async fn inwards(
    server: &mut (impl AsyncRead + Unpin),
    library: &mut (impl AsyncWrite + Unpin),
    traffic: &Traffic,
) -> Broken {
    let mut buffer = Vec::new();
    loop {
        match sort(&mut buffer, library, traffic).await {
            Ok(()) => {}
            Err(broken) => return broken,
        }
        buffer.reserve(READ);
        match timeout(traffic.idle, server.read_buf(&mut buffer)).await {
            Err(_) if traffic.silent() => return Broken::Silent(traffic.idle),
            Err(_) => {}
            Ok(Ok(0)) => return Broken::Closed,
            Ok(Ok(count)) => {
                traffic.received.fetch_add(count as u64, Ordering::Relaxed);
                traffic.hear();
            }
            Ok(Err(error)) => return lost(&error),
        }
    }
}

/// Removes all complete messages from the buffer, and forwards them.
async fn sort(buffer: &mut Vec<u8>, library: &mut (impl AsyncWrite + Unpin), traffic: &Traffic) -> Result<(), Broken> {
    // The bytes from `entries` to `at` are entries that were not delivered yet.
    let (mut entries, mut at) = (0, 0);
    while let Frame::Of(length) = ber::frame(&buffer[at..]).map_err(Broken::Malformed)? {
        if length > traffic.largest() {
            return Err(Broken::TooLarge(length, traffic.largest()));
        }
        let Some(frame) = buffer.get(at..at + length) else { break };
        let message = Message::parse(frame).map_err(Broken::Malformed)?;
        if message.operation == SEARCH_ENTRY {
            expected(&message, traffic)?;
        } else {
            deliver(&buffer[entries..at], traffic).await?;
            forward(frame, &message, library, traffic).await?;
            entries = at + length;
        }
        at += length;
    }
    deliver(&buffer[entries..at], traffic).await?;
    buffer.drain(..at);
    Ok(())
}

async fn deliver(entries: &[u8], traffic: &Traffic) -> Result<(), Broken> {
    if entries.is_empty() { Ok(()) } else { give(Item::Entries(entries.to_vec()), traffic).await }
}

async fn give(item: Item, traffic: &Traffic) -> Result<(), Broken> {
    let sink = traffic.sink().ok_or_else(|| Broken::Unexpected("entries that do not belong to a search".to_owned()))?;
    sink.send(item).await.map_err(|_| Broken::Closed)?;
    // The time that the reader takes does not count as silence of the server.
    traffic.hear();
    Ok(())
}

/// Forwards a message that is not an entry.
async fn forward(
    frame: &[u8],
    message: &Message<'_>,
    library: &mut (impl AsyncWrite + Unpin),
    traffic: &Traffic,
) -> Result<(), Broken> {
    match message.operation {
        SEARCH_REFERENCE => {
            expected(message, traffic)?;
            give(Item::Reference(references(message.content).map_err(Broken::Malformed)?), traffic).await
        }
        INTERMEDIATE => {
            expected(message, traffic)?;
            give(Item::News(frame.to_vec()), traffic).await
        }
        SEARCH_DONE => {
            expected(message, traffic)?;
            message.check().map_err(Broken::Malformed)?;
            traffic.search.store(NONE, Ordering::Release);
            pass(frame, library, traffic).await
        }
        EXTENDED_RESPONSE if message.id == 0 => {
            let strange = message.is_strange_notice().map_err(Broken::Malformed)?;
            if strange { Ok(()) } else { Err(Broken::Notice(said(message)?)) }
        }
        // Samba responds to a search like this if it rejects a control.
        EXTENDED_RESPONSE if message.id == traffic.search.load(Ordering::Acquire) => {
            Err(Broken::Unexpected(format!("an extended response to a search: {}", said(message)?)))
        }
        // The library panics on a bind response if no bind is in progress.
        BIND_RESPONSE if message.id == traffic.bind.load(Ordering::Acquire) => {
            message.check().map_err(Broken::Malformed)?;
            traffic.bind.store(NONE, Ordering::Release);
            pass(frame, library, traffic).await
        }
        EXTENDED_RESPONSE if message.id == traffic.extended.load(Ordering::Acquire) => {
            message.check().map_err(Broken::Malformed)?;
            traffic.extended.store(NONE, Ordering::Release);
            pass(frame, library, traffic).await
        }
        other => Err(Broken::Unexpected(format!("an unexpected message of type {other:#04x}"))),
    }
}

async fn pass(frame: &[u8], library: &mut (impl AsyncWrite + Unpin), traffic: &Traffic) -> Result<(), Broken> {
    traffic.owed.store(false, Ordering::Release);
    library.write_all(frame).await.map_err(|_| Broken::Closed)
}

fn expected(message: &Message<'_>, traffic: &Traffic) -> Result<(), Broken> {
    if message.id == traffic.search.load(Ordering::Acquire) {
        return Ok(());
    }
    Err(Broken::Unexpected(format!(
        "a message with the ID {}, which does not belong to the current search",
        message.id
    )))
}

/// Returns the result code and message of a response.
fn said(message: &Message<'_>) -> Result<String, Broken> {
    let ended = message.ended().map_err(Broken::Malformed)?;
    let code = u32::try_from(ended.code).unwrap_or(u32::MAX);
    Ok(shown(code, ended.text))
}

/// Formats a result for messages: the code, its name, and the server's diagnostic message.
pub(super) fn shown(code: u32, words: &str) -> String {
    let words = text::shown(words.trim_matches(|c: char| c.is_whitespace() || c == '\0'), WORDS);
    let colon = if words.is_empty() { "" } else { ": " };
    format!("{code} ({}){colon}{words}", meaning(code))
}

async fn outwards(
    library: &mut (impl AsyncRead + Unpin),
    server: &mut (impl AsyncWrite + Unpin),
    traffic: &Traffic,
) -> Broken {
    let mut buffer = Vec::new();
    loop {
        while let Ok(Frame::Of(length)) = ber::frame(&buffer) {
            let Some(frame) = buffer.get(..length) else { break };
            if let Some((id, operation)) = request(frame) {
                match operation {
                    SEARCH_REQUEST => traffic.search.store(id, Ordering::Release),
                    BIND_REQUEST => traffic.bind.store(id, Ordering::Release),
                    EXTENDED_REQUEST => traffic.extended.store(id, Ordering::Release),
                    _ => {}
                }
                traffic.hear();
                traffic.owed.store(operation != UNBIND_REQUEST, Ordering::Release);
            }
            let sending = async {
                server.write_all(frame).await?;
                server.flush().await
            };
            match timeout(traffic.idle, sending).await {
                Err(_) => return Broken::Silent(traffic.idle),
                Ok(Err(error)) => return lost(&error),
                Ok(Ok(())) => {}
            }
            traffic.sent.fetch_add(length as u64, Ordering::Relaxed);
            buffer.drain(..length);
        }
        buffer.reserve(READ);
        match library.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return Broken::Closed,
            Ok(_) => {}
        }
    }
}

/// Returns the message ID and the type of a request.
fn request(frame: &[u8]) -> Option<(i64, u8)> {
    let mut parts = Ber::new(Ber::new(frame).next().ok()?.1);
    let id = ber::integer(parts.next().ok()?.1).ok()?;
    Some((id, parts.peek()?))
}

fn lost(error: &io::Error) -> Broken {
    match error.kind() {
        // Some servers close the connection without a TLS close notification.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Broken::Closed,
        _ => Broken::Network(error.to_string()),
    }
}

/// The value for no request, because no message has this ID.
const NONE: i64 = -1;

/// The number of bytes to read from the network at once.
const READ: usize = 64 << 10;

/// The maximum size of a message before the bind, in bytes.
const LARGEST_BEFORE_SIGN_IN: usize = 1 << 20;

const FAREWELL: Duration = Duration::from_secs(1);

/// The maximum number of characters of a server's diagnostic message to show.
const WORDS: usize = 200;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::io::duplex;
    use tokio::sync::mpsc::channel;
    use tokio::task::yield_now;

    use super::super::ber::{INTEGER, OCTETS, SEQUENCE, element, number};
    use super::*;

    /// A slow reader slows down the network and finally the server, and still receives everything.
    #[tokio::test]
    async fn stops_reading_from_the_network_while_the_reader_is_busy() {
        const COUNT: usize = 5_000;
        let traffic = Arc::new(Traffic::new(Duration::from_mins(1), 1 << 20));
        traffic.search.store(7, Ordering::Release);
        let (sender, mut items) = channel(4);
        traffic.deliver_to(Some(sender));
        let (network, mut server) = duplex(16 << 10);
        let (library, _library) = duplex(1 << 10);
        let carrying = tokio::spawn(carry(network, library, Arc::clone(&traffic)));
        let content = [element(OCTETS, b"CN=A"), element(SEQUENCE, &vec![0; 4 << 10])].concat();
        let entry = element(SEQUENCE, &[number(INTEGER, 7), element(SEARCH_ENTRY, &content)].concat());
        let written = Arc::new(AtomicUsize::new(0));
        let (size, count) = (entry.len(), Arc::clone(&written));
        let serving = tokio::spawn(async move {
            for _ in 0..COUNT {
                server.write_all(&entry).await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
            server
        });
        let mut before = usize::MAX;
        while written.load(Ordering::Relaxed) != before {
            before = written.load(Ordering::Relaxed);
            for _ in 0..1_000 {
                yield_now().await;
            }
        }
        assert!(before * size < 1 << 20, "{} of {} bytes are buffered", before * size, COUNT * size);
        let mut came = 0;
        while came < COUNT * size {
            let Some(Item::Entries(frames)) = items.recv().await else { panic!("after {came} bytes") };
            came += frames.len();
        }
        assert_eq!((came, traffic.broken()), (COUNT * size, None));
        serving.await.unwrap();
        carrying.abort();
    }
}
