"""What a record of the trail says has changed: only the things that its action is about, by kind and id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

ChangeKind = Literal["activity", "contract", "environment", "grant", "request", "review", "rulebook"]

_GRANTS: frozenset[ChangeKind] = frozenset({"grant", "request"})
_CHANGED_BY: Mapping[str, frozenset[ChangeKind]] = {
    "access": _GRANTS,
    "activity": frozenset({"activity", "environment", "review"}),
    "alarm": _GRANTS,
    "contract": frozenset({"contract", "activity"}),
    "environment": frozenset({"environment", "activity"}),
    "grant": _GRANTS,
    "review": frozenset({"review", "activity", "environment"}),
    "rulebook": frozenset({"rulebook"}),
    "workspace": frozenset({"environment"}),
}
"""By the first word of an action. A record about a grant names its activity too, but who may see the activity and not
the grant is not to learn that there is one. What is not listed here is told to nobody.
"""
SIGNED_OUT = "session.signed-out"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Changed:
    """One thing that has changed: its kind and its id, and nothing of what it holds."""

    kind: ChangeKind
    id: str


def changed_by(action: str, kind: str, id: str) -> Changed | None:
    """What a record with that action says of the thing that it names; None when it says nothing of such a thing."""
    told = _CHANGED_BY.get(action.partition(".")[0], frozenset())
    return next((Changed(kind=known, id=id) for known in get_args(ChangeKind) if known == kind and known in told), None)
