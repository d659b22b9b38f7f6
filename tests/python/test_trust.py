"""What must not happen, whatever parts written in Python do: taking by mistake, and reports that say more than is known."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import gotosync
from gotosync import testing

RULES = gotosync.Rules([gotosync.Rule("All", everyone=True, products=["GoToMeeting"])])
MEETING = gotosync.License("10", "GoToMeeting", ["G2M"], seats=50)


def people(number: int) -> list[dict[str, Any]]:
    return [{"id": n, "givenName": "Ann", "sn": "Lee", "mail": f"p{n}@example.test"} for n in range(number)]


class Given(gotosync.DirectorySource):
    name = "given"

    def __init__(self, give: Callable[[gotosync.ReadRequest], Any]) -> None:
        self.give = give

    def read(self, request: gotosync.ReadRequest) -> Any:
        return self.give(request)


def filled(number: int) -> tuple[gotosync.MemoryTarget, gotosync.MemoryState]:
    """An account that so many people came into, and what is remembered of them."""
    target, state = gotosync.MemoryTarget(gotosync.Account("1", "Example", licenses=[MEETING])), gotosync.MemoryState()
    assert gotosync.Engine(Given(lambda _: people(number)), target, RULES, state=state).run().all_done
    return target, state


PASSED_ON: dict[str, Callable[[gotosync.Reading], Any]] = {
    "the reading": lambda reading: reading,
    "its directory": lambda reading: reading.directory,
    "its people": lambda reading: iter(reading.directory),
    "people of its directory": lambda reading: gotosync.People(reading.directory),
    "some of its people": lambda reading: [person for person in reading.directory if person.get("mail")],
}


@pytest.mark.parametrize("way", PASSED_ON)
def test_a_read_that_was_not_whole_is_not_made_whole_by_passing_it_on(way: str) -> None:
    target, state = filled(40)
    part = gotosync.MemorySource(gotosync.People(people(38), gaps=[("page 2", "cut")]), name="given")
    source = Given(lambda request: PASSED_ON[way](part.read(request)))
    plan = gotosync.Engine(source, target, RULES, state=state).plan()
    assert [step for step in plan.steps if step.takes_away] == []
    assert "page 2: cut" in {note.evidence for note in plan.notes}


def test_a_read_that_was_not_asked_for_everything_is_not_passed_on(tmp_path: Path) -> None:
    (tmp_path / "d.ldif").write_text(
        "dn: CN=Ann,DC=example,DC=test\nobjectClass: user\nobjectGUID:: AQAAAAAAAAAAAAAAAAAAAA==\nsAMAccountName: ann\n"
        "mail: ann@example.test\nemployeeType: staff\ngivenName: Ann\nsn: Lee\nuserAccountControl: 512\n\n"
    )
    inner = gotosync.LdifSource(tmp_path / "d.ldif")
    rules = RULES.edit("All", filter="(employeeType=staff)")
    target = gotosync.MemoryTarget(gotosync.Account("1", "Example", licenses=[MEETING]))
    good = gotosync.Engine(Given(inner.read), target, rules)
    assert len(good.plan()) == 1
    for forgot in (lambda _: inner.read(), lambda _: inner.read().directory, lambda _: list(inner.read().directory)):
        with pytest.raises(gotosync.DataError, match=r"was not asked for .*employeeType") as caught:
            gotosync.Engine(Given(forgot), target, rules).plan()
        assert "source.read(request)" in str(caught.value.hint)


def test_a_step_of_another_plan_leaves_out_nobody(world: testing.World) -> None:
    earlier = world.engine.plan().steps[1]

    def review(plan: gotosync.Plan) -> gotosync.Review:
        return gotosync.Review().leave_out(earlier, "not this one")

    assert [str(step) for step in gotosync.Engine(world.source, world.target, world.rules, on_plan=review).plan().steps] == [
        "update bob@example.test"
    ]
    world.target.edit(gotosync.Account("1", "Example", licenses=[MEETING]))
    with pytest.raises(gotosync.InputError, match="the review leaves out step 2, which is not in this plan"):
        gotosync.Engine(world.source, world.target, world.rules, on_plan=review).plan()


class Own(gotosync.ProvisioningTarget):
    def __init__(self, account: gotosync.Account, answer: Callable[[gotosync.Action], Any]) -> None:
        self.account = account
        self.answer = answer
        self.tried: list[str] = []

    def describe(self) -> gotosync.TargetInfo:
        return gotosync.TargetInfo(self.account.key, features=gotosync.Feature)

    def read(self) -> gotosync.Account:
        return self.account

    def perform(self, action: gotosync.Action) -> Any:
        self.tried.append(str(action))
        return self.answer(action)


def outcomes(report: gotosync.Report) -> list[tuple[str, str | None]]:
    return [(str(line.outcome), line.outcome.message) for line in report.lines]


def test_a_new_user_is_never_known_by_the_key_of_somebody_else() -> None:
    admin = gotosync.User("admin@example.test", "Ada", "Low", key="100", status="active", licenses=["10"])
    account = gotosync.Account("1", "Example", users=[admin], licenses=[MEETING])
    state = gotosync.MemoryState()
    answers = iter(["100", "4711", "4711", " "])
    engine = gotosync.Engine(Given(lambda _: people(4)), Own(account, lambda _: next(answers)), RULES, state=state)
    assert outcomes(engine.run()) == [
        ("in doubt", "the target returned the key of another user for the user it created: 100"),
        ("created", None),
        ("in doubt", "the target returned the same key for two users it created: 4711"),
        ("in doubt", "the target returned no key for the user it created"),
    ]
    again = engine.plan()
    assert "admin@example.test" not in {step.subject for step in again.steps}


@pytest.mark.parametrize("answer", ["HTTP 500", gotosync.Outcome.transfer_invited(), 7])
def test_nothing_is_done_that_was_not(answer: Any) -> None:
    target, state = filled(2)
    own = Own(target.read(), lambda _: answer)
    report = gotosync.Engine(Given(lambda _: people(1)), own, RULES, state=state).run()
    assert own.tried == [f"suspend {target.read().users[1].key}"]
    assert [word for word, _ in outcomes(report)] == ["in doubt"]


class Several(Own):
    def execute(self, actions: list[gotosync.Action]) -> Any:
        return self.answer(actions)  # type: ignore[arg-type]


def half(actions: list[gotosync.Action]) -> Iterator[str]:
    yield "1"
    raise gotosync.UnavailableError("the service is away")


async def half_later(actions: list[gotosync.Action]) -> AsyncIterator[str]:
    yield "1"


@pytest.mark.parametrize(
    ("answer", "words"),
    [(half, ["created", "in doubt", "in doubt"]), (half_later, ["in doubt"] * 3), (lambda _: "abc", ["in doubt"] * 3)],
)
def test_what_broke_off_is_in_doubt(answer: Any, words: list[str]) -> None:
    target = Several(gotosync.Account("1", "Example", licenses=[MEETING]), answer)
    report = gotosync.Engine(Given(lambda _: people(3)), target, RULES).run()
    assert [word for word, _ in outcomes(report)] == words


def test_a_mistake_in_calling_the_package_does_not_say_that_nothing_was_done() -> None:
    def wrote_then_failed(_: gotosync.Action) -> gotosync.Outcome:
        return gotosync.Outcome.failed("typo", "x")

    target = Own(gotosync.Account("1", "Example", licenses=[MEETING]), wrote_then_failed)
    report = gotosync.Engine(Given(lambda _: people(1)), target, RULES).run()
    assert outcomes(report) == [("in doubt", "`typo` is no kind of error")]


def test_a_target_that_wants_the_program_to_end_is_not_asked_again() -> None:
    def leave(_: gotosync.Action) -> None:
        raise SystemExit(3)

    target = Own(gotosync.Account("1", "Example", licenses=[MEETING]), leave)
    report = gotosync.Engine(Given(lambda _: people(3)), target, RULES).run()
    assert len(target.tried) == 1
    assert [word for word, _ in outcomes(report)] == ["in doubt", "failed", "failed"]


def test_keys_with_a_meaning_are_known_in_any_letter_case() -> None:
    person = {"ID": 1, "DN": "CN=Ann,OU=Sales,DC=x", "Enabled": False, "Groups": ["Team"]}
    ann = gotosync.MemorySource([person]).read().directory[0]
    assert (ann.dn, ann.disabled, ann.groups) == ("CN=Ann,OU=Sales,DC=x", True, ("Team",))


def test_the_simplest_target_keeps_the_laws() -> None:
    class Simple(gotosync.ProvisioningTarget):
        def __init__(self, account: gotosync.Account) -> None:
            self.inner = gotosync.MemoryTarget(account)

        def read(self) -> gotosync.Account:
            return self.inner.read()

        def perform(self, action: gotosync.Action) -> gotosync.Outcome:
            return self.inner.execute([action])[0]

    testing.check_target(Simple)

    def impossible(_: gotosync.Account) -> object:
        raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError):
        testing.check_target(impossible)


def test_whoever_watches_may_use_the_engine(world: testing.World) -> None:
    inner = testing.example().engine
    plans: list[int] = []
    assert world.engine.watched(lambda _: plans.append(len(inner.plan()))).run().all_done
    assert set(plans) == {2}


async def test_a_run_that_is_cancelled_while_it_reads_ends_at_once() -> None:
    begun = threading.Event()
    target = gotosync.MemoryTarget(gotosync.Account("1", "Example", licenses=[MEETING]))

    class Never(gotosync.DirectorySource):
        async def read(self, request: gotosync.ReadRequest) -> list[dict[str, Any]]:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled = True
            return []

    source = Never()
    engine = gotosync.Engine(source, target, RULES)
    task = asyncio.create_task(engine.run_async())
    await asyncio.get_running_loop().run_in_executor(None, begun.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)
    assert engine.history()[0].ending == gotosync.Ending.INTERRUPTED
    await asyncio.sleep(0.1)
    assert source.cancelled, "what it waited for is cancelled too"


async def test_events_end_even_if_their_verb_never_began(world: testing.World) -> None:
    events = gotosync.Events()
    task = asyncio.create_task(world.engine.watched(events).run_async())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [event async for event in events] == []
    events = gotosync.Events()
    await asyncio.get_running_loop().run_in_executor(None, world.engine.watched(events).plan)
    assert [event.stage async for event in events] == ["reading", "read"]


USER = contextvars.ContextVar("USER", default="nobody")


def test_own_parts_see_the_context_of_whoever_waits_and_one_loop_in_a_verb() -> None:
    seen: list[tuple[str, int]] = []

    class Looks(gotosync.DirectorySource):
        async def read(self, request: gotosync.ReadRequest) -> list[dict[str, Any]]:
            seen.append((USER.get(), id(asyncio.get_running_loop())))
            return people(1)

    class Target(Own):
        async def perform(self, action: gotosync.Action) -> str:
            seen.append((USER.get(), id(asyncio.get_running_loop())))
            return "1"

    USER.set("ann")
    target = Target(gotosync.Account("1", "Example", licenses=[MEETING]), lambda _: None)
    assert gotosync.Engine(Looks(), target, RULES).run().all_done
    assert [user for user, _ in seen] == ["ann", "ann"]
    assert len({loop for _, loop in seen}) == 1


LEAVES = """
    import os, signal, sys, threading, time
    import gotosync

    class Slow(gotosync.DirectorySource):
        def read(self, request):
            for n in range(10_000):
                time.sleep(0.002)
                yield {"id": n}

    class Sleeps(Slow):
        def read(self, request):
            time.sleep(1.5)
            return []

    engine = gotosync.Engine(
        {"generator": Slow, "sleep": Sleeps}[sys.argv[1]](), gotosync.MemoryTarget(gotosync.Account("1", "x")),
        gotosync.Rules([gotosync.Rule("All", everyone=True)]),
    )
    if sys.argv[2] == "signal":
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            engine.plan()
        except KeyboardInterrupt:
            sys.exit(7)
    threading.Thread(target=engine.plan, daemon=True).start()
    time.sleep(0.2)
    sys.exit(7)
"""


@pytest.mark.parametrize("how", ["signal", "daemon"])
@pytest.mark.parametrize("source", ["generator", "sleep"])
def test_a_program_ends_well_while_a_part_of_its_own_is_under_way(source: str, how: str) -> None:
    begun = time.monotonic()
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(LEAVES), source, how]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 7, ended.stderr
    assert "Fatal" not in ended.stderr
    # A generator is ended at its next step, and not waited for.
    assert time.monotonic() - begun < 15


def test_ctrl_c_stops_a_target_of_single_actions_after_the_one_in_flight() -> None:
    class Slow(Own):
        def perform(self, action: gotosync.Action) -> Any:
            if not self.tried:
                os.kill(os.getpid(), signal.SIGINT)
            super().perform(action)
            time.sleep(0.3)
            return str(len(self.tried))

    target = Slow(gotosync.Account("1", "Example", licenses=[MEETING]), lambda _: None)
    engine = gotosync.Engine(Given(lambda _: people(5)), target, RULES)
    with pytest.raises(KeyboardInterrupt):
        engine.run()
    assert len(target.tried) == 1
    assert engine.history()[0].outcomes == {"created": 1, "skipped": 4}


def test_no_message_holds_a_value_that_may_be_a_secret() -> None:
    for secret in (b"hunter2", ["hunter2", object()]):
        with pytest.raises((gotosync.GotosyncError, TypeError)) as caught:
            gotosync.LdapSource("ldaps://127.0.0.1:1", user="cn=x", password=secret)
        assert "hunter2" not in f"{caught.value} {caught.value!r}"
