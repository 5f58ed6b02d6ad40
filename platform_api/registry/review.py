"""The fast path of the architecture review: seven criteria over declared inputs, a plain function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jit_engine.contracts.breaches import lineage
from jit_engine.domain.classification import Classification
from jit_engine.domain.event import Json
from jit_engine.domain.subject import Person
from jit_engine.domain.tier import Tier
from platform_api.registry.records import Criterion, StandingApproval

RULE_SET: Final = "fast-path-1"
"""Names these criteria in every record; a change of any of them gets another name."""
REVIEW_WORKING_DAYS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FastPathLimits:
    """What the organisation approves without a meeting. `templates` maps a name to its reviewed digest."""

    templates: Mapping[str, str]
    max_monthly_budget_usd: int
    max_duration: timedelta
    trainings: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewInputs:
    """All that the criteria read. `template_digest` is that of the template as it is installed."""

    owner: Person
    tier: Tier
    purposes: frozenset[str]
    classification: Classification
    template: str
    template_digest: str
    public_endpoints: tuple[str, ...]
    recipients: tuple[str, ...]
    monthly_budget_usd: int
    starts_at: datetime
    ends_at: datetime
    standing: Sequence[StandingApproval]
    tree: Mapping[str, str | None]
    limits: FastPathLimits

    def as_json(self) -> dict[str, Json]:
        """The inputs as the review's record keeps them."""
        return {
            "owner": self.owner.id,
            "teams": sorted(self.owner.teams),
            "trainings": sorted(self.owner.trainings),
            "tier": self.tier.value,
            "purposes": sorted(self.purposes),
            "classification": self.classification.value,
            "template": self.template,
            "templateDigest": self.template_digest,
            "publicEndpoints": list(self.public_endpoints),
            "recipients": list(self.recipients),
            "monthlyBudgetUsd": self.monthly_budget_usd,
            "startsAt": self.starts_at.isoformat(),
            "endsAt": self.ends_at.isoformat(),
            "standingApprovals": [
                {
                    "team": one.team,
                    "maxClassification": one.max_classification.value,
                    "purposes": sorted(one.purposes),
                }
                for one in self.standing
            ],
            "limits": {
                "maxMonthlyBudgetUsd": self.limits.max_monthly_budget_usd,
                "maxDurationDays": self.limits.max_duration.days,
                "trainings": sorted(self.limits.trainings),
            },
        }


def fast_path(inputs: ReviewInputs) -> tuple[Criterion, ...]:
    """Every criterion with what was found; the fast path approves only when all are met."""
    return tuple(_criteria(inputs))


def review_due(now: datetime) -> datetime:
    """Five working days (Monday to Friday; no calendar of holidays) after `now`, at the same time of day."""
    due, left = now, REVIEW_WORKING_DAYS
    while left:
        due += timedelta(days=1)
        left -= due.weekday() < 5
    return due


def _criteria(inputs: ReviewInputs) -> Iterator[Criterion]:
    limits = inputs.limits
    reviewed = limits.templates.get(inputs.template)
    yield Criterion(
        id="catalogued-template",
        title="The template is catalogued and unmodified",
        met=reviewed is not None and reviewed == inputs.template_digest,
        found=f"{inputs.template}, " + ("not catalogued" if reviewed is None else inputs.template_digest[:12]),
    )
    yield Criterion(
        id="no-new-network-path",
        title="No new network path and no new account",
        met=not inputs.public_endpoints,
        found=", ".join(inputs.public_endpoints) or "none asked for",
    )
    beyond = sorted(purpose for purpose in inputs.purposes if not _stands(purpose, inputs))
    yield Criterion(
        id="standing-approval",
        title="The team's standing approval covers the classification for every purpose",
        met=not beyond,
        found=f"{inputs.classification.value} data" + (f", not for {', '.join(beyond)}" if beyond else ""),
    )
    yield Criterion(
        id="read-only-tier",
        title="The tier only reads the enterprise's data",
        met=inputs.tier in (Tier.RESEARCH, Tier.VALIDATION),
        found=inputs.tier.value,
    )
    duration = inputs.ends_at - inputs.starts_at
    yield Criterion(
        id="within-limits",
        title=f"At most {limits.max_monthly_budget_usd} USD a month and {limits.max_duration.days} days",
        met=inputs.monthly_budget_usd <= limits.max_monthly_budget_usd and duration <= limits.max_duration,
        found=f"{inputs.monthly_budget_usd} USD a month, {duration.days} days",
    )
    yield Criterion(
        id="no-external-sharing",
        title="Nothing is shared outside",
        met=not inputs.recipients,
        found=", ".join(inputs.recipients) or "no recipient named",
    )
    missing = sorted(limits.trainings - inputs.owner.trainings)
    yield Criterion(
        id="training-current",
        title="The owner's training is current",
        met=not missing,
        found=f"lacks {', '.join(missing)}" if missing else ", ".join(sorted(inputs.owner.trainings)) or "none asked",
    )


def _stands(purpose: str, inputs: ReviewInputs) -> bool:
    """Whether one standing approval of the owner's teams covers the purpose, or one above it, at this level."""
    line = set(lineage(purpose, inputs.tree))
    return any(
        one.team in inputs.owner.teams
        and inputs.classification.rank <= one.max_classification.rank
        and line & one.purposes
        for one in inputs.standing
    )
