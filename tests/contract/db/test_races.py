"""Several writers at once, each with a connection of its own, as replicas have them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from jit_engine.domain.activity import EnvironmentState
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.verdict import Clearance
from jit_engine.errors import RoleBudgetSpent
from jit_engine.ports import LostRace
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database, create_engine
from platform_api.db.idempotency import Fresh, InFlight, Replay, SqlIdempotencyKeys
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from tests.contract.db import samples
from tests.contract.db.office import Office
from tests.contract.db.samples import HOUR, NOW, event
from tests.fakes import world
from tests.fakes.world import ADA

REPLICAS = 4
CALLS = 100


def at_once(url: str, work: Callable[[Database], None]) -> None:
    """Runs `work` in as many replicas at the same moment."""
    start = Barrier(REPLICAS)

    def run() -> None:
        database = Database(create_engine(url, pool_size=2))
        start.wait()
        work(database)
        database.close()

    threads = [Thread(target=run) for _ in range(REPLICAS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_two_claimers_ever_get_the_same_grant(database_url: str, database: Database) -> None:
    ledger = SqlLedger(database)
    for n in range(1, 21):
        ledger.open(replace(samples.grant(n), due_at=NOW), samples.clearance(n), samples.evidence(n), event())
    claimed: list[str] = []

    def work(replica: Database) -> None:
        while mine := SqlLedger(replica).claim_due(NOW, 3, HOUR):
            claimed.extend(grant.id for grant in mine)

    at_once(database_url, work)
    assert sorted(claimed) == [samples.grant(n).id for n in range(1, 21)]


def test_mints_at_once_never_go_beyond_the_budget_of_an_account(database_url: str, database: Database) -> None:
    numbers = iter(range(1, 41))
    granted: list[int] = []
    refused: list[int] = []

    def work(replica: Database) -> None:
        ledger = SqlLedger(replica, roles_per_account=7)
        for _ in range(5):
            n = next(numbers)
            try:
                ledger.open(samples.grant(n), samples.clearance(n), samples.evidence(n), event())
                granted.append(n)
            except RoleBudgetSpent:
                refused.append(n)

    at_once(database_url, work)
    assert (len(granted), len(refused)) == (7, 5 * REPLICAS - 7)
    assert len(SqlLedger(database).live_grants()) == 7


def test_no_two_claimers_ever_get_the_same_environment(database_url: str, database: Database) -> None:
    registry = SqlRegistry(database)
    for n in range(1, 11):
        due = replace(samples.environment(n, state=EnvironmentState.APPROVED), due_at=NOW)
        registry.register(samples.activity(n), due, samples.review(n), event())
    claimed: list[str] = []

    def work(replica: Database) -> None:
        while mine := SqlRegistry(replica).claim_due_environments(NOW, 2, HOUR):
            claimed.extend(record.environment.id for record in mine)

    at_once(database_url, work)
    assert sorted(claimed) == [samples.environment_id(n) for n in range(1, 11)]


def test_of_writers_at_once_one_wins_and_only_it_is_recorded(database_url: str, database: Database) -> None:
    ledger = SqlLedger(database)
    read = ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event())
    outcomes: list[str] = []

    def work(replica: Database) -> None:
        try:
            SqlLedger(replica).save(read.moved(GrantState.ACTIVE), event("grant.active"))
            outcomes.append("won")
        except LostRace:
            outcomes.append("lost")

    at_once(database_url, work)
    assert sorted(outcomes) == ["lost"] * (REPLICAS - 1) + ["won"]
    trail = AuditTrail(database)
    assert trail.head().size == 2
    assert trail.verify().ok


def test_two_versions_of_a_contract_cannot_both_come_into_force(database_url: str, database: Database) -> None:
    registry = SqlRegistry(database)
    versions = [f"1.{n}.0" for n in range(REPLICAS)]
    for version in versions:
        registry.propose_contract(samples.contract(version=version), event())

    def work(replica: Database) -> None:
        try:
            SqlRegistry(replica).save_contract(samples.signed(samples.contract(version=versions.pop())), event())
        except LostRace:
            return

    at_once(database_url, work)
    assert len(registry.contracts_in_force()) == 1
    assert AuditTrail(database).verify().ok


@pytest.mark.parametrize("writes", [5])
def test_replicas_that_write_at_once_leave_one_unbroken_trail(
    database_url: str, database: Database, writes: int
) -> None:
    def work(replica: Database) -> None:
        for _ in range(writes):
            SqlLedger(replica).note(event())

    at_once(database_url, work)
    found = AuditTrail(database).verify()
    assert (found.ok, found.size) == (True, REPLICAS * writes)


def of_one_person(n: int) -> tuple[Grant, Clearance]:
    """The n-th grant with its clearance, always the first person's."""
    clearance, first = samples.clearance(n), samples.request(1).subject
    return replace(samples.grant(n), subject=first.id), replace(
        clearance, request=replace(clearance.request, subject=first)
    )


def test_of_many_who_open_the_same_at_once_one_grant_comes(database_url: str, database: Database) -> None:
    """What is asked before the commit is asked again behind the lock, so that nobody misses the first one's grant."""
    numbers = iter(range(1, 41))
    outcomes: list[str] = []

    def work(replica: Database) -> None:
        ledger = SqlLedger(replica)
        for _ in range(10):
            n = next(numbers)
            try:
                ledger.open(*of_one_person(n), samples.evidence(n), event(), unless=bool)
                outcomes.append("opened")
            except LostRace:
                outcomes.append("there already")

    at_once(database_url, work)
    assert sorted(outcomes) == ["opened"] + ["there already"] * 39
    (held,) = SqlLedger(database).alike(samples.request(1))
    assert [source.ask for source in held.sources] == list(samples.request(1).asks)


def test_a_hundred_identical_calls_at_once_make_one_grant_and_one_role(database_url: str, database: Database) -> None:
    """As the door does it: whoever gets the key asks, everybody else is told of that or to wait for it."""
    office, start = Office(database), Barrier(CALLS)
    replicas = [Database(create_engine(database_url, pool_size=8)) for _ in range(REPLICAS)]

    def call(number: int) -> str:
        keys = SqlIdempotencyKeys(replicas[number % REPLICAS])
        start.wait()
        claim = keys.claim("the-same-key", ADA.id, "POST /v1/access-requests", "ab" * 32, world.NOW)
        match claim:
            case Fresh():
                grant = office.ask()
                keys.complete(claim, 201, grant.id.encode())
                return grant.id
            case Replay():
                return claim.body.decode()
        assert isinstance(claim, InFlight)
        return "in flight"

    with ThreadPoolExecutor(CALLS) as pool:
        answers = list(pool.map(call, range(CALLS)))
    for replica in replicas:
        replica.close()
    (grant,) = office.ledger.live_grants()
    assert set(answers) - {"in flight"} == {grant.id}
    assert list(office.minter.kept) == [grant.role.name]
