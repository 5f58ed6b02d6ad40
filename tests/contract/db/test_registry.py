"""The suite of the port `RegistryStore`: the same on the fake, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from jit_engine.contracts.terms import ContractState
from jit_engine.domain.activity import ActivityState, EnvironmentState
from jit_engine.domain.catalogue import TableItem
from jit_engine.domain.ids import ActivityId, ContractId, SubjectId
from jit_engine.ports import LostRace
from jit_engine.rules.counter_offer import OtherPlaces
from platform_api.db.audit import AuditTrail
from platform_api.db.engine import Database
from platform_api.db.facts import SqlFacts
from platform_api.db.registry import SqlRegistry
from platform_api.paging import PageAsk
from platform_api.registry.ports import RegistryStore
from platform_api.registry.records import ReviewState
from tests.contract.db import samples
from tests.contract.db.samples import HOUR, NOW, event
from tests.fakes import world
from tests.fakes.registry import MemoryRegistry

Kept = tuple[RegistryStore, OtherPlaces, Callable[[], list[str]]]
LOANS = ContractId("loans")


@pytest.fixture
def kept(request: pytest.FixtureRequest, kind: str) -> Kept:
    """A registry with the sample directory and catalogue, its facts, and the actions recorded since."""
    if kind == "fake":
        fake = MemoryRegistry(
            entries=samples.directory(), approvals=samples.APPROVALS, purposes=samples.PURPOSES, items=samples.ITEMS
        )
        return fake, fake, lambda: [one.action for one in fake.events]
    database = request.getfixturevalue("database")
    store = SqlRegistry(database)
    store.put_directory(samples.directory(), event("put"))
    store.put_standing_approvals(samples.APPROVALS, event("put"))
    store.put_purposes(samples.PURPOSES, event("put"))
    store.put_catalogue(samples.ITEMS, event("put"))
    trail = AuditTrail(database)

    def actions() -> list[str]:
        recorded = [str(entry.record["action"]) for entry in reversed(trail.page(PageAsk()).items)]
        return [action for action in recorded if action != "put"]

    return store, SqlFacts(database), actions


@pytest.fixture
def store(kept: Kept) -> RegistryStore:
    return kept[0]


def registered(store: RegistryStore, n: int = 1) -> None:
    store.register(samples.activity(n), samples.environment(n), samples.review(n), event("activity.submitted"))


def test_the_directory_knows_people_and_workloads_by_login_and_id(store: RegistryStore) -> None:
    ana, nightly = samples.directory()
    assert store.subject_of("https://idp", "ana") == ana.subject
    assert store.subject_of("https://other", "ana") is None
    assert store.subject(nightly.subject.id) == nightly.subject
    assert store.subject(SubjectId("pe_none")) is None
    assert list(store.directory()) == [ana, nightly]


def test_standing_approvals_are_those_of_the_teams(store: RegistryStore) -> None:
    assert list(store.standing_approvals(frozenset({"risk", "lending"}))) == samples.APPROVALS[:1]
    assert list(store.standing_approvals(frozenset())) == []


def test_purposes_and_catalogue_are_read_back(store: RegistryStore) -> None:
    assert store.purposes() == samples.PURPOSES
    assert set(store.catalogue().items) == set(samples.ITEMS)


def test_a_registered_activity_is_read_back_with_its_environment_and_review(kept: Kept) -> None:
    store, _, actions = kept
    registered(store)
    assert store.activity(samples.activity_id(1)) == samples.activity()
    assert store.activity_named("activity-1") == samples.activity()
    assert store.environment(samples.environment_id(1)) == samples.environment()
    assert list(store.environments_of(samples.activity_id(1))) == [samples.environment()]
    assert store.review(samples.review().id) == samples.review()
    assert store.review_of(samples.environment_id(1)) == samples.review()
    assert actions() == ["activity.submitted"]


def test_what_is_not_there_is_none(store: RegistryStore) -> None:
    assert store.activity(ActivityId("ac_none")) is None
    assert store.activity_named("none") is None
    assert store.environment(samples.environment_id(9)) is None
    assert list(store.environments_of(samples.activity_id(9))) == []
    assert store.review(samples.review(9).id) is None
    assert store.review_of(samples.environment_id(9)) is None
    assert store.contract(LOANS, "1.0.0") is None


def test_a_name_is_registered_once_and_the_loser_leaves_nothing(kept: Kept) -> None:
    store, _, actions = kept
    registered(store)
    second = samples.activity(2)
    taken = replace(second, activity=replace(second.activity, name="activity-1"))
    with pytest.raises(LostRace):
        store.register(taken, samples.environment(2), samples.review(2), event("activity.submitted"))
    assert store.activity(second.activity.id) is None
    assert store.environment(samples.environment_id(2)) is None
    assert actions() == ["activity.submitted"]


@pytest.mark.case("PROV-004")
def test_an_environment_s_id_is_given_once_whoever_asks_for_it_again(kept: Kept) -> None:
    store, _, actions = kept
    registered(store)
    again = replace(samples.environment(1), environment=samples.environment(1, of=2).environment)
    with pytest.raises(LostRace):
        store.register(samples.activity(2), again, samples.review(2), event("activity.submitted"))
    with pytest.raises(LostRace):
        store.add_environment(again, samples.review(3, of=1), event("environment.submitted"))
    assert store.activity(samples.activity_id(2)) is None
    kept_one = store.environment(samples.environment_id(1))
    assert kept_one is not None
    assert kept_one.environment.activity == samples.activity_id(1)
    assert actions() == ["activity.submitted"]


def test_an_environment_is_added_with_its_review(store: RegistryStore) -> None:
    registered(store)
    store.add_environment(samples.environment(2, of=1), samples.review(2, of=1), event("environment.submitted"))
    assert [one.environment.id for one in store.environments_of(samples.activity_id(1))] == [
        samples.environment_id(1),
        samples.environment_id(2),
    ]
    assert store.review_of(samples.environment_id(2)) == samples.review(2, of=1)


def test_an_activity_is_saved_with_its_members_behind_the_fence(kept: Kept) -> None:
    store, _, actions = kept
    registered(store)
    read = samples.activity()
    members = frozenset({samples.person_id(1), samples.person_id(55)})
    changed = replace(read, activity=replace(read.activity, state=ActivityState.ACTIVE, members=members))
    saved = store.save_activity(changed, event("activity.active"))
    assert saved == replace(changed, version=read.version + 1)
    assert store.activity(read.activity.id) == saved
    with pytest.raises(LostRace):
        store.save_activity(changed, event("activity.active"))
    assert actions() == ["activity.submitted", "activity.active"]


def test_an_environment_is_saved_in_every_field_behind_the_fence(store: RegistryStore) -> None:
    registered(store)
    read = samples.environment()
    changed = replace(
        read,
        environment=replace(read.environment, state=EnvironmentState.ACTIVE, place=samples.PLACE),
        stack="sg-1",
        template_digest="cd" * 32,
        resources={"Bucket": "sg-work"},
        tags={"sluicegate:tier": "research"},
        events=(samples.PROVISIONED,),
        due_at=NOW + HOUR,
        tries=2,
        last_error="throttled",
    )
    saved = store.save_environment(changed, event("environment.active"))
    assert saved == replace(changed, version=read.version + 1)
    assert store.environment(read.environment.id) == saved
    with pytest.raises(LostRace):
        store.save_environment(changed, event("environment.active"))


def test_a_decided_review_moves_environment_and_activity_with_it(store: RegistryStore) -> None:
    registered(store)
    decided = replace(
        samples.review(),
        state=ReviewState.APPROVED,
        decided_at=NOW,
        decided_by=samples.person_id(9),
        comment="fine",
    )
    environment, activity = samples.environment(state=EnvironmentState.APPROVED), samples.activity()
    activity = replace(activity, activity=replace(activity.activity, state=ActivityState.ACTIVE))
    store.save_review(decided, environment, activity, event("review.approved"))
    assert store.review(decided.id) == replace(decided, version=decided.version + 1)
    assert store.environment(environment.environment.id) == replace(environment, version=environment.version + 1)
    assert store.activity(activity.activity.id) == replace(activity, version=activity.version + 1)


@pytest.mark.parametrize("stale", ["review", "environment", "activity"])
def test_a_review_that_met_any_other_writer_changes_nothing(kept: Kept, stale: str) -> None:
    store, _, actions = kept
    registered(store)
    review, environment, activity = samples.review(), samples.environment(), samples.activity()
    review = replace(review, comment="lost", version=review.version + (stale == "review"))
    environment = replace(environment, version=environment.version + (stale == "environment"))
    activity = replace(activity, version=activity.version + (stale == "activity"))
    with pytest.raises(LostRace):
        store.save_review(review, environment, activity, event("review.approved"))
    assert store.review(review.id) == samples.review()
    assert store.environment(samples.environment_id(1)) == samples.environment()
    assert actions() == ["activity.submitted"]


def test_environments_are_claimed_when_due_unless_no_review_has_approved_them(kept: Kept) -> None:
    store, _, actions = kept
    for n, (state, late) in enumerate(
        [(EnvironmentState.APPROVED, 1), (EnvironmentState.PROVISIONING, 2), (EnvironmentState.SUBMITTED, 3)], start=1
    ):
        due = replace(samples.environment(n, state=state), due_at=NOW - late * HOUR)
        store.register(samples.activity(n), due, samples.review(n), event("activity.submitted"))
    claimed = store.claim_due_environments(NOW, 9, HOUR)
    assert [one.environment.id for one in claimed] == [samples.environment_id(2), samples.environment_id(1)]
    assert [(one.due_at, one.version) for one in claimed] == [(NOW + HOUR, 2)] * 2
    assert store.environment(samples.environment_id(2)) == claimed[0]
    assert list(store.claim_due_environments(NOW, 9, HOUR)) == []
    assert actions() == ["activity.submitted"] * 3


def test_a_contract_is_proposed_once_and_read_back(store: RegistryStore) -> None:
    store.propose_contract(samples.contract(), event("contract.proposed"))
    assert store.contract(LOANS, "1.0.0") == samples.contract()
    assert list(store.contracts_in_force()) == []
    with pytest.raises(LostRace):
        store.propose_contract(samples.contract(), event("contract.proposed"))


def test_a_signed_contract_keeps_its_signatures_in_order(store: RegistryStore) -> None:
    store.propose_contract(samples.contract(), event("contract.proposed"))
    once = replace(samples.contract(), signatures=(samples.signature(),))
    saved = store.save_contract(once, event("contract.signed"))
    again = store.save_contract(samples.signed(saved), event("contract.signed"))
    assert again.signatures == samples.signed(saved).signatures
    assert store.contract(LOANS, "1.0.0") == again
    with pytest.raises(LostRace):
        store.save_contract(once, event("contract.signed"))


def test_a_version_that_comes_into_force_supersedes_the_one_before(store: RegistryStore) -> None:
    for n, version in enumerate(("1.0.0", "1.1.0")):
        proposed = replace(samples.contract(version=version), created_at=NOW + n * HOUR)
        store.propose_contract(proposed, event("contract.proposed"))
        store.save_contract(samples.signed(proposed), event("contract.signed"))
    assert [(one.contract.version, one.contract.state) for one in store.contract_versions(LOANS)] == [
        ("1.0.0", ContractState.SUPERSEDED),
        ("1.1.0", ContractState.IN_FORCE),
    ]
    assert [one.contract.key for one in store.contracts_in_force()] == [(LOANS, "1.1.0")]


def test_an_acceptance_is_seen_in_the_activity_and_given_once(kept: Kept) -> None:
    store, _, actions = kept
    registered(store)
    store.propose_contract(samples.contract(), event("contract.proposed"))
    store.accept(samples.acceptance(), event("contract.accepted"))
    read = store.activity(samples.activity_id(1))
    assert read is not None
    assert read.activity.accepted == {(LOANS, "1.0.0")}
    assert store.save_activity(read, event("activity.saved")).version == 2
    with pytest.raises(LostRace):
        store.accept(samples.acceptance(), event("contract.accepted"))
    assert actions() == ["activity.submitted", "contract.proposed", "contract.accepted", "activity.saved"]


def test_the_facts_are_those_of_the_registry(kept: Kept) -> None:
    store, facts, _ = kept
    registered(store)
    store.propose_contract(samples.contract(), event())
    store.propose_contract(samples.contract("other"), event())
    found = facts.facts_for(samples.activity_id(1), samples.environment_id(1))
    assert found.activity == samples.activity().activity
    assert found.owner == samples.directory()[0].subject
    assert found.environment == samples.environment().environment
    assert found.contracts == ()
    assert found.catalogue == store.catalogue()
    assert found.purposes == samples.PURPOSES


def test_an_environment_that_is_named_with_a_list_has_it_among_its_facts(database: Database) -> None:
    store = SqlRegistry(database)
    store.put_directory(samples.directory(), event("put"))
    registered(store)
    record = store.environment(samples.environment_id(1))
    assert record is not None
    placed = replace(record.environment, place=world.place(record.environment.id))
    store.save_environment(replace(record, environment=placed), event())
    facts = SqlFacts(database, egress={placed.id: "arn:list"})
    found = facts.facts_for(samples.activity_id(1), placed.id).environment
    assert found is not None
    assert found.place == replace(world.place(placed.id), egress=frozenset({"arn:list"}))


def test_elsewhere_are_the_other_active_environments_of_the_activity(kept: Kept) -> None:
    store, facts, _ = kept
    registered(store)
    for n, state in ((6, EnvironmentState.ACTIVE), (5, EnvironmentState.ACTIVE), (7, EnvironmentState.RETIRED)):
        place = samples.environment(n, of=1, state=state)
        review = replace(samples.review(n), activity=samples.activity_id(1), environment=place.environment.id)
        store.add_environment(place, review, event())
    asked = (samples.activity_id(1), samples.environment_id(5))
    (found,) = facts.elsewhere(*asked)
    assert found == facts.facts_for(samples.activity_id(1), samples.environment_id(6))
    assert list(facts.elsewhere(samples.activity_id(9), samples.environment_id(9))) == []


def test_the_facts_follow_every_change(kept: Kept) -> None:
    store, facts, _ = kept
    registered(store)
    asked = (samples.activity_id(1), samples.environment_id(1))
    assert facts.facts_for(*asked).contracts == ()
    store.propose_contract(samples.contract(), event())
    in_force = store.save_contract(samples.signed(samples.contract()), event())
    assert facts.facts_for(*asked).contracts == (in_force.contract,)
    ended = replace(in_force, contract=replace(in_force.contract, state=ContractState.ENDED))
    store.save_contract(ended, event())
    store.save_environment(samples.environment(state=EnvironmentState.RETIRED), event())
    found = facts.facts_for(*asked)
    assert found.contracts == ()
    assert found.environment is not None
    assert found.environment.state is EnvironmentState.RETIRED


def test_unknown_ids_give_facts_that_say_so(kept: Kept) -> None:
    found = kept[1].facts_for(samples.activity_id(9), samples.environment_id(9))
    assert (found.activity, found.owner, found.environment) == (None, None, None)


def test_an_import_changes_the_catalogue_that_it_has_read_or_nothing(kept: Kept) -> None:
    store, _, actions = kept
    before = store.catalogue()
    table, prefix = samples.ITEMS
    store.change_catalogue(before.generation, [replace(table, title="Other")], [prefix], event("catalogue.imported"))
    after = store.catalogue()
    assert [(item.source, item.title) for item in after.items] == [(table.source, "Other")]
    assert after.generation == before.generation + 1
    with pytest.raises(LostRace):
        store.change_catalogue(before.generation, [], [table], event("catalogue.imported"))
    assert store.catalogue() == after
    assert actions() == ["catalogue.imported"]


def test_a_contract_that_comes_into_force_makes_the_columns_as_strict_as_it_says(kept: Kept) -> None:
    store, _, actions = kept
    columns = [{"name": "amount", "classification": "restricted"}, {"name": "purpose", "classification": "public"}]
    record = replace(samples.contract(), document={"schema": [{"name": "loans", "properties": columns}]})
    store.propose_contract(record, event("contract.proposed"))
    before = store.catalogue().generation
    store.save_contract(samples.signed(record), event("contract.in-force"))
    (table,) = [item for item in store.catalogue().items if isinstance(item, TableItem)]
    assert {column: group.classification.value for group in table.groups for column in group.columns} == {
        "amount": "restricted",
        "purpose": "internal",
    }
    assert table.classes == {"financial"}
    assert store.catalogue().generation == before + 1
    assert sorted(actions()) == ["catalogue.classified", "contract.in-force", "contract.proposed"]
