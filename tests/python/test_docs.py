"""What is public is described, each with an example that is run; the stub says the same as the module."""

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
    """Something public and, if it is a class of this package, what is public in it."""
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
    """Whether it is something that is called, and no attribute."""
    return callable(found) or isinstance(found, (staticmethod, classmethod))


@pytest.mark.parametrize("name", [name for name, found in PUBLIC.items() if not is_word(found)])
def test_everything_public_is_described(name: str) -> None:
    found = PUBLIC[name]
    told = inspect.getdoc(found.__func__ if isinstance(found, (staticmethod, classmethod)) else found)
    if name in FIELDS:
        return
    assert told, f"{name} has no docstring"
    first = told.split("\n\n")[0]
    assert first.endswith((".", ":")), f"{name}: {first}"
    if calls(found):
        assert ">>>" in told, f"{name} has no example"


@pytest.mark.parametrize("name", [name for name, found in PUBLIC.items() if calls(found)])
def test_examples_come_out_as_written(name: str, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    found = PUBLIC[name]
    told = inspect.getdoc(found.__func__ if isinstance(found, (staticmethod, classmethod)) else found) or ""
    example = doctest.DocTestParser().get_doctest(told, names, name, None, 0)
    assert example.examples, f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example)
    assert runner.failures == 0, capsys.readouterr().out


def test_what_is_generated_is_what_the_module_says() -> None:
    for path, text in stubs.generated(gotosync._gotosync).items():
        assert path.read_text() == text, f"{path.name}: run `python stubs.py --write`"


def test_enums_and_errors_have_the_words_of_the_engine() -> None:
    words = gotosync._gotosync.words()
    kinds = {error.kind for error in gotosync.GotosyncError.__subclasses__()}
    assert kinds == set(words.pop("ErrorKind"))
    for name, expected in words.items():
        assert expected, name
        assert [member.value for member in getattr(gotosync, name)] == expected, name


#: Attributes that have no place for a docstring.
FIELDS = {"World.source", "World.target", "World.rules", "World.engine", "GotosyncError.kind"}
