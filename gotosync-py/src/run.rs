//! How what waits is waited for: at once, with the interpreter let go, or by an event loop.
//!
//! Each verb has a thread of its own: what it tells somebody, or asks of their parts, may wait for another verb, and must not hold
//! that up.

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

/// What parts that somebody else wrote need of whoever waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The event loop in which their coroutines run.
    pub(crate) home: Py<PyAny>,
    /// The context variables of whoever waits.
    pub(crate) context: Py<PyAny>,
}

tokio::task_local! {
    /// Who waits for this work.
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

/// The runtime of this process.
///
/// # Errors
/// In a process that was forked after the engine was used: its threads did not come along, and waiting for them never ends.
pub(crate) fn runtime() -> PyResult<&'static Runtime> {
    static RUNTIME: OnceLock<(u32, Runtime)> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let process = std::process::id();
    if RUNTIME.get().is_none() {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if RUNTIME.get().is_none() {
            let runtime =
                Builder::new_multi_thread().thread_name("gotosync").max_blocking_threads(4096).enable_all().build()?;
            // Whoever is alone is first.
            let _ = RUNTIME.set((process, runtime));
        }
    }
    match RUNTIME.get() {
        Some((of, runtime)) if *of == process => Ok(runtime),
        _ => Err(PyRuntimeError::new_err(
            "this process was forked after gotosync was used: start processes by spawn or forkserver instead",
        )),
    }
}

/// Does work in a thread of its own, and hands what it came to to `ended`; `None` if it was given up or panicked.
fn begin<T>(
    waiting: Arc<Waiting>,
    work: impl Future<Output = T> + Send + 'static,
    ended: impl FnOnce(Option<T>) + Send + 'static,
) -> PyResult<oneshot::Sender<()>> {
    let runtime = runtime()?;
    let (give_up, told) = oneshot::channel::<()>();
    let handle = runtime.handle().clone();
    runtime.spawn_blocking(move || {
        let waits = Arc::clone(&waiting);
        let work = async move {
            tokio::select! {
                done = work => Some(done),
                Ok(()) = told => None,
            }
        };
        // A panic of the engine is told as an error; nothing of it is looked at any more.
        let done = catch_unwind(AssertUnwindSafe(|| handle.block_on(WAITING.scope(waits, work))));
        waiting.close();
        ended(done.ok().flatten());
    });
    Ok(give_up)
}

/// Waits for work, and lets other threads run meanwhile. Ctrl-C asks a run to stop after the batch in flight; work that nobody can
/// ask, or that is asked twice, is given up.
pub(crate) fn wait<T: Send + 'static>(
    py: Python<'_>,
    stop: Option<&Stop>,
    work: impl Future<Output = T> + Send + 'static,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    // Nobody listens any more where the wait was given up.
    let give_up = begin(Waiting::new(py, None)?, work, move |done| drop(sender.send(done)))?;
    listen(py, stop, receiver, move || {
        let _ = give_up.send(());
    })
}

/// Waits for something that cannot move between threads, in a thread of its own.
pub(crate) fn wait_apart<T: Send + 'static>(py: Python<'_>, work: impl FnOnce() -> T + Send + 'static) -> PyResult<T> {
    let (sender, receiver) = channel();
    std::thread::Builder::new().name("gotosync".to_owned()).spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work)).ok();
        drop(sender.send(done));
    })?;
    listen(py, None, receiver, || ())
}

/// Listens for what work comes to, and for signals.
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

/// Starts work in the background, and gives a future of the running event loop. When that is cancelled the work is given up.
pub(crate) fn later<T: Send + 'static>(
    py: Python<'_>,
    work: impl Future<Output = T> + Send + 'static,
    made: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Py<PyAny>> {
    let here = py.import("asyncio")?.call_method0("get_running_loop")?;
    let future = here.call_method0("create_future")?.unbind();
    let (of, told) = (here.clone().unbind(), future.clone_ref(py));
    let ended = move |done: Option<T>| {
        // Whoever would hear of it is gone with the interpreter.
        Python::try_attach(|py| {
            let result = done.map_or_else(|| Err(broken()), |value| made(py, value));
            let (value, error) = match result {
                Ok(value) => (value, py.None()),
                Err(error) => (py.None(), error.into_value(py).into_any()),
            };
            // The loop may be closed by now: then nobody waits.
            let _ = py
                .import("gotosync._aio")
                .and_then(|aio| aio.getattr("settle"))
                .and_then(|settle| of.bind(py).call_method1("call_soon_threadsafe", (settle, &told, value, error)));
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

/// A coroutine that does work when it is awaited; `start` gives the future of the work, and `ended` is told when it has ended.
///
/// When it is cancelled, a run is asked to stop, and the coroutine ends when the batch in flight has.
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
    PyRuntimeError::new_err("the engine panicked: please report it")
}

/// How often a wait looks for signals.
const HEARTBEAT: Duration = Duration::from_millis(50);
