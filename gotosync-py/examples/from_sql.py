"""A custom source that reads people from a SQL database.

    python from_sql.py hr.db account.db rules.toml

The table `people` has the columns number, given_name, surname, email, team, and left_on. Any database with a DB-API driver
can be read in the same way.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from typing import Any

import gotosync


class Staff(gotosync.DirectorySource):
    """The people in a table of an HR system."""

    # The name is part of each person's id, so it must not change.
    name = "hr"

    def __init__(self, database: str) -> None:
        self.database = database

    def read(self, request: gotosync.ReadRequest | None = None) -> Iterator[dict[str, Any]]:
        """Yields a dict for each row. An exception fails the run, so a partial read never looks like a complete one."""
        with closing(sqlite3.connect(self.database)) as database:
            rows = database.execute("SELECT number, given_name, surname, email, team, left_on FROM people")
            for number, given_name, surname, email, team, left_on in rows:
                yield {
                    "id": number,
                    "givenName": given_name,
                    "sn": surname,
                    "mail": email,
                    "groups": [team] if team else [],
                    "expires": datetime.fromisoformat(left_on).replace(tzinfo=timezone.utc) if left_on else None,
                }


def main() -> int:
    """Plans, checks, and applies, and prints each result."""
    database, account, rules = sys.argv[1:]
    state = gotosync.SqliteState("state.db")
    engine = gotosync.Engine(Staff(database), gotosync.LocalAccount(account), gotosync.Rules.load(rules), state=state)
    plan = engine.plan()
    print(plan)
    verdict = engine.check(plan)
    print(verdict)
    if not verdict:
        return 3
    report = engine.apply(plan)
    print(report)
    return 0 if report.all_done else 4


if __name__ == "__main__":
    sys.exit(main())
