//! A server on a thread of its own, which stops when its value is dropped.

use std::future::Future;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::stream::Front;
use crate::Trouble;

/// A thread that accepts connections until this value is dropped. Then all connections end.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Listens as the front specifies and handles each connection with `serve`.
    pub(super) fn start<F>(front: &Front, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Result<Self, Trouble>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((front.address, front.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, mut stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name(format!("wire {address}")).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                loop {
                    tokio::select! {
                        _ = &mut stopped => return,
                        Ok((tcp, _)) = listener.accept() => {
                            // Nagle's algorithm would only add latency, and the connection works without the option,
                            // too.
                            let _ = tcp.set_nodelay(true);
                            tokio::spawn(serve(tcp));
                        }
                    }
                }
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If the thread panicked, the panic has already been printed.
            let _ = thread.join();
        }
    }
}
