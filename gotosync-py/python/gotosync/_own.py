"""How the engine calls parts that somebody else wrote: each call in a thread, which can be given up."""

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

#: Calls that are under way.
CALLS: set[Call] = set()

_leaving = False


class GivenUp(BaseException):
    """Raised in a call whose caller has gone: nothing waits for what it gives."""


class Home:
    """The event loop of one verb: that of whoever awaits it, or one of its own, which is made when it is needed."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.given = loop
        self.own: tuple[asyncio.AbstractEventLoop, threading.Thread] | None = None
        self.lock = threading.Lock()

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop in which coroutines run."""
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
        """Ends a loop of its own, with all that is left in it."""
        if self.own is None:
            return
        loop, thread = self.own
        asyncio.run_coroutine_threadsafe(_emptied(loop), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self.own = None


class Call:
    """One call of a method that somebody else wrote."""

    def __init__(self) -> None:
        self.thread: int | None = None
        self.future: Any = None
        self.gone = False

    def enter(self) -> None:
        """Begins in this thread, unless nobody waits any more."""
        if _leaving or self.gone:
            raise StoppedError("the program is ending: this was not tried")
        self.thread = threading.get_ident()
        CALLS.add(self)

    def run(
        self, method: Callable[..., Any], args: tuple[Any, ...], context: contextvars.Context, home: Home, items: bool
    ) -> Any:
        """Calls, and waits for what is awaitable. ``items`` says whether it may give them one by one."""
        given = context.copy().run(method, *args)
        if isinstance(given, AsyncIterable):
            if not items:
                raise TypeError("an asynchronous generator was given, expected a value")
            given = _collected(given)
        # What is awaited may give something to be awaited again.
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
        """Ends; whatever was still to be raised in this thread is not."""
        CALLS.discard(self)
        if self.gone and self.thread is not None:
            _raise_in(self.thread, None)
        self.thread = None

    def give_up(self) -> None:
        """Nobody waits any more: the call is to end as soon as it can."""
        self.gone = True
        if self.future is not None:
            self.future.cancel()
        elif self.thread is not None:
            _raise_in(self.thread, GivenUp)


async def _awaited(given: Any) -> tuple[Any, BaseException | None]:
    # Raised in a loop these would end that, which is somebody else's.
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
    """Ends what is under way, before the interpreter does: its threads must not be in the middle of anything then."""
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
