"""How rules are pickled: as their text."""

from __future__ import annotations

from typing import Any


def reduced(rules: Any, text: str, file: str) -> tuple[Any, tuple[Any, str, str]]:
    """What pickle asks for."""
    return restored, (rules, text, file)


def restored(rules: Any, text: str, file: str) -> Any:
    """Rules from their text."""
    return rules.parse(text, file=file)
