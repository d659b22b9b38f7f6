"""How coroutines wait for the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Verb(Coroutine[Any, Any, T]):
    """A coroutine that begins its work when it is awaited, and tells when it has ended, even if it was never begun."""

    def __init__(
        self, start: Callable[[], asyncio.Future[T]], stop: Callable[[], None] | None, ended: Callable[[], None] | None
    ) -> None:
        self.work = _done(start, stop)
        self.begun = False
        self.ended = ended

    def send(self, value: Any) -> Any:
        self.begun = True
        return self._told(self.work.send, value)

    def throw(self, error: Any, *rest: Any) -> Any:
        if not self.begun:
            # It never will be: nothing is left to be warned of.
            self.work.close()
            self._end()
            value = rest[0] if rest else None
            raise error if value is None else value
        return self._told(self.work.throw, error, *rest)

    def close(self) -> None:
        self.work.close()
        self._end()

    def __await__(self) -> Generator[Any, Any, T]:
        given: T = yield from _Steps(self)
        return given

    def __del__(self) -> None:
        if not self.begun:
            self.work.close()
            self._end()

    def _told(self, step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        ended, self.ended = self.ended, None
        if ended is not None:
            ended()


class _Steps:
    """The steps of a verb for ``yield from``."""

    def __init__(self, verb: Verb[Any]) -> None:
        self.verb = verb

    def __iter__(self) -> _Steps:
        return self

    def __next__(self) -> Any:
        return self.verb.send(None)

    def send(self, value: Any) -> Any:
        return self.verb.send(value)

    def throw(self, *error: Any) -> Any:
        return self.verb.throw(*error)

    def close(self) -> None:
        self.verb.close()


async def _done(start: Callable[[], asyncio.Future[T]], stop: Callable[[], None] | None) -> T:
    """Awaits what ``start`` begins. Cancelled, it asks a run to stop and waits for the batch in flight."""
    future = start()
    if stop is None:
        return await future
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop()
        # A second cancellation does not wait.
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()
        raise


def settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    """Gives a future its result, unless nobody waits any more."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
