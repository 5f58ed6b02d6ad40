"""The fast path: each criterion fails for its own reason and for no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jit_engine.domain.classification import Classification
from jit_engine.domain.tier import Tier
from platform_api.registry.records import StandingApproval
from platform_api.registry.review import ReviewInputs, fast_path, review_due
from tests.unit.registry.sample import ADA, LIMITS, NOW, PURPOSES, person

GOOD = ReviewInputs(
    owner=ADA,
    tier=Tier.RESEARCH,
    purposes=frozenset({"acme:loss-forecasting"}),
    classification=Classification.CONFIDENTIAL,
    template="standard",
    template_digest="d1",
    public_endpoints=(),
    recipients=(),
    monthly_budget_usd=500,
    starts_at=NOW,
    ends_at=NOW + timedelta(days=365),
    standing=(
        StandingApproval(
            team="lending-science",
            max_classification=Classification.CONFIDENTIAL,
            purposes=frozenset({"dpv:ResearchAndDevelopment"}),
        ),
    ),
    tree=PURPOSES,
    limits=LIMITS,
)


def test_an_ordinary_research_environment_meets_everything() -> None:
    criteria = fast_path(GOOD)
    assert len(criteria) == 7
    assert all(criterion.met for criterion in criteria)


def test_validation_is_read_only_too() -> None:
    assert all(criterion.met for criterion in fast_path(replace(GOOD, tier=Tier.VALIDATION)))


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"template": "homemade"}, "catalogued-template"),
        ({"template_digest": "d2"}, "catalogued-template"),
        ({"public_endpoints": ("packages.example",)}, "no-new-network-path"),
        ({"classification": Classification.RESTRICTED}, "standing-approval"),
        ({"purposes": frozenset({"acme:loss-forecasting", "dpv:Marketing"})}, "standing-approval"),
        ({"purposes": frozenset({"nowhere"})}, "standing-approval"),
        ({"standing": ()}, "standing-approval"),
        ({"owner": person(1, "Ada", "other-team")}, "standing-approval"),
        ({"tier": Tier.OPERATION}, "read-only-tier"),
        ({"monthly_budget_usd": 1001}, "within-limits"),
        ({"ends_at": NOW + timedelta(days=366)}, "within-limits"),
        ({"recipients": ("partner.example",)}, "no-external-sharing"),
        ({"owner": person(1, "Ada", "lending-science", training="")}, "training-current"),
    ],
)
def test_each_criterion_fails_alone(change: dict[str, Any], failed: str) -> None:
    criteria = fast_path(replace(GOOD, **change))
    assert [criterion.id for criterion in criteria if not criterion.met] == [failed]


def test_two_approvals_of_one_team_do_not_add_up() -> None:
    approvals = (
        StandingApproval(
            team="lending-science", max_classification=Classification.RESTRICTED, purposes=frozenset({"dpv:Marketing"})
        ),
        *GOOD.standing,
    )
    criteria = fast_path(replace(GOOD, classification=Classification.RESTRICTED, standing=approvals))
    assert [criterion.id for criterion in criteria if not criterion.met] == ["standing-approval"]


def test_the_inputs_can_be_kept_as_json() -> None:
    assert json.loads(json.dumps(GOOD.as_json()))["purposes"] == ["acme:loss-forecasting"]


@pytest.mark.parametrize(
    ("day", "due"),
    [(23, datetime(2026, 11, 30, 10, tzinfo=UTC)), (27, datetime(2026, 12, 4, 10, tzinfo=UTC))],
)
def test_a_review_is_due_in_five_working_days(day: int, due: datetime) -> None:
    assert review_due(datetime(2026, 11, day, 10, tzinfo=UTC)) == due
