"""Progress as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._gotosync import Progress


class Events:
    """The progress events of one operation, for ``async for``.

    Pass it to an engine as ``progress``. The iteration ends when the operation ends.

    >>> async def watched():
    ...     events = gotosync.Events()
    ...     task = asyncio.create_task(engine.watched(events).plan_async())
    ...     stages = [event.stage async for event in events]
    ...     return stages, len(await task)
    >>> asyncio.run(watched())
    (['reading', 'read'], 0)
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Progress | None] = asyncio.Queue()

    def __call__(self, event: Progress) -> None:
        """Adds an event. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    def close(self) -> None:
        """Ends the iteration. Awaited operations do this automatically.

        >>> async def closed():
        ...     events = gotosync.Events()
        ...     events.close()
        ...     return [event async for event in events]
        >>> asyncio.run(closed())
        []
        """
        self._loop.call_soon_threadsafe(self._queue.put_nowait, None)

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Progress:
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event
