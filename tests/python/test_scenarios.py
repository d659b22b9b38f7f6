"""Runs the scenarios of the Rust tests through Python, and expects the same plans, reports, and accounts, byte for byte.

The source and the target are wrapped in Python classes, so that these tests cover custom sources and targets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import gotosync
from gotosync import testing

FOLDERS = sorted(path for path in (ROOT / "tests" / "scenarios").iterdir() if path.is_dir())
USUAL = "2026-11-22T09:00:00Z"
EARLIER = "2026-11-21T09:00:00Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Export(gotosync.DirectorySource):
    """A custom source that reads an export through a built-in source."""

    name = "LDIF export directory.ldif"

    def __init__(self) -> None:
        self.inner = gotosync.LdifSource("directory.ldif")

    def read(self, request: gotosync.ReadRequest | None = None) -> gotosync.Reading:
        return self.inner.read(request)


class Named(gotosync.ProvisioningTarget):
    """A custom target that wraps a built-in target, and can simulate incomplete reads and refused users."""

    name = "account"

    def __init__(self, inner: gotosync.MemoryTarget, settings: dict[str, Any]) -> None:
        self.inner = inner
        self.gaps = [(gap["place"], gap["problem"]) for gap in settings.get("account_gaps", [])]
        self.refused = {email.casefold(): why for email, why in settings.get("refuse", {}).items()}

    def describe(self) -> gotosync.TargetInfo:
        return self.inner.describe().named(self.name)

    def read(self) -> gotosync.Account:
        account = self.inner.read()
        if not self.gaps:
            return account
        data = account.to_dict()
        gaps = [{"place": place, "problem": problem} for place, problem in self.gaps]
        return gotosync.Account.from_dict({**data, "completeness": {"state": "incomplete", "gaps": gaps}})

    def execute(self, actions: list[gotosync.Action]) -> list[gotosync.Outcome]:
        emails = {user.key: user.email for user in self.inner.read().users}
        outcomes: list[gotosync.Outcome] = []
        for action in actions:
            email = action.new_user.email if action.new_user else emails.get(action.user, "")
            why = self.refused.get(email.casefold())
            outcomes += [gotosync.Outcome.failed("input", why)] if why else self.inner.execute([action])
        return outcomes


def merged(into: Any, change: dict[str, Any]) -> Any:
    """Applies a merge patch (RFC 7396) of one level, as in the edits of scenarios."""
    result = dict(into)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def edited(account: gotosync.Account, patch: dict[str, Any]) -> gotosync.Account:
    """Returns the account after the changes that an admin makes by hand between two runs."""
    data = account.to_dict()
    names = {"users": "email", "transfers": "email", "licenses": "key", "groups": "path"}
    for part, changes in patch.items():
        if part == "catalog":
            data["catalog"] = {} if changes is None else merged(data.get("catalog", {}), changes)
            continue
        name, things = names[part], data.setdefault(part, [])
        for key, change in changes.items():
            same = [at for at, thing in enumerate(things) if thing[name].casefold() == key.casefold()]
            if change is None:
                for at in same:
                    del things[at]
            elif same:
                things[same[0]] = merged(things[same[0]], change)
            else:
                things.append(merged({name: key}, change))
    return gotosync.Account.from_dict(data)


def runs(folder: Path) -> list[int]:
    numbers = {int(path.name.split(".")[1]) for path in folder.iterdir() if path.name.count(".") == 2}
    return list(range(1, max(numbers, default=1) + 1))


def text(folder: Path, stem: str, run: int, ending: str) -> str | None:
    path = folder / (f"{stem}.{ending}" if run == 1 else f"{stem}.{run}.{ending}")
    return path.read_text() if path.exists() else None


def loaded(folder: Path, stem: str, run: int) -> dict[str, Any] | None:
    found = text(folder, stem, run, "json")
    return None if found is None else json.loads(found)


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_scenario_has_the_same_results_as_in_rust(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = gotosync.MemoryTarget(gotosync.Account.from_json((folder / "before.json").read_text()))
    state = gotosync.MemoryState()
    memory = loaded(folder, "memory", 1) or {}
    if memory:
        links, populations = memory.get("links", []), memory.get("populations", {})
        testing.remember(state, target.read().key, links, populations, moment(EARLIER))
    rules = ""
    for run in runs(folder):
        patch = loaded(folder, "edit", run)
        if patch is not None:
            target = gotosync.MemoryTarget(edited(target.read(), patch))
        settings = loaded(folder, "settings", run) or {}
        if settings.get("forget"):
            state = gotosync.MemoryState()
        directory = text(folder, "directory", run, "ldif")
        if directory is not None:
            (tmp_path / "directory.ldif").write_text(directory)
        rules = text(folder, "rules", run, "toml") or rules
        now = moment(settings.get("now", USUAL))
        parsed = gotosync.Rules.parse(rules, file="rules.toml")
        engine = gotosync.Engine(Export(), Named(target, settings), parsed, state=state, now=now)
        shown, reported = played(engine, approve=settings.get("approve", False))
        expected = [text(folder, name, run, ending) for name, ending in [("plan", "txt"), ("report", "txt"), ("after", "json")]]
        assert shown == expected[0]
        assert reported == expected[1]
        assert target.read().to_json() + "\n" == expected[2]


def played(engine: gotosync.Engine, *, approve: bool) -> Sequence[str]:
    """Returns the plan and the report in the format of the files."""
    plan = engine.plan()
    verdict = engine.check(plan, approve=approve)
    shown = (plan.text(full=True) + verdict.text(full=True)).replace(plan.id, "PLAN")
    try:
        report = engine.apply(plan, approve=approve)
        reported = report.text(full=True).replace(report.run, "RUN")
    except gotosync.GotosyncError as error:
        reported = f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else "")
    return shown, reported.replace(plan.id, "PLAN")
