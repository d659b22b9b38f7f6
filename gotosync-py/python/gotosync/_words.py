"""The words of plans, reports, and rules as enums. Each member equals its word, for example ``step.kind == "create"``."""

from __future__ import annotations

from enum import Enum

__all__ = [
    "ActionKind",
    "Depth",
    "Ending",
    "Feature",
    "LeaverPolicy",
    "Membership",
    "Mode",
    "OutcomeKind",
    "Privilege",
    "Role",
    "SeatPolicy",
    "Severity",
    "Status",
    "WelcomeEmail",
]


class Word(str, Enum):
    """The base class of the enums: each member is a ``str``."""

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class ActionKind(Word):
    """The kinds of actions, in the order in which a plan applies them.

    >>> plan.steps[0].kind == gotosync.ActionKind.UPDATE
    True
    """

    SUSPEND = "suspend"
    RELEASE = "release"
    DELETE = "delete"
    CREATE_GROUP = "create-group"
    WRITE_TEMPLATE = "write-template"
    UPDATE = "update"
    REACTIVATE = "reactivate"
    CREATE = "create"
    INVITE = "invite"


class Feature(Word):
    """Something that an account may have besides users with an address and a name. A target names the features it has.

    >>> gotosync.TargetInfo("1", features=[gotosync.Feature.USER_GROUPS]).features
    ('user-groups',)
    """

    PRODUCTS = "products"
    SEATS = "seats"
    USER_GROUPS = "user-groups"
    ROLES = "roles"
    MANAGED_PRODUCTS = "managed-products"
    LANGUAGE = "language"
    VOICEMAIL = "voicemail"
    INVITATIONS = "invitations"
    SIGN_INS = "sign-ins"
    PEOPLE = "people"
    LOCKS = "locks"
    TRANSFERS = "transfers"
    TIME_ZONE = "time-zone"
    EXTENSIONS = "extensions"
    TEMPLATES = "templates"
    NESTED_PRODUCTS = "nested-products"
    CUSTOM_FIELDS = "custom-fields"
    DEVICE_GROUPS = "device-groups"
    DEVICES = "devices"
    LOCATIONS = "locations"
    PHONE_NUMBERS = "phone-numbers"
    CALLER_ID_NUMBERS = "caller-id-numbers"
    TEXTING_NUMBERS = "texting-numbers"
    SECONDARY_EXTENSIONS = "secondary-extensions"


class Severity(Word):
    """The severity of a note. An admin can approve ``hold``, but not ``stop``.

    >>> str(gotosync.Severity.HOLD)
    'hold'
    """

    INFO = "info"
    WARNING = "warning"
    HOLD = "hold"
    STOP = "stop"


class Ending(Word):
    """The ways in which a run can end.

    >>> report.ending
    Ending.DONE
    """

    OPEN = "open"
    SIMULATED = "simulated"
    DONE = "done"
    PARTIAL = "partial"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    FAILED = "failed"


class OutcomeKind(Word):
    """The kinds of outcomes of a step.

    >>> report.lines[0].outcome.kind
    OutcomeKind.DONE
    """

    DONE = "done"
    FAILED = "failed"
    IN_DOUBT = "in-doubt"
    SKIPPED = "skipped"


class Status(Word):
    """The status of a user, as the service reports it.

    >>> account.users[0].status
    Status.ACTIVE
    """

    ACTIVE = "active"
    INACTIVE = "inactive"
    INVITED = "invited"
    SUSPENDED = "suspended"


class Mode(Word):
    """The mode of a rule: apply its changes, or only show them.

    >>> gotosync.Rule("Pilot", everyone=True, mode=gotosync.Mode.SIMULATE)
    Rule(name='Pilot', mode='simulate', everyone=True)
    """

    APPLY = "apply"
    SIMULATE = "simulate"


class LeaverPolicy(Word):
    """The actions for a leaver: a linked user that no rule selects any more.

    >>> gotosync.Rule("Guests", group="Guests", leavers=gotosync.LeaverPolicy.KEEP)
    Rule(name='Guests', group='Guests', leavers='keep')
    """

    KEEP = "keep"
    REMOVE_PRODUCTS = "remove-products"
    SUSPEND = "suspend"


class SeatPolicy(Word):
    """The actions if a license has fewer free seats than people who need one.

    >>> gotosync.Rules([gotosync.Rule("All", everyone=True)], seats=gotosync.SeatPolicy.FILL).to_dict()["seats"]
    'fill'
    """

    STOP = "stop"
    FILL = "fill"


class Depth(Word):
    """The depth at which a rule selects people below an OU.

    >>> gotosync.Rule("Sales", ou={"dn": "OU=Sales,DC=example,DC=test", "depth": gotosync.Depth.ONE_LEVEL}).ou
    {'depth': 'one-level', 'dn': 'OU=Sales,DC=example,DC=test'}
    """

    SUBTREE = "subtree"
    ONE_LEVEL = "one-level"


class Membership(Word):
    """The members of a group that a rule selects.

    >>> gotosync.Rule("Team", group={"name": "Team", "members": gotosync.Membership.DIRECT}).group
    {'members': 'direct', 'name': 'Team'}
    """

    NESTED = "nested"
    DIRECT = "direct"


class Role(Word):
    """The roles that a rule can name by a word; others are tables.

    >>> gotosync.Rule("Admins", group="Admins", role=gotosync.Role.ADMINISTRATOR).role
    'administrator'
    """

    MEMBER = "member"
    ADMINISTRATOR = "administrator"


class Privilege(Word):
    """The privileges of a manager.

    >>> gotosync.Rule("Leads", group="Leads", role={"privileges": [gotosync.Privilege.MANAGE_USERS]}).role
    {'privileges': ['manage-users']}
    """

    MANAGE_USERS = "manage-users"
    MANAGE_SEATS = "manage-seats"
    MANAGE_SETTINGS = "manage-settings"
    MANAGE_GROUPS = "manage-groups"
    RUN_REPORTS = "run-reports"


class WelcomeEmail(Word):
    """The welcome e-mail of new users, if it is not a template.

    >>> gotosync.Rule("Quiet", everyone=True, welcome_email=gotosync.WelcomeEmail.NONE).welcome_email
    'none'
    """

    DEFAULT = "default"
    NONE = "none"
