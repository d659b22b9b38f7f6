"""Values: what they compare, how they are shown, copied, pickled; and that they leak nothing, whoever uses them at once."""

from __future__ import annotations

import copy
import gc
import pickle
import resource
import threading
from pathlib import Path
from typing import Any

import pytest

import gotosync
from gotosync import testing

NAMES = ["account", "license", "note", "plan", "record", "report", "rules", "user"]


@pytest.mark.parametrize("name", NAMES)
def test_values_can_be_pickled_copied_and_read_back(name: str, names: dict[str, Any]) -> None:
    value = names[name]
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert (again, hash(again), type(again)) == (value, hash(value), type(value))
    assert type(value).from_json(value.to_json()) == value


@pytest.mark.parametrize(
    "name", [*NAMES, "action", "directory", "explanation", "info", "line", "person", "reason", "step", "verdict"]
)
def test_values_are_immutable_and_shown_shortly(name: str, names: dict[str, Any]) -> None:
    value = names[name]
    for attribute in [*(own for own in dir(value) if not own.startswith("_")), "something"]:
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, attribute, None)
    assert len(repr(value)) < 120
    assert "\n" not in repr(value)
    assert value != "something else"


@pytest.mark.parametrize("name", ["engine", "source", "target"])
def test_what_holds_resources_cannot_be_pickled(name: str, names: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(names[name])


def test_a_plan_that_was_edited_is_refused(world: testing.World, tmp_path: Path) -> None:
    plan = world.engine.plan()
    with pytest.raises(gotosync.DataError, match="the plan was edited after it was made"):
        gotosync.Plan.from_json(plan.to_json().replace("ann@", "eve@"))
    with pytest.raises(gotosync.DataError, match="the text is not a plan"):
        gotosync.Plan.from_json("{}")
    with pytest.raises(gotosync.NotFoundError) as caught:
        gotosync.Plan.load(tmp_path / "nowhere.json")
    assert caught.value.file == str(tmp_path / "nowhere.json")
    world.engine.run()
    other = gotosync.MemoryTarget(gotosync.Account("2", "Other"))
    with pytest.raises(gotosync.ConflictError, match="another account"):
        gotosync.Engine(world.source, other, world.rules).apply(plan)


def test_an_approval_is_for_one_plan(world: testing.World) -> None:
    rules = gotosync.Rules([*world.rules], limits={"create": {"count": 0}})
    engine = gotosync.Engine(world.source, world.target, rules)
    plan = engine.plan()
    verdict = engine.check(plan)
    assert (verdict.passes, verdict.approvable, verdict.approved, bool(verdict)) == (False, True, False, False)
    assert [note.kind for note in verdict.stops] == ["limit-exceeded"]
    for wrong in (None, False, "0123456789abcdef"):
        assert not engine.check(plan, approve=wrong)
        with pytest.raises(gotosync.StoppedError) as caught:
            engine.apply(plan, approve=wrong)
        assert caught.value.plan == plan
    assert engine.check(plan, approve=plan.id).approved
    assert engine.apply(plan, approve=True).all_done


def test_errors_are_pickled_with_what_they_say() -> None:
    with pytest.raises(gotosync.InputError) as caught:
        gotosync.Rules.parse("[[rule]]\nnam = 1\n", file="rules.toml")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.kind, again.hint) == (
        gotosync.InputError,
        str(caught.value),
        "input",
        caught.value.hint,
    )
    assert [str(problem) for problem in again.problems] == [str(problem) for problem in caught.value.problems]
    assert (again.file, again.line, again.column) == (caught.value.file, caught.value.line, caught.value.column)


def test_secrets_are_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hunter2-and-more"
    monkeypatch.setenv("LDAP_PASSWORD", secret)
    source = gotosync.LdapSource("ldaps://127.0.0.1:1", user="cn=reader", password={"variable": "LDAP_PASSWORD"})
    assert secret not in repr(source)
    with pytest.raises(gotosync.UnavailableError) as caught:
        source.read()
    told = f"{caught.value!r} {caught.value} {caught.value.context} {caught.value.hint} {caught.value.__cause__!r}"
    assert secret not in told
    with pytest.raises(gotosync.InputError) as wrong:
        gotosync.LdapSource(f"ldaps://reader:{secret}@dc1.example.test")
    assert secret not in f"{wrong.value} {wrong.value.problems!r} {wrong.value.context}"


def memory() -> int:
    """Kilobytes that this process has at the most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_thousand_plans_leak_nothing(world: testing.World) -> None:
    class Passes(gotosync.DirectorySource):
        def read(self, request: gotosync.ReadRequest | None = None) -> list[dict[str, Any]]:
            return [{"id": n, "mail": f"p{n}@example.test", "givenName": "A", "sn": "B"} for n in range(50)]

    target = gotosync.MemoryTarget(gotosync.Account("1", "Example"))
    rules = gotosync.Rules([gotosync.Rule("All", everyone=True)])

    def once() -> None:
        engine = gotosync.Engine(Passes(), target, rules, progress=lambda _: None, on_plan=lambda _: None)
        plan = engine.plan()
        assert len(plan.steps) == len(plan.table()) == 50
        assert gotosync.Plan.from_json(plan.to_json()) == plan

    for _ in range(200):
        once()
    gc.collect()
    before, objects = memory(), len(gc.get_objects())
    for _ in range(1000):
        once()
    gc.collect()
    # A plan of fifty steps is some 60 KB as text alone: a leak of one in ten would be 6 MB.
    assert memory() - before < 6_000
    assert len(gc.get_objects()) - objects < 100


def test_eight_threads_plan_at_once(world: testing.World) -> None:
    plans: list[list[str]] = []
    troubles: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(25):
                plans.append([str(step) for step in world.engine.plan().steps])
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (troubles, len(plans)) == ([], 200)
    assert {tuple(plan) for plan in plans} == {("update bob@example.test", "create ann@example.test")}


def test_one_run_holds_the_account(world: testing.World, tmp_path: Path) -> None:
    state = gotosync.SqliteState(tmp_path / "state.db")
    inside = threading.Event()

    class Waits(gotosync.DirectorySource):
        def read(self, request: gotosync.ReadRequest | None = None) -> gotosync.Reading:
            inside.set()
            go.wait(20)
            return world.source.read(request)

    go = threading.Event()
    first = gotosync.Engine(Waits(), world.target, world.rules, state=state, command="the first")
    thread = threading.Thread(target=first.run)
    thread.start()
    assert inside.wait(20)
    with pytest.raises(gotosync.HeldError, match="the first") as caught:
        gotosync.Engine(world.source, world.target, world.rules, state=state).run()
    assert caught.value.retryable
    go.set()
    thread.join()
    assert len(world.target.read().users) == 3
