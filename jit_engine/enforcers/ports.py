"""The port of every enforcer beside IAM, and of the ledger of what they make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jit_engine.domain.activity import Place
from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import Clearance


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """One part of a grant as enforcers see it: whose, where, for what, and under which IAM principal.

    `role_arn` is None as long as nothing is minted, which is when it is asked whether everything can be held.
    """

    grant: GrantId
    part: int
    account: str
    region: str
    place: Place
    clearance: Clearance
    role_arn: str | None
    now: datetime


class Enforcer(Protocol):
    """One mechanism in every account that it serves. Each call may be repeated, after a crash at any point of it."""

    @property
    def mechanism(self) -> Mechanism:
        """Which of them it is."""
        ...

    def plan(self, seated: Seated) -> Sequence[Artefact]:
        """What it has to make for this part, as intents; none where it is not needed.

        Pure. Raises `NoEnforcer` or `LimitExceeded` for what it would have to hold and cannot.
        """
        ...

    def put(self, artefact: Artefact) -> None:
        """Makes it, and only for its own principal; raises before it opens anything that it cannot hold."""
        ...

    def lift(self, artefact: Artefact) -> None:
        """Takes it back and ends what runs under it; what is gone already is fine."""
        ...

    def is_gone(self, artefact: Artefact) -> bool:
        """Whether the service, asked, knows nothing of it any more."""
        ...

    def found(self) -> Iterable[Artefact]:
        """Everything of ours that the service has, known by its name: with all that `lift` needs.

        Of every account that answers; what one that does not answer raised comes last.
        """
        ...


class ArtefactLedger(Protocol):
    """The artefacts. A write commits with its audit record; one that names an old version raises `LostRace`."""

    def intend(self, grant: Grant, artefacts: Sequence[Artefact], event: Event) -> Grant:
        """Commits the intents before any service hears of them, if the grant's version is still the stored one;
        returns the grant with the next version.
        """
        ...

    def keep(self, artefact: Artefact, event: Event) -> Artefact:
        """Commits the row as given if its version is still the stored one; returns it with the next version."""
        ...

    def of_grant(self, grant: GrantId) -> Sequence[Artefact]:
        """Every artefact that was ever intended for the grant, by part, mechanism and name."""
        ...

    def live(self, mechanism: Mechanism) -> Sequence[Artefact]:
        """Every artefact of that mechanism that a grant needs, by name: not gone, its grant `minting` or `active`."""
        ...

    def last_seen(self, mechanisms: Collection[Mechanism]) -> datetime | None:
        """When an artefact of one of these was last made, or seen to be gone; None when none ever was."""
        ...

    def of_name(self, mechanism: Mechanism, name: str) -> Artefact | None:
        """The artefact of that name, or None."""
        ...
