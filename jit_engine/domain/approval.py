"""One person's yes to one request, bound to what they were shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jit_engine.domain.ids import SubjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A yes. `groups` are the approver's teams, as they were when it was last looked at.

    `shown_sha256` is of the whole document that was shown, `terms_sha256` of the part that must still hold, `holds`
    what the requester was shown to have besides. `longest` is the approver's own limit on the time. A `release` is
    the second person's word in an emergency.
    """

    approver: SubjectId
    groups: frozenset[str]
    at: datetime
    shown_sha256: str
    terms_sha256: str
    holds: frozenset[str]
    longest: timedelta | None
    comment: str
    release: bool = False
