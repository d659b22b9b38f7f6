//! Connections: to the first server that answers, with the security it is to have.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::ber::{self, Frame, INTEGER, Malformed, SEQUENCE, element, number};
use super::discover::{Located, discover};
use super::guard::shown;
use super::message::{EXTENDED_REQUEST, EXTENDED_RESPONSE, Message};
use super::options::{LdapOptions, Security};
use super::tls;
use crate::error::Retry;
use crate::{Error, ErrorKind, Result};

/// A connection on which nobody has signed in yet.
pub(super) struct Line {
    pub(super) stream: Box<dyn Stream>,
    /// What binds a sign-in to the TLS connection.
    #[cfg_attr(not(feature = "kerberos"), expect(dead_code, reason = "only Kerberos binds"))]
    pub(super) binding: Option<Vec<u8>>,
    pub(super) secure: bool,
    pub(super) located: Located,
}

/// What carries bytes to a server and back.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The servers to try, in order.
pub(super) async fn servers(options: &LdapOptions) -> Result<Vec<Located>> {
    let mut servers: Vec<Located> =
        options.servers.iter().map(|server| Located { server: server.clone(), addresses: Vec::new() }).collect();
    if let Some(discovery) = &options.discover
        && servers.is_empty()
    {
        servers = timeout(options.timeouts.connect, discover(discovery)).await.unwrap_or_else(|_| {
            let message = format!("the servers of `{}` cannot be looked up: DNS does not answer", discovery.domain);
            Err(Error::new(ErrorKind::Unavailable, message))
        })?;
    }
    Ok(servers)
}

/// Connects to one server.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when it does not answer in time, [`ErrorKind::Denied`] when it is not who it should be.
pub(super) async fn dial(located: &Located, config: &Arc<ClientConfig>, options: &LdapOptions) -> Result<Line> {
    let named = |error: Error| error.with("server", &located.server);
    match timeout(options.timeouts.connect, connect(located, config, options)).await {
        Ok(result) => result.map_err(named),
        Err(_) => Err(named(late(options.timeouts.connect))),
    }
}

/// The error of a server that takes too long to let somebody in.
pub(super) fn late(time: Duration) -> Error {
    Error::new(ErrorKind::Unavailable, format!("there was no connection within {} s", time.as_secs_f32()))
}

async fn connect(located: &Located, config: &Arc<ClientConfig>, options: &LdapOptions) -> Result<Line> {
    let server = &located.server;
    let mut stream = tcp(located).await.map_err(|error| unreachable(&error))?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    // Where the system refuses it, the timeouts still hold.
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    let _ = stream.set_nodelay(true);
    let located = located.clone();
    if server.security == Security::StartTls {
        if options.danger_plain {
            return Ok(Line { stream: Box::new(stream), binding: None, secure: false, located });
        }
        start_tls(&mut stream).await?;
    }
    let name = ServerName::try_from(server.host.clone()).map_err(|_| {
        Error::new(ErrorKind::Input, format!("`{}` is neither a host name nor an address", server.host))
    })?;
    let stream =
        TlsConnector::from(Arc::clone(config)).connect(name, stream).await.map_err(|error| untrusted(&error))?;
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let binding = certificate.and_then(|certificate| tls::end_point(certificate));
    Ok(Line { stream: Box::new(stream), binding, secure: true, located })
}

async fn tcp(located: &Located) -> io::Result<TcpStream> {
    let server = &located.server;
    if located.addresses.is_empty() {
        return TcpStream::connect((server.host.as_str(), server.port)).await;
    }
    let mut last = None;
    for address in &located.addresses {
        match TcpStream::connect((*address, server.port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

/// Asks for TLS (RFC 4511, section 4.14).
async fn start_tls(stream: &mut TcpStream) -> Result<()> {
    let name = element(0x80, START_TLS);
    let request = element(SEQUENCE, &[number(INTEGER, 1), element(EXTENDED_REQUEST, &name)].concat());
    let answer = exchange(stream, &request).await?;
    let message = Message::parse(&answer).map_err(malformed)?;
    let ended = message.ended().map_err(malformed)?;
    match (message.operation, message.id, ended.code) {
        (EXTENDED_RESPONSE, 1, 0) => Ok(()),
        (EXTENDED_RESPONSE, 1, code) => {
            let said = shown(u32::try_from(code).unwrap_or(u32::MAX), ended.text);
            Err(Error::new(ErrorKind::Denied, format!("the server refuses StartTLS: {said}"))
                .hint("use `ldaps://` if the server offers it, or let it have a certificate"))
        }
        _ => Err(malformed(Malformed("StartTLS was answered by something else"))),
    }
}

/// Sends a request, and takes the one message that answers it. Used before anything else is under way.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when the connection ends, [`ErrorKind::Data`] for an answer that is none. What follows the
/// answer without being asked for is refused: it would be taken for what comes after TLS, or after the sign-in.
pub(super) async fn exchange(stream: &mut (impl Stream + ?Sized), request: &[u8]) -> Result<Vec<u8>> {
    stream.write_all(request).await.map_err(|error| unreachable(&error))?;
    stream.flush().await.map_err(|error| unreachable(&error))?;
    let mut buffer = Vec::new();
    loop {
        if let Frame::Of(length) = ber::frame(&buffer).map_err(malformed)? {
            if length > ANSWER_MAX {
                return Err(malformed(Malformed("an answer before the sign-in is too large")));
            }
            match buffer.len() {
                have if have == length => return Ok(buffer),
                have if have > length => return Err(malformed(Malformed("more than was asked for"))),
                _ => {}
            }
        }
        if stream.read_buf(&mut buffer).await.map_err(|error| unreachable(&error))? == 0 {
            return Err(Error::new(ErrorKind::Unavailable, "the server closed the connection"));
        }
    }
}

pub(super) fn malformed(malformed: Malformed) -> Error {
    Error::new(ErrorKind::Data, malformed.to_string()).hint("see whether an LDAP server listens there")
}

fn unreachable(error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, error.to_string())
        .retry(Retry::Later)
        .hint("see whether host and port are right, and whether a firewall is in between")
}

/// What a failed handshake means. A server that cannot prove who it is gets nothing sent.
fn untrusted(error: &io::Error) -> Error {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) else {
        return unreachable(error).hint("see whether the server speaks TLS on this port");
    };
    let hint = match cause {
        // An authority of the same name that is another one is told as a bad signature.
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature,
        ) => "name the CA that signed the server's certificate as a PEM file",
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::NotValidForName | rustls::CertificateError::NotValidForNameContext { .. },
        ) => "name the server as its certificate does, or have the name added to the certificate",
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. },
        ) => "have the server's certificate renewed, or set the clock right",
        rustls::Error::InvalidMessage(_) => "see whether the server speaks TLS on this port",
        _ => "see the server's certificate and TLS settings",
    };
    Error::new(ErrorKind::Denied, format!("the server could not prove who it is: {cause}")).hint(hint)
}

/// An address for messages.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("server", &self.located.server).finish_non_exhaustive()
    }
}

const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// A certificate chain does not pass here: the largest answer is a Kerberos token.
const ANSWER_MAX: usize = 256 << 10;

/// How long a connection is quiet before the system asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
