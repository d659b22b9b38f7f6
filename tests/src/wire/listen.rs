//! A server on a thread of its own, which ends with the value that stands for it.

use std::future::Future;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::stream::Front;
use crate::Trouble;

/// A thread that takes connections until this is dropped; then all of them end.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Listens where a front says; each connection is given to what `serve` makes of it.
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
                            // Latency is all there is on this wire; a refusal to set it harms nothing.
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
            // Whatever it died of has been printed by then.
            let _ = thread.join();
        }
    }
}
