"""Tests that everything public has a docstring with a working example, and that the stub matches the module."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import stubs

import gotosync
import gotosync._gotosync
from gotosync import testing


def members(name: str, found: Any) -> Iterator[tuple[str, Any]]:
    """Yields a public object and, if it is a class, its public members."""
    yield name, found
    if inspect.isclass(found):
        for inner, value in vars(found).items():
            if not inner.startswith("_"):
                yield f"{name}.{inner}", value


PUBLIC = dict(
    pair
    for module, names in [(gotosync, gotosync.__all__), (testing, testing.__all__)]
    for name in names
    if name != "__version__"
    for pair in members(name, getattr(module, name))
)


def is_word(found: Any) -> bool:
    return isinstance(found, (str, bool, int))


def calls(found: Any) -> bool:
    """Returns True for a function or method, and False for an attribute."""
    return callable(found) or isinstance(found, (staticmethod, classmethod))


@pytest.mark.parametrize("name", [name for name, found in PUBLIC.items() if not is_word(found)])
def test_every_public_object_has_a_docstring(name: str) -> None:
    found = PUBLIC[name]
    docs = inspect.getdoc(found.__func__ if isinstance(found, (staticmethod, classmethod)) else found)
    if name in FIELDS:
        return
    assert docs, f"{name} has no docstring"
    first = docs.split("\n\n")[0]
    assert first.endswith((".", ":")), f"{name}: {first}"
    if calls(found):
        assert ">>>" in docs, f"{name} has no example"


@pytest.mark.parametrize("name", [name for name, found in PUBLIC.items() if calls(found)])
def test_examples_in_docstrings_work(name: str, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    found = PUBLIC[name]
    docs = inspect.getdoc(found.__func__ if isinstance(found, (staticmethod, classmethod)) else found) or ""
    example = doctest.DocTestParser().get_doctest(docs, names, name, None, 0)
    assert example.examples, f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example)
    assert runner.failures == 0, capsys.readouterr().out


def test_generated_parts_are_up_to_date() -> None:
    for path, text in stubs.generated(gotosync._gotosync).items():
        assert path.read_text() == text, f"{path.name}: run `python stubs.py --write`"


def test_enums_and_errors_have_the_words_of_the_engine() -> None:
    words = gotosync._gotosync.words()
    kinds = {error.kind for error in gotosync.GotosyncError.__subclasses__()}
    assert kinds == set(words.pop("ErrorKind"))
    for name, expected in words.items():
        assert expected, name
        assert [member.value for member in getattr(gotosync, name)] == expected, name


#: Attributes that cannot have a docstring.
FIELDS = {"World.source", "World.target", "World.rules", "World.engine", "GotosyncError.kind"}
