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
    """Reads, plans, checks and applies for one source, one target and one set of rules.

    ``progress`` is called with each ``Progress``; ``on_plan`` with each plan before it is checked, and may give a ``Review``. ``now``
    is what time it is, for tests and for planning ahead. Without ``state`` nothing is remembered after the object is gone.

    Every verb that waits has a second form that ends in ``_async``, to be awaited. Ctrl-C, or cancelling the task, stops a run
    after the batch in flight; what was begun is in the history, and ``resume`` does the rest.

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
        """Opens everything that a configuration file names.

        >>> gotosync.Engine.load(folder / "gotosync.toml")
        Traceback (most recent call last):
        gotosync.NotFoundError: ...
        """
    def plan(self) -> Plan:
        """Reads both sides and makes the plan. Nothing is written.

        >>> engine.plan() == engine.plan()
        True
        """
    async def plan_async(self) -> Plan:
        """The same as ``plan``, to be awaited.

        >>> len(asyncio.run(engine.plan_async()))
        0
        """
    def check(self, plan: Plan, *, approve: str | bool | None = None) -> Verdict:
        """Checks a plan against the rules as they are now.

        ``approve`` is the id of the plan, or ``True``, once somebody has looked at it.

        >>> engine.check(engine.plan()).passes
        True
        """
    def apply(self, plan: Plan, *, approve: str | bool | None = None) -> Report:
        """Applies exactly this plan, if its check passes.

        ``approve`` is the id of the plan, or ``True``, once somebody has looked at it: what limits hold back is let through. Raises
        ``StoppedError``, with the plan, when the check stops it.

        >>> engine.apply(engine.plan()).lines
        ()
        """
    async def apply_async(self, plan: Plan, *, approve: str | bool | None = None) -> Report:
        """The same as ``apply``, to be awaited.

        >>> asyncio.run(engine.apply_async(engine.plan())).all_done
        True
        """
    def run(self) -> Report:
        """Plans and applies in one go, holding the account from the first read to the last write. Deletions are left to an admin, in
        ``report.deletions``.

        Raises ``StoppedError`` when the check stops it; its ``plan`` can be looked at and approved.

        >>> engine.run().ending
        Ending.DONE
        """
    async def run_async(self) -> Report:
        """The same as ``run``, to be awaited.

        >>> asyncio.run(engine.run_async()).ending
        Ending.DONE
        """
    def resume(self) -> Report | None:
        """Ends a run that was interrupted: what is in doubt is read, and the rest is carried out. ``None`` if there is none.

        >>> engine.resume() is None
        True
        """
    async def resume_async(self) -> Report | None:
        """The same as ``resume``, to be awaited.

        >>> asyncio.run(engine.resume_async()) is None
        True
        """
    def retry(self, person: str | None = None) -> Plan:
        """Plans what people need who are set aside after a failure, without waiting for their time: one of them, or everybody.

        >>> len(engine.retry())
        0
        """
    async def retry_async(self, person: str | None = None) -> Plan:
        """The same as ``retry``, to be awaited.

        >>> len(asyncio.run(engine.retry_async()))
        0
        """
    def invite(self, person: str) -> Plan:
        """Plans one mail: the invitation of a person who has not signed in yet.

        >>> [str(step) for step in engine.invite("ann@example.test").steps]
        ['invite ann@example.test']
        """
    async def invite_async(self, person: str) -> Plan:
        """The same as ``invite``, to be awaited.

        >>> len(asyncio.run(engine.invite_async('ann@example.test')))
        1
        """
    def welcome_email(self, person: str, *, template: str | None = None) -> tuple[str, str]:
        """The welcome e-mail that a person would get, as they would read it: the subject and the text.

        >>> engine.welcome_email("ann@example.test")
        Traceback (most recent call last):
        gotosync.ConflictError: this person gets the account's default welcome e-mail, whose text the service does not show (person: Ann Lee)
        """
    async def welcome_email_async(self, person: str, *, template: str | None = None) -> tuple[str, str]:
        """The same as ``welcome_email``, to be awaited.

        >>> mails = gotosync.Engine(source, target, rules).welcome_email_async('ann@example.test')
        >>> asyncio.iscoroutine(mails), mails.close()
        (True, None)
        """
    def explain(self, person: str) -> Explanation:
        """Explains one person: in which rules and why not in the others, what mappings give, whose user it is, what would be done.

        >>> engine.explain("ann@example.test").id
        'people:1'
        """
    async def explain_async(self, person: str) -> Explanation:
        """The same as ``explain``, to be awaited.

        >>> asyncio.run(engine.explain_async('Ann Lee')).id
        'people:1'
        """
    def history(self, limit: int = 20) -> list[RunRecord]:
        """The latest runs, newest first.

        >>> [record.ending for record in engine.history(1)]
        [Ending.DONE]
        """
    async def history_async(self, limit: int = 20) -> list[RunRecord]:
        """The same as ``history``, to be awaited.

        >>> len(asyncio.run(engine.history_async(1)))
        1
        """
    def interrupted(self) -> RunRecord | None:
        """The run that was interrupted and has to be resumed, or ``None``.

        >>> engine.interrupted() is None
        True
        """
    async def interrupted_async(self) -> RunRecord | None:
        """The same as ``interrupted``, to be awaited.

        >>> asyncio.run(engine.interrupted_async()) is None
        True
        """
    def read_directory(self) -> Reading:
        """Reads the directory alone, with what the rules need.

        >>> len(engine.read_directory().directory)
        3
        """
    async def read_directory_async(self) -> Reading:
        """The same as ``read_directory``, to be awaited.

        >>> asyncio.run(engine.read_directory_async()).complete
        True
        """
    def read_account(self) -> Account:
        """Reads the account alone.

        >>> engine.read_account().name
        'Example'
        """
    async def read_account_async(self) -> Account:
        """The same as ``read_account``, to be awaited.

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
        """Takes people from the text or the bytes of a CSV with a header row, or of a pasted list, by the settings of one rule.

        ``columns`` says which attribute is in which column; columns that are only guessed are shown in an error, unless
        ``accept_guesses``.

        >>> engine.import_people("Vorname,Nachname,E-Mail\\nEve,Low,eve@example.test\\n", rule="Sales", accept_guesses=True)
        <Import of 1 people>
        """
    def simulated(self) -> Engine:
        """The same engine, which plans and shows everything and applies nothing.

        >>> gotosync.Engine(source, target, rules).simulated().run().ending
        Ending.SIMULATED
        """
    def watched(self, progress: Callable[[Progress], object]) -> Engine:
        """The same engine, watched by somebody else: a callable, or ``Events`` for ``async for``.

        >>> told = []
        >>> _ = engine.watched(told.append).plan()
        >>> told[-1].people
        3
        """

@final
class Plan:
    """What would be done to an account: immutable, so that the same plan is shown, checked, approved and applied.

    ``str()`` is what the command prints.

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
        """The steps, in the order they are done."""
    @property
    def simulated(self) -> tuple[Step, ...]:
        """Steps that are only simulated."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """What planning found."""
    @property
    def counts(self) -> dict[str, int]:
        """How many steps there are of each kind, by its word."""
    @property
    def made_at(self) -> datetime:
        """When it was made."""
    @property
    def basis(self) -> dict[str, Any]:
        """What it was computed from, as a dict: time, both sides with their completeness, seats, administrators, rules."""
    def text(self, *, full: bool = False) -> str:
        """The plan as the command prints it; ``full`` shows every line of long lists.

        >>> plan.text(full=True) == str(plan)
        True
        """
    def to_json(self) -> str:
        """The plan as JSON, in the format ``gotosync-plan/1``: what ``gotosync plan --out`` writes.

        >>> plan.to_json().splitlines()[1]
        '  "format": "gotosync-plan/1",'
        """
    def to_dict(self) -> dict[str, Any]:
        """The same as plain dicts and lists.

        >>> sorted(plan.to_dict())
        ['basis', 'format', 'id', 'links', 'notes', 'steps']
        """
    @staticmethod
    def from_json(text: str) -> Plan:
        """Reads a plan that ``to_json`` wrote. One that was changed since is refused.

        >>> gotosync.Plan.from_json(plan.to_json()) == plan
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Plan:
        """Reads what ``to_dict`` gave.

        >>> gotosync.Plan.from_dict(plan.to_dict()) == plan
        True
        """
    def save(self, path: _Path) -> None:
        """Writes the plan to a file, whole or not at all, to be applied exactly so later.

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
        """Steps as a table: number, stage, kind, subject, person, rules, reasons.

        >>> plan.table().column_names
        ['number', 'stage', 'kind', 'subject', 'person', 'rules', 'reasons']
        """
    def notes_table(self) -> Table:
        """Notes as a table: severity, kind, subject, evidence.

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
    """One unit of a plan: its verb, whom it is about, and why.

    >>> step = plan.steps[0]
    >>> step.number, step.kind, step.subject, step.rules
    (1, ActionKind.UPDATE, 'bob@example.test', ('Sales',))
    """
    @property
    def number(self) -> int:
        """Its number, from 1, in the order of the plan."""
    @property
    def stage(self) -> int:
        """Steps of one stage do not depend on each other."""
    @property
    def kind(self) -> ActionKind:
        """The verb."""
    @property
    def subject(self) -> str:
        """Whom or what it is about: an e-mail, or the path of a user group."""
    @property
    def person(self) -> str | None:
        """The id of the person behind it, if there is one."""
    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that select the person, highest first; for a leaver, those that did."""
    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, one for each thing that changes."""
    @property
    def action(self) -> dict[str, Any]:
        """What is done, as a dict."""
    @property
    def takes_away(self) -> bool:
        """Whether it overwrites or takes away anything."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> step.to_dict() == json.loads(step.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(step.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reason:
    """Why one thing changes.

    >>> reason = plan.steps[0].reasons[0]
    >>> reason.field, reason.before, reason.after, reason.rule
    ('last_name', 'Rey', 'Ray', 'Sales')
    """
    @property
    def rule(self) -> str | None:
        """The rule that says so, where one does."""
    @property
    def field(self) -> str:
        """What changes."""
    @property
    def part(self) -> str | None:
        """Which part of it, where it has several: a license, or the name of a custom field."""
    @property
    def because(self) -> str:
        """Where its value comes from."""
    @property
    def before(self) -> str | None:
        """The value before."""
    @property
    def after(self) -> str | None:
        """The value after."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> reason.to_dict() == json.loads(reason.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(reason.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Note:
    """One thing that planning or checking found: how severe, what kind, about whom, and what shows it.

    >>> note = gotosync.Note("no-email", "Cyd Fox", "no mail")
    >>> note.severity, str(note)
    (Severity.WARNING, 'warning: Cyd Fox: no mail')
    """
    def __new__(cls, kind: str, subject: str, evidence: str) -> Note: ...
    @property
    def kind(self) -> str:
        """What it is about, by its word, such as ``no-email``."""
    @property
    def severity(self) -> Severity:
        """How much it matters."""
    @property
    def heading(self) -> str:
        """What its kind says of all its subjects."""
    @property
    def subject(self) -> str:
        """The person, user, rule, license or side it is about."""
    @property
    def evidence(self) -> str:
        """What shows it, in words."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> note.to_dict() == json.loads(note.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(note.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Note:
        """Reads what `to_json` wrote.

        >>> gotosync.Note.from_json(note.to_json()) == note
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Note:
        """Reads what `to_dict` gave.

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
    """What the check of a plan found.

    >>> verdict = engine.check(plan)
    >>> verdict.passes, print(verdict)
    check passed
    <BLANKLINE>
    (True, None)
    """
    @property
    def passes(self) -> bool:
        """Whether the plan may be applied."""
    @property
    def approved(self) -> bool:
        """Whether what stands against it was lifted by an approval."""
    @property
    def approvable(self) -> bool:
        """Whether everything that stands against it can be approved."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """Every note, the gravest first."""
    @property
    def stops(self) -> tuple[Note, ...]:
        """The notes that stand against the first write."""
    @property
    def plan(self) -> Plan:
        """The plan it is about."""
    def raise_for_stop(self) -> None:
        """Raises ``StoppedError`` with the way to approve the plan, if the check stops it.

        >>> verdict.raise_for_stop()
        """
    def text(self, *, full: bool = False) -> str:
        """The verdict as the command prints it.

        >>> verdict.text()
        'check passed\\n'
        """
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Report:
    """What became of a plan; never more than is known.

    ``str()`` is what the command prints.

    >>> print(report)  # doctest: +ELLIPSIS
    run ... of plan ...: done
      created               1
      updated               1
    <BLANKLINE>
    """
    @property
    def run(self) -> str:
        """The run."""
    @property
    def plan(self) -> str:
        """The id of the plan."""
    @property
    def started(self) -> datetime:
        """When the run began."""
    @property
    def ended(self) -> datetime:
        """When it ended."""
    @property
    def ending(self) -> Ending:
        """How it ended."""
    @property
    def lines(self) -> tuple[Line, ...]:
        """One line for each step of the plan, in order."""
    @property
    def undone(self) -> tuple[Line, ...]:
        """The lines of steps that were not done."""
    @property
    def all_done(self) -> bool:
        """Whether every step was done."""
    @property
    def counts(self) -> dict[str, int]:
        """How many steps came to which outcome, by its word."""
    @property
    def notes(self) -> tuple[Note, ...]:
        """What planning and checking found."""
    @property
    def set_aside(self) -> list[dict[str, Any]]:
        """Who is set aside after this run because a step failed, as dicts."""
    @property
    def effort(self) -> str | None:
        """What reading the directory took, in words, where a server was asked."""
    @property
    def deletions(self) -> Plan | None:
        """Deletions that were planned and wait for an approval; a plan of their own."""
    def text(self, *, full: bool = False) -> str:
        """The report as the command prints it; ``full`` shows every line of long lists.

        >>> report.text() == str(report)
        True
        """
    def table(self) -> Table:
        """Lines as a table: step, kind, subject, outcome, message.

        >>> report.table().column_names
        ['step', 'kind', 'subject', 'outcome', 'message']
        """
    def notes_table(self) -> Table:
        """Notes as a table: severity, kind, subject, evidence.

        >>> len(report.notes_table())
        0
        """
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> report.to_dict() == json.loads(report.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(report.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Report:
        """Reads what `to_json` wrote.

        >>> gotosync.Report.from_json(report.to_json()) == report
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Report:
        """Reads what `to_dict` gave.

        >>> gotosync.Report.from_dict(report.to_dict()) == report
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Line:
    """What became of one step.

    >>> line = report.lines[0]
    >>> line.step, line.kind, line.subject, str(line.outcome)
    (1, ActionKind.UPDATE, 'bob@example.test', 'updated')
    """
    @property
    def step(self) -> int:
        """The step's number."""
    @property
    def kind(self) -> ActionKind:
        """What was to be done."""
    @property
    def subject(self) -> str:
        """Whom or what it was about."""
    @property
    def outcome(self) -> Outcome:
        """What became of it."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> line.to_dict() == json.loads(line.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(line.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Line:
        """Reads what `to_json` wrote.

        >>> gotosync.Line.from_json(line.to_json()) == line
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Line:
        """Reads what `to_dict` gave.

        >>> gotosync.Line.from_dict(line.to_dict()) == line
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Outcome:
    """What became of one action. Targets of your own make them; see ``ProvisioningTarget``.

    >>> outcome = gotosync.Outcome.failed("denied", "not this user")
    >>> outcome.kind, outcome.done, str(outcome), outcome.message
    (OutcomeKind.FAILED, False, 'failed', 'not this user')
    """
    @staticmethod
    def success(*, user: str | None = None) -> Outcome:
        """It was done. Of a creation ``user`` is the key of the new user.

        >>> gotosync.Outcome.success(user="4711").done
        True
        """
    @staticmethod
    def transfer_invited() -> Outcome:
        """The address belongs to another account, whose owner was asked to come over.

        >>> str(gotosync.Outcome.transfer_invited())
        'transfer invited'
        """
    @staticmethod
    def failed(kind: str, message: str, *, retryable: bool | None = None) -> Outcome:
        """It was tried and nothing changed. ``kind`` is the word of an error's kind.

        >>> gotosync.Outcome.failed("unavailable", "try later", retryable=True).retryable
        True
        """
    @staticmethod
    def in_doubt(message: str) -> Outcome:
        """It was tried, and whether anything changed is not known.

        >>> str(gotosync.Outcome.in_doubt("the connection broke"))
        'in doubt'
        """
    @staticmethod
    def skipped(reason: str) -> Outcome:
        """It was not tried.

        >>> gotosync.Outcome.skipped("not on a Friday").message
        'not on a Friday'
        """
    @property
    def kind(self) -> OutcomeKind:
        """The coarsest word."""
    @property
    def done(self) -> bool:
        """Whether it was done."""
    @property
    def user(self) -> str | None:
        """The key of a user who was made."""
    @property
    def message(self) -> str | None:
        """Why it was not done, in one line."""
    @property
    def retryable(self) -> bool:
        """Whether trying again later may work."""
    @property
    def error(self) -> GotosyncError | None:
        """Why it failed, as an exception. In the process in which it happened, what a target of your own raised is its cause, with the
        traceback.
        """
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RunRecord:
    """One run, as the history tells it.

    >>> record = engine.history()[0]
    >>> record.command, record.ending, record.outcomes
    ('gotosync', Ending.DONE, {'created': 1, 'updated': 1})
    """
    @property
    def run(self) -> str:
        """The run."""
    @property
    def command(self) -> str:
        """What ran, such as ``gotosync apply``."""
    @property
    def started(self) -> datetime:
        """When it started."""
    @property
    def ended(self) -> datetime | None:
        """When it ended, unless it has not."""
    @property
    def plan(self) -> str | None:
        """The id of the plan, unless none was made."""
    @property
    def ending(self) -> Ending:
        """How it ended."""
    @property
    def outcomes(self) -> dict[str, int]:
        """How many steps came to which outcome."""
    @property
    def reason(self) -> str | None:
        """What stopped it or failed it, in words."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> record.to_dict() == json.loads(record.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(record.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> RunRecord:
        """Reads what `to_json` wrote.

        >>> gotosync.RunRecord.from_json(record.to_json()) == record
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> RunRecord:
        """Reads what `to_dict` gave.

        >>> gotosync.RunRecord.from_dict(record.to_dict()) == record
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Explanation:
    """Everything that leads from one person to the steps about them.

    >>> explanation = engine.explain("bob@example.test")
    >>> explanation.id, explanation.link
    ('people:2', 'by stored link: bob@example.test')
    """
    @property
    def id(self) -> str:
        """The person's id."""
    @property
    def link(self) -> str:
        """How the user was found, in words."""
    @property
    def steps(self) -> tuple[Step, ...]:
        """What would be done."""
    def to_dict(self) -> dict[str, Any]:
        """Everything, as a dict: rules and why they do not select the person, fields and where they come from, user, steps.

        >>> explanation.to_dict()["rules"][0]["rule"]
        'Sales'
        """

@final
class Rule:
    """One rule: whom it means and what they get, by the keys of a rules file as keywords.

    Every key is an attribute; one that is not there is ``None``. Whether the whole is right is said by ``Rules``.

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
        """The same rule with other keys; ``None`` takes a key away.

        >>> gotosync.Rule("All", everyone=True, enabled=False).replace(enabled=None)
        Rule(name='All', everyone=True)
        """
    def to_dict(self) -> dict[str, Any]:
        """The keys and their values, as a dict.

        >>> gotosync.Rule("All", everyone=True).to_dict()
        {'name': 'All', 'everyone': True}
        """
    @staticmethod
    def from_dict(keys: dict[str, Any]) -> Rule:
        """Makes a rule of a dict.

        >>> gotosync.Rule.from_dict({"name": "All", "everyone": True})
        Rule(name='All', everyone=True)
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Rules:
    """The rules of one file, highest priority first: a sequence of rules.

    They never change: what changes them gives new ones, in which comments, order and formatting of whatever was not touched
    keep every byte.

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
        """Reads the text of a rules file. ``file`` is how problems call it.

        Raises ``InputError`` with file, line and column; ``problems`` has every one.

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
        """Writes the rules to a file, whole or not at all. A file that was read, or that is there, is replaced only if it is as it
        was read: otherwise ``ConflictError``.

        >>> rules.save(folder / "rules.toml")
        """
    @property
    def text(self) -> str:
        """The text of the file."""
    @property
    def names(self) -> list[str]:
        """The names of the rules, highest priority first."""
    def add(self, rule: Rule, *, before: str | None = None, after: str | None = None, first: bool = False) -> Rules:
        """Adds a rule: last, or first, or beside another one.

        >>> rules.add(gotosync.Rule("IT", group="Team"), before="Sales").names
        ['IT', 'Sales']
        """
    def edit(self, rule: str, /, **keys: _Value) -> Rules:
        """Changes keys of a rule, all of them or none; ``None`` takes a key away. A new ``name`` renames it.

        >>> rules.edit("Sales", language="de_DE")["Sales"].language
        'de_DE'
        """
    def remove(self, rule: str) -> Rules:
        """Removes a rule with its comments.

        >>> rules.add(gotosync.Rule("IT", group="Team")).remove("Sales").names
        ['IT']
        """
    def enable(self, rule: str) -> Rules:
        """Lets a rule take part.

        >>> rules.disable("Sales").enable("Sales") == rules
        True
        """
    def disable(self, rule: str) -> Rules:
        """Takes a rule out without removing it.

        >>> rules.disable("Sales")["Sales"].enabled
        False
        """
    def move(self, rule: str, *, before: str | None = None, after: str | None = None, first: bool = False) -> Rules:
        """Moves a rule, and with it its priority.

        >>> rules.add(gotosync.Rule("IT", group="Team")).move("IT", first=True).names
        ['IT', 'Sales']
        """
    def lint(self) -> list[dict[str, Any]]:
        """What looks wrong though the file can be read, as dicts.

        >>> rules.lint()
        []
        """
    def request(self) -> ReadRequest:
        """What a source is asked for, so that these rules can be evaluated.

        >>> "mail" in rules.request().attributes
        True
        """
    def to_dict(self) -> dict[str, Any]:
        """What the file says, as dicts and lists.

        >>> rules.to_dict()["rule"][0]["name"]
        'Sales'
        """
    @staticmethod
    def from_dict(value: dict[str, Any], *, file: str = "rules") -> Rules:
        """Makes rules of what ``to_dict`` gave.

        >>> gotosync.Rules.from_dict(rules.to_dict()) == rules
        True
        """
    def to_json(self) -> str:
        """What the file says, as JSON text.

        >>> json.loads(rules.to_json()) == rules.to_dict()
        True
        """
    @staticmethod
    def from_json(text: str, *, file: str = "rules") -> Rules:
        """Makes rules of what ``to_json`` wrote.

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
    """An account with its users, licenses and user groups.

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
        """Its name."""
    @property
    def login(self) -> str | None:
        """The key of the user whose login reads and writes, if it is known."""
    @property
    def users(self) -> tuple[User, ...]:
        """Users in the order of their addresses."""
    @property
    def licenses(self) -> tuple[License, ...]:
        """Licenses in the order of their keys."""
    @property
    def groups(self) -> tuple[str, ...]:
        """The paths of user groups, parents before children."""
    @property
    def complete(self) -> bool:
        """Whether all of it was read."""
    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Why it was not: pairs of a place and what happened there."""
    def find(self, email: str) -> User | None:
        """A user by address, or `None`; letter case does not count.

        >>> account.find("BOB@example.test").first_name
        'Bob'
        """
    def table(self) -> Table:
        """Users as a table.

        >>> account.table().column_names[:3]
        ['key', 'email', 'first_name']
        """
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> account.to_dict() == json.loads(account.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(account.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> Account:
        """Reads what `to_json` wrote.

        >>> gotosync.Account.from_json(account.to_json()) == account
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> Account:
        """Reads what `to_dict` gave.

        >>> gotosync.Account.from_dict(account.to_dict()) == account
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class User:
    """Somebody in an account.

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
        """The user's key; `None` for somebody who is yet to be created."""
    @property
    def email(self) -> str:
        """The address, which is the sign-in name."""
    @property
    def first_name(self) -> str:
        """The first name."""
    @property
    def last_name(self) -> str:
        """The last name."""
    @property
    def full_name(self) -> str:
        """The name as people say it."""
    @property
    def language(self) -> str | None:
        """The language, as `en_US`."""
    @property
    def status(self) -> Status:
        """Where the user stands."""
    @property
    def licenses(self) -> tuple[str, ...]:
        """The keys of the licenses."""
    @property
    def group(self) -> str | None:
        """The path of the user group, if there is one."""
    @property
    def role(self) -> str | dict[str, Any]:
        """What the user may administer: a word, or a dict."""
    @property
    def settings(self) -> dict[str, Any]:
        """Settings that few users have: time zone, extension, templates, custom fields, device groups,
        devices, phone numbers, numbers as caller id, secondary extensions, location.
        """
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> user.to_dict() == json.loads(user.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(user.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> User:
        """Reads what `to_json` wrote.

        >>> gotosync.User.from_json(user.to_json()) == user
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> User:
        """Reads what `to_dict` gave.

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
        """Its key."""
    @property
    def name(self) -> str:
        """The name people know it by; rules name it so."""
    @property
    def products(self) -> tuple[str, ...]:
        """The product codes it carries."""
    @property
    def seats(self) -> int:
        """How many seats were bought."""
    @property
    def used(self) -> int:
        """How many of them are taken."""
    @property
    def free(self) -> int:
        """The seats nobody has."""
    @property
    def pending(self) -> bool:
        """Whether it was bought and is not active yet."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> license.to_dict() == json.loads(license.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(license.to_json())
        <class 'str'>
        """
    @staticmethod
    def from_json(text: str) -> License:
        """Reads what `to_json` wrote.

        >>> gotosync.License.from_json(license.to_json()) == license
        True
        """
    @staticmethod
    def from_dict(value: dict[str, Any]) -> License:
        """Reads what `to_dict` gave.

        >>> gotosync.License.from_dict(license.to_dict()) == license
        True
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Directory:
    """What one read of a source found: people, groups and places.

    It is a sequence of people in the order of their ids.

    >>> [person.name for person in directory]
    ['Ann Lee', 'Bob Ray', 'Cyd Fox']
    """
    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody, in the order of ids."""
    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group, in the order of names."""
    @property
    def units(self) -> tuple[str, ...]:
        """The distinguished names of places that people can stand in, each before those below it."""
    def find(self, id: str) -> Person | None:
        """Somebody by id, or `None`.

        >>> directory.find("people:2").name
        'Bob Ray'
        """
    def table(self, attributes: Sequence[str] | None = None) -> Table:
        """People as a table: id, dn, name, disabled, expires, groups, and a column of the first values of each attribute.

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
    """Somebody in a directory.

    >>> person = directory[0]
    >>> person.id, person["mail"], person.get("sn")
    ('people:1', ['ann@example.test'], 'Lee')
    """
    @property
    def id(self) -> str:
        """The immutable id."""
    @property
    def dn(self) -> str:
        """Where the person stands now."""
    @property
    def name(self) -> str:
        """The name in the directory."""
    @property
    def disabled(self) -> bool:
        """Whether the directory has switched the person off."""
    @property
    def expires(self) -> datetime | None:
        """When the person's account ends by itself, or `None`."""
    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups the person is directly in."""
    @property
    def attributes(self) -> dict[str, list[Any]]:
        """The attributes that were asked for: each a list of texts, or of bytes where they are none."""
    @overload
    def get(self, name: str) -> str | None:
        """The first value of an attribute as text, or a default; letter case in names does not count.

        >>> person.get("telephoneNumber", "none")
        'none'
        """
    @overload
    def get(self, name: str, default: _T) -> str | _T:
        """The first value of an attribute as text, or a default; letter case in names does not count.

        >>> person.get("telephoneNumber", "none")
        'none'
        """
    def enabled(self, now: datetime | None = None) -> bool:
        """Whether the person may sign in at a moment: neither switched off nor expired.

        >>> person.enabled(datetime(2026, 11, 27, tzinfo=timezone.utc))
        True
        """
    def to_dict(self) -> dict[str, Any]:
        """What is known of the person, as a dict that a source of your own may give.

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
    """A group of people and of other groups.

    >>> group = directory.groups[0]
    >>> group.name, [person.name for person in group.people]
    ('Team', ['Ann Lee'])
    """
    @property
    def id(self) -> str:
        """The immutable id."""
    @property
    def dn(self) -> str:
        """Where the group stands now."""
    @property
    def name(self) -> str:
        """The name people know it by."""
    @property
    def people(self) -> tuple[Person, ...]:
        """The people who were read and are members themselves."""
    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that are members."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Reading:
    """A directory, and whether it is all of what was asked for.

    >>> reading = source.read()
    >>> len(reading.directory), reading.complete, reading.gaps
    (3, True, ())
    """
    @property
    def directory(self) -> Directory:
        """What was read."""
    @property
    def complete(self) -> bool:
        """Whether that is everything that was asked for."""
    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Why it is not: pairs of a place and what happened there."""
    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know that takes nothing away from completeness."""
    @property
    def effort(self) -> str | None:
        """What reading took, in words, where a server was asked."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class ReadRequest:
    """What a source is asked for: attributes of people, and who. Without scopes everybody is meant.

    >>> gotosync.ReadRequest(["mail", "sn"]).attributes
    ('mail', 'sn')
    """
    def __new__(cls, attributes: Sequence[str] | None = None) -> ReadRequest: ...
    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes that people must come with."""
    @property
    def scopes(self) -> tuple[str, ...]:
        """Who is wanted, in words; a source may return more."""
    @property
    def everyone(self) -> bool:
        """Whether everybody is wanted."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class People:
    """What a source of your own gives where people alone do not say enough: groups and places that exist even if nobody is in
    them, what is missing, and remarks.

    ``gaps`` are pairs of a place and what happened there. With one of them the reading is not complete, and nobody loses anything
    by it.

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
        """Groups that exist even if nobody is in them, by name or distinguished name."""
    @property
    def units(self) -> list[str]:
        """Distinguished names of places that exist even if nobody stands in them."""
    @property
    def gaps(self) -> list[tuple[str, str]]:
        """What is missing: pairs of a place and what happened there."""
    @property
    def remarks(self) -> list[str]:
        """What a reader should know that takes nothing away from completeness."""

_Given = Iterable[dict[str, Any] | Person] | People | Reading | Directory

@disjoint_base
class DirectorySource:
    """Where people come from.

    For a source of your own, inherit from this or write a class with the same methods, plain or ``async``. ``read`` is enough: it
    gives, or yields, a dict for each person. The keys ``id``, ``dn``, ``enabled``, ``disabled``, ``expires`` and ``groups`` mean
    what they say; every other key is an attribute. A ``name`` tells its people apart from those of other sources: keep it.

    What ``read`` raises fails the run, and nothing is written. Nobody who is missing from what it gives was ever "just not sent":
    give a ``People`` with ``gaps`` where something is missing.

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
        """Reads groups, places, and the people a request asks for.

        >>> source.read().complete
        True
        """
    async def read_async(self, request: ReadRequest | None = None) -> Reading:
        """The same as ``read``, to be awaited.

        >>> asyncio.run(source.read_async()).complete
        True
        """
    def describe(self) -> dict[str, Any] | Awaitable[dict[str, Any]]:
        """What the directory is, as a dict.

        >>> source.describe()["naming_contexts"]
        ['DC=test']
        """
    def children(self, of: str | None = None) -> list[dict[str, Any]]:
        """One level of the tree, as dicts: the tops, or what stands right below a place.

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
    """People in a CSV file with a header row. Further keywords are the keys of ``[source]`` in a configuration.

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
    """A live directory: Active Directory, OpenLDAP and others. Keywords are the keys of ``[source]`` in a configuration.

    >>> gotosync.LdapSource("ldaps://dc1.example.test", sign_in="anonymous")
    <LdapSource directory ldaps://dc1.example.test:636>
    """
    def __new__(cls, servers: str | Sequence[str] | None = None, **keys: _Value) -> LdapSource: ...

@final
class ListSource(_NativeSource):
    """A pasted list: ``first last address; first last address``.

    >>> gotosync.ListSource("guests", "Ann Lee ann@example.test; Bob Ray bob@example.test")
    <ListSource list guests>
    """
    def __new__(cls, name: str, text: str) -> ListSource: ...

@final
class MergedSource(_NativeSource):
    """Several sources as one directory, an earlier one going before a later one: pairs of a name and a source.

    >>> gotosync.MergedSource([("directory", source), ("guests", gotosync.ListSource("guests", "Eve Low eve@example.test"))])
    <MergedSource memory directory + list guests>
    """
    def __new__(cls, parts: Sequence[tuple[str, _Source | DirectorySource]]) -> MergedSource: ...

@final
class MemorySource(_NativeSource):
    """People in memory, as a source of your own would give them: for tests.

    >>> people = gotosync.MemorySource([{"id": 1, "dn": "CN=Ann,OU=Sales,DC=example,DC=test"}])
    >>> [str(person) for person in people.read().directory]
    ['Ann']
    """
    def __new__(cls, people: _Given, *, name: str = "people") -> MemorySource: ...

@disjoint_base
class ProvisioningTarget:
    """Where users live.

    For a target of your own, inherit from this or write a class with the same methods, plain or ``async``. ``read`` gives an
    ``Account``; ``perform`` does one ``Action`` and gives an ``Outcome``, or the key of the user it made, or nothing if it did what
    was asked. ``execute`` does several at once and gives a list of as many outcomes; it goes before ``perform``.
    ``describe`` gives a ``TargetInfo``, where the defaults are not right.

    What ``perform`` raises becomes the outcome of that one step: an error of this package means that nothing was changed, any other
    exception that nobody knows. What it was is in ``line.outcome.error``, with its traceback.

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
        """Reads users, licenses, user groups and whatever else the account has to give.

        >>> len(target.read().users)
        2
        """
    def describe(self) -> TargetInfo | Awaitable[TargetInfo]:
        """What the account is and what can be done to it.

        >>> target.describe().account
        '1'
        """
    def execute(self, actions: list[Action]) -> _Made[Sequence[Outcome | str | None]]:
        """Does several actions, each by itself, and gives as many outcomes: for a target of your own that stands before another one.

        >>> target.execute([])
        []
        """

class _NativeTarget(ProvisioningTarget):
    def read(self) -> Account: ...
    def describe(self) -> TargetInfo: ...
    def execute(self, actions: list[Action]) -> list[Outcome]: ...

@final
class LocalAccount(_NativeTarget):
    """A local account in a file.

    >>> local = gotosync.LocalAccount.create(folder / "account.db", account)
    >>> local.read() == account
    True
    """
    def __new__(cls, path: _Path) -> LocalAccount: ...
    @staticmethod
    def create(path: _Path, account: Account) -> LocalAccount:
        """Makes an account in a file that is not there yet.

        >>> gotosync.LocalAccount.create(folder / "new.db", account).read().name
        'Example'
        """

@final
class MemoryTarget(_NativeTarget):
    """An account in memory, as strict as the vendor: for tests.

    >>> gotosync.MemoryTarget(account).read() == account
    True
    """
    def __new__(cls, account: Account) -> MemoryTarget: ...
    def incomplete(self, place: str | None = None, problem: str = "") -> None:
        """Marks every read from now on as incomplete, or complete again without an argument.

        >>> target.incomplete("users", "page 2 was lost")
        >>> target.read().complete
        False
        """
    def edit(self, account: Account) -> None:
        """Lets a human admin put another account in its place between runs.

        >>> target.edit(gotosync.Account("1", "Empty"))
        >>> target.read().users
        ()
        """

@final
class ReadOnly(_NativeTarget):
    """Another target of which nothing is ever written.

    >>> gotosync.ReadOnly(target).read() == target.read()
    True
    """
    def __new__(cls, target: _Target | ProvisioningTarget) -> ReadOnly: ...

@final
class TargetInfo:
    """What a target is and can do. ``features`` names what it has besides users with an address and a name, by the words of
    ``Feature``: ``products``, ``user-groups``, ``roles``, ``time-zone`` and others. The default is nothing: what is not named is read
    as absent, and refused in a plan. ``actions`` are all nine that there are unless fewer are named; batches and limits are as the
    vendor's.

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
        """Its kind and place in a few words."""
    @property
    def account(self) -> str:
        """The key of the account."""
    @property
    def login(self) -> str | None:
        """The key of the user whose login is in use, if it is known."""
    @property
    def actions(self) -> tuple[str, ...]:
        """The words of the actions it takes."""
    @property
    def features(self) -> tuple[str, ...]:
        """The words of what it has besides users with an address and a name, such as ``user-groups``."""
    @property
    def batch(self) -> int:
        """The most actions that are given at once."""
    def named(self, name: str) -> TargetInfo:
        """The same under another name.

        >>> gotosync.TargetInfo("1").named("tickets").name
        'tickets'
        """
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> info.to_dict() == json.loads(info.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(info.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Action:
    """One thing to do to an account, as a target of your own is asked for it.

    ``str()`` says it in words; ``to_dict()`` is what stands in a plan.

    >>> plan.steps[1].action["do"]
    'create'
    """
    @property
    def kind(self) -> ActionKind:
        """The verb."""
    @property
    def user(self) -> str | None:
        """The key of the existing user it is about, if it is about one."""
    @property
    def new_user(self) -> User | None:
        """The user to be made, of a ``create``."""
    @property
    def path(self) -> str | None:
        """The path of the user group to be made, of a ``create-group``."""
    @property
    def licenses_given(self) -> tuple[str, ...]:
        """The keys of licenses it gives."""
    @property
    def licenses_taken(self) -> tuple[str, ...]:
        """The keys of licenses it takes."""
    @property
    def group_joined(self) -> str | None:
        """The path of the user group it puts somebody into."""
    @property
    def takes_away(self) -> bool:
        """Whether it overwrites or takes away anything."""
    @property
    def sends_mail(self) -> bool:
        """Whether it makes the service send a mail to the user."""
    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain dicts, lists, texts and numbers.

        >>> action.to_dict() == json.loads(action.to_json())
        True
        """
    def to_json(self) -> str:
        """What it says, as JSON text.

        >>> type(action.to_json())
        <class 'str'>
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@disjoint_base
class StateStore:
    """What the engine remembers between runs: who is whom, the journal, the history.

    >>> isinstance(gotosync.MemoryState(), gotosync.StateStore)
    True
    """

@final
class SqliteState(StateStore):
    """State in a file, which is made when it is missing.

    >>> gotosync.SqliteState(folder / "state.db")  # doctest: +ELLIPSIS
    <SqliteState ...state.db>
    """
    def __new__(cls, path: _Path) -> SqliteState: ...

@final
class MemoryState(StateStore):
    """State that lives as long as the object: for tests, and for runs that are to leave nothing behind.

    >>> engine = gotosync.Engine(source, target, rules, state=gotosync.MemoryState())
    >>> engine.history()
    []
    """
    def __new__(cls) -> MemoryState: ...

@final
class Progress:
    """Something that goes on in a run.

    ``stage`` is ``waiting`` (for an account that may not show yet what was last written; then ``time`` is there),
    ``reading``, ``read`` (then ``people`` and ``users`` are there) or ``settled`` (then ``done`` and ``of`` are).

    >>> told = []
    >>> _ = gotosync.Engine(source, target, rules, progress=told.append).plan()
    >>> [str(event) for event in told]
    ['reading', 'read 3 people and 2 users']
    """
    @property
    def stage(self) -> Literal["waiting", "reading", "read", "settled"]:
        """What is going on."""
    @property
    def time(self) -> timedelta | None:
        """How long the account is waited for."""
    @property
    def people(self) -> int | None:
        """People who were read."""
    @property
    def users(self) -> int | None:
        """Users of the account."""
    @property
    def done(self) -> int | None:
        """Steps settled so far, whatever their outcome."""
    @property
    def of(self) -> int | None:
        """All steps."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Review:
    """What a look at a plan came to: what ``on_plan`` gives. By itself it leaves everything as it is.

    >>> def freeze(plan):
    ...     return gotosync.Review().refuse("a freeze until Monday")
    >>> engine = gotosync.Engine(source, target, rules, on_plan=freeze)
    >>> print(engine.check(engine.plan()).text(), end="")
    stop: whoever reviews plans refuses this one (1)
        the plan: a freeze until Monday
    check failed: 1 note stops the run; nothing was written
    """
    def __new__(cls) -> Review: ...
    def leave_out(self, step: Step, reason: str) -> Review:
        """Leaves out one more step, with the reason. What needs what it would make is left out as well.

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
        """Refuses the whole plan, with the reason; no approval lifts that.

        >>> gotosync.Review().refuse("not today").veto
        'not today'
        """
    @property
    def veto(self) -> str | None:
        """Why nothing of the plan may be applied, if so."""
    @property
    def left_out(self) -> dict[int, str]:
        """The numbers of the steps that are left out, each with the reason."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Import:
    """People from a CSV or a pasted list, brought in once by the settings of one rule. Nobody loses anything by it, and nobody of the
    file is a leaver later.

    ``engine`` plans, checks and applies it; ``troubles`` is what must be mended, and ``mend`` a file of that.

    >>> imported = engine.import_people("Eve Low eve@example.test; Bob", rule="Sales")
    >>> [str(step) for step in imported.engine.plan().steps], len(imported.troubles)
    (['create eve@example.test'], 1)
    """
    @property
    def engine(self) -> Engine:
        """Plans, checks and applies the import."""
    @property
    def people(self) -> int:
        """How many people it brings in."""
    @property
    def troubles(self) -> list[dict[str, Any]]:
        """What must be mended and is not imported, as dicts with its place."""
    @property
    def mend(self) -> str | None:
        """The text of a file of what must be mended, to be imported again."""

@final
class Table:
    """A table that any library takes which knows the Arrow `PyCapsule` interface.

    >>> table = plan.table()
    >>> len(table), table.column_names[:2]
    (2, ['number', 'stage'])

    With those libraries: ``polars.DataFrame(table)``, ``pyarrow.table(table)``, ``pyarrow.table(table).to_pandas()``.
    """
    @property
    def column_names(self) -> list[str]:
        """The names of the columns."""
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def __len__(self) -> int: ...

def main(words: Sequence[str]) -> int:
    """The command itself: what the command `gotosync` does with these words, the first of which is its name, and how it ended."""

def words() -> dict[str, list[str]]:
    """Returns the words of each enum, by the name of its class, and the kinds of errors."""

def rule_keys() -> list[tuple[str, str, str]]:
    """Returns each key of a rule with its type in Python: as an argument, and as an attribute."""

def broken_source_laws(source: object) -> list[str]:
    """Asks a source every law, and tells those that it breaks."""

def broken_target_laws(make: Callable[[Account], object]) -> list[str]:
    """Asks targets every law, and tells those that they break. `make` is given an account, and gives a target that holds it."""

def laws() -> tuple[list[str], list[str]]:
    """The names of the laws of sources and of targets."""

def remember(
    state: StateStore, account: str, links: list[dict[str, Any]], populations: dict[str, int], started: datetime
) -> None:
    """Lets a state remember, as if an earlier run had found it out: links as plans write them, and how many people rules selected."""
