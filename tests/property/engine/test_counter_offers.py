"""Every counter-offer was found by asking the engine: asked as it stands, it passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jit_engine.domain.catalogue import Catalogue, PrefixItem
from jit_engine.domain.tier import Tier
from jit_engine.domain.verdict import Clearance, Refusal
from jit_engine.ports import Facts
from jit_engine.rules.clearance import Judges, clear
from jit_engine.rules.counter_offer import Offer, counter_offers
from tests.fakes import world
from tests.property.engine.scenarios import Scenario, scenarios
from tests.unit.engine import test_treatments as treatments
from tests.unit.engine import test_views as views

FORBIDS = """
@id("no-secrets") @title("Secrets stay") @owner("nobody")
forbid (principal, action in [Action::"readLike", Action::"columnRead"], resource)
when { resource.classes.contains("secret") };
@id("no-fairness") @title("Not for fairness testing") @owner("nobody")
forbid (principal, action in [Action::"use"], resource is S3Prefix)
when { context.purpose in Purpose::"lending/fairness-testing" && resource.classes.contains("fair") };
"""
CLASSES = st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"secret"}), frozenset({"fair"})])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios(Tier.RESEARCH), st.data())
def test_every_offer_passes_as_it_stands(scenario: Scenario, data: st.DataObject) -> None:
    judges = world.judges(world.PERMIT_ALL + FORBIDS)
    items = [
        replace(item, classes=data.draw(CLASSES), closed=data.draw(st.integers(0, 3)) > 0)
        if isinstance(item, PrefixItem)
        else item
        for item in scenario.facts.catalogue.items
    ]
    facts = replace(scenario.facts, catalogue=Catalogue(generation=1, items=tuple(items)))
    request = replace(
        scenario.request,
        purpose=data.draw(st.sampled_from(("lending/fairness-testing", world.RESEARCH_PURPOSE, world.MARKETING))),
        duration=timedelta(hours=data.draw(st.integers(1, 7))),
    )
    verdict = clear(request, facts, judges, world.NOW)
    if isinstance(verdict, Refusal):
        for offer in counter_offers(verdict, facts, judges, world.NOW):
            assert isinstance(clear(offer.request, facts, judges, world.NOW), Clearance)
            assert offer.changes
            assert offer.request != request


def _offers(**of_request: object) -> list[tuple[str, ...]]:
    request = world.request(**of_request)  # type: ignore[arg-type]
    verdict = clear(request, world.facts(), world.judges(), world.NOW)
    assert isinstance(verdict, Refusal)
    return [offer.changes for offer in counter_offers(verdict, world.facts(), world.judges(), world.NOW)]


def test_a_request_for_too_long_is_offered_for_the_contracts_longest() -> None:
    assert _offers(duration=timedelta(hours=8)) == [("for 4 hours at most",)]


def test_a_request_for_the_wrong_purpose_is_offered_for_one_of_the_activitys() -> None:
    rules = (
        world.RULES
        + """
    @id("no-testing") @title("Not for testing") @owner("nobody")
    forbid (principal, action in [Action::"use"], resource)
    when { context.purpose in Purpose::"lending/fairness-testing" };
    """
    )
    judges = world.judges(rules)
    verdict = clear(world.request(purpose="lending/fairness-testing"), world.facts(), judges, world.NOW)
    assert isinstance(verdict, Refusal)
    (offer,) = counter_offers(verdict, world.facts(), judges, world.NOW)
    assert offer.changes == (f"for the purpose {world.RESEARCH_PURPOSE}",)


def test_what_passes_is_offered_without_what_does_not() -> None:
    request = world.request(world.ask(world.FACTS_PREFIX), world.ask(world.PERSONAL_PREFIX))
    verdict = clear(request, world.facts(), world.judges(), world.NOW)
    assert isinstance(verdict, Refusal)
    (offer,) = counter_offers(verdict, world.facts(), world.judges(), world.NOW)
    assert offer.changes == (f"without {world.PERSONAL_PREFIX.uri}",)
    assert [ask.source for ask in offer.request.asks] == [world.FACTS_PREFIX]


def test_of_a_container_that_is_not_closed_what_lies_inside_is_offered() -> None:
    opened = tuple(
        replace(item, closed=False) if item.source == world.LENDING and isinstance(item, PrefixItem) else item
        for item in world.catalogue().items
    )
    facts = world.facts(catalogue=Catalogue(generation=7, items=opened))
    verdict = clear(world.request(world.ask(world.LENDING)), facts, world.judges(), world.NOW)
    assert isinstance(verdict, Refusal)
    (offer,) = counter_offers(verdict, facts, world.judges(), world.NOW)
    assert {ask.source for ask in offer.request.asks} == {world.FACTS_PREFIX, world.LOANS}


def test_nothing_is_offered_where_nothing_passes() -> None:
    assert _offers(by=replace(world.ADA, trainings=frozenset())) == []


ONLY_IN_VALIDATION = (
    world.PERMIT_ALL
    + """
@id("not-in-research") @title("Not in research") @owner("nobody")
forbid (principal, action in [Action::"readLike", Action::"columnRead"], resource)
when { context.tier == Tier::"research" };
"""
)


def _elsewhere(*places: Facts, judges: Judges, **asked: Any) -> tuple[Offer, ...]:
    request = world.request(**asked)
    verdict = clear(request, world.facts(), judges, world.NOW)
    assert isinstance(verdict, Refusal)
    return counter_offers(verdict, world.facts(), judges, world.NOW, places)


def test_what_another_tier_lets_pass_is_offered_in_an_environment_that_the_activity_has() -> None:
    judges, places = world.judges(ONLY_IN_VALIDATION), (world.facts(Tier.OPERATION), world.facts(Tier.VALIDATION))
    (offer,) = _elsewhere(*places, judges=judges)
    there = world.ENVIRONMENTS[Tier.VALIDATION]
    assert (offer.request.environment, offer.changes) == (there, (f"in the validation environment {there}",))
    assert isinstance(clear(offer.request, world.facts(Tier.VALIDATION), judges, world.NOW), Clearance)
    (shorter,) = _elsewhere(*places, judges=judges, duration=timedelta(hours=8))
    assert shorter.changes == (f"in the validation environment {there}", "for 4 hours at most")
    assert _elsewhere(world.facts(Tier.OPERATION), judges=judges) == ()  # where people have no place
    assert _elsewhere(judges=judges) == ()


def test_of_named_columns_those_that_are_left_are_offered() -> None:
    judges = world.judges(treatments.RULES)
    facts = treatments.known()
    ask = treatments.wants("state", "ssn")
    verdict = clear(world.request(ask), facts, judges, world.NOW)
    assert isinstance(verdict, Refusal)
    (offer,) = counter_offers(verdict, facts, judges, world.NOW)
    assert offer.changes == (f"of {ask.source.uri} only the columns state",)
    assert isinstance(clear(offer.request, facts, judges, world.NOW), Clearance)


def test_instead_of_a_table_a_treatment_of_it_is_offered() -> None:
    certified = views.view(views.WHO, world.PEOPLE, definer=views.DEFINER, certificates=(views.certificate(),))
    facts = views.facts(certified, views.view(views.SEEN, world.PEOPLE))
    verdict = clear(world.request(world.ask(world.PEOPLE)), facts, world.judges(), world.NOW)
    assert isinstance(verdict, Refusal)
    (offer,) = counter_offers(verdict, facts, world.judges(), world.NOW)
    assert offer.changes == (f"instead of {world.PEOPLE.uri} its treatment {views.WHO.uri}",)
    assert isinstance(clear(offer.request, facts, world.judges(), world.NOW), Clearance)
