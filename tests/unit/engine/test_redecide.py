"""Live grants decided anew: what a change of contract, rules, people or catalogue ends, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.contracts.terms import ContractState, HeldContract
from jit_engine.domain.activity import ActivityState, EnvironmentState
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import ContractId, RequestId, SubjectId
from jit_engine.domain.subject import Subject
from jit_engine.flows.redecide import Redecide
from jit_engine.ports import Facts
from tests.fakes import world
from tests.fakes.ledger import MemoryLedger
from tests.fakes.world import ADA, BEN, CONTRACT, NOW, activity, contract, environment, facts
from tests.unit.engine.desk import Desk
from tests.unit.engine.test_views import SEEN, view

MINUTE = timedelta(minutes=1)
PARCELS = world.table("parcels", "land")
ACCEPTED = frozenset({(CONTRACT, "1.0.0"), (CONTRACT, "1.1.0")})


@dataclass(slots=True)
class Live:
    """The live grants of a ledger in memory; `after` is done once they were read, as another writer would."""

    ledger: MemoryLedger
    after: Callable[[], object] = lambda: None

    def live_under(self, contract: ContractId) -> Sequence[Grant]:
        return [grant for grant in self.giving() if contract in {key for key, _ in grant.contracts}]

    def giving(self) -> Sequence[Grant]:
        states = (GrantState.MINTING, GrantState.ACTIVE)
        found = [grant for grant in self.ledger.grants.values() if grant.state in states]
        self.after()
        return found


def redecide(desk: Desk, *, live: Live | None = None, left: frozenset[SubjectId] = frozenset()) -> Redecide:
    def subject_of(id: SubjectId) -> Subject | None:
        return None if id in left else ADA

    return Redecide(
        facts=desk.facts,
        ledger=desk.ledger,
        live=live or Live(desk.ledger),
        judges=lambda: desk.judges,
        subject_of=subject_of,
    )


def known(**changes: Any) -> Facts:
    """Facts in which a later version is in force, accepted by the activity."""
    terms = {"version": "1.1.0", **changes}
    return facts(contracts=(contract(**terms),), activity=activity(accepted=ACCEPTED))


def test_a_contract_that_nothing_changed_leaves_its_grants_untouched() -> None:
    desk = Desk()
    grant = desk.ask()
    assert redecide(desk).under(CONTRACT, NOW) == ()
    assert desk.ledger.get(grant.id) == grant


@pytest.mark.parametrize(
    ("facts_then", "reason"),
    [
        (facts(contracts=()), "no longer permitted"),
        (facts(contracts=(contract(state=ContractState.ENDED),)), "no longer permitted"),
        (facts(contracts=(contract(version="1.1.0"),)), "no longer permitted"),
        (known(purposes=frozenset({"marketing"})), "no longer permitted"),
        (known(teams=frozenset({"marketing"})), "no longer permitted"),
        (known(max_duration=timedelta(minutes=30)), "the contract now allows 30 minutes at most"),
        (known(ends_at=NOW + 40 * MINUTE), "contract, activity or environment now end at"),
        (facts(activity=None, owner=None), "what it rests on is gone"),
        (facts(activity=activity(owner=BEN.id, members=frozenset({BEN.id})), owner=BEN), "no longer permitted"),
        (facts(activity=activity(state=ActivityState.SUSPENDED)), "no longer permitted"),
        (facts(environment=environment(state=EnvironmentState.RETIRED)), "no longer permitted"),
        (
            facts(
                held=frozenset(
                    {HeldContract(id=ContractId("co_x"), version="1.0.0", name="X", forbidden=frozenset({CONTRACT}))}
                )
            ),
            "no longer permitted",
        ),
    ],
    ids=[
        "gone",
        "ended",
        "not accepted",
        "purpose",
        "team",
        "duration",
        "end",
        "activity gone",
        "membership ended",
        "suspended",
        "environment retired",
        "combination",
    ],
)
def test_what_no_longer_passes_is_due_for_revocation_with_its_reason(facts_then: Facts, reason: str) -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = facts_then
    (ended,) = redecide(desk).under(CONTRACT, NOW + MINUTE)
    assert ended == desk.ledger.get(grant.id)
    assert (ended.state, ended.due_at) == (GrantState.REVOKING, NOW + MINUTE)
    assert (ended.reason or "").startswith(reason)
    event = desk.ledger.events[-1]
    assert (event.action, event.actor) == ("grant.no-longer-passes", "system:redecide")
    assert str(event.details["reason"]).startswith(reason)


def test_a_version_accepted_ahead_that_takes_nothing_away_carries_the_grant_on() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = known(ends_at=NOW + timedelta(hours=3))
    assert redecide(desk).under(CONTRACT, NOW) == ()
    found = desk.ledger.get(grant.id)
    assert found is not None
    assert (found.state, found.contracts) == (GrantState.ACTIVE, frozenset({(CONTRACT, "1.1.0")}))
    assert found.sessions_end_by == NOW + timedelta(hours=3)
    assert desk.ledger.events[-1].action == "grant.still-passes"
    assert redecide(desk).under(CONTRACT, NOW) == ()
    assert desk.ledger.get(grant.id) == found


def test_a_holder_who_has_left_loses_the_grant() -> None:
    desk = Desk()
    desk.ask()
    (ended,) = redecide(desk, left=frozenset({ADA.id})).under(CONTRACT, NOW)
    assert ended.reason == "the directory no longer knows its holder"


def test_too_little_time_for_a_new_session_ends_nothing() -> None:
    end = NOW + 65 * MINUTE
    desk = Desk(facts=world.FakeFacts(facts(contracts=(contract(ends_at=end),))))
    grant = desk.ask()
    assert redecide(desk).under(CONTRACT, end - timedelta(minutes=14)) == ()
    assert desk.ledger.get(grant.id) == grant


def test_a_grant_that_is_being_minted_is_given_up() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.ledger.grants[grant.id] = replace(grant, state=GrantState.MINTING)
    desk.facts.now_known = facts(contracts=())
    (ended,) = redecide(desk).under(CONTRACT, NOW)
    assert ended.state is GrantState.ABANDONED


def test_another_contracts_grants_are_not_asked_about() -> None:
    desk = Desk()
    desk.ask()
    desk.facts.now_known = facts(contracts=())
    assert redecide(desk).under(ContractId("co_other"), NOW) == ()
    assert len(redecide(desk).every(NOW)) == 1


def test_a_race_is_run_again_on_what_is_there_then() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = facts(contracts=())

    def deliver_meanwhile() -> None:
        desk.ledger.grants[grant.id] = replace(grant, sessions=1, version=grant.version + 1)

    (ended,) = redecide(desk, live=Live(desk.ledger, deliver_meanwhile)).under(CONTRACT, NOW)
    assert (ended.state, ended.sessions) == (GrantState.REVOKING, 1)


def test_a_grant_that_ended_meanwhile_is_left_to_its_end() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = facts(contracts=())

    def revoke_meanwhile() -> None:
        desk.ledger.grants[grant.id] = replace(grant, state=GrantState.EXPIRING, version=grant.version + 1)

    assert redecide(desk, live=Live(desk.ledger, revoke_meanwhile)).under(CONTRACT, NOW) == ()


def test_the_reconciler_asks_for_a_grant_that_was_woken_before_its_end() -> None:
    desk = Desk()
    grant = desk.ask()
    reconciler = desk.reconcile
    reconciler.redecide = redecide(desk)
    desk.ledger.grants[grant.id] = replace(grant, due_at=NOW)
    assert reconciler.step(NOW) == 1
    found = desk.ledger.get(grant.id)
    assert found is not None
    assert (found.state, found.due_at) == (GrantState.ACTIVE, grant.ends_at)

    desk.facts.now_known = facts(contracts=())
    desk.ledger.grants[grant.id] = replace(found, due_at=NOW)
    reconciler.step(NOW)
    ended = desk.ledger.get(grant.id)
    assert ended is not None
    assert ended.state is GrantState.REVOKING


def test_what_the_reconciler_ended_since_the_change_is_answered_too() -> None:
    """The commit that changes a contract makes its grants due: the reconciler may be the first to see them."""
    desk = Desk()
    taken, left = desk.ask(), desk.ask(world.request(id=RequestId("rq_01JABCDEFGHJKMNPQRSTVWXYZ8")))
    before = redecide(desk).giving()
    desk.facts.now_known = facts(contracts=())
    redecide(desk)(taken, NOW)
    ended = redecide(desk).under(CONTRACT, NOW, before)
    assert {grant.id: grant.state for grant in ended} == dict.fromkeys([taken.id, left.id], GrantState.REVOKING)
    assert redecide(desk).every(NOW, before) == tuple(desk.grant(grant) for grant in (taken, left))
    assert redecide(desk).under(ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ9"), NOW, before) == ()


def test_what_is_ended_while_it_is_decided_is_answered_too() -> None:
    desk = Desk()
    grant = desk.ask()
    desk.facts.now_known = facts(contracts=())
    live = Live(desk.ledger, after=lambda: redecide(desk)(grant, NOW))
    assert [one.state for one in redecide(desk, live=live).every(NOW)] == [GrantState.REVOKING]


def test_a_grant_that_only_expired_meanwhile_was_not_ended_by_the_change() -> None:
    desk = Desk()
    desk.ask()
    before = redecide(desk).giving()
    desk.later(hours=1)
    desk.step()
    assert redecide(desk).every(desk.now, before) == ()


def test_less_time_for_what_a_view_is_made_of_ends_the_grant_of_the_view() -> None:
    def over(**terms: Any) -> Facts:
        base = contract(
            id=ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ6"),
            prefixes=(),
            targets=(),
            tables=(replace(contract().tables[0], database=PARCELS.database, tables=frozenset({PARCELS.table})),),
            **terms,
        )
        scope = contract().tables[0]
        own = contract(tables=(replace(scope, tables=scope.tables | {SEEN.table}),))
        accepted = frozenset({(own.id, own.version), (base.id, base.version)})
        items = (view(SEEN, PARCELS), world.table_item(PARCELS, world.prefix("land/parcels/")))
        return facts(contracts=(own, base), activity=activity(accepted=accepted), catalogue=world.catalogue(*items))

    desk = Desk()
    desk.facts.now_known = over()
    grant = desk.ask(world.request(world.ask(SEEN)))
    assert redecide(desk).every(NOW) == ()
    desk.facts.now_known = over(max_duration=30 * MINUTE)
    (ended,) = redecide(desk).every(NOW)
    assert (ended.id, ended.reason) == (grant.id, "the contract now allows 30 minutes at most")


def test_less_time_for_what_lies_inside_under_another_contract_ends_the_grant_of_the_whole() -> None:
    inner = world.table_item(world.table("inner"), world.prefix("lending/facts/inner/"), world.group("plain"))

    def over(**terms: Any) -> Facts:
        scope = replace(contract().tables[0], tables=frozenset({"inner"}))
        key = ContractId("co_01JABCDEFGHJKMNPQRSTVWXYZ6")
        other = contract(id=key, name="inner", prefixes=(), tables=(scope,), targets=(), **terms)
        accepted = frozenset({(CONTRACT, "1.0.0"), other.key})
        return facts(
            contracts=(contract(), other), activity=activity(accepted=accepted), catalogue=world.catalogue(inner)
        )

    desk = Desk()
    desk.facts.now_known = over()
    grant = desk.ask(world.request(world.ask(world.FACTS_PREFIX)))
    assert redecide(desk).every(NOW) == ()
    desk.facts.now_known = over(max_duration=30 * MINUTE)
    (ended,) = redecide(desk).every(NOW)
    assert (ended.id, ended.reason) == (grant.id, "the contract now allows 30 minutes at most")
