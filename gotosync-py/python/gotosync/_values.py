"""Python values as the files of gotosync write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any


def jsonable(value: Any) -> Any:
    """What JSON has no word for: sets in order, spans of time as whole days, dates as text, and values of this package."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, timedelta):
        if value % timedelta(days=1):
            raise ValueError(f"{value} is no whole number of days")
        return value.days
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if hasattr(value, "to_dict"):
        return value.to_dict()
    raise TypeError(f"there is no way to write a {type(value).__name__}")
