"""The answer, and which rules it follows from."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a rule does where it matches."""

    PERMIT = "permit"
    FORBID = "forbid"


class Why(StrEnum):
    """Which of the four ways led to the answer; only the first allows."""

    PERMITTED = "permitted"  # a permit matched and no forbid did
    FORBIDDEN = "forbidden"  # a forbid matched
    NOT_PERMITTED = "not-permitted"  # no rule matched: refused by default
    FAILED = "failed"  # the rules could not be asked, or one of them failed: refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as people speak of it; `advice` is what the person could ask for instead."""

    id: str
    title: str
    owner: str
    effect: Effect
    advice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Allowed or not, why, by which rules (sorted by id) of which rulebook; `errors` only when it failed."""

    allowed: bool
    why: Why
    rules: tuple[Rule, ...]
    errors: tuple[str, ...]
    rulebook: str
