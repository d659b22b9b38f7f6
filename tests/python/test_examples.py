"""The examples of the package, run as anybody would run them; and the code in its README."""

from __future__ import annotations

import http.server
import json
import os
import re
import socketserver
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import INTERPRETER, ROOT

import gotosync

EXAMPLES = ROOT / "gotosync-py" / "examples"


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A folder with a configuration, a small export, rules and an account."""
    people = "".join(
        f"dn: CN={name},OU=Sales,DC=example,DC=test\nobjectClass: user\nobjectGUID:: {guid}\nsAMAccountName: {name}\n"
        f"givenName: {name}\nsn: Lee\nmail: {name}@example.test\nuserAccountControl: 512\n\n"
        for name, guid in [("ann", "AQAAAAAAAAAAAAAAAAAAAA=="), ("bob", "AgAAAAAAAAAAAAAAAAAAAA==")]
    )
    (tmp_path / "directory.ldif").write_text(people)
    (tmp_path / "rules.toml").write_text("[[rule]]\nname = 'All'\neveryone = true\nproducts = ['GoToMeeting']\n")
    account = gotosync.Account("1", "Example", licenses=[gotosync.License("10", "GoToMeeting", ["G2M"], seats=5)])
    (tmp_path / "account.json").write_text(account.to_json())
    text = "[source]\nldif = 'directory.ldif'\n[account]\nlocal = 'account.db'\nfrom = 'account.json'\n"
    (tmp_path / "gotosync.toml").write_text(text)
    return tmp_path


def ran(example: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """An example as a process of its own, in a folder outside of the checkout."""
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONWARNINGS": "error"}
    command = [INTERPRETER, str(EXAMPLES / example), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


class Mailbox(socketserver.StreamRequestHandler):
    """A mail server that keeps what it is sent (RFC 5321, as much as is needed)."""

    mails: list[str]

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode():
            verb = line.split()[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                rows = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                self.mails.append("".join(rows))
                self.say("250 kept")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """A mail server on loopback, and what came."""
    mails: list[str] = []
    handler = type("Handler", (Mailbox,), {"mails": mails})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", mails
        server.shutdown()


def test_a_nightly_run_mails_its_report(configured: Path, mailbox: tuple[str, list[str]]) -> None:
    server, mails = mailbox
    words = ("gotosync.toml", "--smtp", server, "--to", "admins@example.test")
    first = ran("nightly.py", *words, folder=configured)
    assert (first.returncode, first.stderr) == (0, "")
    assert "Subject: gotosync: all done" in mails[0]
    assert re.search(r"created +2", mails[0])
    # Nothing to do is told too.
    assert ran("nightly.py", *words, folder=configured).returncode == 0
    assert "nothing to do" in mails[1]
    # What a check stops is kept, and the mail says how it is approved.
    limits = "[limits]\nupdate = { count = 0, floor = 0 }\n"
    (configured / "rules.toml").write_text(limits + (configured / "rules.toml").read_text() + "language = 'de_DE'\n")
    stopped = ran("nightly.py", *words, folder=configured)
    assert (stopped.returncode, stopped.stderr) == (1, "")
    plan = gotosync.Plan.load(configured / "waiting.json")
    assert f"--approve {plan.id}" in mails[2].replace("=\r\n", "")
    # So is what fails.
    (configured / "directory.ldif").unlink()
    assert ran("nightly.py", *words, folder=configured).returncode == 1
    assert "Subject: gotosync failed: not-found" in mails[3]


def test_a_plan_is_posted_and_applied_once_it_is_approved(configured: Path) -> None:
    posted: list[dict[str, Any]] = []

    class Tickets(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tickets) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = ran("approval.py", "ask", f"http://127.0.0.1:{server.server_address[1]}/plans", folder=configured)
        server.shutdown()
    assert (asked.returncode, asked.stderr) == (0, "")
    assert [step["subject"] for step in posted[0]["steps"]] == ["ann@example.test", "bob@example.test"]
    # Somebody else has made one of them meanwhile.
    account = gotosync.LocalAccount(configured / "account.db")
    made = next(step for step in gotosync.Plan.load(configured / "plan.json").steps if step.subject.startswith("ann"))
    other = gotosync.Engine(
        gotosync.MemorySource([{"id": "x", "mail": made.subject, "givenName": "Ann", "sn": "Lee"}]),
        account,
        gotosync.Rules([gotosync.Rule("All", everyone=True)]),
    )
    assert other.run().all_done
    applied = ran("approval.py", "apply", "plan.json", posted[0]["id"], folder=configured)
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert "! skipped create ann@example.test" in applied.stdout
    assert {user.email for user in account.read().users} == {"ann@example.test", "bob@example.test"}
    # A plan that was edited is refused as a whole.
    text = (configured / "plan.json").read_text().replace("bob@example.test", "eve@example.test")
    (configured / "plan.json").write_text(text)
    edited = ran("approval.py", "apply", "plan.json", posted[0]["id"], folder=configured)
    assert edited.returncode == 1
    assert "the plan was edited after it was made" in edited.stderr


def test_people_come_from_a_database(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "hr.db")
    database.execute("CREATE TABLE people (number, given_name, surname, email, team, left_on)")
    rows = [
        (1, "Ann", "Lee", "ann@example.test", "Sales", None),
        (2, "Bob", "Ray", "bob@example.test", "Sales", "2020-12-31"),
        (3, "Cyd", "Fox", "cyd@example.test", None, None),
    ]
    database.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", rows)
    database.commit()
    meeting = gotosync.License("10", "GoToMeeting", ["G2M"], seats=5)
    account = gotosync.LocalAccount.create(tmp_path / "account.db", gotosync.Account("1", "Example", licenses=[meeting]))
    gotosync.Rules([gotosync.Rule("Sales", group="Sales", products=["GoToMeeting"])]).save(tmp_path / "rules.toml")
    first = ran("from_sql.py", "hr.db", "account.db", "rules.toml", folder=tmp_path)
    assert (first.returncode, first.stderr) == (0, ""), first.stdout
    assert [user.email for user in account.read().users] == ["ann@example.test"]
    database.execute("UPDATE people SET surname = 'Low' WHERE number = 1")
    database.commit()
    second = ran("from_sql.py", "hr.db", "account.db", "rules.toml", folder=tmp_path)
    assert "last_name: Lee -> Low" in second.stdout
    # A table that is not there is no empty table.
    database.execute("DROP TABLE people")
    database.commit()
    database.close()
    broken = ran("from_sql.py", "hr.db", "account.db", "rules.toml", folder=tmp_path)
    assert broken.returncode == 1
    assert "no such table: people" in broken.stderr
    assert len(account.read().users) == 1


def test_the_code_of_the_readme_runs(
    configured: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(configured)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "gotosync-py" / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 3
    row = SimpleNamespace(number=7, first="Eve", last="Low", email="eve@example.test", team="Sales Team")
    database = SimpleNamespace(execute=lambda _: [row])
    names: dict[str, Any] = {"gotosync": gotosync, "timedelta": timedelta, "database": database}
    for number, block in enumerate(blocks):
        if number == 1:
            # It saves over the rules of the first block, which it has not read.
            (configured / "rules.toml").unlink()
        exec(block, names)
    assert "+ create ann@example.test" in capsys.readouterr().out
    assert gotosync.Rules.load(configured / "rules.toml").names == ["Everyone", "Sales"]
    directory = names["engine"].read_directory().directory
    assert [str(person) for person in directory] == ["Eve Low"]
