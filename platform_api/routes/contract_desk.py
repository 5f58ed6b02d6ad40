"""The contract desk: drafts, checks without storing, differences, endings, and the schema of our terms."""

from collections.abc import Sequence
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from jit_engine.contracts.difference import ContractText, diff
from jit_engine.contracts.terms import ContractState, version_order
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import ContractId, check_id
from jit_engine.errors import InvalidValue, NotFound
from platform_api.authorize import AContract, ThePlatform
from platform_api.paging import check_one_of
from platform_api.registry.records import ContractRecord
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.finding import contract_in_path
from platform_api.routes.lists import Filter, Paged, cut
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.contract_desk import (
    ContractChanged,
    ContractExamined,
    DifferenceShown,
    EndAsked,
    RestingShown,
)
from platform_api.schemas.contracts import ContractAsked, ContractShown, SignatureAsked
from platform_api.schemas.wire import Listed

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["data and rules"])
_VERSION = "/contracts/{contract_id}/versions/{version}"
_SCHEMA = resources.files("jit_engine.contracts").joinpath("usage-contract.v1.json")
_COLUMNS_SCHEMA = resources.files("jit_engine.contracts").joinpath("column-terms.v1.json")


@routes.get("/schemas/usage-contract/v1.json", summary="The JSON Schema of a contract's usage terms")
def usage_schema(caller: CallerDep, _: Annotated[ThePlatform, permits("viewContracts", the_platform)]) -> Response:
    """Version 1: what the root customProperty `usageContract` of an ODCS 3.2 document may hold."""
    del caller
    return Response(_SCHEMA.read_bytes(), media_type="application/schema+json")


@routes.get("/schemas/column-terms/v1.json", summary="The JSON Schemas of access profiles and masking")
def column_schema(caller: CallerDep, _: Annotated[ThePlatform, permits("viewContracts", the_platform)]) -> Response:
    """Version 1: what `accessProfile` of a role and `masking` of a property may hold, under `$defs`."""
    del caller
    return Response(_COLUMNS_SCHEMA.read_bytes(), media_type="application/schema+json")


@routes.post("/contracts/validate", summary="Check a contract without storing anything")
def validate(
    caller: CallerDep, _: Annotated[ThePlatform, permits("proposeContract", the_platform)], body: ContractAsked
) -> ContractExamined:
    """Every problem of the document, what the registry objects to, and what keeps it from being signed."""
    return ContractExamined.of(caller.platform.contracts.examine(caller.subject, document_of(body), caller.now))


@routes.post("/contracts/drafts", status_code=201, response_model=ContractShown, summary="Save a draft of a contract")
def save_draft(
    caller: CallerDep,
    once: OnceDep,
    _: Annotated[ThePlatform, permits("proposeContract", the_platform)],
    body: ContractAsked,
) -> Response:
    """A new draft, or the caller's own of that version written over."""
    document, desk = document_of(body), caller.platform.contracts
    return once(201, lambda: ContractShown.of(desk.draft(caller.subject, document, caller.now)))


@routes.post(_VERSION + "/proposal", status_code=201, response_model=ContractShown, summary="Propose a draft")
def propose_draft(
    caller: CallerDep,
    once: OnceDep,
    _: Annotated[ThePlatform, permits("proposeContract", the_platform)],
    contract_id: Annotated[str, Path()],
    version: Annotated[str, Path()],
) -> Response:
    """The caller's own draft, as it stands."""
    key, desk = contract_in_path(contract_id, version, caller).id, caller.platform.contracts
    return once(201, lambda: ContractShown.of(desk.propose_draft(caller.subject, ContractId(key), version, caller.now)))


@routes.post(_VERSION + "/signatures", status_code=201, response_model=ContractChanged, summary="Sign a contract")
def sign(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AContract, permits("signContract", contract_in_path)],
    version: Annotated[str, Path()],
    body: SignatureAsked,
) -> Response:
    """The last signature that is needed brings the version into force, or waits for its time.

    Live grants are then decided anew; `revoked_grants` are those that no longer pass.
    """
    desk, key = caller.platform.contracts, ContractId(found.id)

    def work() -> ContractChanged:
        before = caller.platform.redecide.giving()
        signed = desk.sign(caller.subject, key, version, body.role, caller.now)
        in_force = signed.record.contract.state is ContractState.IN_FORCE
        ended = _decided_anew(caller, signed.record, before) if in_force else ()
        return ContractChanged.after(signed.record, ended, signed.uncatalogued)

    return once(201, work)


@routes.post(_VERSION + "/end", status_code=201, response_model=ContractChanged, summary="End a version of a contract")
def end(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AContract, permits("endContract", contract_in_path)],
    version: Annotated[str, Path()],
    body: EndAsked,
) -> Response:
    """Also withdraws a proposal. `revoked_grants` are the live grants that no longer pass and are being revoked."""
    desk, key = caller.platform.contracts, ContractId(found.id)

    def work() -> ContractChanged:
        before = caller.platform.redecide.giving()
        record = desk.end(caller.subject, key, version, body.reason, caller.now)
        return ContractChanged.after(record, _decided_anew(caller, record, before))

    return once(201, work)


@routes.post(_VERSION + "/end/preview", summary="What ending a version of a contract would revoke")
def resting(
    caller: CallerDep,
    found: Annotated[AContract, permits("endContract", contract_in_path)],
    version: Annotated[str, Path()],
) -> RestingShown:
    """The live grants that rest on it: each is decided anew then, and no other version stands in. Nothing is done."""
    live = caller.platform.ledger.live_under(ContractId(found.id))
    return RestingShown.of([grant for grant in live if (found.id, version) in grant.contracts])


class VersionFilters(Paged):
    """Filters of a contract's versions."""

    state: Filter = None


@routes.get("/contracts/{contract_id}/versions", summary="Every version of a contract")
def versions(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewContracts", the_platform)],
    contract_id: Annotated[str, Path()],
    query: Annotated[VersionFilters, Query()],
) -> Listed[ContractShown]:
    """By version, the earliest first; none is ever removed."""
    found = caller.platform.registry.contract_versions(ContractId(check_id(contract_id, "co", "contract")))
    if not found:
        raise NotFound(kind="contract", id=contract_id)
    check_one_of("state", query.state, ContractState)
    found = [record for record in found if query.state in (None, record.contract.state.value)]
    return cut(found, query, lambda record: _sortable(record.contract.version), ContractShown.of)


@routes.get(_VERSION + "/difference", summary="What a version changes against another")
def difference(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewContracts", the_platform)],
    contract_id: Annotated[str, Path()],
    version: Annotated[str, Path()],
    from_: Annotated[Filter, Query(alias="from")] = None,
) -> DifferenceShown:
    """Against `from`; without it, against the version in force, or else the one before."""
    registry = caller.platform.registry
    known = {
        record.contract.version: record
        for record in registry.contract_versions(ContractId(check_id(contract_id, "co", "contract")))
    }
    new = known.get(version)
    old = known.get(from_) if from_ is not None else _before(list(known.values()), version)
    if new is None:
        raise NotFound(kind="contract", id=f"{contract_id} version {version[:60]}")
    if old is None:
        fix = "name another version of the same contract: " + ", ".join(sorted(known.keys() - {version}))
        raise InvalidValue(field="from", given=from_ or "", fix=fix)
    texts = [ContractText(terms=record.contract, document=record.document) for record in (old, new)]
    return DifferenceShown.of(old, new, diff(texts[0], texts[1], registry.purposes()))


def document_of(body: ContractAsked) -> str | dict[str, Any]:
    """The one document that was sent, as text or parsed."""
    document = body.document if body.document_yaml is None else body.document_yaml
    if document is None or (body.document is not None and body.document_yaml is not None):
        raise InvalidValue(field="document", given="none or both", fix="send either document or document_yaml")
    return document


def _decided_anew(caller: Caller, record: ContractRecord, before: Sequence[Grant]) -> list[Grant]:
    """The grants that end with what `record` changed: its own, and those of contracts that it forbids."""
    contracts = [record.contract.id, *(ContractId(one) for one in record.contract.forbidden if one.startswith("co_"))]
    ended = [grant for one in contracts for grant in caller.platform.redecide.under(one, caller.now, before)]
    return sorted({grant.id: grant for grant in ended}.values(), key=lambda grant: grant.id)


def _before(known: list[ContractRecord], version: str) -> ContractRecord | None:
    """The version in force; where that is the one asked about, or none is, the latest before it."""
    in_force = [r for r in known if r.contract.state is ContractState.IN_FORCE and r.contract.version != version]
    if in_force:
        return in_force[0]
    this = next((r for r in known if r.contract.version == version), None)
    if this is None:
        return None
    earlier = [r for r in known if version_order(r.contract.version) < version_order(version)]
    return max(earlier, key=lambda r: version_order(r.contract.version), default=None)


def _sortable(version: str) -> str:
    return ".".join(f"{part:06d}" for part in version_order(version))
