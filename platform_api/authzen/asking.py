"""What AuthZEN speaks of: who wants to do what to which thing, in which circumstances; and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from policy import Rule, Why

Said: TypeAlias = "bool | int | float | str | Sequence[Said] | Mapping[str, Said] | None"
"""JSON that a caller sends along. It is evidence of nothing: a source of entities may look at it or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A subject or a resource: an id within a type, and what the caller says about it."""

    type: str
    id: str
    properties: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An action by its name, and what the caller says about it."""

    name: str
    properties: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One access evaluation (AuthZEN 1.0, section 6.1)."""

    subject: Party
    action: Act
    resource: Party
    context: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What the rules say to one ask.

    `inside` is the item whose refusal decides, where that is not the resource itself but something within it.
    """

    allowed: bool
    why: Why
    rules: tuple[Rule, ...]
    rulebook: str
    inside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """An ask that could not be put to the rules and is therefore denied; `status` is HTTP's word for why."""

    status: int
    message: str


Ruling = Ruled | Unasked


class Semantic(StrEnum):
    """How far a batch goes (AuthZEN 1.0, section 7.1.2.1)."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


def is_permit(ruling: Ruling) -> bool:
    """Whether it allows; what could not be asked does not."""
    return isinstance(ruling, Ruled) and ruling.allowed
