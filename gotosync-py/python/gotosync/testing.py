"""Helpers for tests of custom sources and targets.

The laws are conformance tests that every source or target must pass. ``example`` provides a small directory and account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from . import _gotosync
from ._gotosync import Account, Engine, License, MemorySource, MemoryTarget, Rule, Rules, StateStore, User

__all__ = ["World", "check_source", "check_target", "example", "remember", "source_laws", "target_laws"]


class World(NamedTuple):
    """A small directory, an account, and rules, all in memory.

    >>> from gotosync import testing
    >>> world = testing.example()
    >>> world.engine.run().counts
    {'created': 1, 'updated': 1}
    """

    source: MemorySource
    target: MemoryTarget
    rules: Rules
    engine: Engine


def example() -> World:
    """Returns a world with three people. Two are in Sales; one of these has a user with a misspelled name.

    >>> from gotosync import testing
    >>> [str(step) for step in testing.example().engine.plan().steps]
    ['update bob@example.test', 'create ann@example.test']
    """
    team = ["CN=Team,OU=Groups,DC=example,DC=test"]
    people: list[dict[str, Any]] = [
        {
            "id": "1",
            "dn": "CN=Ann Lee,OU=Sales,DC=example,DC=test",
            "mail": "ann@example.test",
            "givenName": "Ann",
            "sn": "Lee",
        },
        {
            "id": "2",
            "dn": "CN=Bob Ray,OU=Sales,DC=example,DC=test",
            "mail": "bob@example.test",
            "givenName": "Bob",
            "sn": "Ray",
        },
        {"id": "3", "dn": "CN=Cyd Fox,OU=IT,DC=example,DC=test", "givenName": "Cyd", "sn": "Fox"},
    ]
    people[0]["groups"] = team
    account = Account(
        "1",
        "Example",
        users=[
            User("admin@example.test", "Ada", "Low", key="100", status="active", licenses=["10"]),
            User("bob@example.test", "Bob", "Rey", key="200", status="active", licenses=["10"]),
        ],
        licenses=[License("10", "GoToMeeting", ["G2M"], seats=6)],
    )
    source, target = MemorySource(people), MemoryTarget(account)
    rules = Rules([Rule("Sales", ou="OU=Sales,DC=example,DC=test", products=["GoToMeeting"])])
    return World(source, target, rules, Engine(source, target, rules))


def check_source(source: object) -> None:
    """Checks a source against every law of sources: raises ``AssertionError`` with the broken laws.

    The source must contain people.

    >>> from gotosync import testing
    >>> testing.check_source(testing.example().source)
    """
    _raise_if(_gotosync.broken_source_laws(source))


def check_target(make: Callable[[Account], object]) -> None:
    """Checks targets against every law that applies to their capabilities: raises ``AssertionError`` with the broken laws.

    ``make`` takes an account and returns a new target that holds it.

    >>> from gotosync import testing
    >>> testing.check_target(gotosync.MemoryTarget)
    """
    _raise_if(_gotosync.broken_target_laws(make))


def remember(state: StateStore, account: str, links: list[dict[str, Any]], populations: dict[str, int], when: datetime) -> None:
    """Stores links and numbers of people in a state store, as if an earlier run had written them.

    ``links`` have the format of plans, and ``populations`` is the number of people that each rule selected.

    >>> from gotosync import testing
    >>> state = gotosync.MemoryState()
    >>> link = {"person": "1", "user": "100", "email": "ann@example.test", "rules": ["Sales"]}
    >>> testing.remember(state, "1", [link], {"Sales": 2}, datetime(2026, 11, 21, tzinfo=timezone.utc))
    >>> gotosync.Engine(source, target, rules, state=state).history()[0].command
    'an earlier run'
    """
    _gotosync.remember(state, account, links, populations, when)


def source_laws() -> list[str]:
    """Returns the names of the laws of sources.

    >>> from gotosync import testing
    >>> testing.source_laws()[0]
    'same_question_same_answer'
    """
    return _gotosync.laws()[0]


def target_laws() -> list[str]:
    """Returns the names of the laws of targets.

    >>> from gotosync import testing
    >>> testing.target_laws()[0]
    'a_description_is_stable'
    """
    return _gotosync.laws()[1]


def _raise_if(broken: list[str]) -> None:
    if broken:
        raise AssertionError("broken laws:\n" + "\n".join(broken))
