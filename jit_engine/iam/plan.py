"""How a clearance is minted: as which principals, each with its sources, its account and its policy. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from jit_engine.domain.activity import Place
from jit_engine.domain.grant import MintWay, Principal, StatementNote, attempt_at
from jit_engine.domain.ids import GrantId
from jit_engine.domain.verdict import Clearance
from jit_engine.iam.role import grant_policy

ONLY_PROFILE = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """One principal to be: `clearance` is cut to the part's own sources, `policy` is written for exactly that."""

    part: int
    profile: str
    account: str
    region: str
    way: MintWay
    clearance: Clearance
    policy: str
    notes: tuple[StatementNote, ...]

    def principal(self, grant: GrantId) -> Principal:
        """The principal before AWS has heard of it."""
        return Principal(
            part=self.part,
            profile=self.profile,
            account=self.account,
            region=self.region,
            way=self.way,
            sources=tuple(cleared.ask.source.uri for cleared in self.clearance.cleared),
            policy=self.policy,
            notes=self.notes,
            roles=(attempt_at(grant, self.part, 1),),
        )


def parts_of(clearance: Clearance, place: Place, grant: GrantId) -> tuple[PlannedPart, ...]:
    """The parts that together hold what was cleared and nothing beside it; raises `PolicyTooLarge`, `PolicyWidens`."""
    policy, notes = grant_policy(clearance, place, grant)
    return (
        PlannedPart(
            part=1,
            profile=ONLY_PROFILE,
            account=place.account,
            region=place.region,
            way=MintWay.ROLE,
            clearance=clearance,
            policy=policy,
            notes=tuple(StatementNote(sid=sid, why=why) for sid, why in notes),
        ),
    )


def mints_the_same(parts: tuple[PlannedPart, ...], principals: tuple[Principal, ...]) -> bool:
    """Whether a grant with these principals would be minted as these parts today."""
    planned = [(p.part, p.profile, p.account, p.region, p.way, p.policy) for p in parts]
    return planned == [(p.part, p.profile, p.account, p.region, p.way, p.policy) for p in principals]
