"""The store of rulebooks: one suite for the fake, SQLite and PostgreSQL; then what only a database can get wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest

from jit_engine.domain.grant import GrantState
from jit_engine.errors import InvalidValue
from jit_engine.ports import LostRace
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database, create_engine
from platform_api.db.ledger import SqlLedger
from platform_api.db.rulebooks import SqlRulebooks
from platform_api.paging import PageAsk
from policy.ports import Deed, RulebookStore
from policy.refusals import Overtaken
from policy.versions import Approval, Proposal, RulebookState, RulebookVersion
from tests.contract.db import samples
from tests.contract.db.rulebook_samples import rulebook as draft
from tests.contract.db.samples import NOW, event
from tests.fakes.rulebooks import MemoryRulebooks

TEXT = "permit (principal, action, resource);"
SAMPLE = "sample-1"


def deed(action: str = "rulebook.test", at: datetime = NOW) -> Deed:
    return Deed(action=action, actor="pe_gus", at=at, about={"rulebook": "2"}, details={"why": "a test"})


def judged(version: RulebookVersion) -> RulebookVersion:
    """With everything that a version can have."""
    proposal = Proposal(
        by="pe_gus", at=NOW, digest=version.digest, against=SAMPLE, impact={"lead": ["nobody"], "of": {"n": 1}}
    )
    approval = Approval(by="pe_olga", at=NOW, digest=version.digest, against=SAMPLE)
    return replace(version, proposal=proposal, approvals=(approval,), rollback_of="1")


def the_live(number: int = 1) -> RulebookVersion:
    return replace(
        draft(number, RulebookState.LIVE),
        version=SAMPLE,
        title="The rules of the installation",
        text=TEXT,
        cases="",
        authors=(),
        live_at=NOW,
    )


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest) -> RulebookStore:
    """A store whose live version is the one that an installation started with."""
    if kind == "fake":
        return MemoryRulebooks(the_live())
    database: Database = request.getfixturevalue("database")
    rulebooks = SqlRulebooks(database)
    rulebooks.put_rulebook(SAMPLE, TEXT, event())
    return rulebooks


def live(store: RulebookStore) -> RulebookVersion:
    found = store.live()
    assert found is not None
    return found


def approved(store: RulebookStore, number: int) -> RulebookVersion:
    added = store.add(draft(number), deed())
    return store.save(replace(judged(added), state=RulebookState.APPROVED), deed())


def test_what_an_installation_starts_with_is_live_and_has_no_author(store: RulebookStore) -> None:
    assert live(store) == the_live()
    assert store.next_number() == 2


def test_a_version_is_read_back_as_it_was_written(store: RulebookStore) -> None:
    added = store.add(draft(2), deed())
    assert store.get("2") == added
    saved = store.save(judged(added), deed())
    assert saved.revision == added.revision + 1
    assert store.get("2") == saved
    assert [version.version for version in store.versions()] == ["2", SAMPLE]
    assert store.get("nothing") is None


def test_a_number_is_given_once(store: RulebookStore) -> None:
    store.add(draft(2), deed())
    assert store.next_number() == 3
    for taken in (draft(2), replace(draft(2), version="other")):
        with pytest.raises(Overtaken):
            store.add(taken, deed())
    assert store.next_number() == 3


def test_a_write_of_an_older_revision_is_refused(store: RulebookStore) -> None:
    added = store.add(draft(2), deed())
    saved = store.save(replace(added, title="First"), deed())
    with pytest.raises(Overtaken):
        store.save(replace(added, title="Second"), deed())
    with pytest.raises(Overtaken):
        store.save(draft(9), deed())
    assert store.get("2") == saved


def test_an_activation_retires_one_makes_one_live_and_ends_what_else_was_judged(store: RulebookStore) -> None:
    chosen, other = approved(store, 2), approved(store, 3)
    store.save(replace(store.add(draft(4), deed()), state=RulebookState.PROPOSED), deed())
    rejected = store.save(replace(store.add(draft(5), deed()), state=RulebookState.REJECTED), deed())
    before = live(store)
    active = store.activate(replace(chosen, state=RulebookState.LIVE, live_at=NOW), before, deed())
    assert live(store) == active
    retired = store.get(SAMPLE)
    assert retired is not None
    assert (retired.state, retired.text) == (RulebookState.RETIRED, TEXT)
    for version in ("3", "4"):
        found = store.get(version)
        assert found is not None
        assert (found.state, found.proposal, found.approvals) == (RulebookState.DRAFT, None, ())
    assert store.get("5") == rejected
    with pytest.raises(Overtaken):
        store.activate(replace(other, state=RulebookState.LIVE), live(store), deed())


def test_an_activation_over_what_is_not_live_changes_nothing(store: RulebookStore) -> None:
    first, second = approved(store, 2), approved(store, 3)
    before = live(store)
    store.activate(replace(first, state=RulebookState.LIVE), before, deed())
    here = list(store.versions())
    with pytest.raises(Overtaken):
        store.activate(replace(second, state=RulebookState.LIVE), before, deed())
    assert list(store.versions()) == here


def test_rules_that_people_made_live_are_left_alone_by_the_installation(database: Database) -> None:
    rulebooks = SqlRulebooks(database)
    rulebooks.put_rulebook(SAMPLE, TEXT, event())
    chosen = approved(rulebooks, 2)
    rulebooks.activate(replace(chosen, state=RulebookState.LIVE), live(rulebooks), deed())
    for version in (SAMPLE, "sample-2"):
        text = TEXT if version == SAMPLE else TEXT + "// newer"
        assert rulebooks.put_rulebook(version, text, event()) is False
    assert rulebooks.live_version() == "2"
    with pytest.raises(InvalidValue):
        rulebooks.put_rulebook("2", TEXT, event())


def test_the_versions_are_listed_by_the_page_and_by_state(database: Database) -> None:
    rulebooks = SqlRulebooks(database)
    rulebooks.put_rulebook(SAMPLE, TEXT, event())
    for number in range(2, 12):
        rulebooks.add(draft(number), deed())
    first = rulebooks.page(PageAsk(limit=4))
    second = rulebooks.page(PageAsk(limit=50, cursor=first.next_cursor))
    assert [one.number for one in (*first.items, *second.items)] == list(range(11, 0, -1))
    assert [one.version for one in rulebooks.page(PageAsk(filters={"state": "live"})).items] == [SAMPLE]


def test_an_activation_makes_every_active_grant_due_and_fences_off_whoever_read_it_before(database: Database) -> None:
    rulebooks, ledger = SqlRulebooks(database), SqlLedger(database)
    rulebooks.put_rulebook("1", TEXT, event())
    ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event())
    read = ledger.save(samples.grant().moved(GrantState.ACTIVE), event())
    later = NOW + timedelta(minutes=1)
    chosen = approved(rulebooks, 2)
    rulebooks.activate(replace(chosen, state=RulebookState.LIVE), live(rulebooks), deed(at=later))
    due = ledger.get(read.id)
    assert due is not None
    assert due.due_at == later
    with pytest.raises(LostRace):
        ledger.save(replace(read, sessions=1), event("credentials.delivered"))


def test_no_grant_is_opened_on_rules_that_are_no_longer_live(database: Database) -> None:
    rulebooks, ledger = SqlRulebooks(database), SqlLedger(database)
    rulebooks.put_rulebook("1", TEXT, event())  # what the sample's clearance is of
    chosen = approved(rulebooks, 2)
    rulebooks.activate(replace(chosen, state=RulebookState.LIVE), live(rulebooks), deed())
    size = AuditTrail(database).head().size
    with pytest.raises(LostRace):
        ledger.open(samples.grant(), samples.clearance(), samples.evidence(), event())
    assert ledger.get(samples.grant().id) is None
    assert AuditTrail(database).head().size == size


def at_once(url: str, works: list[Callable[[Database], object]]) -> list[Exception]:
    """Runs each in a replica of its own at the same moment; what they raised."""
    start, failures = Barrier(len(works)), list[Exception]()

    def run(work: Callable[[Database], object]) -> None:
        replica = Database(create_engine(url, pool_size=2))
        start.wait()
        try:
            work(replica)
        except (Overtaken, LostRace) as lost:
            failures.append(lost)
        finally:
            replica.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_of_activations_at_once_exactly_one_wins(database_url: str, database: Database) -> None:
    rulebooks = SqlRulebooks(database)
    rulebooks.put_rulebook(SAMPLE, TEXT, event())
    chosen = [approved(rulebooks, number) for number in range(2, 6)]
    over = live(rulebooks)

    def activating(version: RulebookVersion) -> Callable[[Database], object]:
        ready = replace(version, state=RulebookState.LIVE)
        return lambda replica: SqlRulebooks(replica).activate(ready, over, deed())

    failures = at_once(database_url, [activating(version) for version in chosen])
    assert [type(failure) for failure in failures] == [Overtaken] * 3
    states = [version.state for version in rulebooks.versions()]
    assert states.count(RulebookState.LIVE) == 1
    assert states.count(RulebookState.DRAFT) == 3
    assert AuditTrail(database).verify().ok


@pytest.mark.case("POL-037")
def test_of_approvals_at_once_exactly_one_is_kept(database_url: str, database: Database) -> None:
    rulebooks = SqlRulebooks(database)
    rulebooks.put_rulebook(SAMPLE, TEXT, event())
    shown = rulebooks.save(replace(rulebooks.add(draft(2), deed()), state=RulebookState.PROPOSED), deed())
    agreed = replace(judged(shown), state=RulebookState.APPROVED)
    failures = at_once(database_url, [lambda replica: SqlRulebooks(replica).save(agreed, deed())] * 3)
    assert len(failures) == 2
    found = rulebooks.get("2")
    assert found is not None
    assert len(found.approvals) == 1


def test_a_grant_and_an_activation_at_once_leave_no_grant_on_old_rules_unnoticed(
    database_url: str, database: Database
) -> None:
    rulebooks, ledger = SqlRulebooks(database), SqlLedger(database)
    rulebooks.put_rulebook("1", TEXT, event())
    chosen = replace(approved(rulebooks, 2), state=RulebookState.LIVE)
    over = live(rulebooks)
    openings: list[Callable[[Database], object]] = [
        lambda replica, n=n: SqlLedger(replica).open(  # type: ignore[misc]
            samples.grant(n), samples.clearance(n), samples.evidence(n), event()
        )
        for n in range(1, 4)
    ]
    failures = at_once(database_url, [*openings, lambda replica: SqlRulebooks(replica).activate(chosen, over, deed())])
    assert rulebooks.live_version() == "2"
    opened = sum(ledger.get(samples.grant(n).id) is not None for n in range(1, 4))
    assert opened + len(failures) == 3
    assert AuditTrail(database).verify().ok
