"""The enforcement ledger: what holds each clause of a contract, how that was verified, when it was last seen to."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from jit_engine.domain.ids import ContractId, check_id
from jit_engine.enforcers.mechanisms import HOLDERS, Holder, holders_of
from jit_engine.errors import NotFound
from platform_api.authorize import ThePlatform
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.enforcement import (
    ClauseEnforcedShown,
    ContractEnforcementShown,
    EnforcementShown,
    HolderShown,
)

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["data and rules"])


@routes.get("/enforcement", summary="Every mechanism that holds a clause, and how it was verified")
def enforcement(
    caller: CallerDep, _: Annotated[ThePlatform, permits("viewContracts", the_platform)]
) -> EnforcementShown:
    """From this project's tests, and from this platform's audit trail."""
    return EnforcementShown(items=[_shown(caller, holder) for holder in HOLDERS])


@routes.get("/contracts/{contract_id}/enforcement", summary="Who enforces each clause of a contract's latest version")
def contract_enforcement(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewContracts", the_platform)],
    contract_id: Annotated[str, Path()],
) -> ContractEnforcementShown:
    """Its clauses in their order; one that nothing holds names no mechanism."""
    versions = caller.platform.registry.contract_versions(ContractId(check_id(contract_id, "co", "contract")))
    if not versions:
        raise NotFound(kind="contract", id=contract_id)
    record = versions[-1]
    seen = {holder.name: _shown(caller, holder) for holder in HOLDERS}
    return ContractEnforcementShown(
        id=record.contract.id,
        version=record.contract.version,
        clauses=[
            ClauseEnforcedShown(
                clause=row.clause,
                text=row.text,
                hold=row.hold.value,
                by=row.by,
                mechanisms=[seen[holder.name] for holder in holders_of(row)],
            )
            for row in record.holds
        ],
    )


def _shown(caller: Caller, holder: Holder) -> HolderShown:
    return HolderShown(
        name=holder.name,
        title=holder.title,
        verified=[one.value for one in holder.verified],
        how=holder.how,
        last_seen=_last_seen(caller, holder),
    )


def _last_seen(caller: Caller, holder: Holder) -> datetime | None:
    if holder.stands_as:
        return caller.platform.enforce.artefacts.last_seen(holder.stands_as)
    return caller.platform.audit.last_of(holder.seen_as) if holder.seen_as else None
