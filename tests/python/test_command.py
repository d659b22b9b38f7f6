"""Tests of the command, run as `python -m gotosync`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from conftest import INTERPRETER

import gotosync


def ran(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [INTERPRETER, "-m", "gotosync", *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_prints_the_help_of_the_command(tmp_path: Path) -> None:
    helped = ran("--help", folder=tmp_path)
    assert helped.returncode == 0
    for word in ("Usage: gotosync", "plan", "apply", "resume", "Exit codes: 0"):
        assert word in helped.stdout
    assert ran("--version", folder=tmp_path).stdout == f"gotosync {gotosync.__version__}\n"
    script = shutil.which("gotosync", path=os.path.dirname(INTERPRETER))
    assert script, "the wheel installs a script"
    own = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)
    assert own.stdout == helped.stdout


def test_returns_the_exit_codes_of_the_command(tmp_path: Path) -> None:
    first = ran("quickstart", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    configured = ("--config", "gotosync-quickstart/gotosync.toml")
    assert ran(*configured, "plan", folder=tmp_path).returncode == 0
    assert ran("plan", folder=tmp_path).returncode == 1
    assert ran("nonsense", folder=tmp_path).returncode == 1
    # The package sees the results of the command.
    engine = gotosync.Engine.load(tmp_path / "gotosync-quickstart" / "gotosync.toml")
    assert not engine.plan()
    assert [record.command for record in engine.history()][-1] == "gotosync quickstart"
    # The command applies a plan from the package.
    account = gotosync.LocalAccount(tmp_path / "gotosync-quickstart" / "account.db")
    rules = gotosync.Rules.load(tmp_path / "gotosync-quickstart" / "rules.toml")
    name = rules.names[-1]
    rules.edit(name, language="fr_FR").save(tmp_path / "gotosync-quickstart" / "rules.toml")
    changed = gotosync.Engine.load(tmp_path / "gotosync-quickstart" / "gotosync.toml")
    plan = changed.plan()
    assert plan
    plan.save(tmp_path / "plan.json")
    applied = ran(*configured, "apply", "plan.json", "--approve", plan.id, folder=tmp_path)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "fr_FR" in {user.language for user in account.read().users}
