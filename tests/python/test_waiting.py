"""Tests of waiting: other threads, event loops, interrupts, cancellation, progress, and logging."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import gotosync
from gotosync import testing

EVERYBODY = gotosync.Rules([gotosync.Rule("All", everyone=True)])
PEOPLE = [{"id": n, "givenName": "Ann", "sn": "Lee", "mail": f"p{n}@example.test"} for n in range(6)]


class Slow(gotosync.ProvisioningTarget):
    """A slow target that creates one user per call."""

    def __init__(self) -> None:
        self.inner = gotosync.MemoryTarget(gotosync.Account("1", "Example"))
        self.begun: list[str] = []
        self.first = threading.Event()

    def describe(self) -> gotosync.TargetInfo:
        return gotosync.TargetInfo("1", batch=1)

    def read(self) -> gotosync.Account:
        return self.inner.read()

    def execute(self, actions: list[gotosync.Action]) -> list[gotosync.Outcome]:
        self.begun += [str(action) for action in actions]
        self.first.set()
        time.sleep(0.3)
        return self.inner.execute(actions)


def test_other_threads_run_while_the_engine_works() -> None:
    class Waits(gotosync.DirectorySource):
        def __init__(self) -> None:
            self.go = threading.Event()

        def read(self, request: gotosync.ReadRequest | None = None) -> list[dict[str, Any]]:
            assert self.go.wait(20)
            return PEOPLE

    source = Waits()
    engine = gotosync.Engine(source, Slow(), EVERYBODY)
    # If the engine held the GIL, this timer could never let the source continue.
    threading.Timer(0.05, source.go.set).start()
    assert len(engine.plan()) == len(PEOPLE)


async def test_fifty_plans_at_once(world: testing.World) -> None:
    plans = await asyncio.gather(*(world.engine.plan_async() for _ in range(50)))
    assert {tuple(str(step) for step in plan.steps) for plan in plans} == {
        ("update bob@example.test", "create ann@example.test")
    }


async def test_a_coroutine_starts_its_work_when_awaited(world: testing.World) -> None:
    work = world.engine.run_async()
    assert asyncio.iscoroutine(work)
    await asyncio.sleep(0.1)
    assert world.engine.history() == []
    assert (await asyncio.create_task(work)).all_done


async def test_a_canceled_run_finishes_the_current_batch() -> None:
    target, state = Slow(), gotosync.MemoryState()
    engine = gotosync.Engine(gotosync.MemorySource(PEOPLE), target, EVERYBODY, state=state)
    task = asyncio.create_task(engine.run_async())
    await asyncio.get_running_loop().run_in_executor(None, target.first.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The run has ended with the task: the steps that were started are done, and no others were started.
    assert 0 < len(target.begun) < len(PEOPLE)
    assert len(target.read().users) == len(target.begun)
    assert (await engine.history_async())[0].ending == gotosync.Ending.INTERRUPTED
    assert await engine.interrupted_async() is None
    assert (await engine.run_async()).all_done
    assert len(target.read().users) == len(PEOPLE)


async def test_a_canceled_read_is_abandoned() -> None:
    class Never(gotosync.DirectorySource):
        async def read(self, request: gotosync.ReadRequest | None = None) -> list[dict[str, Any]]:
            await asyncio.Event().wait()
            return []

    task = asyncio.create_task(gotosync.Engine(Never(), Slow(), EVERYBODY).plan_async())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(gotosync.Engine(Never(), Slow(), EVERYBODY).plan_async(), 0.05)


INTERRUPTED = """
    import os, signal, sys, threading, time
    import gotosync

    class Slow(gotosync.ProvisioningTarget):
        inner = gotosync.MemoryTarget(gotosync.Account("1", "Example"))
        begun = 0
        def describe(self):
            return gotosync.TargetInfo("1", batch=1)
        def read(self):
            return self.inner.read()
        def execute(self, actions):
            self.begun += 1
            if self.begun == 2:
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
            return self.inner.execute(actions)

    people = [{"id": n, "givenName": "A", "sn": "B", "mail": f"p{n}@example.test"} for n in range(6)]
    target = Slow()
    engine = gotosync.Engine(
        gotosync.MemorySource(people), target, gotosync.Rules([gotosync.Rule("All", everyone=True)]),
        state=gotosync.SqliteState("state.db"),
    )
    try:
        engine.run()
    except KeyboardInterrupt:
        assert 2 <= len(target.read().users) == target.begun < 6, target.begun
        assert engine.history()[0].ending == "interrupted"
        sys.exit(7)
"""


def test_ctrl_c_stops_a_run_after_the_current_batch(tmp_path: Path) -> None:
    script = textwrap.dedent(INTERRUPTED)
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (7, "")


def test_ctrl_c_ends_a_read_at_once() -> None:
    class Never(gotosync.DirectorySource):
        def read(self, request: gotosync.ReadRequest | None = None) -> list[dict[str, Any]]:
            stop.wait(20)
            return []

    stop = threading.Event()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        gotosync.Engine(Never(), Slow(), EVERYBODY).plan()
    stop.set()


def test_progress_events_are_passed_to_a_callable(world: testing.World) -> None:
    events: list[gotosync.Progress] = []
    report = world.engine.watched(events.append).run()
    assert [event.stage for event in events[:2]] == ["reading", "read"]
    assert (events[1].people, events[1].users, events[1].done) == (3, 2, None)
    assert (events[-1].done, events[-1].of, events[-1].people) == (2, 2, None)
    assert report.all_done
    assert len(set(events)) == len(events)


def test_an_exception_in_a_progress_callback_is_harmless(world: testing.World, monkeypatch: pytest.MonkeyPatch) -> None:
    caught: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", caught.append)

    def broken(_: gotosync.Progress) -> None:
        raise RuntimeError("no terminal")

    assert world.engine.watched(broken).run().all_done
    assert {str(error.exc_value) for error in caught} == {"no terminal"}


async def test_events_end_with_the_operation(world: testing.World) -> None:
    events = gotosync.Events()
    task = asyncio.create_task(world.engine.watched(events).run_async())
    stages = [event.stage async for event in events]
    assert (stages[:2], stages[-1], (await task).all_done) == (["reading", "read"], "settled", True)

    class Broken(gotosync.DirectorySource):
        def read(self, request: gotosync.ReadRequest | None = None) -> list[dict[str, Any]]:
            raise ValueError("no")

    events = gotosync.Events()
    failing = asyncio.create_task(gotosync.Engine(Broken(), world.target, world.rules, progress=events).plan_async())
    assert [event.stage async for event in events] == ["reading"]
    with pytest.raises(gotosync.DataError):
        await failing


def test_logs_reads_plans_checks_and_steps(world: testing.World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "gotosync"):
        world.engine.run()
    logged = {(record.name, record.levelname) for record in caplog.records}
    assert logged == {
        ("gotosync.read", "INFO"),
        ("gotosync.plan", "INFO"),
        ("gotosync.apply", "DEBUG"),
        ("gotosync.apply", "INFO"),
    }
    assert "create ann@example.test: created" in caplog.text
    caplog.clear()
    strict = world.rules.edit("Sales", limits={"create": {"count": 0}})
    world.target.incomplete("users", "page 2 was lost")
    with caplog.at_level(logging.WARNING, "gotosync"), pytest.raises(gotosync.StoppedError):
        gotosync.Engine(world.source, world.target, strict).run()
    assert {(record.name, record.levelname) for record in caplog.records} == {
        ("gotosync.read", "WARNING"),
        ("gotosync.check", "WARNING"),
    }
    assert "page 2 was lost" in caplog.text


FORKED = """
    import os, sys
    from gotosync import testing

    engine = testing.example().engine
    if sys.argv[1] == "used":
        engine.plan()
    child = os.fork()
    if child == 0:
        try:
            result = str(len(engine.plan()))
        except RuntimeError as error:
            result = str(error)
        print(result, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_a_forked_process_never_hangs() -> None:
    def forked(word: str) -> str:
        command = [sys.executable, "-c", textwrap.dedent(FORKED), word]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert forked("fresh") == "2\n"
    assert "forked after its first use" in forked("used")
