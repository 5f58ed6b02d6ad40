"""The OpenID AuthZEN Authorization API 1.0: evaluation, evaluations, three searches, and the discovery document."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from jit_engine.errors import InvalidValue
from platform_api.authorize import ThePlatform
from platform_api.authzen.asking import Act, Ask, Party, Ruling, Said, is_permit
from platform_api.authzen.batch import rulings
from platform_api.authzen.ports import Sitting
from platform_api.authzen.search import Found, fingerprint, permitted, place_of, token_of
from platform_api.authzen.vocabulary import is_oneself
from platform_api.routes.caller import Caller, CallerDep, platform_of
from platform_api.routes.errors import AuthZenInvalid, BodyInvalid, FieldsInvalid, NotJson
from platform_api.routes.strict import StrictRoute, faults_in
from platform_api.schemas.authzen import (
    ActionSearchAsked,
    ActionShown,
    ActionsShown,
    DecisionPointShown,
    EntitiesShown,
    EntityShown,
    ErrorShown,
    EvaluationAsked,
    EvaluationsAsked,
    EvaluationShown,
    EvaluationsShown,
    PageAsked,
    ResourceSearchAsked,
    SearchAsked,
    SearchContextShown,
    SearchPageShown,
    SubjectSearchAsked,
)
from platform_api.wiring import Platform

EVALUATE_FOR_OTHERS = "evaluateForOthers"
LOOKING = ("viewPolicies", "viewSources")
"""What the answers tell of: the rules by name, and the data that there is."""
log = structlog.get_logger(__name__)


class AuthZenRoute(StrictRoute):
    """What a body is refused for is 400 here (AuthZEN 1.0, 10.1.2), where the rest of the API says 415 or 422."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The strict handler, its refusals told in AuthZEN's way."""
        handle = super().get_route_handler()

        async def plainly(request: Request) -> Response:
            try:
                return await handle(request)
            except FieldsInvalid as invalid:
                raise AuthZenInvalid(invalid.faults) from None
            except InvalidValue as invalid:
                raise AuthZenInvalid(((invalid.field, "it cannot be used", invalid.fix),)) from None
            except BodyInvalid as invalid:
                raise AuthZenInvalid((("body", invalid.why, invalid.fix),)) from None
            except NotJson as invalid:
                raise AuthZenInvalid((("body", "it is no JSON", str(invalid)),)) from None

        return plainly


class Hearing:
    """What a caller may ask: about itself with the rights to look around, about others with one of its own."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def about(self, subjects: Iterable[Party]) -> Sitting:
        """A sitting on these subjects; raises `Forbidden`. Who asks about itself sees only its own activities."""
        caller = self._caller
        platform = caller.platform
        if all(is_oneself(subject, caller.subject) for subject in subjects):
            for action in LOOKING:
                platform.authorizer.check(caller.subject, action, ThePlatform(), caller.now)
            return platform.evaluation.sit(caller.now, caller.subject)
        return self.about_anybody()

    def about_anybody(self) -> Sitting:
        """A sitting on whoever it may be; raises `Forbidden`."""
        caller = self._caller
        caller.platform.authorizer.check(caller.subject, EVALUATE_FOR_OTHERS, ThePlatform(), caller.now)
        log.info("authzen about others", subject=caller.subject.id, request_id=caller.request_id)
        return caller.platform.evaluation.sit(caller.now, None)


def hearing_of(caller: CallerDep) -> Hearing:
    """The dependency of every route here: the action is what the census of routes reads."""
    return Hearing(caller)


hearing_of.action = EVALUATE_FOR_OTHERS  # type: ignore[attr-defined]
HearingDep = Annotated[Hearing, Depends(hearing_of)]

routes = APIRouter(prefix="/access/v1", route_class=AuthZenRoute, tags=["authzen"])
discovery = APIRouter(tags=["authzen"])


@routes.post("/evaluation", response_model_exclude_none=True, summary="May this subject do this?")
def evaluation(hearing: HearingDep, body: EvaluationAsked) -> EvaluationShown:
    """A denial is 200 as well, with `decision` false."""
    ask = body.ask()
    return _evaluated(ask, hearing.about([ask.subject]))


@routes.post("/evaluations", response_model_exclude_none=True, summary="Several evaluations at once")
def evaluations(hearing: HearingDep, body: EvaluationsAsked) -> EvaluationsShown | EvaluationShown:
    """In order; an evaluation that is amiss is a denial of its own and refuses no other."""
    try:
        single = body.single()
    except ValidationError as invalid:
        raise FieldsInvalid(faults_in(invalid)) from None
    if single is not None:
        return _evaluated(single, hearing.about([single.subject]))
    asks = body.asks()
    sitting = hearing.about([ask.subject for ask in asks if isinstance(ask, Ask)])
    found = rulings(asks, body.semantic, sitting)
    _note("evaluations", found)
    return EvaluationsShown(evaluations=[EvaluationShown.of(ruling, sitting.considers) for ruling in found])


@routes.post("/search/subject", response_model_exclude_none=True, summary="Who may do this?")
def subject_search(hearing: HearingDep, body: SubjectSearchAsked) -> EntitiesShown:
    """Whoever the directory knows and the rules permit it to."""
    sitting = hearing.about_anybody()
    action, resource = body.action.act(), body.resource.party()

    def may(id: str) -> Ruling:
        return sitting.evaluate(
            Ask(subject=body.subject.party(id), action=action, resource=resource, context=body.context or {})
        )

    found, page = _searched("subject", body, sitting.subjects(body.subject.type), may)
    results = [EntityShown(type=body.subject.type, id=found_id) for found_id in found.items]
    return EntitiesShown(page=page, context=_considered(found, sitting), results=results)


@routes.post("/search/resource", response_model_exclude_none=True, summary="To what may this subject do this?")
def resource_search(hearing: HearingDep, body: ResourceSearchAsked) -> EntitiesShown:
    """Whatever the catalogue holds and the rules permit."""
    subject, action = body.subject.party(), body.action.act()
    sitting = hearing.about([subject])

    def may(id: str) -> Ruling:
        return sitting.evaluate(
            Ask(subject=subject, action=action, resource=body.resource.party(id), context=body.context or {})
        )

    found, page = _searched("resource", body, sitting.resources(body.resource.type), may)
    results = [EntityShown(type=body.resource.type, id=found_id) for found_id in found.items]
    return EntitiesShown(page=page, context=_considered(found, sitting), results=results)


@routes.post("/search/action", response_model_exclude_none=True, summary="What may this subject do to this?")
def action_search(hearing: HearingDep, body: ActionSearchAsked) -> ActionsShown:
    """Every action that applies to such a resource and that the rules permit."""
    subject, resource = body.subject.party(), body.resource.party()
    sitting = hearing.about([subject])

    def may(name: str) -> Ruling:
        return sitting.evaluate(
            Ask(subject=subject, action=Act(name=name), resource=resource, context=body.context or {})
        )

    found, page = _searched("action", body, sitting.actions(resource.type), may)
    results = [ActionShown(name=name) for name in found.items]
    return ActionsShown(page=page, context=_considered(found, sitting), results=results)


@discovery.get("/.well-known/authzen-configuration", summary="Where the AuthZEN endpoints are")
def configuration(platform: Annotated[Platform, Depends(platform_of)], response: Response) -> DecisionPointShown:
    """From the settings alone: a Host header that somebody sends appears in no address."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    base = platform.settings.base_url
    return DecisionPointShown(
        policy_decision_point=base,
        access_evaluation_endpoint=f"{base}/access/v1/evaluation",
        access_evaluations_endpoint=f"{base}/access/v1/evaluations",
        search_subject_endpoint=f"{base}/access/v1/search/subject",
        search_resource_endpoint=f"{base}/access/v1/search/resource",
        search_action_endpoint=f"{base}/access/v1/search/action",
    )


def _evaluated(ask: Ask, sitting: Sitting) -> EvaluationShown:
    ruling = sitting.evaluate(ask)
    _note("evaluation", [ruling])
    return EvaluationShown.of(ruling, sitting.considers)


def _searched(
    search: str, body: SearchAsked, candidates: Iterable[str], may: Callable[[str], Ruling]
) -> tuple[Found, SearchPageShown]:
    """The page that is asked for, found by evaluating its candidates."""
    asked: dict[str, Said] = body.model_dump(mode="json", exclude={"page"}, exclude_none=True)
    page, bound_to = body.page or PageAsked(), fingerprint(search, asked)
    found = permitted(tuple(candidates), place_of(page.token, page.limit, bound_to), may)
    log.info("authzen search", search=search, found=len(found.items))
    return found, SearchPageShown(next_token=token_of(found.next, bound_to), count=len(found.items))


def _considered(found: Found, sitting: Sitting) -> SearchContextShown:
    if found.unasked is None:
        return SearchContextShown(reason=sitting.considers)
    error = ErrorShown(status=found.unasked.status, message=found.unasked.message)
    return SearchContextShown(reason=sitting.considers, error=error)


def _note(what: str, found: Iterable[Ruling]) -> None:
    decisions = [is_permit(ruling) for ruling in found]
    log.info("authzen", what=what, permitted=sum(decisions), denied=len(decisions) - sum(decisions))
