"""The editable rules by version: drafted, tried, proposed, approved by somebody else, made live, gone back from."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from jit_engine.domain.event import Json
from jit_engine.errors import InvalidValue
from platform_api.authorize import ARulebook, ThePlatform
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.lists import Filter, Paged
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.progress import MEDIA_TYPE, told, wants_lines
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.forms import FormAsked, FormShown
from platform_api.schemas.rulebooks import (
    ActivatedShown,
    ApprovalAsked,
    CasesShown,
    DraftAsked,
    EditAsked,
    ExtentShown,
    ImpactShown,
    ReadAsked,
    ReasonAsked,
    RulebookShown,
    RulebookWholeShown,
    RulesAsked,
    SchemaShown,
    TextImpactShown,
    ValidationShown,
    WarningShown,
    rules_of,
    shown_of,
)
from platform_api.schemas.wire import Listed, Time, digits
from policy import SCHEMA_VERSION, Engine, Rulebook
from policy.desk import RulebookDesk
from policy.engine import schema_text
from policy.ports import MOST_AT_ONCE, Extent, Steps, unheard
from policy.refusals import UnknownRulebook
from policy.versions import RulebookVersion
from policy.warnings import RuleWarning, warnings_in

routes = APIRouter(prefix="/v1/rulebooks", route_class=StrictRoute, tags=["rulebooks"])
InPath = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\z")]
_MOST = 999_999_999
MaySee = Annotated[ThePlatform, permits("viewPolicies", the_platform)]


class RulebookFilters(Paged):
    """Filters of the versions."""

    state: Filter = None


class ReplayFilters(BaseModel):
    """Which recorded decisions are put to a version: the newest `last`, of a time span; or all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    last: Annotated[int, digits(_MOST), Field(ge=1, le=_MOST)] | None = None
    since: Time | None = None
    until: Time | None = None

    def extent(self) -> Extent:
        """The same for the desk; a span that ends before it begins raises `InvalidValue`."""
        if self.since is not None and self.until is not None and self.until <= self.since:
            fix = "give an end that is after `since`, or leave it out"
            raise InvalidValue(field="until", given=self.until.isoformat(), fix=fix)
        return Extent(last=self.last, since=self.since, until=self.until)


def rulebook_in_path(version: InPath, caller: CallerDep) -> ARulebook:
    """`/v1/rulebooks/{version}`."""
    return _thing(caller.platform.rulebook_desk.get(version))


def live_rulebook(caller: CallerDep) -> ARulebook:
    """What a draft that is yet to be made would change. Nobody is its author, for the draft is not there yet."""
    live = caller.platform.rulebooks.live()
    if live is None:
        raise UnknownRulebook("live")
    return ARulebook(version=live.version, authors=frozenset())


MayProposeAny = Annotated[ARulebook, permits("proposePolicy", live_rulebook)]
MayPropose = Annotated[ARulebook, permits("proposePolicy", rulebook_in_path)]
MayApprove = Annotated[ARulebook, permits("approvePolicy", rulebook_in_path)]
MayActivate = Annotated[ARulebook, permits("activatePolicy", rulebook_in_path)]


@routes.get("", summary="The versions of the rules")
def rulebooks(caller: CallerDep, _: MaySee, query: Annotated[RulebookFilters, Query()]) -> Listed[RulebookShown]:
    """The newest first."""
    page = caller.platform.rulebooks.page(query.ask())
    return Listed[RulebookShown](
        items=[RulebookShown.of(version) for version in page.items], next_cursor=page.next_cursor
    )


@routes.post("", status_code=201, response_model=RulebookShown, summary="Keep a draft of the rules")
def draft(caller: CallerDep, once: OnceDep, _: MayProposeAny, body: DraftAsked) -> Response:
    """Only a text that is valid is kept; every problem names its line."""
    desk, by = _desk(caller), caller.subject.id
    return once(
        201,
        lambda: RulebookShown.of(desk.draft(by, title=body.title, text=body.text, cases=body.cases, now=caller.now)),
    )


@routes.post("/validate", summary="Look at a text of rules without keeping it")
def validate(caller: CallerDep, _: MayProposeAny, body: RulesAsked) -> ValidationShown:
    """Its rules and what to look at in them; every problem names its line."""
    engine = _desk(caller).check(body.text, body.cases)
    return ValidationShown.of(engine, _warnings(caller, body.text))


@routes.post("/test", summary="Run test cases on a text of rules without keeping either")
def test(caller: CallerDep, _: MayProposeAny, body: RulesAsked) -> CasesShown:
    """How each case comes out, those of the invariants among them."""
    return CasesShown.of(_desk(caller).test(body.text, body.cases))


@routes.post(
    "/impact",
    response_model=TextImpactShown,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The analysis, or lines of its progress before it"}},
    summary="What a text would change, were it live, without keeping it",
)
def impact_of_text(
    caller: CallerDep,
    _: MayProposeAny,
    body: RulesAsked,
    query: Annotated[ReplayFilters, Query()],
    accept: Annotated[str, Header(max_length=1000)] = "",
) -> TextImpactShown | StreamingResponse:
    """While it is being written; as the impact of a version otherwise, at most the newest 10,000 decisions."""
    desk, extent = _desk(caller), query.extent().at_most(MOST_AT_ONCE)
    desk.check(body.text, "")

    def found(step: Steps = unheard) -> TextImpactShown:
        against, impact = desk.would_change(body.text, caller.now, extent, step)
        asked = ExtentShown(last=extent.last, since=extent.since, until=extent.until)
        return TextImpactShown(against=against, at=caller.now, extent=asked, impact=dict(impact))

    if not wants_lines(accept):
        return found()
    return told(lambda step: {"impact": found(step).model_dump(mode="json")}, caller.request_id)


@routes.get("/schema", summary="What rules may speak about")
def schema(_: MaySee) -> SchemaShown:
    """For editors that complete and check while somebody types; what is kept is checked by the server."""
    return SchemaShown(version=SCHEMA_VERSION, text=schema_text())


@routes.post("/forms", summary="Write a form as Cedar text, or read a rule as a form")
def forms(_: MayProposeAny, body: FormAsked) -> FormShown:
    """Nothing is kept. A form that is no rule yet is refused with every field; a text that is no form says why."""
    return FormShown.of(body)


@routes.get("/{version}", summary="One version of the rules, whole")
def rulebook(caller: CallerDep, _: MaySee, version: InPath) -> RulebookWholeShown:
    """With its text, its test cases, its rules, what to look at in them, and what it would change."""
    found = _desk(caller).get(version)
    engine = Engine.load(found.rulebook)
    return RulebookWholeShown(
        **shown_of(found),
        text=found.text,
        cases=found.cases,
        rules=rules_of(engine),
        warnings=WarningShown.all(_warnings(caller, found.text)),
        impact=None if found.proposal is None else dict(found.proposal.impact),
    )


@routes.put("/{version}", summary="Give a draft another text")
def edit(caller: CallerDep, found: MayPropose, body: EditAsked) -> RulebookShown:
    """Its proposal and its approvals end with that, if it had any. `revision` has to be the one that was read.

    A draft is shared: whoever may propose edits it, is an author of it from then on, and never approves it. Without
    `cases` its test cases stay as they are.
    """
    return RulebookShown.of(
        _desk(caller).edit(
            caller.subject.id,
            found.version,
            revision=body.revision,
            title=body.title,
            text=body.text,
            cases=body.cases,
            now=caller.now,
        )
    )


@routes.post("/{version}/cases", summary="Run the test cases of a version")
def cases(caller: CallerDep, found: MayPropose) -> CasesShown:
    """How each comes out, those of the invariants among them."""
    return CasesShown.of(_desk(caller).run_cases(found.version))


@routes.post(
    "/{version}/impact",
    response_model=ImpactShown,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The analysis, or lines of its progress before it"}},
    summary="What a version would change, were it live",
)
def impact(
    caller: CallerDep,
    found: MayPropose,
    query: Annotated[ReplayFilters, Query()],
    accept: Annotated[str, Header(max_length=1000)] = "",
) -> ImpactShown | StreamingResponse:
    """Found now and not kept; what is proposed keeps its own. Who accepts application/x-ndjson hears its progress:
    lines of `progress` with `part`, `done` and `of` (null while unknown), and last one `impact` or `problem`. It ends
    when the connection is closed. Who wants one answer gets the newest 10,000 decisions at most; `extent` says so.
    """
    desk, extent = _desk(caller), query.extent()
    if not wants_lines(accept):
        extent = extent.at_most(MOST_AT_ONCE)
        return ImpactShown.of(found.version, desk.impact(found.version, caller.now, extent), extent)

    def work(step: Steps) -> dict[str, Json]:
        proposal = desk.impact(found.version, caller.now, extent, step)
        return {"impact": ImpactShown.of(found.version, proposal, extent).model_dump(mode="json")}

    return told(work, caller.request_id)


@routes.post("/{version}/propose", response_model=RulebookShown, summary="Propose a draft")
def propose(caller: CallerDep, once: OnceDep, found: MayPropose, body: ReadAsked) -> Response:
    """Its test cases pass; what it would change in the live version is kept with it for who approves.

    `revision` has to be the one that was read: what another changed meanwhile is not proposed unread.
    """
    desk, by = _desk(caller), caller.subject.id
    return once(200, lambda: RulebookShown.of(desk.propose(by, found.version, caller.now, revision=body.revision)))


@routes.post("/{version}/approve", response_model=RulebookShown, summary="Approve what somebody else proposed")
def approve(caller: CallerDep, once: OnceDep, found: MayApprove, body: ApprovalAsked) -> Response:
    """For one digest in place of one live version; it ends when either changes, or the right to it."""
    desk, by = _desk(caller), caller.subject.id
    return once(
        200,
        lambda: RulebookShown.of(
            desk.approve(by, found.version, digest=body.digest, against=body.against, now=caller.now)
        ),
    )


@routes.post("/{version}/reject", response_model=RulebookShown, summary="Reject what somebody else proposed")
def reject(caller: CallerDep, once: OnceDep, found: MayApprove, body: ReasonAsked) -> Response:
    """For good: its text can be drafted anew."""
    desk, by = _desk(caller), caller.subject.id
    return once(
        200,
        lambda: RulebookShown.of(desk.reject(by, found.version, body.reason, caller.now, revision=body.revision)),
    )


@routes.post("/{version}/withdraw", response_model=RulebookShown, summary="Give a draft or a proposal up")
def withdraw(caller: CallerDep, once: OnceDep, found: MayPropose, body: ReasonAsked) -> Response:
    """For good: its text can be drafted anew."""
    desk, by = _desk(caller), caller.subject.id
    return once(
        200,
        lambda: RulebookShown.of(desk.withdraw(by, found.version, body.reason, caller.now, revision=body.revision)),
    )


@routes.post("/{version}/activate", response_model=ActivatedShown, summary="Make an approved version live")
def activate(caller: CallerDep, once: OnceDep, found: MayActivate, body: ReadAsked) -> Response:
    """At once, for every process; live grants are decided anew, and those that no longer pass are named."""
    desk, by = _desk(caller), caller.subject.id
    return once(200, lambda: ActivatedShown.of(desk.activate(by, found.version, caller.now, revision=body.revision)))


@routes.post(
    "/{version}/rollback", status_code=201, response_model=RulebookShown, summary="Draft a retired version's text anew"
)
def rollback(caller: CallerDep, once: OnceDep, found: MayPropose) -> Response:
    """A new version with the old text; it is proposed and approved as any other."""
    desk, by = _desk(caller), caller.subject.id
    return once(201, lambda: RulebookShown.of(desk.rollback(by, found.version, caller.now)))


def _desk(caller: Caller) -> RulebookDesk:
    return caller.platform.rulebook_desk


def _thing(version: RulebookVersion) -> ARulebook:
    return ARulebook(version=version.version, authors=frozenset(version.authors))


def _warnings(caller: Caller, text: str) -> tuple[RuleWarning, ...]:
    """What to look at, the ids of this organisation's teams, purposes and products known."""
    registry = caller.platform.registry
    known: Mapping[str, frozenset[str]] = {
        "Team": frozenset(team for entry in registry.directory() for team in entry.subject.teams),
        "Purpose": frozenset(registry.purposes()),
        "DataProduct": frozenset(item.product for item in registry.catalogue().items),
        "Domain": frozenset(item.domain for item in registry.catalogue().items),
    }
    return warnings_in(Rulebook(version="draft", text=text), known)
