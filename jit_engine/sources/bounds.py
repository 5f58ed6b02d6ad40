"""What every statement of one grant is bound by, and how keys are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.iam.statement import Conditions, iam_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What binds every statement of one grant: where it is minted, whose it is and when it ends (UTC)."""

    place: Place
    grant: GrantId
    ends_at: datetime

    @property
    def time(self) -> Conditions:
        """Not at or after the grant's end."""
        return {"DateLessThan": {"aws:CurrentTime": iam_time(self.ends_at)}}

    def within(self, account: str, **others: Mapping[str, str | tuple[str, ...]]) -> Conditions:
        """Only in `account`, not at or after the grant's end, and under `others`, by operator."""
        equals = {"aws:ResourceAccount": account, **others.pop("StringEquals", {})}
        return {"StringEquals": equals, **self.time, **others}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """Through which service a key is used, and for what: the encryption context that the service gives.

    A value may end in a star: it then stands for everything that begins so.
    """

    service: str
    context: Mapping[str, tuple[str, ...]]
