"""Live grants decided anew when what they rest on has changed; what no longer passes becomes due for revocation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from jit_engine.domain.event import Event, Json
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import ContractId, SubjectId
from jit_engine.domain.subject import Subject
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.flows.anew import Changed, decide_anew, recorded_anew
from jit_engine.ports import DecidedAnew, DecisionOutcome, FactSource, Ledger, LostRace
from jit_engine.rules.clearance import Judges, refused_only_by_its_end

TRIES = 4
Recorder = Callable[[DecisionOutcome, str | None], DecidedAnew]
_AFTER = {GrantState.ACTIVE: GrantState.REVOKING, GrantState.MINTING: GrantState.ABANDONED}
"""What becomes of a grant that no longer passes; one that is still being minted is given up."""
_ENDED = frozenset({GrantState.REVOKING, GrantState.ABANDONED, GrantState.DENIED, GrantState.CLOSED})
"""Where such a grant is, or soon after, whoever decided it: the reconciler may well be faster than the caller."""


class LiveGrants(Protocol):
    """What is needed of the ledger besides single grants."""

    def live_under(self, contract: ContractId) -> Sequence[Grant]:
        """Every grant under any version of the contract that gives access, or is about to."""
        ...

    def giving(self) -> Sequence[Grant]:
        """Every grant that gives access, or is about to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecide:
    """Asks today's facts and rules about grants that were given on others."""

    facts: FactSource
    ledger: Ledger
    live: LiveGrants
    judges: Callable[[], Judges]
    subject_of: Callable[[SubjectId], Subject | None]

    def under(self, contract: ContractId, now: datetime, before: Sequence[Grant] = ()) -> tuple[Grant, ...]:
        """Decides every live grant under the contract anew; answers those that no longer pass, as they are now.

        What is not reached here, by a crash or by others' writes, is found by the reconciler: the commit that
        changed the contract has made those grants due, too. `before` are the live grants as `giving` told them
        before that commit: those that the reconciler has ended since are answered as well.
        """
        theirs = [grant for grant in before if any(key == contract for key, _ in grant.contracts)]
        return self._all(self.live.live_under(contract), theirs, now)

    def every(self, now: datetime, before: Sequence[Grant] = ()) -> tuple[Grant, ...]:
        """Decides every live grant anew, after a change of the rules; else as `under`."""
        return self._all(self.live.giving(), before, now)

    def giving(self) -> Sequence[Grant]:
        """The grants that a change can end; to be read before it commits."""
        return self.live.giving()

    def __call__(self, grant: Grant, now: datetime) -> Grant | None:
        """The grant, ended, when it no longer passes; else None. Raises `LostRace`."""
        subject = self.subject_of(grant.subject)
        if subject is None:
            return self._ended(grant, "the directory no longer knows its holder", None, now)
        facts, judges = self.facts.facts_for(grant.activity, grant.environment), self.judges()
        decision = self.ledger.decision_of(grant.id)

        def recorded(outcome: DecisionOutcome, reason: str | None) -> DecidedAnew:
            return recorded_anew(outcome, decision, subject, facts, judges, now, reason)

        verdict = decide_anew(grant, decision, subject, facts, judges, now)
        if isinstance(verdict, Clearance) or (isinstance(verdict, Refusal) and refused_only_by_its_end(verdict)):
            self._stands(grant, verdict if isinstance(verdict, Clearance) else None, recorded, now)
            return None
        reason = verdict.why if isinstance(verdict, Changed) else "no longer permitted"
        return self._ended(grant, reason, recorded(DecisionOutcome.ENDED, reason), now)

    def _all(self, live: Sequence[Grant], before: Sequence[Grant], now: datetime) -> tuple[Grant, ...]:
        ended = [self._patiently(grant, now) for grant in live]
        known = {grant.id for grant in live}
        ended += [self._meanwhile(grant) for grant in before if grant.id not in known]
        return tuple(grant for grant in ended if grant is not None)

    def _patiently(self, grant: Grant, now: datetime) -> Grant | None:
        for _ in range(TRIES):
            try:
                return self(grant, now)
            except LostRace:
                again = self.ledger.get(grant.id)
                if again is None or again.state not in _AFTER:
                    return self._meanwhile(grant)
                grant = again
        return None

    def _meanwhile(self, grant: Grant) -> Grant | None:
        """The grant, when somebody else has ended it since it was read; what merely expired has no reason."""
        again = self.ledger.get(grant.id)
        ended = again is not None and again.state in _ENDED and again.reason is not None
        return again if ended else None

    def _ended(self, grant: Grant, reason: str, decided: DecidedAnew | None, now: datetime) -> Grant:
        details: dict[str, Json] = {"reason": reason, "decision": {} if decided is None else decided.record}
        ended = replace(grant.moved(_AFTER[grant.state]), due_at=now, reason=reason)
        return self.ledger.save(ended, _event("grant.no-longer-passes", grant, now, details), decided)

    def _stands(self, grant: Grant, verdict: Clearance | None, recorded: Recorder, now: datetime) -> None:
        """Puts the grant under the versions that it passes today, and its due time back to its end.

        There is no clearance when only too little time is left for a new session: then nothing else changes.
        """
        contracts = grant.contracts if verdict is None else verdict.contracts
        last = grant.sessions_end_by if verdict is None else min(grant.sessions_end_by, verdict.sessions_end_by)
        kept = replace(grant, contracts=contracts, sessions_end_by=last, due_at=grant.ends_at)
        if grant.state is not GrantState.ACTIVE or kept == grant:
            return
        versions: list[Json] = [f"{key} {version}" for key, version in sorted(contracts)]
        is_new = (contracts, last) != (grant.contracts, grant.sessions_end_by)
        decided = recorded(DecisionOutcome.KEPT, None) if is_new else None
        self.ledger.save(kept, _event("grant.still-passes", grant, now, {"contracts": versions}), decided)


def _event(action: str, grant: Grant, now: datetime, details: dict[str, Json]) -> Event:
    about = {"activity": grant.activity, "environment": grant.environment, "grant": grant.id}
    return Event(action=action, actor="system:redecide", at=now, about=about, details=details)
