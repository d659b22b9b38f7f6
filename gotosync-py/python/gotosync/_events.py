"""Progress as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._gotosync import Progress


class Events:
    """What goes on in one verb, for ``async for``: given to an engine as ``progress``, it ends when the verb does.

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
        """Takes one event, from whichever thread."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    def close(self) -> None:
        """Ends the iteration; a verb that is awaited does that by itself."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, None)

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Progress:
        event = await self._queue.get()
        if event is None:
            raise StopAsyncIteration
        return event
