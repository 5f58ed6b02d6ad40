"""What the database raises beyond the engine's own errors. Each class has a stable `code`."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class StoreError(Exception):
    """The base of the database's errors."""

    code: ClassVar[str] = "store-error"


class StoreUnavailable(StoreError):
    """The database did not answer, or not in time; nothing was written. Try again after `retry_after`."""

    code: ClassVar[str] = "store-unavailable"
    retry_after: ClassVar[timedelta] = timedelta(seconds=2)

    def __init__(self, *, why: str) -> None:
        self.why = why
        super().__init__(
            f"the database did not answer ({why}); nothing was written, "
            f"try again in {self.retry_after.total_seconds():.0f} s"
        )


class ClockAstray(StoreError):
    """This machine's clock and the database's are far apart, so that nobody knows what time it is."""

    code: ClassVar[str] = "clock-astray"

    def __init__(self, *, offset: timedelta) -> None:
        self.offset = offset
        where = "behind" if offset < timedelta() else "ahead of"
        super().__init__(
            f"this machine's clock is {abs(offset).total_seconds():.0f} s {where} "
            "the database's, and nothing is decided by a time that may be wrong: synchronise both, then try again"
        )


class SchemaOutdated(StoreError):
    """The database was not brought to this release's form."""

    code: ClassVar[str] = "schema-outdated"

    def __init__(self, *, found: str | None, wanted: str) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(
            f"the database is at {found or 'no version'} and this release needs {wanted}: run `sluice operate migrate`"
        )


class DecisionAltered(StoreError):
    """What is stored of a decision is not what was recorded when it was taken."""

    code: ClassVar[str] = "decision-altered"

    def __init__(self, *, decision: str, what: str) -> None:
        self.decision = decision
        self.what = what
        super().__init__(
            f"decision {decision} is not what was recorded: {what}; an auditor has to look at the database "
            "(`sluice audit verify`), and nothing is concluded from it"
        )


class EvidenceUnreadable(StoreError):
    """The evidence of a decision is kept in a form that this release does not read."""

    code: ClassVar[str] = "evidence-unreadable"

    def __init__(self, *, decision: str, why: str) -> None:
        self.decision = decision
        self.why = why
        super().__init__(f"decision {decision} cannot be taken again: {why}; use the release that recorded it")
