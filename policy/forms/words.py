"""The plain names of what the schema calls by program names, both ways."""

import re
from enum import StrEnum
from functools import cache
from typing import Final

from policy.question import EntityRef
from policy.syntax import Attr, Binary, Expr, RefLit, TextLit, Var
from policy.vocabulary import vocabulary

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_KINDS_CALLED_OTHERWISE: Final = {"S3Prefix": "prefix", "GlueTable": "table"}
_PHRASES: Final = {
    "readClear": "read in clear",
    "readHashed": "read hashed",
    "readMasked": "read masked",
    "connect": "connect to",
    "registerActivity": "register activities",
    "viewRegistry": "see the registry",
    "viewSources": "see the data sources",
    "viewContracts": "see the contracts",
    "viewPolicies": "see the rules",
    "viewActivity": "see activities",
    "viewEnvironment": "see environments",
    "viewReview": "see reviews",
    "viewGrant": "see a grant",
    "viewGrants": "see an activity's grants",
    "viewDecisions": "see decisions",
    "readAudit": "read the audit trail",
    "operate": "operate the platform",
    "evaluateForOthers": "ask for decisions about others",
    "proposeContract": "propose contracts",
    "acceptContract": "accept contracts",
    "signContract": "sign contracts",
    "certifyView": "certify views",
    "endContract": "end contracts",
    "requestEnvironment": "request environments",
    "suspendActivity": "suspend activities",
    "resumeActivity": "resume suspended activities",
    "retireActivity": "retire activities",
    "promote": "promote work",
    "publish": "publish results",
    "requestDeclassification": "ask for declassifications of workspaces",
    "declassify": "declassify workspaces",
    "holdData": "place and release legal holds",
    "approveReview": "approve reviews",
    "approveAccess": "approve access",
    "releaseAccess": "release access in an emergency",
    "deliverCredentials": "take a grant's credentials",
    "renewGrant": "renew grants",
    "revokeGrant": "revoke grants",
    "revokeGrants": "revoke many grants at once",
    "importCatalogue": "import the data catalogue",
    "proposePolicy": "propose rules",
    "approvePolicy": "approve rules",
    "activatePolicy": "activate rules",
}


class Sensitivity(StrEnum):
    """How sensitive data is, from the least to the most; the schema counts them from 0."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """Its number in the schema."""
        return list(Sensitivity).index(self)


class Zone(StrEnum):
    """What a prefix is for."""

    LAKE = "lake"
    REPORT = "report"
    WORKSPACE = "workspace"


def plain(name: str) -> str:
    """The plain name of a type or an action: `data-product`, `table`, `read-clear`."""
    return _KINDS_CALLED_OTHERWISE.get(name) or _HUMP.sub("-", name).lower()


def spoken(name: str) -> str:
    """A type or an action in a sentence: `data product`, `read in clear`."""
    return _PHRASES.get(name) or plain(name).replace("-", " ")


@cache
def actions() -> dict[str, str]:
    """The schema's actions and groups of actions by their plain names."""
    return {plain(name): name for name in sorted(vocabulary().actions)}


@cache
def kinds() -> dict[str, str]:
    """The schema's types by their plain names."""
    return {plain(name): name for name in sorted(vocabulary().entities)}


@cache
def principal_kinds() -> frozenset[str]:
    """The plain names of who can act."""
    return frozenset(plain(kind) for action in vocabulary().actions.values() for kind in action.principals)


@cache
def resource_kinds() -> frozenset[str]:
    """The plain names of what an action can apply to."""
    return frozenset(plain(kind) for action in vocabulary().actions.values() for kind in action.resources)


@cache
def container_kinds() -> frozenset[str]:
    """The plain names of what such a thing can be in."""
    found = resource_kinds()
    return frozenset(
        name for name, kind in kinds().items() if {plain(inner) for inner in vocabulary().kinds_in(kind)} & found
    )


@cache
def tiers() -> tuple[str, ...]:
    """The tiers that the schema lists, from the freest to the strictest."""
    known = vocabulary().entities["Tier"].members or frozenset()
    order = ("research", "validation", "operation")
    return tuple(sorted(known, key=lambda tier: (order.index(tier) if tier in order else len(order), tier)))


class ConditionKind(StrEnum):
    """The circumstances that a form can name."""

    MFA = "mfa"
    TRAINING = "training"
    IN_TEAM = "in-team"
    MEMBER_OF = "member-of"
    FOR_ACTIVITY = "for-activity"
    MEMBER_OF_ITS_ACTIVITY = "member-of-its-activity"
    OWNER_OF_ITS_ACTIVITY = "owner-of-its-activity"
    HOLDER_OF_IT = "holder-of-it"
    ZONE = "zone"

    @property
    def takes(self) -> str | None:
        """What its value is, for messages; None when it has no value."""
        return _TAKES.get(self)


_TAKES: Final[dict[ConditionKind, str]] = {
    ConditionKind.TRAINING: "a training",
    ConditionKind.IN_TEAM: "a team",
    ConditionKind.MEMBER_OF: "an activity",
    ConditionKind.FOR_ACTIVITY: "an activity",
    ConditionKind.ZONE: "a zone",
}

PRINCIPAL: Final = Var("principal")
RESOURCE: Final = Var("resource")
CONTEXT: Final = Var("context")
_ITS_ACTIVITY: Final = Attr(RESOURCE, "activity")


def condition_expr(kind: ConditionKind, value: str, is_about_activities: bool) -> Expr:
    """What a condition is in Cedar; `is_about_activities` when the thing itself is the activity."""
    activity: Expr = RESOURCE if is_about_activities else _ITS_ACTIVITY
    match kind:
        case ConditionKind.MFA:
            return Attr(CONTEXT, "mfa")
        case ConditionKind.TRAINING:
            return Binary("contains", Attr(PRINCIPAL, "trainings"), TextLit(value))
        case ConditionKind.IN_TEAM:
            return Binary("in", PRINCIPAL, RefLit(EntityRef(type="Team", id=value)))
        case ConditionKind.MEMBER_OF:
            return Binary("in", PRINCIPAL, RefLit(EntityRef(type="Activity", id=value)))
        case ConditionKind.FOR_ACTIVITY:
            return Binary("eq", Attr(CONTEXT, "activity"), RefLit(EntityRef(type="Activity", id=value)))
        case ConditionKind.MEMBER_OF_ITS_ACTIVITY:
            return Binary("in", PRINCIPAL, activity)
        case ConditionKind.OWNER_OF_ITS_ACTIVITY:
            return Binary("eq", Attr(activity, "owner"), PRINCIPAL)
        case ConditionKind.HOLDER_OF_IT:
            return Binary("eq", Attr(PRINCIPAL, "uid"), Attr(RESOURCE, "holderId"))
        case ConditionKind.ZONE:
            return Binary("eq", Attr(RESOURCE, "zone"), TextLit(value))
