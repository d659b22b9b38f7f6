//! Waits for operations of the engine: in the calling thread, without the GIL, or in an event loop.
//!
//! Each operation runs in its own thread, because callbacks and custom code may wait for another operation and must not block it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use gotosync_core::apply::Stop;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyTuple};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// The context of a caller that waits, which its custom code needs.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The event loop in which coroutines of custom code run.
    pub(crate) home: Py<PyAny>,
    /// The context variables of the caller.
    pub(crate) context: Py<PyAny>,
}

tokio::task_local! {
    /// The caller that waits for this operation.
    pub(crate) static WAITING: Arc<Waiting>;
}

impl Waiting {
    fn new(py: Python<'_>, event_loop: Option<&Bound<'_, PyAny>>) -> PyResult<Arc<Self>> {
        let home = py.import("gotosync._own")?.getattr("Home")?.call1((event_loop,))?.unbind();
        let context = py.import("contextvars")?.call_method0("copy_context")?.unbind();
        Ok(Arc::new(Self { home, context }))
    }

    fn close(&self) {
        let closed = Python::try_attach(|py| self.home.call_method0(py, "close"));
        if let Some(Err(trouble)) = closed {
            Python::attach(|py| trouble.write_unraisable(py, None));
        }
    }
}

/// Returns the Tokio runtime of this process.
///
/// # Errors
/// The process was forked after the engine was used. The threads of the runtime do not exist in the child, so waiting would never end.
pub(crate) fn runtime() -> PyResult<&'static Runtime> {
    static RUNTIME: OnceLock<(u32, Runtime)> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let process = std::process::id();
    if RUNTIME.get().is_none() {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if RUNTIME.get().is_none() {
            let runtime =
                Builder::new_multi_thread().thread_name("gotosync").max_blocking_threads(4096).enable_all().build()?;
            // This cannot fail, because the mutex excludes other threads.
            let _ = RUNTIME.set((process, runtime));
        }
    }
    match RUNTIME.get() {
        Some((of, runtime)) if *of == process => Ok(runtime),
        _ => Err(PyRuntimeError::new_err(
            "gotosync does not work in a process forked after its first use: use the start method spawn or forkserver",
        )),
    }
}

/// Runs work in a separate thread, and passes the result to `ended`; `None` if the work was abandoned or panicked.
fn begin<T>(
    waiting: Arc<Waiting>,
    work: impl Future<Output = T> + Send + 'static,
    ended: impl FnOnce(Option<T>) + Send + 'static,
) -> PyResult<oneshot::Sender<()>> {
    let runtime = runtime()?;
    let (give_up, abandoned) = oneshot::channel::<()>();
    let handle = runtime.handle().clone();
    runtime.spawn_blocking(move || {
        let waits = Arc::clone(&waiting);
        let work = async move {
            tokio::select! {
                done = work => Some(done),
                Ok(()) = abandoned => None,
            }
        };
        // A panic of the engine is reported as an error, and the unwound state is not used again.
        let done = catch_unwind(AssertUnwindSafe(|| handle.block_on(WAITING.scope(waits, work))));
        waiting.close();
        ended(done.ok().flatten());
    });
    Ok(give_up)
}

/// Waits for work, and lets other threads run in the meantime. Ctrl-C asks a run to stop after the current batch. A second Ctrl-C, or
/// the first one if the work cannot be stopped, abandons the work.
pub(crate) fn wait<T: Send + 'static>(
    py: Python<'_>,
    stop: Option<&Stop>,
    work: impl Future<Output = T> + Send + 'static,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    // Sending fails if the wait was abandoned.
    let give_up = begin(Waiting::new(py, None)?, work, move |done| drop(sender.send(done)))?;
    listen(py, stop, receiver, move || {
        let _ = give_up.send(());
    })
}

/// Waits for work that cannot move between threads, in a separate thread.
pub(crate) fn wait_apart<T: Send + 'static>(py: Python<'_>, work: impl FnOnce() -> T + Send + 'static) -> PyResult<T> {
    let (sender, receiver) = channel();
    std::thread::Builder::new().name("gotosync".to_owned()).spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work)).ok();
        drop(sender.send(done));
    })?;
    listen(py, None, receiver, || ())
}

/// Waits for the result of work, and checks for signals.
fn listen<T: Send>(
    py: Python<'_>,
    stop: Option<&Stop>,
    receiver: Receiver<Option<T>>,
    give_up: impl FnOnce(),
) -> PyResult<T> {
    let mut interrupted: Option<PyErr> = None;
    let receiver = Mutex::new(receiver);
    loop {
        let came = py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(HEARTBEAT));
        match (came, stop) {
            (Ok(Some(value)), _) => return interrupted.map_or(Ok(value), Err),
            (Ok(None) | Err(RecvTimeoutError::Disconnected), _) => return Err(broken()),
            (Err(RecvTimeoutError::Timeout), stop) => match (py.check_signals(), stop) {
                (Ok(()), _) => {}
                (Err(signal), Some(stop)) if interrupted.is_none() => {
                    stop.request();
                    interrupted = Some(signal);
                }
                (Err(signal), _) => {
                    give_up();
                    return Err(signal);
                }
            },
        }
    }
}

/// Starts work in the background, and returns a future of the running event loop. Canceling the future abandons the work.
pub(crate) fn later<T: Send + 'static>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send + 'static,
    made: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Py<PyAny>> {
    let here = py.import("asyncio")?.call_method0("get_running_loop")?;
    let future = here.call_method0("create_future")?.unbind();
    let (of, waiting) = (here.clone().unbind(), future.clone_ref(py));
    let ended = move |done: Option<T>| {
        // If the interpreter has exited, there is no caller any more.
        Python::try_attach(|py| {
            let result = done.map_or_else(|| Err(broken()), |value| made(py, value));
            let (value, error) = match result {
                Ok(value) => (value, py.None()),
                Err(error) => (py.None(), error.into_value(py).into_any()),
            };
            // This fails if the loop is closed; then there is no caller any more.
            let _ = py
                .import("gotosync._aio")
                .and_then(|aio| aio.getattr("settle"))
                .and_then(|settle| of.bind(py).call_method1("call_soon_threadsafe", (settle, &waiting, value, error)));
        });
    };
    let give_up = Mutex::new(Some(begin(Waiting::new(py, Some(&here))?, work, ended)?));
    let ended = PyCFunction::new_closure(py, None, None, move |args: &Bound<'_, PyTuple>, _| {
        if args.get_item(0)?.call_method0("cancelled")?.is_truthy()?
            && let Some(give_up) = give_up.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            let _ = give_up.send(());
        }
        PyResult::Ok(())
    })?;
    future.call_method1(py, "add_done_callback", (ended,))?;
    Ok(future)
}

/// Returns a coroutine. When awaited, it calls `start`, awaits the returned future, and calls `ended`.
///
/// If canceled, the coroutine asks a run to stop, and waits for the current batch.
pub(crate) fn coroutine(
    py: Python<'_>,
    stop: Option<Stop>,
    ended: Option<Py<PyAny>>,
    start: impl Fn(Python<'_>) -> PyResult<Py<PyAny>> + Send + Sync + 'static,
) -> PyResult<Py<PyAny>> {
    let start = PyCFunction::new_closure(py, None, None, move |args: &Bound<'_, PyTuple>, _| start(args.py()))?;
    let stop = stop.map(|stop| {
        PyCFunction::new_closure(py, None, None, move |_: &Bound<'_, PyTuple>, _| {
            stop.request();
            PyResult::Ok(())
        })
    });
    Ok(py.import("gotosync._aio")?.getattr("Verb")?.call1((start, stop.transpose()?, ended))?.unbind())
}

fn broken() -> PyErr {
    PyRuntimeError::new_err("the engine panicked; please report this bug")
}

/// The interval at which a wait checks for signals.
const HEARTBEAT: Duration = Duration::from_millis(50);
