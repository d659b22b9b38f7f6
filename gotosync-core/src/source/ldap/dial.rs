//! Opening connections to servers, with TLS, StartTLS, or without encryption.

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

/// A connection before the bind.
pub(super) struct Line {
    pub(super) stream: Box<dyn Stream>,
    /// The channel binding of the TLS connection.
    #[cfg_attr(not(feature = "kerberos"), expect(dead_code, reason = "only Kerberos uses channel binding"))]
    pub(super) binding: Option<Vec<u8>>,
    pub(super) secure: bool,
    pub(super) located: Located,
}

/// A bidirectional byte stream to a server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Returns the servers to try, in order.
pub(super) async fn servers(options: &LdapOptions) -> Result<Vec<Located>> {
    let mut servers: Vec<Located> =
        options.servers.iter().map(|server| Located { server: server.clone(), addresses: Vec::new() }).collect();
    if let Some(discovery) = &options.discover
        && servers.is_empty()
    {
        servers = timeout(options.timeouts.connect, discover(discovery)).await.unwrap_or_else(|_| {
            let message = format!("could not look up the servers of `{}`: DNS does not answer", discovery.domain);
            Err(Error::new(ErrorKind::Unavailable, message))
        })?;
    }
    Ok(servers)
}

/// Connects to one server.
///
/// # Errors
/// [`ErrorKind::Unavailable`] if the server does not answer in time, [`ErrorKind::Denied`] if its certificate is invalid.
pub(super) async fn dial(located: &Located, config: &Arc<ClientConfig>, options: &LdapOptions) -> Result<Line> {
    let named = |error: Error| error.with("server", &located.server);
    match timeout(options.timeouts.connect, connect(located, config, options)).await {
        Ok(result) => result.map_err(named),
        Err(_) => Err(named(late(options.timeouts.connect))),
    }
}

/// Returns the error for a connection or bind that took too long.
pub(super) fn late(time: Duration) -> Error {
    Error::new(ErrorKind::Unavailable, format!("no connection within {} s", time.as_secs_f32()))
}

async fn connect(located: &Located, config: &Arc<ClientConfig>, options: &LdapOptions) -> Result<Line> {
    let server = &located.server;
    let mut stream = tcp(located).await.map_err(|error| unreachable(&error))?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    // Keepalive is optional, because the timeouts apply anyway.
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
        Error::new(ErrorKind::Input, format!("`{}` is neither a host name nor an IP address", server.host))
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

/// Requests StartTLS (RFC 4511, section 4.14).
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
            Err(Error::new(ErrorKind::Denied, format!("the server refused StartTLS: {said}"))
                .hint("use `ldaps://` if the server supports it, or install a certificate on the server"))
        }
        _ => Err(malformed(Malformed("unexpected response to StartTLS"))),
    }
}

/// Sends a request and reads its response, before the client library takes over the connection.
///
/// # Errors
/// [`ErrorKind::Unavailable`] if the connection ends, [`ErrorKind::Data`] for an invalid response. Extra bytes after the
/// response are rejected, because an attacker could have injected them before TLS or the bind.
pub(super) async fn exchange(stream: &mut (impl Stream + ?Sized), request: &[u8]) -> Result<Vec<u8>> {
    stream.write_all(request).await.map_err(|error| unreachable(&error))?;
    stream.flush().await.map_err(|error| unreachable(&error))?;
    let mut buffer = Vec::new();
    loop {
        if let Frame::Of(length) = ber::frame(&buffer).map_err(malformed)? {
            if length > ANSWER_MAX {
                return Err(malformed(Malformed("a response before the bind is too large")));
            }
            match buffer.len() {
                have if have == length => return Ok(buffer),
                have if have > length => return Err(malformed(Malformed("unexpected data follows the response"))),
                _ => {}
            }
        }
        if stream.read_buf(&mut buffer).await.map_err(|error| unreachable(&error))? == 0 {
            return Err(Error::new(ErrorKind::Unavailable, "the server closed the connection"));
        }
    }
}

pub(super) fn malformed(malformed: Malformed) -> Error {
    Error::new(ErrorKind::Data, malformed.to_string()).hint("check that an LDAP server listens on this port")
}

fn unreachable(error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, error.to_string())
        .retry(Retry::Later)
        .hint("check the host, the port, and firewalls on the way")
}

/// Returns the error for a failed TLS handshake. Nothing is sent to a server whose certificate is invalid.
fn untrusted(error: &io::Error) -> Error {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) else {
        return unreachable(error).hint("check that the server supports TLS on this port");
    };
    let hint = match cause {
        // A different CA with the same name shows up as a bad signature.
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature,
        ) => "set `ca` to a PEM file with the CA that issued the server's certificate",
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::NotValidForName | rustls::CertificateError::NotValidForNameContext { .. },
        ) => "use a host name that the server's certificate contains, or have the name added to the certificate",
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. },
        ) => "have the server's certificate renewed, or correct the clock of this machine",
        rustls::Error::InvalidMessage(_) => "check that the server supports TLS on this port",
        _ => "check the server's certificate and TLS settings",
    };
    Error::new(ErrorKind::Denied, format!("TLS certificate verification failed: {cause}")).hint(hint)
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("server", &self.located.server).finish_non_exhaustive()
    }
}

const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// The maximum size of a response before the bind, in bytes. The largest one is a Kerberos token.
const ANSWER_MAX: usize = 256 << 10;

/// The idle time after which the system sends TCP keepalive probes.
const KEEPALIVE: Duration = Duration::from_secs(30);
