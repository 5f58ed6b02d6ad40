"""Grants: looking at them, having credentials, giving them back."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from jit_engine.domain.artefact import Artefact
from jit_engine.domain.event import Json
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId
from jit_engine.errors import NotFound
from platform_api.authorize import AGrant
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.finding import Lookup, grant_in_path
from platform_api.routes.lists import Filter, Paged, shown
from platform_api.routes.permits import permits, shows
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.access import CredentialsAsked, CredentialsShown, GrantShown, RevokeAsked
from platform_api.schemas.wire import Listed
from platform_api.wiring import Platform

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["grants"])


class GrantFilters(Paged):
    """Filters of the grants; `ends_before` is an RFC 3339 time with its zone."""

    state: Filter = None
    activity: Filter = None
    environment: Filter = None
    subject: Filter = None
    ends_before: Filter = None


@routes.get("/grants", summary="The grants that you may see", dependencies=[shows("viewGrant")])
def grants(caller: CallerDep, query: Annotated[GrantFilters, Query()]) -> Listed[GrantShown]:
    """The newest first."""
    lookup = Lookup(caller.platform)
    return shown(
        caller,
        "viewGrant",
        AGrant,
        query.ask(),
        caller.platform.ledger.grants,
        lookup.grant_thing,
        lambda grant: grant_shown(lookup, grant),
    )


@routes.get("/grants/{grant_id}", summary="One grant, with its exact IAM policy and why each statement is there")
def grant(caller: CallerDep, found: Annotated[AGrant, permits("viewGrant", grant_in_path)]) -> GrantShown:
    """The grant."""
    return grant_shown(Lookup(caller.platform), _grant(caller, found))


@routes.post("/grants/{grant_id}/credentials", summary="Credentials of a live grant, for its holder alone")
def credentials(
    caller: CallerDep,
    found: Annotated[AGrant, permits("deliverCredentials", grant_in_path)],
    body: CredentialsAsked | None = None,
) -> CredentialsShown:
    """Decided anew, recorded, and only then had from AWS. Never stored, never replayed, never cached.

    A grant with several profiles asks for one of them.
    """
    profile = None if body is None else body.profile
    delivered = caller.platform.deliver(GrantId(found.id), caller.subject, caller.now, profile)
    artefacts = _artefacts(caller.platform, delivered.grant)
    return CredentialsShown.of(delivered, caller.platform.settings.aws.endpoint_url, artefacts)


@routes.post("/grants/{grant_id}/revoke", status_code=202, summary="Take a grant back")
def revoke(
    caller: CallerDep, found: Annotated[AGrant, permits("revokeGrant", grant_in_path)], body: RevokeAsked
) -> GrantShown:
    """Marked at once; the reconciler has AWS refuse, sees it refuse, and removes the role. Asking twice is fine."""
    grant = caller.platform.revoke(GrantId(found.id), caller.subject, body.reason, caller.now)
    return grant_shown(Lookup(caller.platform), grant)


def grant_shown(lookup: Lookup, grant: Grant, decision: Mapping[str, Json] | None = None) -> GrantShown:
    """The grant with its decision, which is read unless it is given, and its environment's boundary."""
    environment = lookup.environment(grant.environment)
    place = None if environment is None else environment.place
    boundary = None if place is None else place.boundary_arn
    artefacts = _artefacts(lookup.platform, grant)
    return GrantShown.of(grant, decision or lookup.platform.ledger.decision_of(grant.id), boundary, artefacts)


def _artefacts(platform: Platform, grant: Grant) -> Sequence[Artefact]:
    return platform.enforce.artefacts.of_grant(grant.id) if grant.may_have_artefacts() else ()


def _grant(caller: Caller, found: AGrant) -> Grant:
    grant = caller.platform.ledger.get(GrantId(found.id))
    if grant is None:
        raise NotFound(kind="grant", id=found.id)
    return grant
