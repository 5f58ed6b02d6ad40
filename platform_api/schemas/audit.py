"""The audit trail on the wire."""

from collections.abc import Mapping
from typing import Any, Self

from platform_api.audit.export import Verification
from platform_api.db.audit import AuditEntry
from platform_api.schemas.wire import Asked, Shown


class AuditShown(Shown):
    """One record with its leaf hash (hex). `actor_name` is today's directory's, not the record's."""

    seq: int
    at: str
    actor: str
    actor_name: str | None
    action: str
    about: dict[str, str]
    details: dict[str, Any]
    leaf: str

    @classmethod
    def of(cls, entry: AuditEntry, names: Mapping[str, str]) -> Self:
        """The record as it was written, with the name that its actor has in `names`."""
        record: dict[str, Any] = dict(entry.record)
        return cls(
            seq=entry.seq,
            at=record["at"],
            actor=record["actor"],
            actor_name=names.get(record["actor"]),
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
