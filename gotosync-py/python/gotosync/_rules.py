"""Pickles rules as text."""

from __future__ import annotations

from typing import Any


def reduced(rules: Any, text: str, file: str) -> tuple[Any, tuple[Any, str, str]]:
    """Returns the value for ``__reduce__``."""
    return restored, (rules, text, file)


def restored(rules: Any, text: str, file: str) -> Any:
    """Parses the rules from their text."""
    return rules.parse(text, file=file)
