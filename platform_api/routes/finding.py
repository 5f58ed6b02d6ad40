"""Finds the thing that a route is about. What is not there is not found, in the words used for what may not be seen."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Path

from jit_engine.domain.activity import Activity, Environment
from jit_engine.domain.grant import Grant, GrantHead
from jit_engine.domain.ids import ActivityId, ContractId, EnvironmentId, GrantId, RequestId, ReviewId, check_id
from jit_engine.errors import InvalidValue, NotFound
from platform_api.authorize import AContract, AGrant, AnActivity, AnEnvironment, AReview
from platform_api.db.requests import StoredRequest
from platform_api.registry.records import Review
from platform_api.routes.caller import Caller, CallerDep
from platform_api.wiring import Platform


@dataclass(slots=True)
class Lookup:
    """Reads each activity and environment once, for lists whose rows share them."""

    platform: Platform
    _activities: dict[ActivityId, Activity | None] = field(default_factory=dict)
    _environments: dict[EnvironmentId, Environment | None] = field(default_factory=dict)

    def activity(self, id: ActivityId) -> Activity | None:
        """The activity, or None."""
        if id not in self._activities:
            record = self.platform.registry.activity(id)
            self._activities[id] = None if record is None else record.activity
        return self._activities[id]

    def environment(self, id: EnvironmentId) -> Environment | None:
        """The environment, or None."""
        if id not in self._environments:
            record = self.platform.registry.environment(id)
            self._environments[id] = None if record is None else record.environment
        return self._environments[id]

    def environment_thing(self, environment: Environment) -> AnEnvironment:
        """An environment with its activity."""
        activity = self.activity(environment.activity)
        if activity is None:
            raise NotFound(kind="environment", id=environment.id)
        return AnEnvironment(environment=environment, activity=activity)

    def review_thing(self, review: Review) -> AReview:
        """A review with its activity."""
        activity = self.activity(review.activity)
        if activity is None:
            raise NotFound(kind="review", id=review.id)
        return AReview(id=review.id, author=review.author, activity=activity)

    def grant_thing(self, grant: Grant | GrantHead) -> AGrant:
        """A grant with its activity."""
        activity = self.activity(grant.activity)
        if activity is None:
            raise NotFound(kind="grant", id=grant.id)
        return AGrant(id=grant.id, holder=grant.subject, tier=grant.tier, activity=activity)

    def request_thing(self, request: StoredRequest) -> AGrant:
        """A request as the rules see it: the grant that it asks for, held by who asked."""
        activity, environment = self.activity(request.activity), self.environment(request.environment)
        if activity is None or environment is None:
            raise NotFound(kind="request", id=request.id)
        return AGrant(id=request.id, holder=request.subject, tier=environment.tier, activity=activity)


def activity_by(id: str, caller: Caller) -> AnActivity:
    """The activity of an id that a body or a path names."""
    found = caller.platform.registry.activity(ActivityId(id))
    if found is None:
        raise NotFound(kind="activity", id=id)
    return AnActivity(activity=found.activity)


def activity_in_path(activity_id: Annotated[str, Path()], caller: CallerDep) -> AnActivity:
    """`/v1/activities/{activity_id}`."""
    return activity_by(check_id(activity_id, "ac", "activity"), caller)


def environment_in_path(environment_id: Annotated[str, Path()], caller: CallerDep) -> AnEnvironment:
    """`/v1/environments/{environment_id}`."""
    found = caller.platform.registry.environment(EnvironmentId(check_id(environment_id, "en", "environment")))
    if found is None:
        raise NotFound(kind="environment", id=environment_id)
    return Lookup(caller.platform).environment_thing(found.environment)


def review_in_path(review_id: Annotated[str, Path()], caller: CallerDep) -> AReview:
    """`/v1/reviews/{review_id}`."""
    found = caller.platform.registry.review(ReviewId(check_id(review_id, "rv", "review")))
    if found is None:
        raise NotFound(kind="review", id=review_id)
    return Lookup(caller.platform).review_thing(found)


def contract_in_path(
    contract_id: Annotated[str, Path()], version: Annotated[str, Path()], caller: CallerDep
) -> AContract:
    """`/v1/contracts/{contract_id}/versions/{version}`."""
    key = ContractId(check_id(contract_id, "co", "contract"))
    if len(version) > 64 or not version.isprintable():
        raise InvalidValue(field="version", given=version, fix="give a version such as 1.0.0")
    found = caller.platform.registry.contract(key, version)
    if found is None:
        raise NotFound(kind="contract", id=f"{contract_id} version {version}")
    return AContract(id=key, proposer=found.contract.proposer, owner_team=found.contract.owner_team)


def grant_in_path(grant_id: Annotated[str, Path()], caller: CallerDep) -> AGrant:
    """`/v1/grants/{grant_id}`."""
    found = caller.platform.ledger.head(GrantId(check_id(grant_id, "gr", "grant")))
    if found is None:
        raise NotFound(kind="grant", id=grant_id)
    return Lookup(caller.platform).grant_thing(found)


def request_in_path(request_id: Annotated[str, Path()], caller: CallerDep) -> AGrant:
    """`/v1/access-requests/{request_id}`."""
    found = caller.platform.requests.get(RequestId(check_id(request_id, "rq", "request")))
    if found is None:
        raise NotFound(kind="request", id=request_id)
    return Lookup(caller.platform).request_thing(found)
