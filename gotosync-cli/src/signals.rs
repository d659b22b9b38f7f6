//! Handles Ctrl-C and `kill`: the first signal asks a run to stop, the second ends the process.

use gotosync_core::apply::Stop;

use crate::output::say;
use crate::progress::Line;

/// Returns a stop flag that SIGINT and SIGTERM set. A second signal ends the process at once: the outcome of steps in
/// progress is then unknown, and `gotosync resume` reads it from the account.
pub(crate) fn stop(line: &Line) -> Stop {
    let stop = Stop::new();
    let (asked, line) = (stop.clone(), line.share());
    tokio::spawn(async move {
        let Some(mut signals) = Signals::listen() else { return };
        signals.next().await;
        asked.request();
        line.say("stopping after the current batch; press Ctrl-C again to stop at once");
        let code = signals.next().await;
        line.clear();
        say("stopped at once; `gotosync resume` checks which steps were done and finishes the rest");
        std::process::exit(code);
    });
    stop
}

/// The signals that end a command. Each maps to the exit code that shells use for it.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt()).ok()?;
        Some(Self { interrupt, terminate: signal(SignalKind::terminate()).ok()? })
    }

    async fn next(&mut self) -> i32 {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            if self.interrupt.poll_recv(context).is_ready() {
                return Poll::Ready(130);
            }
            self.terminate.poll_recv(context).map(|_| 143)
        })
        .await
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Option<Self> {
        Some(Self)
    }

    async fn next(&mut self) -> i32 {
        let _ = tokio::signal::ctrl_c().await;
        130
    }
}
