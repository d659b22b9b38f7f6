//! How what waits is waited for: at once, with the interpreter let go, or by an event loop.

use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gotosync_core::apply::Stop;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use tokio::runtime::{Builder, Runtime};

tokio::task_local! {
    /// The event loop in which somebody waits, where coroutines of their own parts run.
    pub(crate) static LOOP: Py<PyAny>;
}

/// The runtime of this process. One that was forked gets its own: threads do not outlive a fork.
pub(crate) fn runtime() -> PyResult<Arc<Runtime>> {
    static RUNTIME: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);
    let mut slot = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match slot.take() {
        Some((of, runtime)) if of == process => {
            *slot = Some((of, Arc::clone(&runtime)));
            return Ok(runtime);
        }
        // Ending it would wait for threads that are not there.
        Some((_, stale)) => std::mem::forget(stale),
        None => {}
    }
    let runtime = Arc::new(Builder::new_multi_thread().thread_name("gotosync").enable_all().build()?);
    *slot = Some((process, Arc::clone(&runtime)));
    Ok(runtime)
}

/// Waits for work, and lets other threads run meanwhile. Ctrl-C asks a run to stop after the batch in flight; work that nobody can
/// ask, or that is asked twice, is given up.
pub(crate) fn wait<T: Send + 'static>(
    py: Python<'_>,
    stop: Option<&Stop>,
    work: impl Future<Output = T> + Send + 'static,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    let task = runtime()?.spawn(async move {
        // Nobody listens any more where the wait was given up.
        let _ = sender.send(work.await);
    });
    let mut interrupted: Option<PyErr> = None;
    let receiver = Mutex::new(receiver);
    loop {
        let came = py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(HEARTBEAT));
        match (came, stop) {
            (Ok(value), _) => return interrupted.map_or(Ok(value), Err),
            (Err(RecvTimeoutError::Disconnected), _) => return Err(broken()),
            (Err(RecvTimeoutError::Timeout), stop) => match (py.check_signals(), stop) {
                (Ok(()), _) => {}
                (Err(signal), Some(stop)) if interrupted.is_none() => {
                    stop.request();
                    interrupted = Some(signal);
                }
                (Err(signal), _) => {
                    task.abort();
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
    let here = py.import("asyncio")?.call_method0("get_running_loop")?.unbind();
    let future = here.call_method0(py, "create_future")?;
    let (of, told) = (here.clone_ref(py), future.clone_ref(py));
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let runtime = runtime()?;
    let task = runtime.spawn(LOOP.scope(here, async move {
        let _ = sender.send(work.await);
    }));
    runtime.spawn(async move {
        let came = receiver.await;
        Python::attach(|py| {
            let result = match came {
                Ok(value) => made(py, value),
                Err(_) => Err(broken()),
            };
            let settle = py.import("gotosync._aio").and_then(|aio| aio.getattr("settle"));
            let (value, error) = match result {
                Ok(value) => (value, py.None()),
                Err(error) => (py.None(), error.into_value(py).into_any()),
            };
            // The loop may be closed by now: then nobody waits.
            let _ = settle
                .and_then(|settle| of.bind(py).call_method1("call_soon_threadsafe", (settle, &told, value, error)));
        });
    });
    let abort = task.abort_handle();
    let ended = PyCFunction::new_closure(py, None, None, move |args: &Bound<'_, pyo3::types::PyTuple>, _| {
        if args.get_item(0)?.call_method0("cancelled")?.is_truthy()? {
            abort.abort();
        }
        PyResult::Ok(())
    })?;
    future.call_method1(py, "add_done_callback", (ended,))?;
    Ok(future)
}

/// A coroutine that does work when it is awaited; `start` gives the future of the work.
///
/// When it is cancelled, a run is asked to stop, and the coroutine ends when the batch in flight has.
pub(crate) fn coroutine(
    py: Python<'_>,
    stop: Option<Stop>,
    start: impl Fn(Python<'_>) -> PyResult<Py<PyAny>> + Send + Sync + 'static,
) -> PyResult<Py<PyAny>> {
    let start =
        PyCFunction::new_closure(py, None, None, move |args: &Bound<'_, pyo3::types::PyTuple>, _| start(args.py()))?;
    let stop = stop.map(|stop| {
        PyCFunction::new_closure(py, None, None, move |_: &Bound<'_, pyo3::types::PyTuple>, _| {
            stop.request();
            PyResult::Ok(())
        })
    });
    Ok(py.import("gotosync._aio")?.call_method1("run", (start, stop.transpose()?))?.unbind())
}

fn broken() -> PyErr {
    PyRuntimeError::new_err("the engine panicked: please report it")
}

/// How often a wait looks for signals.
const HEARTBEAT: Duration = Duration::from_millis(50);
