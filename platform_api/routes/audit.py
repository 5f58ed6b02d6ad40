"""The audit trail: what happened, its root, the whole of it as a file, and whether it still holds together."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from platform_api.authorize import ThePlatform
from platform_api.routes.caller import CallerDep
from platform_api.routes.lists import Filter, Paged
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.audit import AuditShown, RootShown, VerificationShown, VerifyAsked
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1/audit", route_class=StrictRoute, tags=["audit"])
MayRead = Annotated[ThePlatform, permits("readAudit", the_platform)]


class AuditFilters(Paged):
    """Filters of the audit trail: what a record is about, who acted, what happened, and when."""

    activity: Filter = None
    grant: Filter = None
    environment: Filter = None
    contract: Filter = None
    rulebook: Filter = None
    actor: Filter = None
    action: Filter = None
    since: Filter = None
    until: Filter = None


@routes.get("", summary="What happened")
def records(caller: CallerDep, _: MayRead, query: Annotated[AuditFilters, Query()]) -> Listed[AuditShown]:
    """The newest first."""
    page = caller.platform.audit.page(query.ask())
    names: dict[str, str] = {entry.subject.id: entry.subject.name for entry in caller.platform.registry.directory()}
    items = [AuditShown.of(entry, names) for entry in page.items]
    return Listed[AuditShown](items=items, next_cursor=page.next_cursor)


@routes.get("/root", summary="The root that commits to the whole log")
def root(caller: CallerDep, _: MayRead) -> RootShown:
    """Keep it elsewhere: an export is verified against it."""
    head = caller.platform.audit.head()
    return RootShown(size=head.size, root=head.root)


@routes.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {}}, "description": "One line a record, with its leaf"}},
    summary="The whole log as JSON lines",
)
def export(caller: CallerDep, _: MayRead) -> StreamingResponse:
    """Streamed; the headers Audit-Size and Audit-Root say what it commits to."""
    head, lines = caller.platform.audit.export()
    headers = {"Audit-Size": str(head.size), "Audit-Root": head.root}
    return StreamingResponse(lines, media_type="application/jsonl", headers=headers)


@routes.post("/verify", summary="Verify the stored log against its stored head")
def verify(caller: CallerDep, _: MayRead, body: VerifyAsked) -> VerificationShown:
    """Every record is hashed again; what is wrong is named."""
    del body
    return VerificationShown.of(caller.platform.audit.verify())
