"""The exceptions: one class for each kind of error."""

from __future__ import annotations

from typing import Any

__all__ = [
    "KINDS",
    "AmbiguousError",
    "BugError",
    "ConflictError",
    "DataError",
    "DeniedError",
    "ExhaustedError",
    "GotosyncError",
    "HeldError",
    "IncompleteError",
    "InputError",
    "NotFoundError",
    "StateError",
    "StoppedError",
    "UnavailableError",
    "UnsupportedError",
    "of",
]


class GotosyncError(Exception):
    """The base class of all errors of this package.

    ``str()`` is one line without secrets. ``kind`` is the kind of error. ``retryable`` is true if the same call may succeed
    later without any change. ``hint`` says how to fix the problem. ``operation`` is the operation that failed, and ``context``
    holds facts about the location: a file, a line, a rule, a person. If a file has several problems, ``problems`` lists all of
    them.

    Custom sources and targets raise subclasses of this class to report the kind of a failure, for example ``UnavailableError``.

    >>> try:
    ...     gotosync.Rules.parse("[[rule]]\\nnam = 'Sales'", file="rules.toml")
    ... except gotosync.GotosyncError as error:
    ...     print(error.kind, error.file, error.line, error.column, sep=", ")
    input, rules.toml, 1, 1
    """

    kind: str = "bug"

    def __init_subclass__(cls) -> None:
        # Tracebacks show the module from which users import the class.
        if cls.__module__ == __name__:
            cls.__module__ = "gotosync"

    def __init__(self, message: str, *, retryable: bool | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = self.kind in RETRYABLE if retryable is None else retryable
        self.hint = hint
        self.operation: str | None = None
        self.context: dict[str, Any] = {}
        self.problems: tuple[GotosyncError, ...] = (self,)
        self.plan: Any = None
        # True if the engine made this exception. An exception that a target raises on purpose means that nothing was done.
        self._engine = False

    @property
    def file(self) -> str | None:
        """The file with the problem, if known."""
        return self.context.get("file")

    @property
    def line(self) -> int | None:
        """The line in the file, counted from 1."""
        return self.context.get("line")

    @property
    def column(self) -> int | None:
        """The column in the line, in characters counted from 1."""
        return self.context.get("column")

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in self.__dict__.items() if name != "problems"}
        return _restored, (type(self), self.args, state, [p for p in self.problems if p is not self])


def _restored(cls: type[GotosyncError], args: tuple[Any, ...], state: dict[str, Any], more: list[GotosyncError]) -> Any:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    error.problems = (error, *more)
    return error


#: Kinds of errors that are retryable by default.
RETRYABLE = frozenset({"unavailable", "held"})


GotosyncError.__module__ = "gotosync"


class InputError(GotosyncError):
    """Invalid input from an admin: a rules file, a configuration, or an argument.

    >>> str(gotosync.InputError("no"))
    'no'
    """

    kind = "input"


class DataError(GotosyncError):
    """Invalid data: an export, a plan, or a server's response does not follow its format.

    >>> str(gotosync.DataError("no"))
    'no'
    """

    kind = "data"


class NotFoundError(GotosyncError):
    """A named object does not exist.

    >>> str(gotosync.NotFoundError("no"))
    'no'
    """

    kind = "not-found"


class AmbiguousError(GotosyncError):
    """A name is ambiguous: several objects have it.

    >>> str(gotosync.AmbiguousError("no"))
    'no'
    """

    kind = "ambiguous"


class DeniedError(GotosyncError):
    """The signed-in user lacks permission.

    >>> str(gotosync.DeniedError("no"))
    'no'
    """

    kind = "denied"


class ConflictError(GotosyncError):
    """The account or file has changed, or its contents do not allow the operation.

    >>> str(gotosync.ConflictError("no"))
    'no'
    """

    kind = "conflict"


class ExhaustedError(GotosyncError):
    """There are not enough seats, users, or other limited items left.

    >>> str(gotosync.ExhaustedError("no"))
    'no'
    """

    kind = "exhausted"


class IncompleteError(GotosyncError):
    """A read was incomplete.

    >>> str(gotosync.IncompleteError("no"))
    'no'
    """

    kind = "incomplete"


class StoppedError(GotosyncError):
    """A check stopped the run before the first write; ``plan`` is the stopped plan.

    >>> str(gotosync.StoppedError("no"))
    'no'
    """

    kind = "stopped"


class HeldError(GotosyncError):
    """Another run is using the account.

    >>> str(gotosync.HeldError("no"))
    'no'
    """

    kind = "held"


class UnavailableError(GotosyncError):
    """A server or service cannot be reached now.

    >>> str(gotosync.UnavailableError("no"))
    'no'
    """

    kind = "unavailable"


class UnsupportedError(GotosyncError):
    """This source, target, or version does not support the operation.

    >>> str(gotosync.UnsupportedError("no"))
    'no'
    """

    kind = "unsupported"


class StateError(GotosyncError):
    """The local state cannot be read or written.

    >>> str(gotosync.StateError("no"))
    'no'
    """

    kind = "state"


class BugError(GotosyncError):
    """A bug in this library; please report it.

    >>> str(gotosync.BugError("no"))
    'no'
    """

    kind = "bug"


#: The exception class for each kind of error.
KINDS: dict[str, type[GotosyncError]] = {cls.kind: cls for cls in GotosyncError.__subclasses__()}


def of(kind: str, message: str, line: str) -> GotosyncError:
    """Makes the exception for an error of the engine. ``line`` is the complete text; ``message`` is without context."""
    error = KINDS.get(kind, KINDS["bug"])(line)
    error.message = message
    return error
