# The docstrings are those of the module itself: tests/python/stubs.py --write puts them here.

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, ClassVar, Literal, Protocol, TypeVar, final, overload

from typing_extensions import disjoint_base

from ._errors import GotosyncError
from ._words import ActionKind, Ending, OutcomeKind, Severity, Status

_T = TypeVar("_T")
_Path = str | PathLike[str]
_Value = Any
_Made = _T | Awaitable[_T]

__all__ = [
    "Account",
    "Action",
    "CsvSource",
    "Directory",
    "DirectorySource",
    "Engine",
    "Explanation",
    "Group",
    "Import",
    "LdapSource",
    "LdifSource",
    "License",
    "Line",
    "ListSource",
    "LocalAccount",
    "MemorySource",
    "MemoryState",
    "MemoryTarget",
    "MergedSource",
    "Note",
    "Outcome",
    "People",
    "Person",
    "Plan",
    "Progress",
    "ProvisioningTarget",
    "ReadOnly",
    "ReadRequest",
    "Reading",
    "Reason",
    "Report",
    "Review",
    "Rule",
    "Rules",
    "RunRecord",
    "SqliteState",
    "StateStore",
    "Step",
    "Table",
    "TargetInfo",
    "User",
    "Verdict",
    "__version__",
    "broken_source_laws",
    "broken_target_laws",
    "laws",
    "main",
    "remember",
    "rule_keys",
    "words",
]

__version__: str

class _Source(Protocol):
    def read(self, request: ReadRequest, /) -> Any: ...

class _Target(Protocol):
    def read(self) -> Any: ...

@final
class Engine:
    """An engine that reads, plans, checks, and applies for one source, one target, and one set of rules.

    ``progress`` is called with each ``Progress``. ``on_plan`` is called with each plan before its check, and may return a ``Review``.
    ``now`` replaces the current time, for tests and for planning ahead. If ``state`` is omitted, the state is lost when the engine is
    deleted.

    Each method that waits has an async form that ends in ``_async``. Ctrl-C, or canceling the task, stops a run after the current
    batch. The history lists the interrupted run, and ``resume`` finishes it.

    >>> engine = gotosync.Engine(source, target, rules)
    >>> plan = engine.plan()
    >>> if engine.check(plan):
    ...     report = engine.apply(plan)
    >>> report.all_done, bool(engine.plan())
    (True, False)
    """
    def __new__(
        cls,
        source: _Source | DirectorySource,
        target: _Target | ProvisioningTarget,
        rules: Rules,
        *,
        state: StateStore | None = None,
        command: str = "gotosync",
        now: datetime | None = None,
        progress: Callable[[Progress], object] | None = None,
        on_plan: Callable[[Plan], _Made[Review | None]] | None = None,
    ) -> Engine: ...
    @staticmethod
    def load(
        path: _Path | None = None,
        *,
        command: str = "gotosync",
        progress: Callable[[Progress], object] | None = None,
        on_plan: Callable[[Plan], _Made[Review | None]] | None = None,
    ) -> Engine:
        """Opens the source, account, rules, and state that a configuration file names.

        >>> gotosync.Engine.load(folder / "gotosync.toml")
        Traceback (most recent call last):
        gotosync.NotFoundError: ...
        """
    def plan(self) -> Plan:
        """Reads the directory and the account, and returns the plan. Writes nothing.

        >>> engine.plan() == engine.plan()
        True
        """
    async def plan_async(self) -> Plan:
        """The async form of ``plan``.

        >>> len(asyncio.run(engine.plan_async()))
        0
        """
    def check(self, plan: Plan, *, approve: str | bool | None = None) -> Verdict:
        """Checks a plan against the current rules.

        To approve the plan after a review, set ``approve`` to the id of the plan, or to ``True``.

        >>> engine.check(engine.plan()).passes
        True
        """
    def apply(self, plan: Plan, *, approve: str | bool | None = None) -> Report:
        """Applies exactly this plan, if its check passes.

        To allow changes above the limits after a review, set ``approve`` to the id of the plan, or to ``True``. Raises
        ``StoppedError`` with the plan if the check stops it.

        >>> engine.apply(engine.plan()).lines
        ()
        """
    async def apply_async(self, plan: Plan, *, approve: str | bool | None = None) -> Report:
        """The async form of ``apply``.

        >>> asyncio.run(engine.apply_async(engine.plan())).all_done
        True
        """
    def run(self) -> Report:
        """Plans and applies in one step. The account is locked against other runs from the first read to the last write. Deletions
        need an admin's approval: they are returned as a plan in ``report.deletions``.

        Raises ``StoppedError`` if the check stops the run; its ``plan`` can be reviewed and approved.

        >>> engine.run().ending
        Ending.DONE
        """
    async def run_async(self) -> Report:
        """The async form of ``run``.

        >>> asyncio.run(engine.run_async()).ending
        Ending.DONE
        """
    def resume(self) -> Report | None:
        """Finishes an interrupted run: reads the account to see which steps in doubt were done, and carries out the remaining steps.
        Returns ``None`` if no run was interrupted.

        >>> engine.resume() is None
        True
        """
    async def resume_async(self) -> Report | None:
        """The async form of ``resume``.

        >>> asyncio.run(engine.resume_async()) is None
        True
        """
    def retry(self, person: str | None = None) -> Plan:
        """Plans steps for people whose last step failed, without waiting until their next retry is due: for one person, or for all.

        >>> len(engine.retry())
        0
        """
    async def retry_async(self, person: str | None = None) -> Plan:
        """The async form of ``retry``.

        >>> len(asyncio.run(engine.retry_async()))
        0
        """
    def invite(self, person: str) -> Plan:
        """Plans one step that resends the invitation of a person who has not signed in yet.

        >>> [str(step) for step in engine.invite("ann@example.test").steps]
        ['invite ann@example.test']
        """
    async def invite_async(self, person: str) -> Plan:
        """The async form of ``invite``.

        >>> len(asyncio.run(engine.invite_async('ann@example.test')))
        1
        """
    def welcome_email(self, person: str, *, template: str | None = None) -> tuple[str, str]:
        """Returns the welcome e-mail that a person would get: the subject and the text.

        >>> engine.welcome_email("ann@example.test")
        Traceback (most recent call last):
        gotosync.ConflictError: this person gets the account's default welcome e-mail, whose text the service does not show (person: Ann Lee)
        """
    async def welcome_email_async(self, person: str, *, template: str | None = None) -> tuple[str, str]:
        """The async form of ``welcome_email``.

        >>> mails = gotosync.Engine(source, target, rules).welcome_email_async('ann@example.test')
        >>> asyncio.iscoroutine(mails), mails.close()
        (True, None)
        """
    def explain(self, person: str) -> Explanation:
        """Explains one person: why each rule does or does not select the person, the results of expressions, the linked user, and the
        planned steps.

        >>> engine.explain("ann@example.test").id
        'people:1'
        """
    async def explain_async(self, person: str) -> Explanation:
        """The async form of ``explain``.

        >>> asyncio.run(engine.explain_async('Ann Lee')).id
        'people:1'
        """
    def history(self, limit: int = 20) -> list[RunRecord]:
        """Returns the latest runs, newest first.

        >>> [record.ending for record in engine.history(1)]
        [Ending.DONE]
        """
    async def history_async(self, limit: int = 20) -> list[RunRecord]:
        """The async form of ``history``.

        >>> len(asyncio.run(engine.history_async(1)))
        1
        """
    def interrupted(self) -> RunRecord | None:
        """Returns the interrupted run that must be resumed, or ``None``.

        >>> engine.interrupted() is None
        True
        """
    async def interrupted_async(self) -> RunRecord | None:
        """The async form of ``interrupted``.

        >>> asyncio.run(engine.interrupted_async()) is None
        True
        """
    def read_directory(self) -> Reading:
        """Reads only the directory, with the people and attributes that the rules need.

        >>> len(engine.read_directory().directory)
        3
        """
    async def read_directory_async(self) -> Reading:
        """The async form of ``read_directory``.

        >>> asyncio.run(engine.read_directory_async()).complete
        True
        """
    def read_account(self) -> Account:
        """Reads only the account.

        >>> engine.read_account().name
        'Example'
        """
    async def read_account_async(self) -> Account:
        """The async form of ``read_account``.

        >>> asyncio.run(engine.read_account_async()).name
        'Example'
        """
    def import_people(
        self,
        data: str | bytes,
        *,
        rule: str,
        name: str = "import",
        format: Literal["csv", "list"] | None = None,
        columns: Sequence[tuple[str, str]] | None = None,
        id: str | None = None,
        accept_guesses: bool = False,
        delimiter: str | None = None,
        encoding: str | None = None,
    ) -> Import:
        """Prepares an import of people from the text or bytes of a CSV file with a header row, or of a pasted list, with the settings of
        one rule.

        ``columns`` maps attributes to columns, as pairs. If it is omitted, columns are guessed from the header; the guesses are only
        shown in an error unless ``accept_guesses`` is true.

        >>> engine.import_people("Vorname,Nachname,E-Mail\\nEve,Low,eve@example.test\\n", rule="Sales", accept_guesses=True)
        <Import of 1 people>
        """
    def simulated(self) -> Engine:
        """Returns a copy of this engine that plans and reports everything, but applies nothing.

        >>> gotosync.Engine(source, target, rules).simulated().run().ending
        Ending.SIMULATED
        """
    def watched(self, progress: Callable[[Progress], object]) -> Engine:
        """Returns a copy of this engine with another progress callback: a callable, or ``Events`` for ``async for``.

        >>> events = []
        >>> _ = engine.watched(events.append).plan()
        >>> events[-1].people
        3
        """

@final
class Plan:
    """A plan: the changes to make to an account. It is immutable, so the plan that you show, check, and approve is the plan that is
    applied.

    ``str()`` is the text that the command prints.

    >>> print(plan)  # doctest: +ELLIPSIS
    plan ... for the account Example
      directory  memory directory: 3 people read, 2 selected
      account    memory account 1: 2 users, 2 with access
      rule       Sales: 2 people
      ~ update              1
      + create              1
    ~ update bob@example.test
        last_name: Rey -> Ray  [Sales: sn, or the last word of displayName]
    + create ann@example.test: Ann Lee, GoToMeeting  [Sales]
    <BLANKLINE>
    """
    @property
    def id(self) -> str:
        """The plan's id: a hash of everything in it."""
    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, in the order in which they are applied."""
    @property
    def simulated(self) -> tuple[Step, ...]:
        """Steps of simulated rules, which are not applied."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes of the planning."""
    @property
    def counts(self) -> dict[str, int]:
        """The number of steps of each kind."""
    @property
    def made_at(self) -> datetime:
        """The time at which the plan was made."""
    @property
    def basis(self) -> dict[str, Any]:
        """The basis of the plan, as a dict: time, directory and account with their completeness, seats, administrators, and rules."""
    def text(self, *, full: bool = False) -> str:
        """Returns the plan as the command prints it; ``full`` shows long lists in full.

        >>> plan.text(full=True) == str(plan)
        True
        """
    def to_json(self) -> str:
        """Returns the plan as JSON, in the format ``gotosync-plan/1``, as written by ``gotosync plan --out``.

        >>> plan.to_json().splitlines()[1]
        '  "format": "gotosync-plan/1",'
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form of the plan as dicts and lists.

        >>> sorted(plan.to_dict())
        ['basis', 'format', 'id', 'links', 'notes', 'steps']
        """
    @staticmethod
    def from_json(text: str) -> Plan:
        """Reads a plan from ``to_json``. Rejects a plan that was edited.

        >>> gotosync.Plan.from_json(plan.to_json()) == plan
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Plan:
        """Reads a plan from ``to_dict``.

        >>> gotosync.Plan.from_dict(plan.to_dict()) == plan
        True
        """
    def save(self, path: _Path) -> None:
        """Writes the plan to a file atomically, to apply exactly this plan later.

        >>> plan.save(folder / "plan.json")
        """
    @staticmethod
    def load(path: _Path) -> Plan:
        """Reads a plan from a file.

        >>> plan.save(folder / "plan.json")
        >>> gotosync.Plan.load(folder / "plan.json") == plan
        True
        """
    def table(self) -> Table:
        """Returns the steps as a table: number, stage, kind, subject, person, rules, reasons.

        >>> plan.table().column_names
        ['number', 'stage', 'kind', 'subject', 'person', 'rules', 'reasons']
        """
    def notes_table(self) -> Table:
        """Returns the notes as a table: severity, kind, subject, evidence.

        >>> plan.notes_table().column_names
        ['severity', 'kind', 'subject', 'evidence']
        """
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Step:
    """A step of a plan, with its action, subject, and reasons.

    >>> step = plan.steps[0]
    >>> step.number, step.kind, step.subject, step.rules
    (1, ActionKind.UPDATE, 'bob@example.test', ('Sales',))
    """
    @property
    def number(self) -> int:
        """The number of the step in the plan, from 1."""
    @property
    def stage(self) -> int:
        """The stage of the step. Steps of the same stage do not depend on each other."""
    @property
    def kind(self) -> ActionKind:
        """The kind of the action."""
    @property
    def subject(self) -> str:
        """The subject of the step: the e-mail of a user, or the path of a user group."""
    @property
    def person(self) -> str | None:
        """The id of the person, if any."""
    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that select the person, highest priority first; for a leaver, the rules that selected the person before."""
    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons, one for each change."""
    @property
    def action(self) -> dict[str, Any]:
        """The action, as a dict."""
    @property
    def takes_away(self) -> bool:
        """``True`` if the step overwrites a value or takes something away."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> step.to_dict() == json.loads(step.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(step.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reason:
    """The reason for one change.

    >>> reason = plan.steps[0].reasons[0]
    >>> reason.field, reason.before, reason.after, reason.rule
    ('last_name', 'Rey', 'Ray', 'Sales')
    """
    @property
    def rule(self) -> str | None:
        """The rule that causes the change, if any."""
    @property
    def field(self) -> str:
        """The field that changes."""
    @property
    def part(self) -> str | None:
        """The part of the field, if it has several: a license, or the name of a custom field."""
    @property
    def because(self) -> str:
        """The origin of the value."""
    @property
    def before(self) -> str | None:
        """The value before."""
    @property
    def after(self) -> str | None:
        """The value after."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> reason.to_dict() == json.loads(reason.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(reason.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Note:
    """A finding of the planning or the check, with severity, kind, subject, and evidence.

    >>> note = gotosync.Note("no-email", "Cyd Fox", "no mail")
    >>> note.severity, str(note)
    (Severity.WARNING, 'warning: Cyd Fox: no mail')
    """
    def __new__(cls, kind: str, subject: str, evidence: str) -> Note: ...
    @property
    def kind(self) -> str:
        """The kind, such as ``no-email``."""
    @property
    def severity(self) -> Severity:
        """The severity."""
    @property
    def heading(self) -> str:
        """The heading for notes of this kind."""
    @property
    def subject(self) -> str:
        """The person, user, rule, or license that the note is about, or the directory or the account."""
    @property
    def evidence(self) -> str:
        """The evidence, in words."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> note.to_dict() == json.loads(note.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(note.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Note:
        """Reads a value from `to_json`.

        >>> gotosync.Note.from_json(note.to_json()) == note
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Note:
        """Reads a value from `to_dict`.

        >>> gotosync.Note.from_dict(note.to_dict()) == note
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: Note, /) -> bool: ...
    def __le__(self, other: Note, /) -> bool: ...
    def __gt__(self, other: Note, /) -> bool: ...
    def __ge__(self, other: Note, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Verdict:
    """The result of checking a plan.

    >>> verdict = engine.check(plan)
    >>> verdict.passes, print(verdict)
    check passed
    <BLANKLINE>
    (True, None)
    """
    @property
    def passes(self) -> bool:
        """``True`` if the plan may be applied."""
    @property
    def approved(self) -> bool:
        """``True`` if an approval lifted the notes that would block the plan."""
    @property
    def approvable(self) -> bool:
        """``True`` if an approval can lift all notes that block the plan."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, most severe first."""
    @property
    def stops(self) -> tuple[Note, ...]:
        """The notes that block the plan."""
    @property
    def plan(self) -> Plan:
        """The checked plan."""
    def raise_for_stop(self) -> None:
        """Raises ``StoppedError`` with a hint on how to approve the plan, if the check stops it.

        >>> verdict.raise_for_stop()
        """
    def text(self, *, full: bool = False) -> str:
        """Returns the verdict as the command prints it; ``full`` shows long lists in full.

        >>> verdict.text()
        'check passed\\n'
        """
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Report:
    """The result of applying a plan. A step counts as done only if that is certain.

    ``str()`` is the text that the command prints.

    >>> print(report)  # doctest: +ELLIPSIS
    run ... of plan ...: done
      created               1
      updated               1
    <BLANKLINE>
    """
    @property
    def run(self) -> str:
        """The id of the run."""
    @property
    def plan(self) -> str:
        """The id of the plan."""
    @property
    def started(self) -> datetime:
        """The start time of the run."""
    @property
    def ended(self) -> datetime:
        """The end time of the run."""
    @property
    def ending(self) -> Ending:
        """The way in which the run ended."""
    @property
    def lines(self) -> tuple[Line, ...]:
        """One line for each step of the plan, in order."""
    @property
    def undone(self) -> tuple[Line, ...]:
        """The lines of steps that were not done."""
    @property
    def all_done(self) -> bool:
        """``True`` if every step was done."""
    @property
    def counts(self) -> dict[str, int]:
        """The number of steps with each outcome."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes of the planning and the check."""
    @property
    def set_aside(self) -> list[dict[str, Any]]:
        """The people that later runs skip (set aside) because a step failed, as dicts."""
    @property
    def effort(self) -> str | None:
        """The searches, entries, and time that reading the directory took, in words, if a server was read."""
    @property
    def deletions(self) -> Plan | None:
        """The planned deletions that need an approval, as a separate plan; ``None`` if there are none."""
    def text(self, *, full: bool = False) -> str:
        """Returns the report as the command prints it; ``full`` shows long lists in full.

        >>> report.text() == str(report)
        True
        """
    def table(self) -> Table:
        """Returns the lines as a table: step, kind, subject, outcome, message.

        >>> report.table().column_names
        ['step', 'kind', 'subject', 'outcome', 'message']
        """
    def notes_table(self) -> Table:
        """Returns the notes as a table: severity, kind, subject, evidence.

        >>> len(report.notes_table())
        0
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> report.to_dict() == json.loads(report.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(report.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Report:
        """Reads a value from `to_json`.

        >>> gotosync.Report.from_json(report.to_json()) == report
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Report:
        """Reads a value from `to_dict`.

        >>> gotosync.Report.from_dict(report.to_dict()) == report
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Line:
    """The result of one step.

    >>> line = report.lines[0]
    >>> line.step, line.kind, line.subject, str(line.outcome)
    (1, ActionKind.UPDATE, 'bob@example.test', 'updated')
    """
    @property
    def step(self) -> int:
        """The number of the step."""
    @property
    def kind(self) -> ActionKind:
        """The kind of the action."""
    @property
    def subject(self) -> str:
        """The subject of the step."""
    @property
    def outcome(self) -> Outcome:
        """The outcome of the step."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> line.to_dict() == json.loads(line.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(line.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Line:
        """Reads a value from `to_json`.

        >>> gotosync.Line.from_json(line.to_json()) == line
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Line:
        """Reads a value from `to_dict`.

        >>> gotosync.Line.from_dict(line.to_dict()) == line
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Outcome:
    """The outcome of one action. Custom targets return outcomes; see ``ProvisioningTarget``.

    >>> outcome = gotosync.Outcome.failed("denied", "not this user")
    >>> outcome.kind, outcome.done, str(outcome), outcome.message
    (OutcomeKind.FAILED, False, 'failed', 'not this user')
    """
    @staticmethod
    def success(*, user: str | None = None) -> Outcome:
        """Returns the outcome of a successful action. For a ``create``, ``user`` is the key of the new user.

        >>> gotosync.Outcome.success(user="4711").done
        True
        """
    @staticmethod
    def transfer_invited() -> Outcome:
        """Returns the outcome of a ``create`` for an address in another account, whose user was invited to move to this account.

        >>> str(gotosync.Outcome.transfer_invited())
        'transfer invited'
        """
    @staticmethod
    def failed(kind: str, message: str, *, retryable: bool | None = None) -> Outcome:
        """Returns the outcome of an action that failed and changed nothing. ``kind`` is a kind of error.

        >>> gotosync.Outcome.failed("unavailable", "try later", retryable=True).retryable
        True
        """
    @staticmethod
    def in_doubt(message: str) -> Outcome:
        """Returns the outcome of an action that may or may not have changed something.

        >>> str(gotosync.Outcome.in_doubt("the connection broke"))
        'in doubt'
        """
    @staticmethod
    def skipped(reason: str) -> Outcome:
        """Returns the outcome of an action that was not tried.

        >>> gotosync.Outcome.skipped("not on a Friday").message
        'not on a Friday'
        """
    @property
    def kind(self) -> OutcomeKind:
        """The kind of outcome."""
    @property
    def done(self) -> bool:
        """``True`` if the action was done."""
    @property
    def user(self) -> str | None:
        """The key of the created user, if any."""
    @property
    def message(self) -> str | None:
        """The reason why the action was not done, in one line."""
    @property
    def retryable(self) -> bool:
        """``True`` if a retry may succeed."""
    @property
    def error(self) -> GotosyncError | None:
        """The reason for the failure, as an exception. In the process of the run, its cause is the exception that a custom target raised,
        with its traceback.
        """
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RunRecord:
    """A run in the history.

    >>> record = engine.history()[0]
    >>> record.command, record.ending, record.outcomes
    ('gotosync', Ending.DONE, {'created': 1, 'updated': 1})
    """
    @property
    def run(self) -> str:
        """The id of the run."""
    @property
    def command(self) -> str:
        """The command that ran, such as ``gotosync apply``."""
    @property
    def started(self) -> datetime:
        """The start time."""
    @property
    def ended(self) -> datetime | None:
        """The end time; ``None`` if the run has not ended."""
    @property
    def plan(self) -> str | None:
        """The id of the plan; ``None`` if no plan was made."""
    @property
    def ending(self) -> Ending:
        """The way in which the run ended."""
    @property
    def outcomes(self) -> dict[str, int]:
        """The number of steps with each outcome."""
    @property
    def reason(self) -> str | None:
        """The reason why the run was stopped or failed, in words."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> record.to_dict() == json.loads(record.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(record.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> RunRecord:
        """Reads a value from `to_json`.

        >>> gotosync.RunRecord.from_json(record.to_json()) == record
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> RunRecord:
        """Reads a value from `to_dict`.

        >>> gotosync.RunRecord.from_dict(record.to_dict()) == record
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Explanation:
    """The explanation of one person: rules, fields, the linked user, and planned steps.

    >>> explanation = engine.explain("bob@example.test")
    >>> explanation.id, explanation.link
    ('people:2', 'by stored link: bob@example.test')
    """
    @property
    def id(self) -> str:
        """The person's id."""
    @property
    def link(self) -> str:
        """The linked user and the reason for the link, in words."""
    @property
    def steps(self) -> tuple[Step, ...]:
        """The planned steps."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the explanation as a dict: rules and why they select the person or not, fields and their origins, user, and steps.

        >>> explanation.to_dict()["rules"][0]["rule"]
        'Sales'
        """

@final
class Rule:
    """A rule: it selects people and defines their licenses and settings. The keyword arguments are the keys of a rules file.

    Every key is an attribute, which is ``None`` if the rule does not set it. ``Rules`` checks that the rule is valid.

    >>> rule = gotosync.Rule("Sales", ou="OU=Sales,DC=example,DC=test", products=["GoToMeeting"])
    >>> rule.products, rule.language
    (['GoToMeeting'], None)
    >>> rule.replace(language="de_DE", products=None)
    Rule(name='Sales', ou='OU=Sales,DC=example,DC=test', language='de_DE')
    """
    def __new__(
        cls,
        name: str,
        *,
        enabled: bool | None = None,
        mode: str | None = None,
        ou: Any | None = None,
        group: Any | None = None,
        everyone: bool | None = None,
        filter: str | None = None,
        exclude: Mapping[str, object] | None = None,
        create: bool | None = None,
        update: bool | None = None,
        products: Any | None = None,
        user_group: str | Literal[False] | None = None,
        create_user_group: bool | None = None,
        role: str | Mapping[str, object] | None = None,
        templates: Mapping[str, object] | None = None,
        device_groups: Any | None = None,
        welcome_email: str | Mapping[str, object] | None = None,
        language: str | Literal[False] | None = None,
        time_zone: str | Literal[False] | None = None,
        extension: str | Literal[False] | Mapping[str, object] | None = None,
        devices: Any | None = None,
        location: str | Literal[False] | None = None,
        phone_numbers: Any | None = None,
        phone_number_name: str | Literal[False] | None = None,
        caller_id_numbers: Any | None = None,
        texting_numbers: Any | None = None,
        secondary_extensions: Any | None = None,
        voicemail: Mapping[str, object] | None = None,
        custom_fields: Mapping[str, object] | None = None,
        fields: Mapping[str, object] | None = None,
        leavers: str | Mapping[str, object] | None = None,
        limits: Mapping[str, object] | None = None,
    ) -> Rule: ...
    name: str
    enabled: bool | None
    mode: str | None
    ou: Any | None
    group: Any | None
    everyone: bool | None
    filter: str | None
    exclude: dict[str, Any] | None
    create: bool | None
    update: bool | None
    products: Any | None
    user_group: str | Literal[False] | None
    create_user_group: bool | None
    role: str | dict[str, Any] | None
    templates: dict[str, Any] | None
    device_groups: Any | None
    welcome_email: str | dict[str, Any] | None
    language: str | Literal[False] | None
    time_zone: str | Literal[False] | None
    extension: str | Literal[False] | dict[str, Any] | None
    devices: Any | None
    location: str | Literal[False] | None
    phone_numbers: Any | None
    phone_number_name: str | Literal[False] | None
    caller_id_numbers: Any | None
    texting_numbers: Any | None
    secondary_extensions: Any | None
    voicemail: dict[str, Any] | None
    custom_fields: dict[str, Any] | None
    fields: dict[str, Any] | None
    leavers: str | dict[str, Any] | None
    limits: dict[str, Any] | None
    def replace(self, **keys: _Value) -> Rule:
        """Returns a copy of the rule with other keys; ``None`` removes a key.

        >>> gotosync.Rule("All", everyone=True, enabled=False).replace(enabled=None)
        Rule(name='All', everyone=True)
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the keys and their values as a dict.

        >>> gotosync.Rule("All", everyone=True).to_dict()
        {'name': 'All', 'everyone': True}
        """
    @staticmethod
    def from_dict(keys: dict[str, Any]) -> Rule:
        """Makes a rule from a dict.

        >>> gotosync.Rule.from_dict({"name": "All", "everyone": True})
        Rule(name='All', everyone=True)
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Rules:
    """The rules of a file, as a sequence of rules, highest priority first.

    ``Rules`` are immutable: methods that change them return new ``Rules``, which keep the comments, order, and formatting of all
    unchanged parts exactly.

    >>> rules = gotosync.Rules([gotosync.Rule("All", everyone=True)], leavers="keep")
    >>> print(rules)
    leavers = "keep"
    <BLANKLINE>
    [[rule]]
    name = "All"
    everyone = true
    <BLANKLINE>
    """
    def __new__(
        cls,
        rules: Iterable[Rule],
        *,
        file: str = "rules",
        attributes: _Value = None,
        leavers: str | Mapping[str, object] | None = None,
        protected: _Value = None,
        mode: str | None = None,
        rewrite_email: dict[str, str] | None = None,
        seats: str | None = None,
        limits: dict[str, str | dict[str, int]] | None = None,
        welcome_email: Sequence[dict[str, str]] | None = None,
        example: Sequence[dict[str, _Value]] | None = None,
    ) -> Rules: ...
    @staticmethod
    def parse(text: str, *, file: str = "rules") -> Rules:
        """Parses the text of a rules file. ``file`` is its name in errors.

        Raises ``InputError`` with file, line, and column; its ``problems`` lists all problems.

        >>> gotosync.Rules.parse("[[rule]]\\nname = 'All'\\neveryone = true")[0]
        Rule(name='All', everyone=True)
        """
    @staticmethod
    def load(path: _Path) -> Rules:
        """Reads a rules file.

        >>> rules.save(folder / "rules.toml")
        >>> gotosync.Rules.load(folder / "rules.toml") == rules
        True
        """
    def save(self, path: _Path) -> None:
        """Writes the rules to a file atomically. Raises ``ConflictError`` if the file exists and has changed since it was read.

        >>> rules.save(folder / "rules.toml")
        """
    @property
    def text(self) -> str:
        """The text of the file."""
    @property
    def names(self) -> list[str]:
        """The names of the rules, highest priority first."""
    def add(self, rule: Rule, *, before: str | None = None, after: str | None = None, first: bool = False) -> Rules:
        """Adds a rule at the end, at the beginning, or before or after another rule.

        >>> rules.add(gotosync.Rule("IT", group="Team"), before="Sales").names
        ['IT', 'Sales']
        """
    def edit(self, rule: str, /, **keys: _Value) -> Rules:
        """Changes keys of a rule; ``None`` removes a key, and ``name`` renames the rule. If a change is invalid, no change is made.

        >>> rules.edit("Sales", language="de_DE")["Sales"].language
        'de_DE'
        """
    def remove(self, rule: str) -> Rules:
        """Removes a rule and its comments.

        >>> rules.add(gotosync.Rule("IT", group="Team")).remove("Sales").names
        ['IT']
        """
    def enable(self, rule: str) -> Rules:
        """Enables a disabled rule.

        >>> rules.disable("Sales").enable("Sales") == rules
        True
        """
    def disable(self, rule: str) -> Rules:
        """Disables a rule without removing it.

        >>> rules.disable("Sales")["Sales"].enabled
        False
        """
    def move(self, rule: str, *, before: str | None = None, after: str | None = None, first: bool = False) -> Rules:
        """Moves a rule, which changes its priority.

        >>> rules.add(gotosync.Rule("IT", group="Team")).move("IT", first=True).names
        ['IT', 'Sales']
        """
    def lint(self) -> list[dict[str, Any]]:
        """Returns likely mistakes in valid rules, as dicts.

        >>> rules.lint()
        []
        """
    def request(self) -> ReadRequest:
        """Returns the request for the people and attributes that these rules need.

        >>> "mail" in rules.request().attributes
        True
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the contents of the file as dicts and lists.

        >>> rules.to_dict()["rule"][0]["name"]
        'Sales'
        """
    @staticmethod
    def from_dict(value: dict[str, Any], *, file: str = "rules") -> Rules:
        """Makes rules from ``to_dict``.

        >>> gotosync.Rules.from_dict(rules.to_dict()) == rules
        True
        """
    def to_json(self) -> str:
        """Returns the contents of the file as JSON text.

        >>> json.loads(rules.to_json()) == rules.to_dict()
        True
        """
    @staticmethod
    def from_json(text: str, *, file: str = "rules") -> Rules:
        """Makes rules from ``to_json``.

        >>> gotosync.Rules.from_json(rules.to_json()) == rules
        True
        """
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, which: int, /) -> Rule: ...
    @overload
    def __getitem__(self, which: str, /) -> Rule: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __iter__(self) -> Iterator[Rule]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Account:
    """An account with its users, licenses, and user groups.

    >>> account.name, [user.email for user in account.users], account.licenses[0].free
    ('Example', ['admin@example.test', 'bob@example.test'], 4)
    """
    def __new__(
        cls,
        key: str,
        name: str,
        *,
        users: Sequence[User] = ...,
        licenses: Sequence[License] = ...,
        groups: Sequence[str] = ...,
        login: str | None = None,
        gaps: Sequence[tuple[str, str]] = ...,
    ) -> Account: ...
    @property
    def key(self) -> str:
        """The account's key."""
    @property
    def name(self) -> str:
        """The account's name."""
    @property
    def login(self) -> str | None:
        """The key of the sync's own user, if known."""
    @property
    def users(self) -> tuple[User, ...]:
        """The users, sorted by e-mail."""
    @property
    def licenses(self) -> tuple[License, ...]:
        """The licenses, sorted by key."""
    @property
    def groups(self) -> tuple[str, ...]:
        """The paths of the user groups, parents before children."""
    @property
    def complete(self) -> bool:
        """``True`` if the account was read completely."""
    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """The parts that could not be read: pairs of a place and a problem."""
    def find(self, email: str) -> User | None:
        """Returns the user with this e-mail, or `None`. Ignores case.

        >>> account.find("BOB@example.test").first_name
        'Bob'
        """
    def table(self) -> Table:
        """Returns the users as a table.

        >>> account.table().column_names[:3]
        ['key', 'email', 'first_name']
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> account.to_dict() == json.loads(account.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(account.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Account:
        """Reads a value from `to_json`.

        >>> gotosync.Account.from_json(account.to_json()) == account
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Account:
        """Reads a value from `to_dict`.

        >>> gotosync.Account.from_dict(account.to_dict()) == account
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class User:
    """A user in an account.

    >>> user = gotosync.User("ann@example.test", "Ann", "Lee", licenses=["10"], group="Sales")
    >>> user.full_name, user.licenses, user.group
    ('Ann Lee', ('10',), 'Sales')
    """
    def __new__(
        cls,
        email: str,
        first_name: str,
        last_name: str,
        *,
        key: str | None = None,
        licenses: Sequence[str] = ...,
        group: str | None = None,
        language: str | None = None,
        status: str | None = None,
    ) -> User: ...
    @property
    def key(self) -> str | None:
        """The user's key; `None` if the user is not created yet."""
    @property
    def email(self) -> str:
        """The e-mail, which is the sign-in name."""
    @property
    def first_name(self) -> str:
        """The first name."""
    @property
    def last_name(self) -> str:
        """The last name."""
    @property
    def full_name(self) -> str:
        """The first and last name."""
    @property
    def language(self) -> str | None:
        """The language, such as `en_US`."""
    @property
    def status(self) -> Status:
        """The user's status."""
    @property
    def licenses(self) -> tuple[str, ...]:
        """The keys of the licenses."""
    @property
    def group(self) -> str | None:
        """The path of the user group, if any."""
    @property
    def role(self) -> str | dict[str, Any]:
        """The role: a word, or a dict."""
    @property
    def settings(self) -> dict[str, Any]:
        """Less common settings: time zone, extension, templates, custom fields, device groups, devices, phone numbers, caller id
        numbers, secondary extensions, and location.
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> user.to_dict() == json.loads(user.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(user.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> User:
        """Reads a value from `to_json`.

        >>> gotosync.User.from_json(user.to_json()) == user
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> User:
        """Reads a value from `to_dict`.

        >>> gotosync.User.from_dict(user.to_dict()) == user
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class License:
    """A license with its seats.

    >>> gotosync.License("10", "GoToMeeting", ["G2M"], seats=5).free
    5
    """
    def __new__(
        cls, key: str, name: str, products: Sequence[str] = ..., *, seats: int, used: int = 0, pending: bool = False
    ) -> License: ...
    @property
    def key(self) -> str:
        """The license's key."""
    @property
    def name(self) -> str:
        """The license's name, as used in rules."""
    @property
    def products(self) -> tuple[str, ...]:
        """The codes of the products in the license."""
    @property
    def seats(self) -> int:
        """The number of seats bought."""
    @property
    def used(self) -> int:
        """The number of seats used."""
    @property
    def free(self) -> int:
        """The number of free seats."""
    @property
    def pending(self) -> bool:
        """``True`` if the license was bought, but is not active yet."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> license.to_dict() == json.loads(license.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(license.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> License:
        """Reads a value from `to_json`.

        >>> gotosync.License.from_json(license.to_json()) == license
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> License:
        """Reads a value from `to_dict`.

        >>> gotosync.License.from_dict(license.to_dict()) == license
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Directory:
    """The result of reading a source: people, groups, and OUs.

    A directory is a sequence of people, sorted by id.

    >>> [person.name for person in directory]
    ['Ann Lee', 'Bob Ray', 'Cyd Fox']
    """
    @property
    def people(self) -> tuple[Person, ...]:
        """All people, sorted by id."""
    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups, sorted by name."""
    @property
    def units(self) -> tuple[str, ...]:
        """The distinguished names of all OUs and containers, parents before children."""
    def find(self, id: str) -> Person | None:
        """Returns the person with this id, or `None`.

        >>> directory.find("people:2").name
        'Bob Ray'
        """
    def table(self, attributes: Sequence[str] | None = None) -> Table:
        """Returns people as a table: id, dn, name, disabled, expires, groups, and a column with the first value of each attribute.

        >>> directory.table(["mail"]).column_names
        ['id', 'dn', 'name', 'disabled', 'expires', 'groups', 'mail']
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Person]: ...
    def __getitem__(self, index: int, /) -> Person: ...

@final
class Person:
    """A person in a directory.

    >>> person = directory[0]
    >>> person.id, person["mail"], person.get("sn")
    ('people:1', ['ann@example.test'], 'Lee')
    """
    @property
    def id(self) -> str:
        """The immutable id."""
    @property
    def dn(self) -> str:
        """The current distinguished name."""
    @property
    def name(self) -> str:
        """The common name: the first value of the distinguished name."""
    @property
    def disabled(self) -> bool:
        """``True`` if the person's account is disabled in the directory."""
    @property
    def expires(self) -> datetime | None:
        """The date on which the person's account expires, or `None`."""
    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups of which the person is a direct member."""
    @property
    def attributes(self) -> dict[str, list[Any]]:
        """The requested attributes: each is a list of ``str``, or ``bytes`` for binary values."""
    @overload
    def get(self, name: str) -> str | None:
        """Returns the first value of an attribute as text, or a default. Ignores case in attribute names.

        >>> person.get("telephoneNumber", "none")
        'none'
        """
    @overload
    def get(self, name: str, default: _T) -> str | _T:
        """Returns the first value of an attribute as text, or a default. Ignores case in attribute names.

        >>> person.get("telephoneNumber", "none")
        'none'
        """
    def enabled(self, now: datetime | None = None) -> bool:
        """Returns ``True`` if the person's account is neither disabled nor expired at a given time; default: now.

        >>> person.enabled(datetime(2026, 11, 27, tzinfo=timezone.utc))
        True
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the person as a dict, as a custom source may return it.

        >>> sorted(person.to_dict())
        ['disabled', 'dn', 'expires', 'givenName', 'groups', 'id', 'mail', 'sn']
        """
    def __getitem__(self, name: str, /) -> list[Any]: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Group:
    """A group of people and other groups.

    >>> group = directory.groups[0]
    >>> group.name, [person.name for person in group.people]
    ('Team', ['Ann Lee'])
    """
    @property
    def id(self) -> str:
        """The immutable id."""
    @property
    def dn(self) -> str:
        """The current distinguished name."""
    @property
    def name(self) -> str:
        """The group's name."""
    @property
    def people(self) -> tuple[Person, ...]:
        """The direct members, as far as people were read."""
    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that are direct members."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reading:
    """A directory, and the completeness of its read.

    >>> reading = source.read()
    >>> len(reading.directory), reading.complete, reading.gaps
    (3, True, ())
    """
    @property
    def directory(self) -> Directory:
        """The directory."""
    @property
    def complete(self) -> bool:
        """``True`` if everything that was requested was read."""
    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """The parts that could not be read: pairs of a place and a problem."""
    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks about the read that do not affect its completeness."""
    @property
    def effort(self) -> str | None:
        """The searches, entries, and time that the read took, in words, if a server was read."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class ReadRequest:
    """A request to a source: the people to read, and their attributes. A new request asks for everyone.

    >>> gotosync.ReadRequest(["mail", "sn"]).attributes
    ('mail', 'sn')
    """
    def __new__(cls, attributes: Sequence[str] | None = None) -> ReadRequest: ...
    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes to read."""
    @property
    def scopes(self) -> tuple[str, ...]:
        """The people to read, in words; a source may return more."""
    @property
    def everyone(self) -> bool:
        """``True`` if the request asks for everyone."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class People:
    """The result of a custom source that returns more than people: empty groups and OUs, missing data, and remarks.

    ``gaps`` are pairs of a place and a problem. With any gap, the read is incomplete, and gotosync takes nothing away from users.

    >>> people = gotosync.People([{"id": 7, "mail": "ann@example.test"}], gaps=[("page 2", "timed out")])
    >>> len(people.people), people.gaps
    (1, [('page 2', 'timed out')])
    """
    def __new__(
        cls,
        people: Iterable[dict[str, Any] | Person],
        *,
        groups: Sequence[str] = ...,
        units: Sequence[str] = ...,
        gaps: Sequence[tuple[str, str]] = ...,
        remarks: Sequence[str] = ...,
    ) -> People: ...
    @property
    def people(self) -> Any:
        """The people."""
    @property
    def groups(self) -> list[str]:
        """Groups that may have no members, by name or distinguished name."""
    @property
    def units(self) -> list[str]:
        """Distinguished names of OUs that may contain no people."""
    @property
    def gaps(self) -> list[tuple[str, str]]:
        """Missing data: pairs of a place and a problem."""
    @property
    def remarks(self) -> list[str]:
        """Remarks about the read that do not affect its completeness."""

_Given = Iterable[dict[str, Any] | Person] | People | Reading | Directory

@disjoint_base
class DirectorySource:
    """A source of people.

    For a custom source, inherit from this class, or write a class with the same methods, plain or ``async``. Only ``read`` is
    required: it returns or yields a dict for each person. The keys ``id``, ``dn``, ``enabled``, ``disabled``, ``expires``, and
    ``groups`` have a fixed meaning; every other key is an attribute. The ``name`` of the source is part of the ids of its people, so
    it must not change.

    An exception in ``read`` fails the run, and nothing is written. gotosync treats a person that ``read`` does not return as
    deleted. If data is missing, return a ``People`` with ``gaps``.

    >>> class Payroll(gotosync.DirectorySource):
    ...     name = "payroll"
    ...     def read(self, request):
    ...         yield {"id": 7, "givenName": "Ann", "sn": "Lee", "mail": "ann@example.test", "groups": ["Sales"]}
    >>> engine = gotosync.Engine(Payroll(), target, rules)
    >>> engine.read_directory().directory[0].dn
    'CN=Ann Lee,OU=payroll'
    """

    name: str
    def __new__(cls, *args: Any, **keywords: Any) -> DirectorySource: ...
    # Positional here, so that a source of one's own calls it as it likes, and asks for it.
    def read(self, request: ReadRequest, /) -> _Given | Awaitable[_Given] | AsyncIterable[dict[str, Any] | Person]:
        """Reads groups, OUs, and the requested people.

        >>> source.read().complete
        True
        """
    async def read_async(self, request: ReadRequest | None = None) -> Reading:
        """The async form of ``read``.

        >>> asyncio.run(source.read_async()).complete
        True
        """
    def describe(self) -> dict[str, Any] | Awaitable[dict[str, Any]]:
        """Returns information about the directory as a dict.

        >>> source.describe()["naming_contexts"]
        ['DC=test']
        """
    def children(self, of: str | None = None) -> list[dict[str, Any]]:
        """Returns one level of the directory tree as dicts: the top, or the level directly below an OU, container, or group.

        >>> [node["dn"] for node in source.children("DC=example,DC=test")]
        ['OU=Groups,DC=example,DC=test', 'OU=IT,DC=example,DC=test', 'OU=Sales,DC=example,DC=test']
        """

class _NativeSource(DirectorySource):
    def read(self, request: ReadRequest | None = None) -> Reading: ...
    def describe(self) -> dict[str, Any]: ...

@final
class LdifSource(_NativeSource):
    """A directory export, plain or gzipped (RFC 2849).

    >>> gotosync.LdifSource("directory.ldif.gz")
    <LdifSource LDIF export directory.ldif.gz>
    """
    def __new__(cls, path: _Path) -> LdifSource: ...

@final
class CsvSource(_NativeSource):
    """A CSV file with a header row. Further keyword arguments are the keys of ``[source]`` in a configuration file.

    >>> gotosync.CsvSource("contractors", "contractors.csv", id="Nr", columns={"mail": "E-Mail"})
    <CsvSource CSV file contractors.csv>
    """
    def __new__(
        cls,
        name: str,
        path: _Path,
        *,
        id: str | None = None,
        columns: dict[str, str] | None = None,
        groups: str | None = None,
        disabled: str | None = None,
        enabled: str | None = None,
        expires: str | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
    ) -> CsvSource: ...

@final
class LdapSource(_NativeSource):
    """A live directory: Active Directory, OpenLDAP, and others. Keyword arguments are the keys of ``[source]`` in a configuration file.

    >>> gotosync.LdapSource("ldaps://dc1.example.test", sign_in="anonymous")
    <LdapSource directory ldaps://dc1.example.test:636>
    """
    def __new__(cls, servers: str | Sequence[str] | None = None, **keys: _Value) -> LdapSource: ...

@final
class ListSource(_NativeSource):
    """A pasted list: ``first last e-mail; first last e-mail``.

    >>> gotosync.ListSource("guests", "Ann Lee ann@example.test; Bob Ray bob@example.test")
    <ListSource list guests>
    """
    def __new__(cls, name: str, text: str) -> ListSource: ...

@final
class MergedSource(_NativeSource):
    """Several sources merged into one directory, given as pairs of a name and a source. Earlier sources take precedence.

    >>> gotosync.MergedSource([("directory", source), ("guests", gotosync.ListSource("guests", "Eve Low eve@example.test"))])
    <MergedSource memory directory + list guests>
    """
    def __new__(cls, parts: Sequence[tuple[str, _Source | DirectorySource]]) -> MergedSource: ...

@final
class MemorySource(_NativeSource):
    """People in memory, given as a custom source would return them, for tests.

    >>> people = gotosync.MemorySource([{"id": 1, "dn": "CN=Ann,OU=Sales,DC=example,DC=test"}])
    >>> [str(person) for person in people.read().directory]
    ['Ann']
    """
    def __new__(cls, people: _Given, *, name: str = "people") -> MemorySource: ...

@disjoint_base
class ProvisioningTarget:
    """A target: the account in which users are provisioned.

    For a custom target, inherit from this class, or write a class with the same methods, plain or ``async``. ``read`` returns an
    ``Account``. ``perform`` executes one ``Action`` and returns an ``Outcome``, the key of the user that it created, or ``None`` for
    other successful actions. ``execute`` executes several actions and returns a list with one outcome for each; if it exists, it is
    called instead of ``perform``. ``describe`` returns a ``TargetInfo``, if the defaults do not fit.

    An exception in ``perform`` becomes the outcome of that step: an error of this package means that nothing was changed; any other
    exception means that the outcome is unknown. ``line.outcome.error`` has the exception with its traceback.

    >>> class Tickets(gotosync.ProvisioningTarget):
    ...     def read(self):
    ...         return gotosync.Account("1", "Tickets")
    ...     def perform(self, action):
    ...         return gotosync.Outcome.skipped(f"a ticket was opened to {action}")
    >>> everybody = gotosync.Rules([gotosync.Rule("All", everyone=True)])
    >>> report = gotosync.Engine(source, Tickets(), everybody).run()
    >>> report.lines[0].outcome.message
    'a ticket was opened to create ann@example.test'
    """

    name: str
    def __new__(cls, *args: Any, **keywords: Any) -> ProvisioningTarget: ...
    def read(self) -> Account | dict[str, Any] | Awaitable[Account | dict[str, Any]]:
        """Reads users, licenses, user groups, and all other supported features of the account.

        >>> len(target.read().users)
        2
        """
    def describe(self) -> TargetInfo | Awaitable[TargetInfo]:
        """Returns the description of the account and its capabilities.

        >>> target.describe().account
        '1'
        """
    def execute(self, actions: list[Action]) -> _Made[Sequence[Outcome | str | None]]:
        """Executes several independent actions, and returns one outcome for each. For custom targets that wrap another target.

        >>> target.execute([])
        []
        """

class _NativeTarget(ProvisioningTarget):
    def read(self) -> Account: ...
    def describe(self) -> TargetInfo: ...
    def execute(self, actions: list[Action]) -> list[Outcome]: ...

@final
class LocalAccount(_NativeTarget):
    """An account in a local file.

    >>> local = gotosync.LocalAccount.create(folder / "account.db", account)
    >>> local.read() == account
    True
    """
    def __new__(cls, path: _Path) -> LocalAccount: ...
    @staticmethod
    def create(path: _Path, account: Account) -> LocalAccount:
        """Creates an account in a new file.

        >>> gotosync.LocalAccount.create(folder / "new.db", account).read().name
        'Example'
        """

@final
class MemoryTarget(_NativeTarget):
    """An account in memory that is as strict as GoTo, for tests.

    >>> gotosync.MemoryTarget(account).read() == account
    True
    """
    def __new__(cls, account: Account) -> MemoryTarget: ...
    def incomplete(self, place: str | None = None, problem: str = "") -> None:
        """Marks all following reads as incomplete; without arguments, as complete again.

        >>> target.incomplete("users", "page 2 was lost")
        >>> target.read().complete
        False
        """
    def edit(self, account: Account) -> None:
        """Replaces the account, as if an admin had changed it between runs.

        >>> target.edit(gotosync.Account("1", "Empty"))
        >>> target.read().users
        ()
        """

@final
class ReadOnly(_NativeTarget):
    """A wrapper around another target that never writes to it.

    >>> gotosync.ReadOnly(target).read() == target.read()
    True
    """
    def __new__(cls, target: _Target | ProvisioningTarget) -> ReadOnly: ...

@final
class TargetInfo:
    """The description of a target: its account, capabilities, and limits.

    ``features`` lists the features that the target supports besides users with an e-mail and a name: values of ``Feature`` such as
    ``products``, ``user-groups``, ``roles``, and ``time-zone``. By default, no feature is supported. Unsupported features are read as
    empty, and a plan must not use them. ``actions`` defaults to all nine actions. Batch size and limits default to those of GoTo.

    >>> info = gotosync.TargetInfo("1", name="tickets", actions=["create"], features=[gotosync.Feature.PRODUCTS])
    >>> info.account, info.actions, info.features
    ('1', ('create',), ('products',))
    """
    def __new__(
        cls,
        account: str,
        *,
        name: str | None = None,
        login: str | None = None,
        actions: Iterable[str] | None = None,
        batch: int = 100,
        concurrency: int = 1,
        visibility: Literal["immediate", "eventual"] = "immediate",
        roles: Literal["full", "hidden"] = "full",
        features: Iterable[str] | None = None,
        name_limit: int = 32,
        email_limit: int = 128,
        user_limit: int = 25_000,
    ) -> TargetInfo: ...
    @property
    def name(self) -> str:
        """The kind and location of the target, in a few words."""
    @property
    def account(self) -> str:
        """The key of the account."""
    @property
    def login(self) -> str | None:
        """The key of the sync's own user, if known."""
    @property
    def actions(self) -> tuple[str, ...]:
        """The kinds of actions that the target supports."""
    @property
    def features(self) -> tuple[str, ...]:
        """The supported features, such as ``user-groups``."""
    @property
    def batch(self) -> int:
        """The maximum number of actions in a batch."""
    def named(self, name: str) -> TargetInfo:
        """Returns a copy with another name.

        >>> gotosync.TargetInfo("1").named("tickets").name
        'tickets'
        """
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> info.to_dict() == json.loads(info.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(info.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Action:
    """One change to an account, as passed to a custom target.

    ``str()`` describes it in words; ``to_dict()`` is its form in a plan.

    >>> plan.steps[1].action["do"]
    'create'
    """
    @property
    def kind(self) -> ActionKind:
        """The kind of the action."""
    @property
    def user(self) -> str | None:
        """The key of the existing user that the action changes, if any."""
    @property
    def new_user(self) -> User | None:
        """The user to create, for a ``create``."""
    @property
    def path(self) -> str | None:
        """The path of the user group to create, for a ``create-group``."""
    @property
    def licenses_given(self) -> tuple[str, ...]:
        """The keys of licenses that the action gives."""
    @property
    def licenses_taken(self) -> tuple[str, ...]:
        """The keys of licenses that the action takes away."""
    @property
    def group_joined(self) -> str | None:
        """The path of the user group that the user joins."""
    @property
    def takes_away(self) -> bool:
        """``True`` if the action overwrites a value or takes something away."""
    @property
    def sends_mail(self) -> bool:
        """``True`` if the service sends the user an e-mail."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the content as dicts, lists, texts, and numbers.

        >>> action.to_dict() == json.loads(action.to_json())
        True
        """
    def to_json(self) -> str:
        """Returns the content as JSON text.

        >>> type(action.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class StateStore:
    """The state that an engine keeps between runs: links between people and users, journal, and history.

    >>> isinstance(gotosync.MemoryState(), gotosync.StateStore)
    True
    """

@final
class SqliteState(StateStore):
    """A state store in a file, which is created if missing.

    >>> gotosync.SqliteState(folder / "state.db")  # doctest: +ELLIPSIS
    <SqliteState ...state.db>
    """
    def __new__(cls, path: _Path) -> SqliteState: ...

@final
class MemoryState(StateStore):
    """A state store in memory, which lives as long as the object: for tests, and for runs that must leave no files behind.

    >>> engine = gotosync.Engine(source, target, rules, state=gotosync.MemoryState())
    >>> engine.history()
    []
    """
    def __new__(cls) -> MemoryState: ...

@final
class Progress:
    """A progress event of an operation.

    ``stage`` is ``waiting`` (until the account shows the latest changes; sets ``time``), ``reading``, ``read`` (sets ``people`` and
    ``users``), or ``settled`` (after each completed batch; sets ``done`` and ``of``).

    >>> events = []
    >>> _ = gotosync.Engine(source, target, rules, progress=events.append).plan()
    >>> [str(event) for event in events]
    ['reading', 'read 3 people and 2 users']
    """
    @property
    def stage(self) -> Literal["waiting", "reading", "read", "settled"]:
        """The stage of the operation."""
    @property
    def time(self) -> timedelta | None:
        """The time to wait."""
    @property
    def people(self) -> int | None:
        """The number of people read."""
    @property
    def users(self) -> int | None:
        """The number of users in the account."""
    @property
    def done(self) -> int | None:
        """The number of completed steps, whatever their outcome."""
    @property
    def of(self) -> int | None:
        """The number of all steps."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Review:
    """A review of a plan, which ``on_plan`` returns. An empty review changes nothing.

    >>> def freeze(plan):
    ...     return gotosync.Review().refuse("a freeze until Monday")
    >>> engine = gotosync.Engine(source, target, rules, on_plan=freeze)
    >>> print(engine.check(engine.plan()).text(), end="")
    stop: the reviewer of plans rejected this plan (1)
        the plan: a freeze until Monday
    check failed: 1 note stops the run; nothing was written
    """
    def __new__(cls) -> Review: ...
    def leave_out(self, step: Step, reason: str) -> Review:
        """Leaves out a step, with a reason. Steps that depend on it are left out, too.

        >>> def only_new(plan):
        ...     review = gotosync.Review()
        ...     for step in plan.steps:
        ...         if step.kind != "create":
        ...             review = review.leave_out(step, "on Fridays only new people")
        ...     return review
        >>> plan = gotosync.Engine(source, target, rules, on_plan=only_new).plan()
        >>> [str(step) for step in plan.steps], str(plan.notes[-1])
        (['create ann@example.test'], 'warning: bob@example.test: update: on Fridays only new people')
        """
    def refuse(self, reason: str) -> Review:
        """Refuses the complete plan, with a reason. An approval cannot override this.

        >>> gotosync.Review().refuse("not today").veto
        'not today'
        """
    @property
    def veto(self) -> str | None:
        """The reason why the plan is refused, if it is."""
    @property
    def left_out(self) -> dict[int, str]:
        """The numbers of the steps that are left out, with the reasons."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Import:
    """An import of people from a CSV file or a pasted list, with the settings of one rule. It takes nothing away from existing users,
    and imported people do not become leavers later.

    ``engine`` plans, checks, and applies the import. ``troubles`` lists entries that need correction, and ``mend`` is a text with
    these entries, to correct and import.

    >>> imported = engine.import_people("Eve Low eve@example.test; Bob", rule="Sales")
    >>> [str(step) for step in imported.engine.plan().steps], len(imported.troubles)
    (['create eve@example.test'], 1)
    """
    @property
    def engine(self) -> Engine:
        """The engine that plans, checks, and applies the import."""
    @property
    def people(self) -> int:
        """The number of people that are imported."""
    @property
    def troubles(self) -> list[dict[str, Any]]:
        """The entries that need correction and are not imported, as dicts with their positions."""
    @property
    def mend(self) -> str | None:
        """The entries that need correction, as the text of a file to correct and import."""

@final
class Table:
    """A table for libraries that support the Arrow `PyCapsule` interface.

    >>> table = plan.table()
    >>> len(table), table.column_names[:2]
    (2, ['number', 'stage'])

    To convert it: ``polars.DataFrame(table)``, ``pyarrow.table(table)``, ``pyarrow.table(table).to_pandas()``.
    """
    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def __len__(self) -> int: ...

def main(words: Sequence[str]) -> int:
    """Runs the command `gotosync` with these arguments, the first of which is the program name, and returns its exit code."""

def words() -> dict[str, list[str]]:
    """Returns the words of each enum, by the name of its class, and the kinds of errors."""

def rule_keys() -> list[tuple[str, str, str]]:
    """Returns each key of a rule with its type in Python: as an argument, and as an attribute."""

def broken_source_laws(source: object) -> list[str]:
    """Checks a source against every law, and returns the broken laws."""

def broken_target_laws(make: Callable[[Account], object]) -> list[str]:
    """Checks targets against every law, and returns the broken laws. `make` takes an account, and returns a target that holds it."""

def laws() -> tuple[list[str], list[str]]:
    """Returns the names of the laws of sources and of targets."""

def remember(
    state: StateStore, account: str, links: list[dict[str, Any]], populations: dict[str, int], started: datetime
) -> None:
    """Stores links (in the format of plans) and the numbers of people per rule, as if an earlier run had written them."""
