"""The exceptions: one class for each kind of error, from one table."""

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
    """Something could not go on, and why.

    ``str()`` is one line without secrets. ``kind`` says what the error means, ``retryable`` whether the same call may
    succeed later by itself, ``hint`` what can be done about it, ``operation`` what was being done, and ``context`` holds facts
    about the place: a file, a line, a rule, a person. Of a file with several problems ``problems`` holds each.

    A source or target of your own raises these to say what its trouble means; see ``UnavailableError``.

    >>> try:
    ...     gotosync.Rules.parse("[[rule]]\\nnam = 'Sales'", file="rules.toml")
    ... except gotosync.GotosyncError as error:
    ...     print(error.kind, error.file, error.line, error.column, sep=", ")
    input, rules.toml, 1, 1
    """

    kind: str = "bug"

    def __init_subclass__(cls) -> None:
        # Tracebacks name what is imported.
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
        # Whether the engine has made it: what somebody raises on purpose says that nothing was done.
        self._engine = False

    @property
    def file(self) -> str | None:
        """The file it is about, if it is about one."""
        return self.context.get("file")

    @property
    def line(self) -> int | None:
        """The line in the file, from 1."""
        return self.context.get("line")

    @property
    def column(self) -> int | None:
        """The column in the line, from 1, in characters."""
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


#: Kinds that may go away by themselves.
RETRYABLE = frozenset({"unavailable", "held"})


GotosyncError.__module__ = "gotosync"


class InputError(GotosyncError):
    """Something an admin wrote (a rules file, a configuration, an argument) cannot be used as it stands.

    >>> str(gotosync.InputError("no"))
    'no'
    """

    kind = "input"


class DataError(GotosyncError):
    """Data that was read (an export, a plan, a server's answer) is not what its format says.

    >>> str(gotosync.DataError("no"))
    'no'
    """

    kind = "data"


class NotFoundError(GotosyncError):
    """What was named does not exist.

    >>> str(gotosync.NotFoundError("no"))
    'no'
    """

    kind = "not-found"


class AmbiguousError(GotosyncError):
    """What was named exists more than once.

    >>> str(gotosync.AmbiguousError("no"))
    'no'
    """

    kind = "ambiguous"


class DeniedError(GotosyncError):
    """The identity in use may not do this.

    >>> str(gotosync.DeniedError("no"))
    'no'
    """

    kind = "denied"


class ConflictError(GotosyncError):
    """The other side has changed, or holds something that stands against it.

    >>> str(gotosync.ConflictError("no"))
    'no'
    """

    kind = "conflict"


class ExhaustedError(GotosyncError):
    """There are not enough seats, users or other countable things left.

    >>> str(gotosync.ExhaustedError("no"))
    'no'
    """

    kind = "exhausted"


class IncompleteError(GotosyncError):
    """A read did not reach its end.

    >>> str(gotosync.IncompleteError("no"))
    'no'
    """

    kind = "incomplete"


class StoppedError(GotosyncError):
    """A check stopped the run before the first write; ``plan`` is what it stopped.

    >>> str(gotosync.StoppedError("no"))
    'no'
    """

    kind = "stopped"


class HeldError(GotosyncError):
    """Another run holds the account.

    >>> str(gotosync.HeldError("no"))
    'no'
    """

    kind = "held"


class UnavailableError(GotosyncError):
    """The other side cannot be reached, or not now.

    >>> str(gotosync.UnavailableError("no"))
    'no'
    """

    kind = "unavailable"


class UnsupportedError(GotosyncError):
    """This backend or version cannot do it.

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
    """A broken promise of this library: please report it.

    >>> str(gotosync.BugError("no"))
    'no'
    """

    kind = "bug"


#: The class of each kind.
KINDS: dict[str, type[GotosyncError]] = {cls.kind: cls for cls in GotosyncError.__subclasses__()}


def of(kind: str, message: str, told: str) -> GotosyncError:
    """Makes the exception of an error of the engine: ``told`` is the whole line."""
    error = KINDS.get(kind, KINDS["bug"])(told)
    error.message = message
    return error
