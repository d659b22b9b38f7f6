"""Calls from the engine to custom sources, targets, and callbacks. Each call runs in a thread and can be abandoned."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import os
import threading
import time
from collections.abc import AsyncIterable, Callable
from typing import Any

from ._errors import StoppedError

#: The running calls.
CALLS: set[Call] = set()

_leaving = False


class GivenUp(BaseException):
    """Raised in a call that was abandoned: its caller does not wait for the result any more."""


class Home:
    """The event loop for one operation: the loop that awaits the operation, or a new loop, created when needed."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.given = loop
        self.own: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None
        self.lock = threading.Lock()

    def loop(self) -> asyncio.AbstractEventLoop:
        """Returns the loop in which coroutines run."""
        if self.given is not None:
            return self.given
        with self.lock:
            if self.own is None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=loop.run_forever, name="gotosync-loop", daemon=True)
                thread.start()
                self.own = loop, thread
            return self.own[0]

    def close(self) -> None:
        """Closes the loop if this object created it, and cancels its remaining tasks."""
        if self.own is None:
            return
        loop, thread = self.own
        asyncio.run_coroutine_threadsafe(_emptied(loop), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self.own = None


class Call:
    """One call of a method of custom code."""

    def __init__(self) -> None:
        self.thread: int | None = None
        self.future: Any = None
        self.gone = False

    def enter(self) -> None:
        """Starts the call in this thread, unless it was abandoned."""
        if _leaving or self.gone:
            raise StoppedError("the program is exiting, so this step was not started")
        self.thread = threading.get_ident()
        CALLS.add(self)

    def run(
        self, method: Callable[..., Any], args: tuple[Any, ...], context: contextvars.Context, home: Home, items: bool
    ) -> Any:
        """Calls the method and awaits its result. If ``items`` is true, the method may be an asynchronous generator."""
        given = context.copy().run(method, *args)
        if isinstance(given, AsyncIterable):
            if not items:
                raise TypeError("the method is an asynchronous generator, expected a method that returns a value")
            given = _collected(given)
        # The result of an awaitable may be awaitable, too.
        while hasattr(given, "__await__"):
            self.future = context.copy().run(asyncio.run_coroutine_threadsafe, _awaited(given), home.loop())
            try:
                given, raised = self.future.result()
            except asyncio.CancelledError:
                raise GivenUp from None
            finally:
                self.future = None
            if raised is not None:
                raise raised
        return given

    def leave(self) -> None:
        """Ends the call. Clears a ``GivenUp`` that is not raised in this thread yet."""
        CALLS.discard(self)
        if self.gone and self.thread is not None:
            _raise_in(self.thread, None)
        self.thread = None

    def give_up(self) -> None:
        """Abandons the call: it should end as soon as possible."""
        self.gone = True
        if self.future is not None:
            self.future.cancel()
        elif self.thread is not None:
            _raise_in(self.thread, GivenUp)


async def _awaited(given: Any) -> tuple[Any, BaseException | None]:
    # Raised inside the loop, these exceptions would stop it, but the loop may belong to other code.
    try:
        return await given, None
    except (KeyboardInterrupt, SystemExit) as error:
        return None, error


async def _collected(items: AsyncIterable[Any]) -> list[Any]:
    return [item async for item in items]


async def _emptied(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    try:
        import ctypes
    except ImportError:
        return
    raised = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


def _leave() -> None:
    """Abandons all running calls before the interpreter exits, because its threads must not run Python code after that."""
    global _leaving
    _leaving = True
    for call in list(CALLS):
        call.give_up()
    try:
        while CALLS:
            time.sleep(0.01)
    except KeyboardInterrupt:
        os._exit(130)


atexit.register(_leave)
