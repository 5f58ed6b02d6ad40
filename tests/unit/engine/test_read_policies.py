"""The loop that reads the sources' own policies, and what a decision makes of what it found."""

from dataclasses import replace
from datetime import timedelta

from jit_engine.domain.classification import Classification
from jit_engine.domain.label import Label, Mark
from jit_engine.domain.resource_policy import OwnPolicies, PolicyText, Safeguards
from jit_engine.domain.source import Operation, Source
from jit_engine.errors import AwsUnavailable
from jit_engine.flows.read_policies import AFTER_A_FINDING, EVERY, OwnPolicyReader, ReadPolicies
from jit_engine.iam.base_role import PlannedSession, session_of
from jit_engine.ports import Facts
from tests.fakes import world
from tests.fakes.networks import networked
from tests.fakes.policy_readings import MemoryPolicyReadings
from tests.fakes.world import ACCOUNT, FACTS_PREFIX, LOANS, NOW, REGION, ask

LAKE = "arn:aws:s3:::sample-lake"
CATALOGUE = f"arn:aws:glue:{REGION}:{ACCOUNT}:catalog"
OPEN = '{"Statement":{"Sid":"Open","Effect":"Allow","Principal":"*"}}'


class FakeOwner:
    """What AWS holds, as `say` was last changed; None: it does not answer."""

    def __init__(self) -> None:
        self.say: OwnPolicies | None = OwnPolicies()

    def __call__(self, resource: str) -> OwnPolicies:
        if self.say is None:
            raise AwsUnavailable(operation="s3:get_bucket_policy", retry_after=timedelta(seconds=1))
        return self.say


def desk(owner: OwnPolicyReader) -> tuple[ReadPolicies, MemoryPolicyReadings]:
    """The loop over the lake and the catalogue."""
    store = MemoryPolicyReadings({LAKE: ACCOUNT, CATALOGUE: ACCOUNT})
    return ReadPolicies(readings=store, readers={ACCOUNT: owner}), store


def known(store: MemoryPolicyReadings, network_from: Classification | None = None) -> Facts:
    """Today's facts with what was read."""
    found = Safeguards(readings=tuple(store.kept.values()), oldest=timedelta(hours=24), network_from=network_from)
    return world.facts(safeguards=found)


def codes(facts: Facts, source: Source = FACTS_PREFIX) -> list[str]:
    """The breaches that refuse it."""
    (verdict,) = world.refused(ask(source), known=facts).verdicts
    assert verdict.contract is not None
    return [breach.code for breach in verdict.contract.breaches]


def test_nothing_is_given_that_was_never_read() -> None:
    _, store = desk(FakeOwner())
    assert codes(known(store)) == ["source-not-checked"]
    assert codes(known(store), LOANS) == ["source-not-checked", "source-not-checked"]


def test_what_was_read_and_is_closed_is_given_for_a_day() -> None:
    loop, store = desk(FakeOwner())
    assert loop.step(NOW - timedelta(hours=24)) == 2
    world.cleared(ask(LOANS), known=known(store))
    old = {name: replace(one, checked_at=NOW - timedelta(hours=25)) for name, one in store.kept.items()}
    store.kept = old
    assert codes(known(store)) == ["source-not-checked"]


def test_an_opening_refuses_the_source_with_its_statement_and_its_repair() -> None:
    owner = FakeOwner()
    loop, store = desk(owner)
    owner.say = OwnPolicies(texts=(PolicyText(name="bucket policy of sample-lake", text=OPEN),))
    loop.step(NOW)
    (verdict,) = world.refused(ask(FACTS_PREFIX), known=known(store)).verdicts
    assert verdict.contract is not None
    (breach,) = verdict.contract.breaches
    assert (breach.code, breach.clause) == ("not-enforceable", "bucket policy of sample-lake, Open")
    assert ACCOUNT in breach.given
    assert breach.next_step.startswith("have its owner repair it: ")
    assert {event.action for event in store.events} == {"source.policies-changed"}


def test_what_is_open_is_looked_at_again_sooner() -> None:
    owner = FakeOwner()
    loop, store = desk(owner)
    loop.step(NOW)
    assert set(store.due.values()) == {NOW + EVERY}
    owner.say = OwnPolicies(unread=("bucket policy of sample-lake: AWS answers AccessDenied",))
    assert loop.step(NOW + EVERY) == 2
    assert set(store.due.values()) == {NOW + EVERY + AFTER_A_FINDING}


def test_an_aws_that_does_not_answer_leaves_the_last_reading() -> None:
    owner = FakeOwner()
    loop, store = desk(owner)
    loop.step(NOW)
    before = dict(store.kept)
    owner.say = None
    assert loop.step(NOW + EVERY) == 0
    assert store.kept == before


def test_a_resource_of_an_account_that_is_not_served_is_not_enforceable() -> None:
    store = MemoryPolicyReadings({LAKE: "999900001111"})
    ReadPolicies(readings=store, readers={ACCOUNT: FakeOwner()}).step(NOW)
    assert "not served" in store.kept[LAKE].findings[0].why


def test_a_network_is_demanded_where_the_settings_say_so() -> None:
    loop, store = desk(FakeOwner())
    loop.step(NOW)
    assert codes(known(store, Classification.CONFIDENTIAL)) == ["network-needed"]
    world.cleared(ask(), known=known(store, Classification.RESTRICTED))
    there = replace(known(store, Classification.CONFIDENTIAL), environment=networked())
    assert world.cleared(ask(), known=there).endpoints == {"vpce-0a", "vpce-0b"}


def test_a_network_is_demanded_for_what_may_lie_in_the_workspace_too() -> None:
    loop, store = desk(FakeOwner())
    loop.step(NOW)
    quiet = replace(world.prefix_item(FACTS_PREFIX), classification=Classification.INTERNAL)
    asked = known(store, Classification.CONFIDENTIAL)
    asked = replace(asked, catalogue=replace(asked.catalogue, items=(quiet,)))
    world.cleared(ask(FACTS_PREFIX, Operation.DESCRIBE), known=asked)
    mark = Mark(
        contract=world.CONTRACT,
        version="1.0.0",
        classification=Classification.CONFIDENTIAL,
        classes=frozenset(),
        purposes=frozenset({"lending"}),
        holders=frozenset({world.ADA.id}),
    )
    refusal = world.refused(ask(FACTS_PREFIX, Operation.DESCRIBE), known=replace(asked, label=Label(marks=(mark,))))
    assert [breach.code for breach in refusal.breaches] == ["network-needed"]


def test_what_is_bound_to_a_network_is_never_a_session_of_the_shared_base_role() -> None:
    offered = world.contract(session_minting=True)
    free = world.cleared(ask(), known=world.facts(contracts=(offered,)))
    bound = world.cleared(ask(), known=world.facts(contracts=(offered,), environment=networked()))
    lent, why = [session_of(one, (offered,), world.place_of(one), world.GRANT) for one in (free, bound)]
    assert isinstance(lent, PlannedSession)
    assert why == "it works from the environment's network only, which needs a role of its own"
