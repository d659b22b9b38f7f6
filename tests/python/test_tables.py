"""Tests that pandas, polars, and pyarrow read tables without a loop in Python, and that none of these is required."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone
from typing import Any

import pandas  # type: ignore[import-untyped]
import polars
import pyarrow  # type: ignore[import-untyped]

import gotosync


def test_every_library_reads_every_table(names: dict[str, Any]) -> None:
    directory, plan, report, account = names["directory"], names["plan"], names["report"], names["account"]
    tables = [
        directory.table(["mail"]),
        plan.table(),
        plan.notes_table(),
        report.table(),
        report.notes_table(),
        account.table(),
    ]
    for table in tables:
        arrow = pyarrow.table(table)
        assert arrow.column_names == table.column_names
        assert arrow.num_rows == len(table)
        assert polars.DataFrame(table).to_dicts() == arrow.to_pylist()
        assert pyarrow.schema(table) == arrow.schema
        frame = arrow.to_pandas()
        assert isinstance(frame, pandas.DataFrame)
        assert list(frame.columns) == table.column_names
        # A table can return several streams.
        assert pyarrow.table(table) == arrow


def test_tables_have_the_same_values_as_the_objects(names: dict[str, Any]) -> None:
    gone = datetime(2030, 1, 1, tzinfo=timezone.utc)
    people = [{"id": "a", "mail": "ä@example.test", "expires": gone, "groups": ["G", "H"]}, {"id": "b", "disabled": True}]
    rows = pyarrow.table(gotosync.MemorySource(people).read().directory.table(["mail", "nothing"])).to_pylist()
    assert rows == [
        {
            "id": "people:a",
            "dn": "CN=ä@example.test,OU=people",
            "name": "ä@example.test",
            "disabled": False,
            "expires": gone,
            "groups": ["G", "H"],
            "mail": "ä@example.test",
            "nothing": None,
        },
        {
            "id": "people:b",
            "dn": "CN=b,OU=people",
            "name": "b",
            "disabled": True,
            "expires": None,
            "groups": [],
            "mail": None,
            "nothing": None,
        },
    ]
    steps = polars.DataFrame(names["plan"].table())
    assert steps["kind"].to_list() == [step.kind for step in names["plan"].steps]
    assert steps["reasons"].to_list()[0] == ["last_name: Rey -> Ray"]
    lines = polars.DataFrame(names["report"].table())
    assert lines["outcome"].to_list() == ["updated", "created"]
    users = polars.DataFrame(names["account"].table())
    assert users["licenses"].to_list() == [["GoToMeeting"], ["GoToMeeting"]]


def test_unused_capsules_are_freed(names: dict[str, Any]) -> None:
    table = names["plan"].table()
    for _ in range(1000):
        table.__arrow_c_stream__()
        table.__arrow_c_schema__()


def test_the_libraries_are_not_imported() -> None:
    script = "import sys, gotosync; assert not {'pandas', 'polars', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
