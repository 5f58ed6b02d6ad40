"""Requests for access on the wire: what would be answered, what waits, what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import ConfigDict

from jit_engine.domain.verdict import Refusal
from jit_engine.domain.waiting import WaitingRequest
from jit_engine.flows.request_access import Preview
from jit_engine.iam.limits import policy_size
from jit_engine.iam.plan import PlannedPart
from jit_engine.rules.clearance import refused_only_by_approval
from jit_engine.rules.counter_offer import Offer, offer_record
from jit_engine.rules.record import clearance_record, refusal_record
from platform_api.db.requests import StoredRequest
from platform_api.schemas.approvals import WaitingShown
from platform_api.schemas.containers import AskedContainerShown
from platform_api.schemas.overlaps import OverlapShown
from platform_api.schemas.wire import Asked, Duration, Moment, Shown


class RenewalAsked(Asked):
    """For how long a grant is to be renewed; without a duration, the contract's default."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"duration": "PT1H"}]})

    duration: Duration | None = None


class RequestedShown(Shown):
    """A request that waits: for approvals, or for its start. Look at it under its id."""

    request_id: str
    outcome: Literal["awaiting-approval", "ready"]
    waiting: WaitingShown

    @classmethod
    def of(cls, waiting: WaitingRequest) -> Self:
        """The request as it waits."""
        return cls.model_validate(
            {"request_id": waiting.id, "outcome": waiting.state.value, "waiting": WaitingShown.of(waiting)}
        )


class PlannedShown(Shown):
    """A principal that would be minted: what it would hold, where, how and why, and the size of its policy."""

    part: int
    profile: str
    account: str
    region: str
    way: str
    why: str
    sources: list[str]
    policy_characters: int

    @classmethod
    def of(cls, part: PlannedPart) -> Self:
        """The part."""
        return cls(
            part=part.part,
            profile=part.profile,
            account=part.seat.account,
            region=part.seat.region,
            way=part.way.value,
            why=part.why,
            sources=[cleared.ask.source.uri for cleared in part.clearance.cleared],
            policy_characters=policy_size(part.policy),
        )


class PreviewShown(Shown):
    """What would be answered, had it not been a dry run, and the principals that it would be minted as.

    `containers` are those that were asked for, with what they came to.
    `held` are the sources that live grants give already; `covered_by` is the one that gives all of them, and would be
    offered instead.
    """

    outcome: Literal["would-be-granted", "would-be-refused", "would-await-approval"]
    sources: list[dict[str, Any]]
    containers: list[AskedContainerShown]
    reasons: list[dict[str, Any]]
    ends_at: datetime | None
    shortened: str | None
    principals: list[PlannedShown]
    offers: list[dict[str, Any]]
    held: list[OverlapShown]
    covered_by: str | None

    @classmethod
    def of(cls, verdict: Refusal | Preview, offers: Sequence[Offer] = ()) -> Self:
        """The verdict with all its reasons, and what would be granted instead."""
        if isinstance(verdict, Refusal):
            refused: dict[str, Any] = refusal_record(verdict)
            return cls(
                outcome="would-await-approval" if refused_only_by_approval(verdict) else "would-be-refused",
                sources=refused["sources"],
                containers=AskedContainerShown.of_record(refused),
                reasons=refused["reasons"],
                ends_at=None,
                shortened=None,
                principals=[],
                offers=[dict(offer_record(offer)) for offer in offers],
                held=[],
                covered_by=None,
            )
        clearance = verdict.clearance
        cleared: dict[str, Any] = clearance_record(clearance)
        return cls(
            outcome="would-be-granted",
            sources=cleared["sources"],
            containers=AskedContainerShown.of_record(cleared),
            reasons=[],
            ends_at=clearance.ends_at,
            shortened=clearance.shortened,
            principals=[PlannedShown.of(part) for part in verdict.parts],
            offers=[],
            held=[OverlapShown.of(overlap) for overlap in verdict.overlaps],
            covered_by=verdict.covered_by,
        )


class RequestShown(Shown):
    """A decided request with its recorded decision."""

    id: str
    subject: str
    activity: str
    environment: str
    purpose: str
    outcome: str
    decided_at: Moment
    decision: dict[str, Any]
    grant: str | None
    waiting: WaitingShown | None

    @classmethod
    def of(cls, request: StoredRequest, waiting: WaitingRequest | None) -> Self:
        """The request of a record."""
        return cls(
            id=request.id,
            subject=request.subject,
            activity=request.activity,
            environment=request.environment,
            purpose=request.purpose,
            outcome=request.outcome.value,
            decided_at=request.decided_at,
            decision=dict(request.decision),
            grant=request.grant,
            waiting=None if waiting is None else WaitingShown.of(waiting),
        )
