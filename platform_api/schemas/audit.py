"""The audit trail on the wire."""

from typing import Any, Self

from platform_api.audit.export import Verification
from platform_api.db.audit import AuditEntry
from platform_api.schemas.wire import Asked, Shown


class AuditShown(Shown):
    """One record with its leaf hash (hex)."""

    seq: int
    at: str
    actor: str
    action: str
    about: dict[str, str]
    details: dict[str, Any]
    leaf: str

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """The record as it was written."""
        record: dict[str, Any] = dict(entry.record)
        return cls(
            seq=entry.seq,
            at=record["at"],
            actor=record["actor"],
            action=record["action"],
            about=record["about"],
            details=record["details"],
            leaf=entry.leaf,
        )


class RootShown(Shown):
    """How long the log is, and the root (hex) that commits to all of it."""

    size: int
    root: str


class VerifyAsked(Asked):
    """Nothing: the stored log is verified against its stored head."""


class FindingShown(Shown):
    """Something wrong; `seq` names the record when one can be named."""

    seq: int | None
    what: str


class VerificationShown(Shown):
    """What came of a verification."""

    ok: bool
    size: int
    root: str
    bad: list[FindingShown]

    @classmethod
    def of(cls, found: Verification) -> Self:
        """All that was found."""
        bad = [FindingShown(seq=finding.seq, what=finding.what) for finding in found.bad]
        return cls(ok=found.ok, size=found.size, root=found.root, bad=bad)
