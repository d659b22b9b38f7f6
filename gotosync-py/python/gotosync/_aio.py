"""The coroutines of the ``_async`` methods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Verb(Coroutine[Any, Any, T]):
    """A coroutine that starts its work when awaited, and calls ``ended`` at the end, even if it was never started."""

    def __init__(
        self, start: Callable[[], asyncio.Future[T]], stop: Callable[[], None] | None, ended: Callable[[], None] | None
    ) -> None:
        self.work = _done(start, stop)
        self.begun = False
        self.ended = ended

    def send(self, value: Any) -> Any:
        self.begun = True
        return self._advance(self.work.send, value)

    def throw(self, error: Any, *rest: Any) -> Any:
        if not self.begun:
            # The work will never start. Close it, so that Python does not warn that it was never awaited.
            self.work.close()
            self._end()
            value = rest[0] if rest else None
            raise error if value is None else value
        return self._advance(self.work.throw, error, *rest)

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

    def _advance(self, step: Callable[..., Any], *args: Any) -> Any:
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
    """An iterator over the steps of a ``Verb``, for ``yield from``."""

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
    """Awaits the work that ``start`` begins. If canceled, asks the run to stop and waits for the current batch."""
    future = start()
    if stop is None:
        return await future
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop()
        # A second cancellation ends this wait at once.
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()
        raise


def settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    """Sets the result of a future, unless the future was canceled."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
