"""Hosts of the internet: on the list of the environment's network while a live grant needs them, and never longer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jit_engine.aws.network_firewall import FirewallList
from jit_engine.domain.artefact import ArtefactState
from jit_engine.domain.catalogue import Catalogue
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.ids import RequestId
from jit_engine.domain.services import PublicEndpoint
from jit_engine.enforcers.egress import EgressEnforcer, EgressList, EgressListUnfit, Listed
from jit_engine.errors import AwsUnavailable
from jit_engine.flows.outcome import AccessRefused
from jit_engine.iam.enforcing import NoEnforcer
from tests.fakes import world
from tests.fakes.firewall import Firewall, allowlist
from tests.fakes.services import EGRESS_LIST, RATES, facts, service_item
from tests.fakes.world import ADA, ask, judges, request
from tests.unit.engine.desk import Desk

NEWS = PublicEndpoint(host="news.example.org")
NOBODY = "nothing.invalid"


class Unread:
    """A list that does not hold, and so is never written."""

    def read(self) -> Listed:
        raise EgressListUnfit(name="a list", why="it cannot be read")

    def write(self, hosts: Collection[str], token: str) -> None:
        raise AssertionError(hosts, token)


class Networked(Desk):
    """A desk whose environment has a network with a list."""

    def __init__(self, *, lists: bool = True) -> None:
        self.firewall = Firewall()
        super().__init__(judges=judges(world.PERMIT_ALL))
        one = {EGRESS_LIST: FirewallList(arn=EGRESS_LIST, calls=self.firewall)} if lists else {}
        self._artefacts = self.enforce.artefacts
        self.enforcers = (EgressEnforcer(served=one, ledger=self._artefacts),)
        self._enforce = replace(self.enforce, enforcers={each.mechanism: each for each in self.enforcers})
        known = facts()
        contract = replace(known.contracts[0], services=(*known.contracts[0].services, NEWS))
        catalogue = Catalogue(generation=9, items=(*known.catalogue.items, service_item(NEWS)))
        self.facts.now_known = replace(known, catalogue=catalogue, contracts=(contract,))

    def granted(self, *hosts: PublicEndpoint) -> Grant:
        asked = request(*(ask(host) for host in hosts or (RATES,)))
        return self.ask(replace(asked, id=RequestId(f"rq_01JABCDEFGHJKMNPQRSTV{len(self.ledger.grants):05}")))

    def ended(self, grant: Grant) -> None:
        """Revoked, and tended until it is closed."""
        self.revoke(grant.id, ADA, "enough", self.now)
        self.step(8)
        assert self.grant(grant).state is GrantState.CLOSED


def test_a_grant_puts_its_host_on_the_list_and_takes_it_away_with_its_end() -> None:
    desk = Networked()
    grant = desk.granted()
    assert desk.firewall.hosts == [RATES.host, NOBODY]
    (row,) = desk.enforce.artefacts.of_grant(grant.id)
    assert (row.state, row.source) == (ArtefactState.STANDING, RATES.uri)
    desk.ended(grant)
    assert desk.firewall.hosts == [NOBODY]


def test_a_host_stays_until_the_last_grant_that_needs_it_has_ended() -> None:
    desk = Networked()
    first, second = desk.granted(), desk.granted(RATES, NEWS)
    assert desk.firewall.hosts == [RATES.host, NEWS.host, NOBODY]
    desk.ended(first)
    assert desk.firewall.hosts == [RATES.host, NEWS.host, NOBODY]
    desk.ended(second)
    assert desk.firewall.hosts == [NOBODY]


def test_what_else_the_rule_group_says_is_left_as_it_is() -> None:
    desk = Networked()
    desk.granted()
    made = allowlist()
    assert {**desk.firewall.group, "RulesSource": None} == {**made, "RulesSource": None}


def test_a_host_is_gone_before_anything_is_called_denied() -> None:
    desk = Networked()
    grant = desk.granted()
    desk.deliver(grant.id, ADA, desk.now)
    desk.revoke(grant.id, ADA, "enough", desk.now)
    desk.step(6)
    told = desk.actions()
    assert told.index("grant.shut") < told.index("artefact.gone") < told.index("grant.denied")
    assert desk.firewall.hosts == [NOBODY]


@pytest.mark.case("MINT-176")
def test_a_write_that_another_one_has_overtaken_begins_anew() -> None:
    desk = Networked()
    first = desk.granted()

    def meanwhile() -> None:
        desk.granted(NEWS)

    desk.firewall.before_write = meanwhile
    desk.ended(first)
    assert desk.firewall.hosts == [NEWS.host, NOBODY]


@pytest.mark.case("MINT-177")
@pytest.mark.parametrize(
    "group",
    [
        allowlist(GeneratedRulesType="DENYLIST"),
        allowlist(TargetTypes=["HTTP_HOST"]),
        allowlist(".example.org"),
        {"RulesSource": {"RulesString": "pass tls any any -> any any (sid:1;)"}},
    ],
    ids=["no list of what is allowed", "encrypted traffic is not looked at", "a whole domain", "rules of its own"],
)
def test_a_list_that_would_let_more_through_is_not_used(group: dict[str, object]) -> None:
    desk = Networked()
    desk.firewall.group = group
    with pytest.raises(EgressListUnfit):
        desk.granted()
    assert desk.firewall.writes == 0


def test_an_environment_without_a_list_is_refused_by_its_contract_gate() -> None:
    desk = Networked()
    known = desk.facts.now_known
    desk.facts.now_known = replace(known, environment=world.environment())
    with pytest.raises(AccessRefused) as refused:
        desk.granted()
    (verdict,) = refused.value.refusal.verdicts
    assert verdict.contract is not None
    assert [breach.code for breach in verdict.contract.breaches] == ["no-egress-list"]


def test_a_list_that_the_platform_does_not_serve_is_refused_before_anything_is_on_record() -> None:
    desk = Networked(lists=False)
    with pytest.raises(NoEnforcer, match="serves no list"):
        desk.granted()
    assert desk.ledger.grants == {}


@pytest.mark.parametrize("operation", ["describe_rule_group", "update_rule_group"])
def test_a_mint_that_fails_midway_leaves_no_host(operation: str) -> None:
    desk = Networked()
    desk.firewall.faults[operation] = AwsUnavailable(operation=operation, retry_after=timedelta(seconds=1))
    with pytest.raises(AwsUnavailable):
        desk.granted()
    desk.later(minutes=6)
    desk.step(3)
    assert desk.firewall.hosts == [NOBODY]


@pytest.mark.case("MINT-178")
def test_the_sweep_takes_off_what_no_grant_needs_and_leaves_the_rest() -> None:
    desk = Networked()
    desk.granted()
    desk.firewall.hosts.append("stray.example.net")
    assert desk.enforce.sweep(desk.now) == 1
    assert desk.firewall.hosts == [RATES.host, NOBODY]
    assert desk.actions()[-1] == "sweep.artefact-deleted"
    assert desk.enforce.sweep(desk.now) == 0


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=8))
def test_the_list_holds_what_live_grants_need_whatever_comes_and_goes(moves: Sequence[tuple[bool, int]]) -> None:
    desk = Networked()
    wanted = ((RATES,), (NEWS,), (RATES, NEWS), (RATES,))
    live: list[tuple[Grant, tuple[PublicEndpoint, ...]]] = []
    for comes, which in moves:
        if comes or not live:
            live.append((desk.granted(*wanted[which]), wanted[which]))
        else:
            desk.ended(live.pop(which % len(live))[0])
        needed = {host.host for _, hosts in live for host in hosts}
        assert set(desk.firewall.hosts) == {NOBODY, *needed}


def test_a_list_that_cannot_be_read_hides_no_other_from_the_sweep() -> None:
    desk = Networked()
    desk.firewall.hosts.append("stray.example.net")
    own = FirewallList(arn=EGRESS_LIST, calls=desk.firewall)
    served: dict[str, EgressList] = {"unread": Unread(), EGRESS_LIST: own}
    enforcer = EgressEnforcer(served=served, ledger=desk.enforce.artefacts)
    enforce = replace(desk.enforce, enforcers={enforcer.mechanism: enforcer})
    with pytest.raises(EgressListUnfit, match="cannot be read"):
        enforce.sweep(desk.now)
    assert desk.firewall.hosts == [NOBODY]
