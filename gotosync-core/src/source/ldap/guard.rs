//! What stands between the network and the client library: every message passes here first.
//!
//! The library descends without a limit into what is nested, takes any size, buffers without a bound, and panics at what it
//! does not know; and most of the time of a large read would go into its decoder. So entries and references never reach it:
//! they go, as the bytes they came in, to whoever reads, through a channel that holds the network back when it is full. What
//! does reach it is small, and was [checked](Message::check).

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

/// What a search brings before it ends.
#[derive(Debug)]
pub(super) enum Item {
    /// Whole messages with an entry each, one behind the other.
    Entries(Vec<u8>),
    /// Addresses where more of the answer is.
    Reference(Vec<String>),
    /// A whole message with news about the search.
    News(Vec<u8>),
}

/// Why a connection is of no use any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The server closed it.
    Closed,
    /// The network failed.
    Network(String),
    /// The server said something that is not LDAP.
    Malformed(Malformed),
    /// The server said something that nobody asked for.
    Unexpected(String),
    /// The server took leave.
    Notice(String),
    /// The server said nothing for so long.
    Silent(Duration),
    /// A message is larger than the limit.
    TooLarge(usize, usize),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Network(problem) => write!(f, "the connection failed: {problem}"),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Unexpected(what) => write!(f, "the server answered with {what}"),
            Self::Notice(why) => write!(f, "the server ended the connection: {why}"),
            Self::Silent(time) => write!(f, "the server said nothing for {} s", time.as_secs_f32()),
            Self::TooLarge(size, limit) => write!(f, "an answer of {size} bytes is larger than the limit of {limit}"),
        }
    }
}

/// What both sides of a connection know of it.
#[derive(Debug)]
pub(super) struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
    /// The number of the search that is under way; entries of another one are nobody's.
    search: AtomicI64,
    /// The number of the sign-in that is under way.
    bind: AtomicI64,
    /// The number of the extended request that is under way.
    extended: AtomicI64,
    owed: AtomicBool,
    signed_in: AtomicBool,
    /// Whether the server may be silent for as long as it likes: it was asked for news.
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

    /// Bytes received and sent, as LDAP and not as TLS counts them.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed))
    }

    /// Who gets what the next search brings.
    pub(super) fn deliver_to(&self, sink: Option<Sender<Item>>) {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = sink;
    }

    /// From now on answers may be as large as a group of very many members.
    pub(super) fn sign_in(&self) {
        self.signed_in.store(true, Ordering::Relaxed);
    }

    /// From now on the server speaks when it has something to say. Whether it is still there, the system asks.
    pub(super) fn be_patient(&self) {
        self.patient.store(true, Ordering::Relaxed);
    }

    /// Why the connection is of no use any more, if it is not.
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

    /// Says whether an answer is owed for longer than the server may be silent.
    fn silent(&self) -> bool {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let patient = self.patient.load(Ordering::Relaxed);
        self.owed.load(Ordering::Relaxed) && !patient && heard.elapsed() >= self.idle
    }
}

/// Carries messages between the network and the library until one of them ends.
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
    // Whoever waits for more of the search learns by this that there is none.
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

/// Takes every whole message out of the buffer, and brings it where it belongs.
async fn sort(buffer: &mut Vec<u8>, library: &mut (impl AsyncWrite + Unpin), traffic: &Traffic) -> Result<(), Broken> {
    // From `entries` to `at` stand entries that nobody has got yet.
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
    let sink = traffic.sink().ok_or_else(|| Broken::Unexpected("entries of no search".to_owned()))?;
    sink.send(item).await.map_err(|_| Broken::Closed)?;
    // As long as the reader is busy, the server is not to blame.
    traffic.hear();
    Ok(())
}

/// Brings a message that is no entry where it belongs.
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
        // Samba answers a search so when it refuses one of its controls.
        EXTENDED_RESPONSE if message.id == traffic.search.load(Ordering::Acquire) => {
            Err(Broken::Unexpected(format!("an extended response to a search: {}", said(message)?)))
        }
        // To anything but a sign-in it is no answer, and the library panics at it.
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
        other => Err(Broken::Unexpected(format!("a message of kind {other:#04x} that nobody asked for"))),
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
    Err(Broken::Unexpected(format!("a message of number {}, which is no search's under way", message.id)))
}

/// What a server says in a result.
fn said(message: &Message<'_>) -> Result<String, Broken> {
    let ended = message.ended().map_err(Broken::Malformed)?;
    let code = u32::try_from(ended.code).unwrap_or(u32::MAX);
    Ok(shown(code, ended.text))
}

/// A result as messages show it: its code, what that means, and what the server says of it.
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

/// The number and the kind of a request.
fn request(frame: &[u8]) -> Option<(i64, u8)> {
    let mut parts = Ber::new(Ber::new(frame).next().ok()?.1);
    let id = ber::integer(parts.next().ok()?.1).ok()?;
    Some((id, parts.peek()?))
}

fn lost(error: &io::Error) -> Broken {
    match error.kind() {
        // How servers that do not say goodbye end a connection.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Broken::Closed,
        _ => Broken::Network(error.to_string()),
    }
}

/// No search: no message has this number.
const NONE: i64 = -1;

/// Bytes that are asked of the network at once.
const READ: usize = 64 << 10;

/// What a server may say before anybody has signed in to it: a root entry has some kilobytes.
const LARGEST_BEFORE_SIGN_IN: usize = 1 << 20;

const FAREWELL: Duration = Duration::from_secs(1);

/// Characters of a server's words that are shown.
const WORDS: usize = 200;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::io::duplex;
    use tokio::sync::mpsc::channel;
    use tokio::task::yield_now;

    use super::super::ber::{INTEGER, OCTETS, SEQUENCE, element, number};
    use super::*;

    /// Whoever reads slowly is waited for, by the network and at last by the server, and then gets all of it.
    #[tokio::test]
    async fn a_reader_that_takes_nothing_holds_the_network_back() {
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
        assert!(before * size < 1 << 20, "{} of {} bytes are on their way", before * size, COUNT * size);
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
