"""Tests of custom sources, targets, and reviewers, with plain methods and with coroutines."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

import gotosync
from gotosync import testing

EVERYBODY = gotosync.Rules([gotosync.Rule("All", everyone=True, products=["GoToMeeting"])])
ANN = {"id": 1, "givenName": "Ann", "sn": "Lee", "mail": "ann@example.test"}


class Given(gotosync.DirectorySource):
    """A source that returns the result of a function, which may be of any supported kind."""

    name = "given"

    def __init__(self, give: Callable[[], Any]) -> None:
        self.give = give

    def read(self, request: gotosync.ReadRequest | None = None) -> Any:
        return self.give()


def account() -> gotosync.Account:
    return gotosync.Account("1", "Example", licenses=[gotosync.License("10", "GoToMeeting", ["G2M"], seats=5)])


def engine(source: Any, target: Any = None, **more: Any) -> gotosync.Engine:
    return gotosync.Engine(source, target or gotosync.MemoryTarget(account()), EVERYBODY, **more)


async def later() -> list[dict[str, Any]]:
    await asyncio.sleep(0.001)
    return [ANN]


async def one_by_one() -> AsyncIterator[dict[str, Any]]:
    await asyncio.sleep(0.001)
    yield ANN


def yielded() -> Iterator[dict[str, Any]]:
    yield ANN


WAYS: dict[str, Callable[[], Any]] = {
    "list": lambda: [ANN],
    "generator": yielded,
    "coroutine": later,
    "asynchronous generator": one_by_one,
    "people": lambda: gotosync.People([ANN]),
    "reading": lambda: gotosync.MemorySource([ANN], name="given").read(),
    "pairs": lambda: [tuple(ANN.items())],
    "person of another directory": lambda: gotosync.People(gotosync.MemorySource([ANN], name="given").read().directory),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_source_may_return_people_in_every_supported_form(way: str) -> None:
    plan = engine(Given(WAYS[way])).plan()
    assert [str(step) for step in plan.steps] == ["create ann@example.test"]
    # A person from another directory keeps the id from there.
    ids = {"given:1", "given:given:1"}
    assert plan.steps[0].person in ids


@pytest.mark.parametrize("way", WAYS)
async def test_a_source_may_return_people_in_every_supported_form_in_a_loop(way: str) -> None:
    plan = await engine(Given(WAYS[way])).plan_async()
    assert [str(step) for step in plan.steps] == ["create ann@example.test"]


def test_any_object_with_the_methods_is_a_source() -> None:
    class Anything:
        def read(self, request: gotosync.ReadRequest) -> list[dict[str, Any]]:
            assert "mail" in request.attributes
            assert request.everyone
            return [ANN]

    assert repr(engine(Anything())) == "<Engine from Anything to memory account 1>"
    assert len(engine(Anything()).plan()) == 1
    for nothing in (object(), gotosync.DirectorySource(), 3):
        with pytest.raises(gotosync.InputError) as caught:
            engine(nothing)
        assert "it must have a method `read`" in str(caught.value.hint)
    with pytest.raises(NotImplementedError):
        gotosync.DirectorySource().read()  # type: ignore[call-arg]


def test_keys_of_dicts_become_fields_and_attributes() -> None:
    gone = datetime(2020, 1, 1, tzinfo=timezone.utc)
    people: list[dict[str, Any]] = [
        {**ANN, "dn": "CN=Ann,OU=Sales,DC=x", "groups": ["Team", "CN=Other,DC=x"], "title": ["Head", "Boss"], "photo": b"\xff"},
        {"id": "b", "enabled": False, "cn": None, "employeeNumber": 7, "flag": True},
        {"id": "c", "disabled": True},
        {"id": "d", "expires": gone},
        {"id": "7A1C0E30-6B0F-4C1E-9A55-0D6F5B0C0001"},
    ]
    given = gotosync.People(people, groups=["Empty"], units=["OU=Void,DC=x"], remarks=["by hand"])
    reading = gotosync.MergedSource([("given", Given(lambda: given))]).read(
        gotosync.ReadRequest(["title", "photo", "employeeNumber", "flag"])
    )
    directory = reading.directory
    ann, b, c, d = (directory.find(f"given:{key}") for key in ("1", "b", "c", "d"))
    assert ann
    assert b
    assert c
    assert d
    assert (ann.dn, ann["TITLE"], ann["photo"], sorted(ann.groups)) == (
        "CN=Ann,OU=Sales,DC=x",
        ["Head", "Boss"],
        [b"\xff"],
        ["Other", "Team"],
    )
    assert (b["employeeNumber"], b["flag"], "cn" in b, b.disabled, c.disabled) == (["7"], ["TRUE"], False, True, True)
    assert (d.expires, d.enabled(gone + timedelta(1)), d.enabled(gone - timedelta(1))) == (gone, False, True)
    assert directory.find("7a1c0e30-6b0f-4c1e-9a55-0d6f5b0c0001") is not None
    assert {group.name for group in directory.groups} == {"Team", "Other", "Empty"}
    assert "OU=Void,DC=x" in directory.units


WRONG: list[tuple[Any, str]] = [
    ([{"givenName": "Ann"}], "person 1: `id` is missing; it must be a permanent id of the person"),
    ([ANN, {"id": 2, "expires": date(2026, 1, 1)}], "person 2 (2): `expires` is a date, expected a datetime with a time zone"),
    (
        [{"id": 2, "expires": datetime(2026, 1, 1)}],
        "person 1 (2): `expires` is a datetime, expected a datetime with a time zone",
    ),
    ([{"id": 2, "mail": object()}], "person 1 (2): `mail` is a object, expected text, bytes, a number, or a list of these"),
    ([{"id": 2, "groups": "Sales"}], "person 1 (2): `groups` is a str, expected a list of texts"),
    ([{"id": 2, "enabled": "yes"}], "person 1 (2): `enabled` is a str, expected True or False"),
    ([{"id": 2, "dn": "nonsense"}], "person 1 (2): "),
    ([{"id": 2, 3: "x"}], "person 1: the key 3 is a int, expected text"),
    ([5], "person 1: is a int, expected a dict"),
    (None, "the source returned a NoneType, expected people"),
    ("", "the source returned a str, expected people"),
    ({}, "the source returned a dict, expected people"),
    ([{"id": 7.0}], "person 1: `id` is a float, expected text or a whole number"),
    ([{"id": True}], "person 1: `id` is a bool, expected text or a whole number"),
    ([ANN, ANN], "two people have the same id"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_errors_in_people_name_the_person(given: Any, message: str) -> None:
    with pytest.raises(gotosync.DataError) as caught:
        engine(Given(lambda: given)).plan()
    assert message in str(caught.value)


def test_a_source_with_gaps_takes_nothing_away() -> None:
    target = gotosync.MemoryTarget(account())
    state = gotosync.MemoryState()
    both = [ANN, {**ANN, "id": 2, "mail": "bob@example.test"}]
    assert engine(Given(lambda: both), target, state=state).run().all_done
    part = gotosync.People([ANN], gaps=[("page 2", "timed out")])
    plan = engine(Given(lambda: part), target, state=state).plan()
    assert len(plan) == 0
    assert [(note.kind, note.evidence) for note in plan.notes if note.severity == "hold"] == [
        ("source-incomplete", "page 2: timed out")
    ]
    # Without the gap, the same people mean that Bob has left.
    complete = engine(Given(lambda: gotosync.People([ANN])), target, state=state).plan()
    assert [str(step) for step in complete.steps] == ["suspend bob@example.test"]


def test_a_failing_source_fails_the_run_with_its_traceback() -> None:
    def broken() -> Iterator[dict[str, Any]]:
        yield ANN
        raise ConnectionError("the HR database went away")

    target = gotosync.MemoryTarget(account())
    failing = engine(Given(broken), target)
    with pytest.raises(gotosync.UnavailableError) as caught:
        failing.run()
    error = caught.value
    assert (str(error), error.retryable) == ("could not read the directory: ConnectionError: the HR database went away", True)
    assert isinstance(error.__cause__, ConnectionError)
    assert "in broken" in "".join(traceback.format_exception(error))
    assert (target.read().users, failing.history()[0].ending) == ((), gotosync.Ending.FAILED)

    def said() -> list[dict[str, Any]]:
        raise gotosync.DeniedError("no right to see salaries", hint="ask HR")

    with pytest.raises(gotosync.DeniedError) as denied:
        engine(Given(said)).plan()
    assert (denied.value.hint, denied.value.retryable) == ("ask HR", False)


class Own(gotosync.ProvisioningTarget):
    """A target whose actions are executed by a function."""

    name = "own"

    def __init__(self, answer: Callable[[gotosync.Action], Any]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def describe(self) -> gotosync.TargetInfo:
        return gotosync.TargetInfo(account().key, features=gotosync.Feature)

    def read(self) -> dict[str, Any]:
        return account().to_dict()

    def perform(self, action: gotosync.Action) -> Any:
        self.asked.append(str(action))
        return self.answer(action)


def refused(action: gotosync.Action) -> None:
    raise gotosync.DeniedError(f"not {action.new_user.first_name if action.new_user else '?'}")


def fell(_: gotosync.Action) -> None:
    raise RuntimeError("the socket broke")


async def key_later(_: gotosync.Action) -> str:
    await asyncio.sleep(0.001)
    return "4711"


ANSWERS: list[tuple[Callable[[gotosync.Action], Any], str, str | None]] = [
    (lambda _: "4711", "created", None),
    (lambda _: gotosync.Outcome.success(user="4711"), "created", None),
    (key_later, "created", None),
    (lambda _: gotosync.Outcome.transfer_invited(), "transfer invited", None),
    (lambda _: gotosync.Outcome.skipped("not today"), "skipped", "not today"),
    (lambda _: gotosync.Outcome.failed("denied", "no"), "failed", "no"),
    (lambda _: None, "in doubt", "the target created a user, but did not return its key"),
    (lambda _: 3, "in doubt", "TypeError: "),
    (refused, "failed", "not Ann"),
    (fell, "in doubt", "RuntimeError: the socket broke"),
]


@pytest.mark.parametrize(("answer", "word", "message"), ANSWERS)
def test_the_result_of_perform_becomes_the_outcome_of_the_step(answer: Any, word: str, message: str | None) -> None:
    target = Own(answer)
    report = engine(Given(lambda: [ANN]), target).run()
    outcome = report.lines[0].outcome
    assert (str(outcome), target.asked) == (word, ["create ann@example.test"])
    assert (outcome.message or "").startswith(message or "")
    assert outcome.user == ("4711" if word == "created" else None)


def test_an_outcome_keeps_the_traceback() -> None:
    outcome = engine(Given(lambda: [ANN]), Own(fell)).run().lines[0].outcome
    assert isinstance(outcome.error, gotosync.DataError)
    assert isinstance(outcome.error.__cause__, RuntimeError)
    assert "in fell" in "".join(traceback.format_exception(outcome.error))
    # A report that was read back has only the message.
    report = engine(Given(lambda: [ANN]), Own(fell)).run()
    again = gotosync.Report.from_json(report.to_json())
    assert again == report
    error = again.lines[0].outcome.error
    assert error is not None
    assert error.__cause__ is None


class AtOnce(Own):
    """A target that executes several actions at once."""

    def execute(self, actions: list[gotosync.Action]) -> Any:
        self.asked += [str(action) for action in actions]
        return self.answer(actions)  # type: ignore[arg-type]


def unavailable(_: Any) -> None:
    raise gotosync.UnavailableError("the service is away")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda actions: [str(number) for number, _ in enumerate(actions)], ["created", "created"]),
        (lambda _: ["1"], ["in doubt", "in doubt"]),
        (fell, ["in doubt", "in doubt"]),
        (unavailable, ["failed", "failed"]),
    ],
)
def test_execute_must_return_one_outcome_for_each_action(answer: Any, words: list[str]) -> None:
    people = [ANN, {**ANN, "id": 2, "mail": "bob@example.test"}]
    report = engine(Given(lambda: people), AtOnce(answer)).run()
    assert [str(line.outcome) for line in report.lines] == words


def test_the_check_stops_actions_that_a_target_does_not_support() -> None:
    class Little(Own):
        def describe(self) -> gotosync.TargetInfo:
            return gotosync.TargetInfo("1", actions=["update"], features=gotosync.Feature, batch=1)

    plan = engine(Given(lambda: [ANN]), Little(refused)).plan()
    verdict = engine(Given(lambda: [ANN]), Little(refused)).check(plan)
    assert [note.kind for note in verdict.stops] == ["unsupported"]
    with pytest.raises(gotosync.StoppedError):
        verdict.raise_for_stop()
    with pytest.raises(gotosync.InputError, match="`dance` is not an action"):
        gotosync.TargetInfo("1", actions=["dance"])


def test_custom_parts_are_checked_against_the_laws() -> None:
    people = [
        {"id": str(number), "dn": f"CN=P{number},OU={unit},DC=x", "mail": f"p{number}@x.test", "groups": ["CN=G,OU=A,DC=x"]}
        for number, unit in enumerate("ABBA")
    ]
    testing.check_source(Given(lambda: people))
    with pytest.raises(AssertionError, match="the directory has people"):
        testing.check_source(Given(lambda: []))

    class Wrapped(gotosync.ProvisioningTarget):
        def __init__(self, account: gotosync.Account) -> None:
            self.inner = gotosync.MemoryTarget(account)

        def describe(self) -> gotosync.TargetInfo:
            return self.inner.describe()

        def read(self) -> gotosync.Account:
            return self.inner.read()

        def execute(self, actions: list[gotosync.Action]) -> list[gotosync.Outcome]:
            return self.inner.execute(actions)

    testing.check_target(Wrapped)

    class Forgetful(Wrapped):
        def execute(self, actions: list[gotosync.Action]) -> list[gotosync.Outcome]:
            return super().execute(actions)[:-1]

    with pytest.raises(AssertionError, match="one_outcome_for_each_action_in_order"):
        testing.check_target(Forgetful)


def test_a_reviewer_leaves_out_steps_and_refuses_plans_with_reported_reasons(world: testing.World) -> None:
    def drop(plan: gotosync.Plan) -> gotosync.Review:
        steps = [step for step in plan.steps if step.kind == "create"]
        return gotosync.Review().leave_out(steps[0], "hiring is frozen")

    reviewed = gotosync.Engine(world.source, world.target, world.rules, on_plan=drop)
    report = reviewed.run()
    assert [str(line) for line in report.lines] == ["update bob@example.test: updated"]
    assert [(note.kind, note.evidence) for note in report.notes] == [("left-out", "create: hiring is frozen")]

    async def veto(plan: gotosync.Plan) -> gotosync.Review:
        await asyncio.sleep(0)
        return gotosync.Review().refuse("a freeze until Monday")

    with pytest.raises(gotosync.StoppedError, match="a freeze until Monday") as caught:
        gotosync.Engine(world.source, world.target, world.rules, on_plan=veto).run()
    assert [str(step) for step in caught.value.plan.steps] == ["create ann@example.test"]
    with pytest.raises(gotosync.StoppedError):
        world.engine.apply(caught.value.plan, approve=True)

    for wrong, message in [(lambda _: "no", "expected a Review or None"), (refused, "review the plan")]:
        with pytest.raises(gotosync.GotosyncError, match=message):
            gotosync.Engine(world.source, world.target, world.rules, on_plan=wrong).plan()  # type: ignore[arg-type]
