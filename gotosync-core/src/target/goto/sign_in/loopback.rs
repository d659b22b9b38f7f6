//! The listener for the browser's redirect to this machine (RFC 8252, section 7.3).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};

use super::Consent;
use crate::{Error, ErrorKind, Result, Secret};

/// A listener that waits for a browser on this machine.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
    host: String,
    path: String,
}

impl Loopback {
    /// Listens at an address of this machine, such as `http://localhost:8723/`; port 0 picks a free port.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an address of another machine, and an I/O error if the port is in use.
    pub async fn bind(redirect: &str) -> Result<Self> {
        let wrong = || {
            Error::new(ErrorKind::Input, format!("the redirect URI `{redirect}` is not an address of this machine"))
                .hint("write it as `http://localhost:8723/`, exactly as registered in the OAuth client")
        };
        let rest = redirect.strip_prefix("http://").ok_or_else(wrong)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let bind = match host {
            "localhost" | "127.0.0.1" => "127.0.0.1",
            "[::1]" => "::1",
            _ => return Err(wrong()),
        };
        let listener = TcpListener::bind((bind, port)).await.map_err(|error| {
            Error::from(error)
                .with("address", authority)
                .hint("another program may use this port: set another `redirect`, or add --paste")
        })?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, host: host.to_owned(), path: format!("/{path}") })
    }

    /// Returns the redirect URI.
    pub fn redirect(&self) -> String {
        format!("http://{}:{}{}", self.host, self.address.port(), self.path)
    }

    /// Waits for the redirect of a consent, and rejects all other requests.
    ///
    /// # Errors
    /// The same as for [`Consent::code`], and [`ErrorKind::Unavailable`] on a timeout.
    pub async fn code(self, consent: &Consent, patience: Duration) -> Result<Secret> {
        let end = Instant::now() + patience;
        loop {
            let accepted = timeout_at(end, self.listener.accept()).await.map_err(|_| late(patience))?;
            let (mut stream, _) = accepted?;
            // A silent connection must not block the others.
            let Ok(Some(asked)) = timeout(QUIET, request(&mut stream)).await else { continue };
            if asked.split('?').next() != Some(self.path.as_str()) || !asked.contains("state=") {
                answer(&mut stream, "404 Not Found", "This page does not exist.").await;
                continue;
            }
            let code = consent.code(&asked);
            match &code {
                Ok(_) => answer(&mut stream, "200 OK", "Signed in. You can close this window.").await,
                Err(error) if error.kind() == ErrorKind::Input => {
                    answer(&mut stream, "400 Bad Request", "This response belongs to another sign-in attempt.").await;
                    continue;
                }
                Err(_) => answer(&mut stream, "200 OK", "Not signed in. The terminal shows the reason.").await,
            }
            return code;
        }
    }
}

/// Reads the path and query of a GET request; `None` for anything else.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        if text.len() > LARGEST || stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
    let text = String::from_utf8_lossy(&text);
    let mut words = text.lines().next()?.split(' ');
    (words.next()? == "GET").then_some(())?;
    words.next().map(str::to_owned)
}

async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!DOCTYPE html><meta charset=\"utf-8\"><title>gotosync</title><p>{text}</p>\n");
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n",
        page.len()
    );
    // The sign-in does not depend on whether the browser shows the page.
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn late(patience: Duration) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("no browser returned from the sign-in within {} minutes", patience.as_secs() / 60),
    )
    .during("sign in to GoTo")
    .hint("retry; on a machine without a browser, add --paste")
}

/// The maximum size of a request.
const LARGEST: usize = 16 << 10;
const QUIET: Duration = Duration::from_secs(5);
