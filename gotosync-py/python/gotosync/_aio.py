"""How coroutines wait for the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def run(start: Callable[[], Awaitable[T]], stop: Callable[[], None] | None) -> T:
    """Awaits what ``start`` begins. Cancelled, it asks a run to stop and waits for the batch in flight."""
    future = asyncio.ensure_future(start())
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


async def collected(items: AsyncIterable[T]) -> list[T]:
    """Everything that comes."""
    return [item async for item in items]


def finished(awaitable: Any, loop: asyncio.AbstractEventLoop | None) -> Any:
    """Waits, in a thread that is no event loop's, for what somebody's own part gave."""
    if isinstance(awaitable, AsyncIterable):
        awaitable = collected(awaitable)
    if loop is None:
        return asyncio.run(_awaited(awaitable))
    return asyncio.run_coroutine_threadsafe(_awaited(awaitable), loop).result()


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


async def closing(work: Awaitable[T], close: Callable[[], None]) -> T:
    """Awaits work, and then closes whoever watched it."""
    try:
        return await work
    finally:
        close()
