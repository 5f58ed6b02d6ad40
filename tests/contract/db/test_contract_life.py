"""What a commit of a contract does besides: no two about the same data, older versions superseded, grants due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from jit_engine.contracts.terms import ContractState
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import ContractId
from jit_engine.domain.source import S3Prefix
from jit_engine.ports import LostRace
from platform_api.db.engine import Database, create_engine
from platform_api.db.facts import SqlFacts
from platform_api.db.ledger import SqlLedger
from platform_api.db.registry import SqlRegistry
from platform_api.registry.errors import ContractOverlap
from platform_api.registry.records import ContractRecord
from tests.contract.db import samples
from tests.contract.db.samples import ACCOUNT, HOUR, NOW, event

LATER = NOW + timedelta(minutes=5)


def proposed(registry: SqlRegistry, record: ContractRecord) -> ContractRecord:
    registry.propose_contract(record, event())
    return record


def waiting(record: ContractRecord) -> ContractRecord:
    """The record, signed and not yet in force."""
    return replace(record, contract=replace(record.contract, state=ContractState.SIGNED))


def state_of(registry: SqlRegistry, id: str, version: str) -> ContractState:
    found = registry.contract(ContractId(id), version)
    assert found is not None
    return found.contract.state


def active(ledger: SqlLedger, n: int = 1, **changes: object) -> Grant:
    opened = ledger.open(samples.grant(n), samples.clearance(n), samples.evidence(n), event())
    grant = replace(opened.moved(GrantState.ACTIVE), due_at=opened.ends_at)
    return ledger.save(replace(grant, **changes), event())  # type: ignore[arg-type]


def test_of_contracts_about_the_same_data_that_are_signed_at_once_one_commits(
    database_url: str, database: Database
) -> None:
    registry, names = SqlRegistry(database), [f"loans-{n}" for n in range(4)]
    for name in names:
        proposed(registry, samples.contract(name))
    start, outcomes = Barrier(len(names)), list[str]()

    def sign(name: str) -> None:
        replica = Database(create_engine(database_url, pool_size=2))
        start.wait()
        try:
            SqlRegistry(replica).save_contract(samples.signed(samples.contract(name)), event())
            outcomes.append("in force")
        except (ContractOverlap, LostRace) as error:
            outcomes.append(type(error).__name__)
        replica.close()

    threads = [Thread(target=sign, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ContractOverlap"] * 3 + ["in force"]
    assert len(registry.contracts_in_force()) == 1


@pytest.mark.parametrize("first", [waiting, samples.signed], ids=["signed", "in force"])
def test_a_signed_contract_has_a_claim_on_its_data_before_its_time(
    database: Database, first: Callable[[ContractRecord], ContractRecord]
) -> None:
    registry = SqlRegistry(database)
    registry.save_contract(first(proposed(registry, samples.contract("one"))), event())
    rival = proposed(registry, samples.contract("two"))
    with pytest.raises(ContractOverlap):
        registry.save_contract(waiting(rival), event())
    beside = replace(
        rival.contract,
        id=ContractId("three"),
        prefixes=(S3Prefix(account=ACCOUNT, bucket="corp-lake", prefix="other/"),),
        targets=(),
        tables=(),
    )
    registry.save_contract(waiting(proposed(registry, replace(rival, contract=beside))), event())


def test_what_comes_into_force_supersedes_every_signed_version_before_it(database: Database) -> None:
    registry = SqlRegistry(database)
    for version in ("1.9.0", "1.10.0", "1.11.0"):
        record = proposed(registry, samples.contract(version=version))
        registry.save_contract(samples.signed(record) if version == "1.9.0" else waiting(record), event())
    third = registry.contract(ContractId("loans"), "1.11.0")
    assert third is not None
    registry.save_contract(samples.signed(third), event())
    states = {version: state_of(registry, "loans", version) for version in ("1.9.0", "1.10.0", "1.11.0")}
    assert states == {
        "1.9.0": ContractState.SUPERSEDED,
        "1.10.0": ContractState.SUPERSEDED,
        "1.11.0": ContractState.IN_FORCE,
    }
    assert registry.contracts_signed() == []


def test_a_version_is_not_signed_under_a_later_one(database: Database) -> None:
    registry = SqlRegistry(database)
    for version in ("1.9.0", "1.10.0"):
        proposed(registry, samples.contract(version=version))
    registry.save_contract(waiting(samples.contract(version="1.10.0")), event())
    with pytest.raises(LostRace, match=r"1\.10\.0"):
        registry.save_contract(samples.signed(samples.contract(version="1.9.0")), event())


@pytest.mark.parametrize("state", [ContractState.IN_FORCE, ContractState.ENDED])
def test_a_contract_that_changes_makes_its_live_grants_due_and_fences_off_who_read_them(
    database: Database, state: ContractState
) -> None:
    registry, ledger = SqlRegistry(database), SqlLedger(database)
    record = proposed(registry, samples.contract())
    grant = active(ledger)
    beside = active(ledger, 2, contracts=frozenset({(ContractId("loans2"), "1.0.0")}))
    changed = replace(record, contract=replace(record.contract, state=state))
    registry.save_contract(changed, replace(event(), at=LATER))
    assert [one.id for one in ledger.claim_due(LATER, 10, HOUR)] == [grant.id]
    with pytest.raises(LostRace):
        ledger.save(replace(grant, sessions=1), event())
    assert ledger.get(beside.id) == beside


def test_the_grants_of_a_contract_that_is_forbidden_become_due_too(database: Database) -> None:
    registry, ledger = SqlRegistry(database), SqlLedger(database)
    active(ledger)
    other = replace(samples.terms("other"), forbidden=frozenset({"loans"}), prefixes=(), targets=(), tables=())
    record = proposed(registry, replace(samples.contract("other"), contract=other))
    registry.save_contract(samples.signed(record), replace(event(), at=LATER))
    assert len(ledger.claim_due(LATER, 10, HOUR)) == 1


def test_a_grant_under_a_version_that_is_not_in_force_is_found_and_made_due(database: Database) -> None:
    registry, ledger = SqlRegistry(database), SqlLedger(database)
    grant = active(ledger)
    assert ledger.wake_outdated(LATER) == 1
    found = ledger.get(grant.id)
    assert found is not None
    assert (found.due_at, found.version) == (LATER, grant.version + 1)
    registry.save_contract(samples.signed(proposed(registry, samples.contract())), event())
    ledger.save(replace(ledger.claim_due(LATER, 1, HOUR)[0], due_at=grant.ends_at), event())
    assert ledger.wake_outdated(LATER) == 0


def test_the_live_grants_of_a_contract_are_those_that_give_access_or_are_about_to(database: Database) -> None:
    ledger = SqlLedger(database)
    one, two = active(ledger), active(ledger, 2)
    three = ledger.open(samples.grant(3), samples.clearance(3), samples.evidence(3), event())
    ledger.save(two.moved(GrantState.REVOKING), event())
    assert [grant.id for grant in ledger.live_under(ContractId("loans"))] == [one.id, three.id]
    assert ledger.live_under(ContractId("loan_")) == []


def test_facts_tell_what_an_activity_ever_held(database: Database) -> None:
    registry, ledger, facts = SqlRegistry(database), SqlLedger(database), SqlFacts(database)
    terms = replace(samples.terms(), forbidden=frozenset({"leads"}))
    proposed(registry, replace(samples.contract(), contract=terms))

    def held() -> set[tuple[str, str, frozenset[str]]]:
        found = facts.facts_for(samples.activity_id(1), samples.environment_id(1)).held
        return {(one.id, one.name, one.forbidden) for one in found}

    assert held() == set()
    grant = active(ledger)
    assert held() == {("loans", "Loans", frozenset({"leads"}))}
    used = ledger.save(replace(grant, sessions=1).moved(GrantState.EXPIRING), event())
    assert held() == {("loans", "Loans", frozenset({"leads"}))}
    ledger.save(used.moved(GrantState.CLOSED), event())
    assert held() == {("loans", "Loans", frozenset({"leads"}))}
    assert facts.facts_for(samples.activity_id(2), samples.environment_id(2)).held == frozenset()


def test_a_grant_that_gave_nothing_and_gives_nothing_is_not_held(database: Database) -> None:
    ledger, facts = SqlLedger(database), SqlFacts(database)
    ledger.save(active(ledger).moved(GrantState.REVOKING), event())
    assert facts.facts_for(samples.activity_id(1), samples.environment_id(1)).held == frozenset()


def test_a_held_version_whose_row_is_gone_is_still_held(database: Database) -> None:
    active(SqlLedger(database))
    (held,) = SqlFacts(database).facts_for(samples.activity_id(1), samples.environment_id(1)).held
    assert (held.id, held.version, held.forbidden) == ("loans", "1.0.0", frozenset())


def test_the_names_that_a_contract_may_forbid_are_those_of_signed_ones(database: Database) -> None:
    registry = SqlRegistry(database)
    draft = samples.contract("draft")
    proposed(registry, replace(draft, contract=replace(draft.contract, state=ContractState.DRAFT)))
    proposed(registry, samples.contract("proposed"))
    assert list(registry.contract_names()) == []
    registry.save_contract(waiting(proposed(registry, samples.contract())), event())
    assert list(registry.contract_names()) == [("loans", "Loans")]
    assert [record.contract.id for record in registry.contracts_committed()] == ["loans"]


@pytest.mark.parametrize("change", ["catalogue", "purposes", "directory"])
def test_what_all_decisions_read_makes_every_live_grant_due_when_it_changes(database: Database, change: str) -> None:
    registry, ledger = SqlRegistry(database), SqlLedger(database)
    active(ledger)
    for expected in (1, 0):  # the second time nothing changes
        if change == "catalogue":
            registry.put_catalogue(samples.ITEMS, replace(event(), at=LATER))
        elif change == "directory":
            registry.put_directory(samples.directory(), replace(event(), at=LATER))
        else:
            registry.put_purposes(samples.PURPOSES, replace(event(), at=LATER))
        assert len(ledger.claim_due(LATER, 10, HOUR)) == expected
