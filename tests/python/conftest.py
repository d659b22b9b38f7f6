"""Shared fixtures: a small world, and the objects that the examples in docstrings use."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import gotosync
from gotosync import testing

ROOT = Path(__file__).parents[2]

#: The interpreter that runs the examples and the command. The package must be installed there; other packages need not be.
INTERPRETER = os.environ.get("GOTOSYNC_PYTHON", sys.executable)


@pytest.fixture
def world() -> testing.World:
    """Three people, an account, and rules."""
    return testing.example()


@pytest.fixture
def names(tmp_path: Path) -> dict[str, Any]:
    """The variables for examples in docstrings; the engine has completed a first run."""
    now = datetime(2026, 11, 27, 9, tzinfo=timezone.utc)
    fresh, done = testing.example(), testing.example()
    planned = gotosync.Engine(fresh.source, fresh.target, fresh.rules, now=now)
    plan = planned.plan()
    engine = gotosync.Engine(done.source, done.target, done.rules, now=now)
    report = engine.run()
    account = testing.example().target.read()
    actions: list[gotosync.Action] = []

    class Asked(gotosync.ProvisioningTarget):
        def describe(self) -> gotosync.TargetInfo:
            return gotosync.TargetInfo("1", features=gotosync.Feature, batch=1)

        def read(self) -> gotosync.Account:
            return account

        def perform(self, action: gotosync.Action) -> gotosync.Outcome:
            actions.append(action)
            return gotosync.Outcome.skipped("only asked")

    gotosync.Engine(fresh.source, Asked(), fresh.rules).run()
    return {
        "account": account,
        "action": actions[0],
        "asyncio": asyncio,
        "datetime": datetime,
        "directory": fresh.source.read().directory,
        "engine": engine,
        "explanation": engine.explain("ann@example.test"),
        "folder": tmp_path,
        "gotosync": gotosync,
        "info": fresh.target.describe(),
        "json": json,
        "license": account.licenses[0],
        "line": report.lines[0],
        "note": gotosync.Note("no-email", "Cyd Fox", "no mail"),
        "person": fresh.source.read().directory[0],
        "plan": plan,
        "reason": plan.steps[0].reasons[0],
        "record": engine.history()[0],
        "report": report,
        "rules": fresh.rules,
        "source": fresh.source,
        "step": plan.steps[0],
        "target": fresh.target,
        "timedelta": timedelta,
        "timezone": timezone,
        "user": account.users[0],
        "verdict": planned.check(plan),
    }
