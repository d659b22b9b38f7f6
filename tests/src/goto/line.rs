//! Connections that can be cut or slowed down.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

/// A listener that wraps each connection.
pub(super) struct Gate(pub(super) TcpListener);

impl Listener for Gate {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            if let Ok((stream, address)) = self.0.accept().await {
                // Responses are small, and clients must not wait for Nagle's algorithm.
                let _: io::Result<()> = stream.set_nodelay(true);
                return (Line { stream, handle: Handle::default(), asleep: None }, address);
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection.
pub(super) struct Line {
    stream: TcpStream,
    handle: Handle,
    asleep: Option<Pin<Box<Sleep>>>,
}

/// A handle with which a request controls its connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Handle(Arc<Mutex<Fate>>);

#[derive(Debug, Default)]
struct Fate {
    /// The number of bytes that are still sent before the connection is reset.
    left: Option<usize>,
    pause: Option<Duration>,
}

impl Handle {
    /// Sends this number of bytes, then resets the connection.
    pub(super) fn cut_after(&self, bytes: usize) {
        self.fate().left = Some(bytes);
    }

    /// Sends bytes in small parts with a pause after each.
    pub(super) fn slow_down(&self, pause: Duration) {
        self.fate().pause = Some(pause);
    }

    /// Sends the next response normally.
    pub(super) fn relax(&self) {
        self.fate().pause = None;
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, Gate>> for Handle {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.io().handle.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(asleep) = &mut self.asleep {
            ready!(asleep.as_mut().poll(cx));
            self.asleep = None;
        }
        let (left, pause) = {
            let fate = self.handle.fate();
            (fate.left, fate.pause)
        };
        if left == Some(0) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let most = left.unwrap_or(usize::MAX).min(if pause.is_some() { PART } else { usize::MAX });
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[..bytes.len().min(most)]))?;
        if let Some(left) = &mut self.handle.fate().left {
            *left -= written;
        }
        self.asleep = pause.map(|pause| Box::pin(sleep(pause)));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.handle.fate().left.is_some() {
            // Closing with zero linger sends a reset instead of a regular end.
            let _: io::Result<()> = self.stream.set_zero_linger();
        }
    }
}

/// The size of a part of a slow response, in bytes.
const PART: usize = 48;
