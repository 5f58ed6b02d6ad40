"""What stands beside the roles of a grant: put in place after them, lifted right after their Deny, swept like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from jit_engine.domain.artefact import Artefact, ArtefactState, Mechanism
from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantState, Principal
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import ClearedSource
from jit_engine.enforcers.ports import ArtefactLedger, Enforcer, Seated
from jit_engine.errors import EngineError
from jit_engine.iam.enforcing import NoEnforcer
from jit_engine.iam.plan import PlannedPart
from jit_engine.ports import Ledger, LostRace

YOUNG = timedelta(minutes=5)
"""An artefact of a mint that is under way may be on its way to its row."""


class NotLifted(EngineError):
    """Something of a grant that stands in another service still; it is tried again until it is gone."""

    code: ClassVar[str] = "artefact-not-lifted"

    def __init__(self, *, name: str, why: str) -> None:
        super().__init__(f"{name} is still there and is tried again: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """One loop over the enforcers that the platform has. Without any, what needs one is refused."""

    artefacts: ArtefactLedger
    ledger: Ledger
    enforcers: Mapping[Mechanism, Enforcer]

    def check(self, grant: GrantId, parts: Sequence[PlannedPart], now: datetime) -> None:
        """Raises `NoEnforcer` or `LimitExceeded` before anything is on record, unless everything can be held."""
        for part in parts:
            self._planned(grant, part, None, now)

    def put(self, grant: Grant, parts: Sequence[PlannedPart], now: datetime) -> Grant:
        """Every artefact of the grant, intended, made and seen to; its roles are there already."""
        each: dict[tuple[Mechanism, str], Artefact] = {}
        for part, principal in zip(parts, grant.principals, strict=True):
            for one in self._planned(grant.id, part, _role_of(principal), now):
                key = (one.mechanism, one.name)  # what several parts share is made once, for all of them
                each[key] = each[key].with_all_of(one) if key in each else one
        planned = list(each.values())
        if not planned:
            return grant
        names: list[Json] = [one.name for one in planned]
        event = _event("grant.artefacts-intended", grant.subject, grant, now, {"artefacts": names})
        grant = self.artefacts.intend(grant, planned, event)
        for intent in planned:
            self.enforcers[intent.mechanism].put(intent)
            self.artefacts.keep(
                intent.moved(ArtefactState.STANDING), _about(intent, "artefact.standing", grant.subject, now)
            )
        return grant

    def lift(self, grant: Grant, now: datetime) -> None:
        """Takes back what still stands; one that fails keeps no other waiting. Raises `NotLifted` if any is left."""
        left: NotLifted | None = None
        for artefact in self.artefacts.of_grant(grant.id):
            if artefact.state is not ArtefactState.GONE:
                left = self._lift(artefact, now) or left
        if left is not None:
            raise left

    def sweep(self, now: datetime) -> int:
        """How many artefacts were removed that no live grant owns. What a service answered that was not seen, or that
        did not let one go, keeps no other from being looked at and is raised at the end.
        """
        done, unseen = 0, None
        for enforcer in self.enforcers.values():
            try:
                for found in enforcer.found():
                    try:
                        done += self._judge(found, enforcer, now)
                    except EngineError as error:
                        unseen = error
            except EngineError as error:
                unseen = error
        if unseen is not None:
            raise unseen
        return done

    def _planned(self, grant: GrantId, part: PlannedPart, role_arn: str | None, now: datetime) -> Sequence[Artefact]:
        seated = Seated(
            grant=grant,
            part=part.part,
            account=part.seat.account,
            region=part.seat.region,
            place=part.place,
            clearance=part.clearance,
            role_arn=role_arn,
            now=now,
        )
        made = [one for enforcer in self.enforcers.values() for one in enforcer.plan(seated)]
        held = {(one.mechanism, source) for one in made for source in one.sources}
        bare = tuple(
            cleared.ask.source.uri
            for cleared in part.clearance.cleared
            if any((needed, cleared.ask.source.uri) not in held for needed in needed_for(cleared))
        )
        if bare:
            raise NoEnforcer(sources=bare, clearance=part.clearance)
        return made

    def _lift(self, artefact: Artefact, now: datetime) -> NotLifted | None:
        enforcer = self.enforcers.get(artefact.mechanism)
        why = f"the platform has no adapter of {artefact.mechanism.value} any more; an operator has to configure it"
        if enforcer is not None:
            try:
                enforcer.lift(artefact)
                if enforcer.is_gone(artefact):
                    gone = replace(artefact.moved(ArtefactState.GONE), ended_at=now, last_error=None)
                    self.artefacts.keep(gone, _about(artefact, "artefact.gone", "system:reconciler", now))
                    return None
                why = "what runs under it has not ended"
            except EngineError as error:
                why = str(error)
        if why != artefact.last_error:  # the same failure again and again is one record
            failed = replace(artefact, last_error=why[:500])
            event = _about(artefact, "artefact.not-lifted", "system:reconciler", now, {"error": why[:500]})
            self.artefacts.keep(failed, event)
        return NotLifted(name=artefact.name, why=why)

    def _judge(self, found: Artefact, enforcer: Enforcer, now: datetime) -> bool:
        row = self.artefacts.of_name(found.mechanism, found.name)
        grant = None if row is None else self.ledger.get(row.grant)
        if row is not None and row.state is not ArtefactState.GONE:
            live = grant is not None and grant.state is not GrantState.CLOSED
            if live or now - row.created_at < YOUNG:
                return False
        enforcer.lift(found)
        gone = enforcer.is_gone(found)
        action = "sweep.artefact-deleted" if gone else "alarm.artefact-not-swept"
        self.ledger.note(_about(found, action, "system:sweep", now))
        if gone and row is not None and row.state is not ArtefactState.GONE:
            try:
                self.artefacts.keep(
                    replace(row.moved(ArtefactState.GONE), ended_at=now),
                    _about(row, "artefact.gone", "system:sweep", now),
                )
            except LostRace:
                return True
        return gone


def needed_for(cleared: ClearedSource) -> Iterator[Mechanism]:
    """What has to stand beside the role for this source, since IAM alone does not hold it."""
    if not cleared.is_whole:
        yield Mechanism.LAKE_FORMATION
    if (mechanism := _OF_KIND.get(cleared.ask.source.kind)) is not None:
        yield mechanism


_OF_KIND = {
    "rds-database": Mechanism.DATABASE_USER,
    "redshift-database": Mechanism.DATABASE_USER,
    "redshift-workgroup": Mechanism.DATABASE_USER,
    "public-endpoint": Mechanism.EGRESS,
}
"""Kinds whose user or way out lies outside of IAM: what is made there outlives the role unless it is ended there."""


def _role_of(principal: Principal) -> str | None:
    return principal.roles[-1].arn if principal.roles else None


def _event(action: str, actor: str, grant: Grant, now: datetime, details: Mapping[str, Json]) -> Event:
    about = {"activity": grant.activity, "environment": grant.environment, "request": grant.request, "grant": grant.id}
    return Event(action=action, actor=actor, at=now, about=about, details=details)


def _about(artefact: Artefact, action: str, actor: str, now: datetime, more: Mapping[str, Json] | None = None) -> Event:
    details: dict[str, Json] = {
        "mechanism": artefact.mechanism.value,
        "artefact": artefact.name,
        "account": artefact.account,
        "region": artefact.region,
        "source": artefact.source,
        **(more or {}),
    }
    about = {"grant": artefact.grant} if artefact.grant else {}  # a stray of nobody's has none
    return Event(action=action, actor=actor, at=now, about=about, details=details)
