"""How a clearance is minted: as which principals, each with its sources, its account and its policy. Pure.

One role is tried first. What does not fit, or lies elsewhere, is split, and each part says what it holds and why: no
SDK tells us which source it is about to read, so which profile is used for what is the person's to know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from jit_engine.contracts.terms import Contract
from jit_engine.domain.activity import Place
from jit_engine.domain.base_role import PlannedBase
from jit_engine.domain.grant import MintWay, Principal, StatementNote, attempt_at
from jit_engine.domain.ids import GrantId
from jit_engine.domain.services import PublicEndpoint
from jit_engine.domain.source import S3Prefix
from jit_engine.domain.verdict import Clearance, ClearedSource
from jit_engine.errors import AccountNotReady, NotOneSession, PolicyTooLarge, TooManyParts
from jit_engine.iam.base_role import PlannedSession, session_of
from jit_engine.iam.limits import INLINE_POLICY_LIMIT, INLINE_POLICY_RESERVE, policy_size
from jit_engine.iam.role import grant_policy, role_statements
from jit_engine.iam.statement import Statement, document

ROOM = INLINE_POLICY_LIMIT - INLINE_POLICY_RESERVE
MOST_PARTS = 12
"""Roles of one grant: more would be profiles that nobody can tell apart, and a share of the account's budget."""
HOME = "main"
PLACE_AGAIN = timedelta(seconds=15)
"""When to ask again where an environment's place in another account is being made: a stack takes less than a minute."""

Unit = tuple[ClearedSource, ...]
"""Sources that stay together: one, or all that a job uses as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Seat:
    """Where a principal stands: an account, and the region that its profile names."""

    account: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """One principal to be: `clearance` is cut to the part's own sources, `policy` is written for exactly that.

    `why` says why it is a principal of its own, and minted as it is. `place` is the environment's in its account: its
    boundary, broker, workspace and results lie there. `base` is what a session is cut from.
    """

    part: int
    profile: str
    seat: Seat
    way: MintWay
    why: str
    place: Place
    clearance: Clearance
    policy: str
    notes: tuple[StatementNote, ...]
    base: PlannedBase | None = None

    def principal(self, grant: GrantId) -> Principal:
        """The principal before AWS has heard of it."""
        return Principal(
            part=self.part,
            profile=self.profile,
            account=self.seat.account,
            region=self.seat.region,
            way=self.way,
            why=self.why,
            sources=tuple(dict.fromkeys(cleared.ask.source.uri for cleared in self.clearance.cleared)),
            policy=self.policy,
            notes=self.notes,
            roles=() if self.way is MintWay.SESSION else (attempt_at(grant, self.part, 1),),
        )


def parts_of(
    clearance: Clearance,
    place: Place,
    grant: GrantId,
    contracts: Sequence[Contract] = (),
    room: int = ROOM,
    elsewhere: Sequence[Place] = (),
) -> tuple[PlannedPart, ...]:
    """The parts that together hold what was cleared and nothing beside it; the same whatever the order of sources.

    `room` is what one role holds, in characters; `contracts` those that may let a part be a session of a base role;
    `elsewhere` the environment's places in other accounts than its own.

    1. Sources of one job form a unit; a unit that no one session can hold raises `NotOneSession`.
    2. Units are put to the account and region that they lie in; the environment's own come first. Each account is
       minted in with its own place; one without a place raises `AccountNotReady`.
    3. What lies together is one role if it fits; else units are taken in order of their names, as many as fit.
    4. A source too large by itself raises `PolicyTooLarge`, more parts than `MOST_PARTS` `TooManyParts`: with sizes.
    5. Each part's policy is written for its own sources and read against them (`PolicyWidens`); nothing is ever cut.
    6. What its contracts let be a session, and what fits into a session's policy, is one; else a role of its own.
    """
    home = Seat(account=place.account, region=place.region)
    seated: defaultdict[Seat, list[Unit]] = defaultdict(list)
    for unit in _units(clearance.cleared):  # 1
        seated[_seat(unit, home)].append(unit)  # 2
    cuts: list[_Cut] = []
    for seat in sorted(seated, key=lambda one: (one != home, one.account != home.account, one)):
        there = place_at(seat.account, place, elsewhere)
        measure = _Measure(clearance=clearance, place=there, grant=grant)
        heaps = _heaps(seated[seat], measure, room)  # 3, 4
        for number, heap in enumerate(heaps, start=1):
            profile, why = _profile(seat, home, number), _why(seat, home, number, len(heaps), room)
            cuts.append(_Cut(seat=seat, profile=profile, why=why, clearance=_cut(clearance, heap), measure=measure))
    if len(cuts) > MOST_PARTS:
        sizes = {uri: size for cut in cuts for uri, size in cut.measure.each(cut.clearance.cleared).items()}
        raise TooManyParts(parts=len(cuts), limit=MOST_PARTS, sizes=sizes)
    return tuple(_planned(part, cut, home, contracts) for part, cut in enumerate(cuts, start=1))  # 5, 6


def place_at(account: str, home: Place, elsewhere: Sequence[Place]) -> Place:
    """The environment's place in that account; raises `AccountNotReady` while there is none."""
    for place in (home, *elsewhere):
        if place.account == account:
            return place
    raise AccountNotReady(account=account, retry_after=PLACE_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """One principal to be, before its policy is written."""

    seat: Seat
    profile: str
    why: str
    clearance: Clearance
    measure: _Measure


def _planned(part: int, cut: _Cut, home: Seat, contracts: Sequence[Contract]) -> PlannedPart:
    """The part with its policy: a session of the base role where that may be, else a role, with the reason."""
    why, base, measure = cut.why, None, cut.measure
    session = _as_session(cut, measure, home, contracts)
    if isinstance(session, PlannedSession):
        why += "; its contracts let it be a session, and its policy fits one"
        policy, notes, base = session.policy, session.notes, session.base
    else:
        why += f"; no session, for {session}" if session else ""
        written = measure.statements(cut.clearance)
        policy, notes = grant_policy(cut.clearance, measure.place, measure.grant, written)
    return PlannedPart(
        part=part,
        profile=cut.profile,
        seat=cut.seat,
        way=MintWay.ROLE if base is None else MintWay.SESSION,
        why=why,
        place=measure.place,
        clearance=cut.clearance,
        policy=policy,
        notes=tuple(StatementNote(sid=sid, why=reason) for sid, reason in notes),
        base=base,
    )


def _as_session(cut: _Cut, measure: _Measure, home: Seat, contracts: Sequence[Contract]) -> PlannedSession | str | None:
    """The session that it could be, or why it cannot; None where no contract of it speaks of sessions."""
    if not any(contract.session_minting for contract in contracts if contract.key in cut.clearance.contracts):
        return None
    if cut.seat != home:
        return "its data lies elsewhere"
    return session_of(cut.clearance, contracts, measure.place, measure.grant)


def mints_the_same(parts: Sequence[PlannedPart], principals: Sequence[Principal]) -> bool:
    """Whether a grant with these principals would be minted as these parts today."""
    planned = [(p.part, p.profile, p.seat.account, p.seat.region, p.way, p.policy) for p in parts]
    return planned == [(p.part, p.profile, p.account, p.region, p.way, p.policy) for p in principals]


def _units(cleared: Sequence[ClearedSource]) -> list[Unit]:
    """Every source once, in order of names; those of one job together."""
    jobs: defaultdict[str, list[ClearedSource]] = defaultdict(list)
    alone: list[Unit] = []
    for one in sorted(cleared, key=_uri):
        if one.ask.job is None:
            alone.append((one,))
        else:
            jobs[one.ask.job].append(one)
    return sorted([*alone, *(tuple(some) for some in jobs.values())], key=lambda unit: _uri(unit[0]))


def _seat(unit: Unit, home: Seat) -> Seat:
    """Where the unit is used from: its account, and its region where it has but one."""
    accounts = sorted({one.ask.source.account or home.account for one in unit})
    if len(accounts) > 1:
        raise NotOneSession(job=_job(unit), why=f"its sources lie in the accounts {', '.join(accounts)}", sizes={})
    regions = {_region(one, home) for one in unit}
    region = home.region if len(regions) > 1 else regions.pop()
    return Seat(account=accounts[0], region=region)


def _region(cleared: ClearedSource, home: Seat) -> str:
    """The region that the source is asked in; S3 answers for a bucket wherever it lies."""
    match cleared.ask.source:
        case S3Prefix() | PublicEndpoint():
            return home.region
        case source:
            return source.region


def _heaps(units: Sequence[Unit], measure: _Measure, room: int) -> list[list[ClearedSource]]:
    """The units in as few roles as taking them in order makes; each heap was measured as the policy that it becomes."""
    heaps: list[list[ClearedSource]] = []
    rest = list(units)
    while rest:
        count = _as_many_as_fit(rest, measure, room)
        if count == 0:
            raise _too_large(rest[0], measure, room)
        heaps.append(sorted((one for unit in rest[:count] for one in unit), key=_uri))
        rest = rest[count:]
    return heaps


def _as_many_as_fit(units: Sequence[Unit], measure: _Measure, room: int) -> int:
    """How many of the first units fit in one role: guessed, for a policy grows about evenly with what it holds."""
    least, most = 0, len(units)
    whole = _size(units, measure)
    if whole <= room:
        return most
    empty, beyond = measure(()), whole
    while most - least > 1:
        guess = least + (room - empty) * (most - least) // max(beyond - empty, 1)
        middle = min(max(guess, least + 1), most - 1)
        size = _size(units[:middle], measure)
        if size <= room:
            least, empty = middle, size
        else:
            most, beyond = middle, size
    return least


def _size(units: Sequence[Unit], measure: _Measure) -> int:
    return measure([one for unit in units for one in unit])


@dataclass(slots=True, kw_only=True)
class _Measure:
    """The size of the policy that some of the cleared sources come to, in characters as IAM counts them."""

    clearance: Clearance
    place: Place
    grant: GrantId
    _written: list[tuple[tuple[ClearedSource, ...], tuple[Statement, ...]]] = field(default_factory=list)

    def __call__(self, cleared: Iterable[ClearedSource]) -> int:
        return policy_size(document(self.statements(_cut(self.clearance, cleared))))

    def statements(self, cut: Clearance) -> tuple[Statement, ...]:
        """Those of a role that holds this, written once: what is minted was measured before."""
        for cleared, statements in self._written:
            if cleared == cut.cleared:
                return statements
        self._written.append((cut.cleared, role_statements(cut, self.place, self.grant)))
        return self._written[-1][1]

    def each(self, cleared: Iterable[ClearedSource]) -> dict[str, int]:
        """What each source adds to a policy that holds nothing else."""
        empty = self(())
        return {_uri(one): self((one,)) - empty for one in cleared}


def _too_large(unit: Unit, measure: _Measure, room: int) -> PolicyTooLarge | NotOneSession:
    size, sizes = measure(unit), measure.each(unit)
    if len(unit) == 1:
        return PolicyTooLarge(size=size, limit=room, sources=1, sizes=sizes)
    why = f"the policy for its {len(unit)} sources has {size} characters and {room} fit in a role"
    return NotOneSession(job=_job(unit), why=why, sizes=sizes)


def _cut(clearance: Clearance, cleared: Iterable[ClearedSource]) -> Clearance:
    """The clearance of these sources alone, in order of their names."""
    return replace(clearance, cleared=tuple(sorted(cleared, key=_uri)))


def _profile(seat: Seat, home: Seat, number: int) -> str:
    names = [seat.account] if seat.account != home.account else []
    names += [seat.region] if seat.region != home.region else []
    return "-".join([*(names or [HOME]), *([str(number)] if number > 1 else [])])


def _why(seat: Seat, home: Seat, number: int, heaps: int, room: int) -> str:
    reasons = [f"its data lies in account {seat.account}"] if seat.account != home.account else []
    reasons += [f"its data lies in {seat.region}"] if seat.region != home.region else []
    if heaps > 1:
        reasons.append(f"{number} of {heaps}: what lies there does not fit in one role of {room} characters")
    return "; ".join(reasons) or "everything fits in one role"


def _job(unit: Unit) -> str:
    return unit[0].ask.job or _uri(unit[0])


def _uri(cleared: ClearedSource) -> str:
    return cleared.ask.source.uri
