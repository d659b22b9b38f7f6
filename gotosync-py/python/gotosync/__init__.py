"""Keeps the people of a directory and the users of a GoTo account the same.

A *person* in a *directory* becomes, by *rules*, a *user* in an *account*; the difference is a *plan*; the plan is *checked*,
*applied* through a *journal*, and told as a *report*.

    import gotosync

    engine = gotosync.Engine.load("gotosync.toml")
    plan = engine.plan()
    print(plan)
    if engine.check(plan):
        report = engine.apply(plan)
        print(report)

Everything that is decided is decided by the engine, which is written in Rust; here are its objects, under the same words.
"""

from __future__ import annotations

import logging

from ._errors import (
    AmbiguousError,
    BugError,
    ConflictError,
    DataError,
    DeniedError,
    ExhaustedError,
    GotosyncError,
    HeldError,
    IncompleteError,
    InputError,
    NotFoundError,
    StateError,
    StoppedError,
    UnavailableError,
    UnsupportedError,
)
from ._events import Events
from ._gotosync import (
    Account,
    Action,
    CsvSource,
    Directory,
    DirectorySource,
    Engine,
    Explanation,
    Group,
    Import,
    LdapSource,
    LdifSource,
    License,
    Line,
    ListSource,
    LocalAccount,
    MemorySource,
    MemoryState,
    MemoryTarget,
    MergedSource,
    Note,
    Outcome,
    People,
    Person,
    Plan,
    Progress,
    ProvisioningTarget,
    Reading,
    ReadOnly,
    ReadRequest,
    Reason,
    Report,
    Review,
    Rule,
    Rules,
    RunRecord,
    SqliteState,
    StateStore,
    Step,
    Table,
    TargetInfo,
    User,
    Verdict,
    __version__,
)
from ._words import (
    ActionKind,
    Depth,
    Ending,
    LeaverPolicy,
    Membership,
    Mode,
    OutcomeKind,
    Privilege,
    Role,
    SeatPolicy,
    Severity,
    Status,
    WelcomeEmail,
)

__all__ = [
    "Account",
    "Action",
    "ActionKind",
    "AmbiguousError",
    "BugError",
    "ConflictError",
    "CsvSource",
    "DataError",
    "DeniedError",
    "Depth",
    "Directory",
    "DirectorySource",
    "Ending",
    "Engine",
    "Events",
    "ExhaustedError",
    "Explanation",
    "GotosyncError",
    "Group",
    "HeldError",
    "Import",
    "IncompleteError",
    "InputError",
    "LdapSource",
    "LdifSource",
    "LeaverPolicy",
    "License",
    "Line",
    "ListSource",
    "LocalAccount",
    "MemorySource",
    "MemoryState",
    "MemoryTarget",
    "Membership",
    "MergedSource",
    "Mode",
    "NotFoundError",
    "Note",
    "Outcome",
    "OutcomeKind",
    "People",
    "Person",
    "Plan",
    "Privilege",
    "Progress",
    "ProvisioningTarget",
    "ReadOnly",
    "ReadRequest",
    "Reading",
    "Reason",
    "Report",
    "Review",
    "Role",
    "Rule",
    "Rules",
    "RunRecord",
    "SeatPolicy",
    "Severity",
    "SqliteState",
    "StateError",
    "StateStore",
    "Status",
    "Step",
    "StoppedError",
    "Table",
    "TargetInfo",
    "UnavailableError",
    "UnsupportedError",
    "User",
    "Verdict",
    "WelcomeEmail",
    "__version__",
]

# Who wants the log says so; until then nothing is printed.
logging.getLogger("gotosync").addHandler(logging.NullHandler())

for _class in (GotosyncError, *GotosyncError.__subclasses__()):
    _class.__module__ = "gotosync"
del _class
