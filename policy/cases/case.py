"""One case: who asks for what in which circumstances, and the answer that is expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from policy.question import EntityRef, Value


class Answer(StrEnum):
    """What a case expects."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks. `kind` is Person or Pipeline; only people have trainings."""

    kind: str
    id: str
    teams: tuple[str, ...]
    trainings: tuple[str, ...]
    member_of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What it is about: its facts under their names in the schema, and all that it is in."""

    ref: EntityRef
    facts: Mapping[str, Value]
    within: tuple[EntityRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """In what data is used. An activity's and an environment's facts are those of the schema."""

    tier: str
    purpose: str
    activity: str
    activity_facts: Mapping[str, Value]
    environment_facts: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question and the answer that is expected, by the rule `rule` among others where one is named.

    `circumstances` is None for what is done to the platform. `purposes` are the parents of purposes that
    their own ids do not tell.
    """

    name: str
    who: Actor
    action: str
    thing: Thing
    circumstances: Circumstances | None
    purposes: Mapping[str, str]
    at: datetime
    mfa: bool
    expect: Answer
    rule: str | None
