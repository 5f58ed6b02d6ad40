"""The real ledger, reconciler and sweep at 100,000 live grants in 100 accounts, over simulated accounts of AWS.

A program: prints its figures as lines of JSON. `--grants` and `--due` make it smaller.

Ten thousand grants of five accounts come due at the same moment; meanwhile grants of the other accounts come due one by
one, and grants of the flooded accounts are revoked while sessions are out. Each simulated account takes IAM writes at
the pace that we plan with (5 a second, bursts of 15); an AWS call itself takes no time. The clock is the processor's
time of this process plus the waits that it skips: what the program computes counts, however busy the machine is;
waiting for the disk does not. The first sweep is told by the wall's clock as well.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from jit_engine.aws.throttle import Throttle, TokenBucket
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import GrantId
from jit_engine.errors import AwsRefused
from jit_engine.flows.base_roles import BaseRoles
from jit_engine.flows.enforce import Enforcement
from jit_engine.flows.reconcile import Reconcile
from jit_engine.flows.sweep import Sweep
from jit_engine.ports import CreatedRole, Credentials, FoundRole, Observer, Probes, RolePlan, SessionPlan
from platform_api.db.artefacts import SqlArtefacts
from platform_api.db.base_roles import SqlBaseRoles
from platform_api.db.engine import Database, create_engine
from platform_api.db.ledger import SqlLedger
from platform_api.db.migrate import upgrade
from platform_api.db.tables.grants import AccessRequestRow, GrantRow, MintedRoleRow, PrincipalRow
from tests.bench.figure import Figure, ratio_figure, tell
from tests.contract.db import samples

ACCOUNTS, FLOODED = 100, 5
RATE, BURST = 5.0, 15.0
WRITES = 2
"""IAM writes that it takes to end a grant that nobody used: its policy and its role are deleted."""
OTHERS = 0.2
"""Others that come due meanwhile, as a share of the flood."""
REVOKED = 50
PERIOD = 0.5
BEGAN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LAST = timedelta(days=2)
NEVER = float("inf")


@dataclass(slots=True)
class Clock:
    """What the processor has worked since the start, and what was skipped."""

    skipped: float = 0.0
    _start: float = field(default_factory=time.process_time)

    def __call__(self) -> float:
        return time.process_time() - self._start + self.skipped

    def skip(self, seconds: float) -> None:
        """Lets time pass in which there is nothing to do."""
        self.skipped += seconds

    @property
    def now(self) -> datetime:
        """The time of day."""
        return BEGAN + timedelta(seconds=self())


@dataclass(slots=True, kw_only=True)
class Gone:
    """When each of the roles went that end during the measurement; room for all of them is taken before it."""

    at: dict[str, float] = field(default_factory=dict)
    count: int = 0

    def __contains__(self, name: str) -> bool:
        return self.at.get(name, NEVER) < NEVER

    def put(self, name: str, now: float) -> None:
        """The role is gone."""
        self.at[name] = now
        self.count += 1


@dataclass(slots=True, kw_only=True)
class Account:
    """One account's IAM: which roles there are, and when each went. A `Minter` as far as grants are ended."""

    clock: Clock
    bucket: TokenBucket
    made: dict[str, str]
    """The id of each role by its name."""
    gone: Gone
    shut_at: dict[str, float]

    def _write(self, *, reserve: float = 0.0) -> None:
        while wait := self.bucket.take(reserve=reserve):
            self.clock.skip(wait)

    def shut(self, name: str, trust: str, deny: str) -> None:
        """As the port says."""
        self._write()
        self._write()
        self.shut_at[name] = self.clock()

    def is_shut(self, name: str, deny: str) -> bool:
        """As the port says."""
        return name in self.shut_at or name in self.gone

    def delete(self, name: str, role_id: str | None) -> None:
        """As the port says."""
        if name in self.made and name not in self.gone:
            self._write()
            self._write()
            self.gone.put(name, self.clock())

    def roles(self) -> Sequence[FoundRole]:
        """As the port says."""
        return [
            FoundRole(
                name=name,
                role_id=role_id,
                created_at=BEGAN - LAST,
                tags={},
                boundary_arn=None,
                shut=name in self.shut_at,
            )
            for name, role_id in self.made.items()
            if name not in self.gone
        ]

    def find(self, name: str) -> FoundRole | None:
        """As the port says."""
        return next((role for role in self.roles() if role.name == name), None)

    def observer(self, plan: SessionPlan, probes: Probes) -> Observer | None:
        """None: the Deny is read back."""
        return None

    def create(self, plan: RolePlan) -> CreatedRole:
        raise AwsRefused(operation="iam:create_role", aws_code="NotHere")

    def put_policy(self, name: str, policy: str, *, urgent: bool = False) -> None:
        raise AwsRefused(operation="iam:put_role_policy", aws_code="NotHere")

    def prove(self, plan: SessionPlan, probes: Probes) -> None:
        raise AwsRefused(operation="sts:assume_role", aws_code="NotHere")

    def assume(self, plan: SessionPlan) -> Credentials:
        raise AwsRefused(operation="sts:assume_role", aws_code="NotHere")


@dataclass(slots=True)
class World:
    """The ledger over the accounts, and what is due when."""

    url: str
    clock: Clock
    grants: int
    due: int
    accounts: dict[str, Account] = field(default_factory=dict)
    throttle: Throttle = field(default_factory=Throttle)
    gone: Gone = field(default_factory=Gone)
    ends: dict[str, float] = field(default_factory=dict)
    """By role: the second at which its grant ends, for those that end during the measurement."""
    simulated: int = 0
    """Blocks of memory that the accounts take, which are no part of the platform."""

    def account_of(self, number: int) -> str:
        """The flooded accounts hold the flood and what is revoked meanwhile, the others the rest."""
        if number <= self.due or number > self.grants - REVOKED:
            return f"{number % FLOODED:012}"
        return f"{FLOODED + number % (ACCOUNTS - FLOODED):012}"


def role_of(number: int) -> str:
    """The name of the numbered grant's role."""
    return f"sg-{samples.grant(number).id}-1-1"


def fill(world: World) -> None:
    """The rows of all grants, copied in the database from one that the ledger has opened itself."""
    database = Database(create_engine(world.url))
    ledger = SqlLedger(database)
    far = BEGAN + LAST
    template = replace(
        samples.grant(0), state=GrantState.ACTIVE, created_at=BEGAN - LAST, ends_at=far, sessions_end_by=far, due_at=far
    )
    ledger.open(template, samples.clearance(0), samples.evidence(0), samples.event("grant.opened", 0))
    with database.write() as connection:
        for table, key in (
            (AccessRequestRow.table(), "id"),
            (GrantRow.table(), "id"),
            (PrincipalRow.table(), "grant_id"),
            (MintedRoleRow.table(), "grant_id"),
        ):
            (row,) = connection.execute(sa.select(table).where(table.c[key] == _first(table.name))).mappings().all()
            rows: list[dict[str, object]] = []
            for number in range(1, world.grants + 1):
                rows.append({**row, **_numbered(table.name, number, world.account_of(number))})
                if len(rows) == 2000 or number == world.grants:
                    connection.execute(sa.insert(table), rows)
                    rows.clear()
        _spread(world, connection)
    database.close()
    before = _live()
    world.gone.at |= {name: float("inf") for name in world.ends}
    for number in range(1, world.grants + 1):
        account = world.account_of(number)
        if account not in world.accounts:
            world.accounts[account] = Account(
                clock=world.clock, bucket=world.throttle.of(account), made={}, gone=world.gone, shut_at={}
            )
        world.accounts[account].made[role_of(number)] = f"AROA{number:017}"
    world.simulated = _live() - before


def _first(table: str) -> str:
    return samples.grant(0).request if table == "access_requests" else samples.grant(0).id


def _numbered(table: str, number: int, account: str) -> dict[str, object]:
    grant = samples.ulid("gr", number)
    match table:
        case "access_requests":
            return {"id": samples.ulid("rq", number), "grant_id": grant}
        case "grants":
            return {"id": grant, "request": samples.ulid("rq", number), "account": account}
        case "principals":
            return {"grant_id": grant, "account": account}
        case _:
            role = f"sg-{grant}-1-1"
            return {
                "grant_id": grant,
                "name": role,
                "folded_name": role.lower(),
                "arn": f"arn:aws:iam::{account}:role/jit/{role}",
                "role_id": f"AROA{number:017}",
            }


def _spread(world: World, connection: sa.Connection) -> None:
    """The flood ends a minute from now, others one by one from then on."""
    draw = random.Random(1)
    whole = world.due / FLOODED * WRITES / RATE
    others = range(world.due + 1, world.due + 1 + int(world.due * OTHERS))
    world.ends = {role_of(n): 60.0 for n in range(1, world.due + 1)}
    world.ends |= {role_of(n): 60.0 + draw.uniform(0, whole) for n in others}
    table = GrantRow.table()
    update = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("of"))
        .values(ends_at=sa.bindparam("end"), due_at=sa.bindparam("end"))
    )
    connection.execute(
        update,
        [{"of": name[3:-4], "end": BEGAN + timedelta(seconds=end)} for name, end in world.ends.items()],
    )


def flows(world: World) -> tuple[Database, SqlLedger, Reconcile, Sweep]:
    """What a worker starts with, anew."""
    database = Database(create_engine(world.url))
    ledger = SqlLedger(database)
    minters = dict(world.accounts)
    bases = BaseRoles(store=SqlBaseRoles(database), minters=minters, external_ids=dict.fromkeys(minters, "ours"))
    reconcile = Reconcile(
        ledger=ledger,
        minters=minters,
        bases=bases,
        place_of=lambda environment, account: None,
        token=lambda: "token",
        where="here",
        enforce=Enforcement(artefacts=SqlArtefacts(database), ledger=ledger, enforcers={}),
        budget=world.throttle,
    )
    return database, ledger, reconcile, Sweep(ledger=ledger, minters=minters, bases=bases)


def measured(world: World) -> Iterator[Figure]:
    """The figures."""
    wall, busy = time.perf_counter(), time.process_time()
    database, ledger, reconcile, sweep = flows(world)
    reconcile.step(world.clock.now)
    if sweep(world.clock.now) != 0:
        raise SystemExit("the sweep found something to do among grants that are all well")
    wall, busy = time.perf_counter() - wall, time.process_time() - busy
    swept = f"restart to the end of the first sweep, {world.grants:,} live grants"
    yield _seconds(f"{swept}, CPU", busy, 30)
    yield Figure(name=f"{swept}, wall", value=round(wall, 2), unit="s", aim=None, met=True)
    flood = [name for name, end in world.ends.items() if end == 60.0]
    revoked: dict[str, float] = {}
    world.clock.skip(max(0.0, 60.0 - world.clock()))
    start, live, resident = world.clock(), 0, 0
    whole = world.due / FLOODED * WRITES / RATE
    victims = iter(range(world.grants - REVOKED + 1, world.grants + 1))
    next_revocation = start + whole / REVOKED / 2
    gone = world.gone
    while gone.count < len(world.ends):
        if world.clock() >= next_revocation:
            asked_for, next_revocation = next_revocation, next_revocation + whole / REVOKED
            number = next(victims, None)
            if number is not None:
                revoked[_revoke(ledger, number, world.clock)] = asked_for
        busy = reconcile.step(world.clock.now)
        world.clock.skip(PERIOD / 10 if busy else PERIOD)
        if not live and gone.count > len(world.ends) / 10:
            at, live, resident = world.clock(), _live(), _resident()
            world.clock.skip(at - world.clock())  # looking is no work of the platform's
        if world.clock() > start + 3 * whole + 60:
            break
    drained = max(gone.at[name] for name in flood) - start
    yield ratio_figure(f"{world.due:,} due at once: time to drain over writes / rate", drained / whole, 1.2)
    late = sorted(gone.at[name] - end for name, end in world.ends.items() if end != 60.0)
    yield _seconds("others' lateness meanwhile, p99", late[int(len(late) * 0.99)], 5)
    shut = {name: at for account in world.accounts.values() for name, at in account.shut_at.items()}
    slowest = max((shut.get(name, NEVER) - at for name, at in revoked.items()), default=NEVER)
    yield _seconds("from the wish to revoke to the Deny meanwhile, the slowest", slowest, 5)
    grown = (_live() - world.simulated) / (live - world.simulated) if live else NEVER
    yield ratio_figure("live memory at the end over that after a tenth", grown, 1.05)
    grown = _resident() / resident if resident else NEVER
    yield ratio_figure("resident memory at the end over that after a tenth", grown, 1.1)
    database.close()


def _revoke(ledger: SqlLedger, number: int, clock: Clock) -> str:
    """Revokes a grant with a session out; its role's name."""
    grant = ledger.get(GrantId(samples.ulid("gr", number)))
    if grant is None:
        raise SystemExit("a grant is missing")
    ending: Grant = replace(
        grant.moved(GrantState.REVOKING),
        sessions=1,
        last_session_end=clock.now + timedelta(hours=1),
        due_at=clock.now,
        reason="a leak",
    )
    ledger.save(ending, samples.event("grant.revoking", 1))
    return role_of(number)


def _live() -> int:
    """Blocks of memory that this interpreter's values take; what is only waiting to be collected is not counted."""
    gc.collect()
    return sys.getallocatedblocks()


def _resident() -> int:
    """This process's resident memory in KiB."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    return int(told.stdout)


def _seconds(name: str, value: float, aim: float) -> Figure:
    return Figure(name=name, value=round(value, 2), unit="s", aim=aim, met=value <= aim)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--grants", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluicegate-scale-") as folder:
        url = f"sqlite:///{Path(folder) / 'scale.db'}"
        upgrade(url)
        clock = Clock()
        throttle = Throttle(new_bucket=lambda: TokenBucket(rate=RATE, burst=BURST, monotonic=clock))
        world = World(url=url, clock=clock, grants=asked.grants, due=asked.due, throttle=throttle)
        fill(world)
        for figure in measured(world):
            tell(figure)


if __name__ == "__main__":
    main()
