"""Converts Python values to JSON as in gotosync's files."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any


def jsonable(value: Any) -> Any:
    """Converts values that JSON lacks: sets to sorted lists, durations to days, dates to text, and values of this package."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, timedelta):
        if value % timedelta(days=1):
            raise ValueError(f"{value} is not a whole number of days")
        return value.days
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    raise TypeError(f"cannot convert a {type(value).__name__} to JSON")
