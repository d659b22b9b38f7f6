//! Connections with or without TLS, and the messages read from them.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::ber;
use crate::Trouble;

/// The address on which a wire listens, and its TLS mode.
#[derive(Debug, Clone)]
pub struct Front {
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) security: Security,
}

#[derive(Debug, Clone)]
pub(super) enum Security {
    Plain,
    Tls { cert: PathBuf, key: PathBuf },
    StartTls { cert: PathBuf, key: PathBuf },
}

impl Front {
    /// Plain LDAP. `StartTLS` requests are forwarded to the upstream server.
    pub fn plain() -> Self {
        Self { address: Ipv4Addr::LOCALHOST, port: 0, security: Security::Plain }
    }

    /// LDAPS with a certificate chain and a key, both in PEM.
    pub fn tls(cert: &Path, key: &Path) -> Self {
        Self { security: Security::Tls { cert: cert.to_owned(), key: key.to_owned() }, ..Self::plain() }
    }

    /// Plain LDAP with `StartTLS`, which the wire answers itself.
    pub fn start_tls(cert: &Path, key: &Path) -> Self {
        Self { security: Security::StartTls { cert: cert.to_owned(), key: key.to_owned() }, ..Self::plain() }
    }

    /// Sets the address to listen on; the default is 127.0.0.1.
    pub fn at(self, address: impl Into<Ipv4Addr>) -> Self {
        Self { address: address.into(), ..self }
    }

    /// Sets the port to listen on; the default is a free one.
    pub fn on(self, port: u16) -> Self {
        Self { port, ..self }
    }

    pub(super) fn scheme(&self) -> &'static str {
        if matches!(self.security, Security::Tls { .. }) { "ldaps" } else { "ldap" }
    }

    pub(super) fn acceptor(&self) -> Result<Option<TlsAcceptor>, Trouble> {
        let (Security::Tls { cert, key } | Security::StartTls { cert, key }) = &self.security else { return Ok(None) };
        let chain = CertificateDer::pem_file_iter(cert)?.collect::<Result<Vec<_>, _>>()?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }
}

/// The server behind a wire.
#[derive(Debug, Clone)]
pub struct Upstream {
    address: String,
    tls: Option<(String, PathBuf)>,
}

impl Upstream {
    /// A server without TLS, as `host:port`.
    pub fn plain(address: impl Into<String>) -> Self {
        Self { address: address.into(), tls: None }
    }

    /// A server with TLS, as `host:port`, with the name or address that its certificate must have and the PEM file of
    /// its CA.
    pub fn tls(address: impl Into<String>, name: impl Into<String>, authority: &Path) -> Self {
        Self { address: address.into(), tls: Some((name.into(), authority.to_owned())) }
    }

    pub(super) async fn connect(&self) -> Result<Stream, Trouble> {
        let tcp = TcpStream::connect(&self.address).await?;
        tcp.set_nodelay(true)?;
        let Some((name, authority)) = &self.tls else { return Ok(Stream::Plain(tcp)) };
        let mut roots = RootCertStore::empty();
        for cert in CertificateDer::pem_file_iter(authority)? {
            roots.add(cert?)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.clone())?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        Ok(Stream::Tls(Box::new(TlsStream::Client(stream))))
    }
}

/// A connection with or without TLS.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Performs the TLS handshake as a server.
    pub(super) async fn accept(tcp: TcpStream, acceptor: &TlsAcceptor) -> io::Result<Self> {
        Ok(Self::Tls(Box::new(TlsStream::Server(acceptor.accept(tcp).await?))))
    }

    /// Returns the TCP connection below TLS.
    pub(super) fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_mut().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// One side of a connection, read message by message.
#[derive(Debug)]
pub(super) struct Framed {
    pub(super) stream: Stream,
    /// The received bytes of an incomplete message.
    pub(super) rest: Vec<u8>,
}

impl Framed {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, rest: Vec::new() }
    }

    /// Returns the bytes of the next message, or `None` at the end of the stream. No bytes are lost if this future is
    /// dropped before it completes.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let malformed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
            if self.is_sealed() {
                return Err(malformed(ber::Malformed("the bytes are not an LDAP message")));
            }
            if let Some(length) = ber::first(&self.rest).map_err(malformed)? {
                if length > LONGEST {
                    return Err(malformed(ber::Malformed("a message is too long")));
                }
                if self.rest.len() >= length {
                    return Ok(Some(self.rest.drain(..length).collect()));
                }
            }
            if self.stream.read_buf(&mut self.rest).await? == 0 {
                let whole = self.rest.is_empty().then_some(None);
                return whole.ok_or(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Returns `true` if the next bytes are not an LDAP message, which is the case after SASL encryption has started.
    pub(super) fn is_sealed(&self) -> bool {
        self.rest.first().is_some_and(|byte| *byte != ber::SEQUENCE)
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }
}

const LONGEST: usize = 256 << 20;
