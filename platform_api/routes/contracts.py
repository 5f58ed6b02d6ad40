"""The catalogue of sources, data contracts, and the rules."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from jit_engine.contracts.terms import Contract, ContractState
from jit_engine.domain.catalogue import VIEW_KIND, CatalogueItem, kind_of_item
from jit_engine.domain.classification import Classification
from jit_engine.domain.ids import ContractId, check_id
from jit_engine.errors import NotFound
from jit_engine.sources.kinds import KINDS
from platform_api.authorize import AnActivity, ThePlatform
from platform_api.paging import PageAsk, check_one_of
from platform_api.registry.records import ContractRecord
from platform_api.routes.caller import Caller, CallerDep
from platform_api.routes.contract_desk import document_of
from platform_api.routes.finding import activity_by, contract_in_path
from platform_api.routes.lists import Filter, Paged, cut
from platform_api.routes.once import OnceDep
from platform_api.routes.permits import permits, the_platform
from platform_api.routes.strict import StrictRoute
from platform_api.schemas.catalogue import SourceWholeShown
from platform_api.schemas.contracts import (
    AcceptanceAsked,
    AcceptanceShown,
    ContractAsked,
    ContractShown,
    RuleShown,
    RuleTextShown,
    SourceItemShown,
)
from platform_api.schemas.wire import Listed
from policy import Engine, Rule

routes = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["data and rules"])
_VERSION = "/contracts/{contract_id}/versions/{version}"


class SourceFilters(Paged):
    """Filters of the sources; `q` is looked for in title, product and URI.

    `label` is one that the source carries, such as personal; `owner` a team; `contract` the id or the name of a
    contract that is in force and covers the whole of it.
    """

    kind: Filter = None
    q: Filter = None
    classification: Filter = None
    product: Filter = None
    label: Filter = None
    owner: Filter = None
    contract: Filter = None


class OneSource(BaseModel):
    """Which source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: Annotated[str, Field(min_length=1, max_length=1000)]


class RuleFilters(Paged):
    """Filters of the rules: `q` is a part of id or title, `owner` a team."""

    q: Filter = None
    owner: Filter = None


class ContractFilters(Paged):
    """Filters of the contracts."""

    state: Filter = None


@routes.get("/sources", summary="What data there is, and under which contract")
def sources(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewSources", the_platform)],
    query: Annotated[SourceFilters, Query()],
) -> Listed[SourceItemShown]:
    """By URI."""
    check_one_of("kind", query.kind, (*(kind.name for kind in KINDS), VIEW_KIND))
    check_one_of("classification", query.classification, Classification)
    live = contracts_of_now(caller)
    is_covered = under(query.contract, live, caller)
    items = caller.platform.registry.catalogue().items
    found = [item for item in items if _fits(item, query) and is_covered(item)]
    now, safeguards = caller.now, caller.platform.policy_readings.safeguards()
    return cut(found, query, lambda item: item.source.uri, lambda item: SourceItemShown.of(item, live, safeguards, now))


@routes.get("/sources/item", summary="One source, with all that decisions read of it")
def source(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewSources", the_platform)],
    query: Annotated[OneSource, Query()],
) -> SourceWholeShown:
    """By the URI that the list shows."""
    catalogue = caller.platform.registry.catalogue()
    found = catalogue.by_uri.get(query.uri)
    if found is None and (closed := f"{query.uri}/") in catalogue.by_uri:
        raise NotFound(kind="source", id=query.uri, fix=f"end it with a slash: {closed}")
    if found is None:
        raise NotFound(kind="source", id=query.uri, fix="look for it: `sluice data list`")
    safeguards = caller.platform.policy_readings.safeguards()
    return SourceWholeShown.whole(
        found, catalogue, SourceItemShown.of(found, contracts_of_now(caller), safeguards, caller.now)
    )


@routes.post("/contracts", status_code=201, response_model=ContractShown, summary="Propose a data contract")
def propose(
    caller: CallerDep,
    once: OnceDep,
    _: Annotated[ThePlatform, permits("proposeContract", the_platform)],
    body: ContractAsked,
) -> Response:
    """Read strictly, with every problem at once; recorded for signature."""
    document, desk = document_of(body), caller.platform.contracts
    return once(201, lambda: ContractShown.of(desk.propose(caller.subject, document, caller.now)))


@routes.get("/contracts", summary="The data contracts, by version")
def contracts(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewContracts", the_platform)],
    query: Annotated[ContractFilters, Query()],
) -> Listed[ContractShown]:
    """The newest first."""
    page = caller.platform.registry.contracts(query.ask())
    return Listed[ContractShown](
        items=[ContractShown.of(record) for record in page.items], next_cursor=page.next_cursor
    )


@routes.get("/contracts/{contract_id}", summary="A contract's latest version")
def contract(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewContracts", the_platform)],
    contract_id: Annotated[str, Path()],
) -> ContractShown:
    """The version that was proposed last; a draft only where there is nothing else."""
    versions = caller.platform.registry.contract_versions(ContractId(check_id(contract_id, "co", "contract")))
    if not versions:
        raise NotFound(kind="contract", id=contract_id)
    proposed = [record for record in versions if record.contract.state is not ContractState.DRAFT]
    found = (proposed or versions)[-1]
    return ContractShown.of(found, caller.platform.contracts.uncatalogued(found.contract))


@routes.get(_VERSION, summary="One version of a contract")
def contract_version(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewContracts", the_platform)],
    contract_id: Annotated[str, Path()],
    version: Annotated[str, Path()],
) -> ContractShown:
    """The version with its signatures, and how each clause is held."""
    found = _contract(caller, contract_in_path(contract_id, version, caller).id, version)
    return ContractShown.of(found, caller.platform.contracts.uncatalogued(found.contract))


def activity_in_body(body: AcceptanceAsked, caller: CallerDep) -> AnActivity:
    """The activity whose owner accepts."""
    return activity_by(body.activity, caller)


@routes.post(
    _VERSION + "/acceptances",
    status_code=201,
    response_model=AcceptanceShown,
    summary="Accept a contract and its duties for an activity",
)
def accept(
    caller: CallerDep,
    once: OnceDep,
    found: Annotated[AnActivity, permits("acceptContract", activity_in_body)],
    contract_id: Annotated[str, Path()],
    version: Annotated[str, Path()],
    body: AcceptanceAsked,
) -> Response:
    """The consumer's signature, by the activity's owner."""
    del body  # its activity is `found`, which the rules were asked about
    key, activity = ContractId(check_id(contract_id, "co", "contract")), found.activity.id
    desk = caller.platform.contracts
    return once(201, lambda: AcceptanceShown.of(desk.accept(caller.subject, activity, key, version, caller.now)))


@routes.get("/policies", summary="The rules: what nobody edits, and what is live")
def policies(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewPolicies", the_platform)],
    query: Annotated[RuleFilters, Query()],
) -> Listed[RuleShown]:
    """By id."""
    return cut(
        [found for found in _rules(caller) if _is_meant(found[0], query)],
        query,
        lambda found: found[0].id,
        lambda found: RuleShown.of(found[0], found[1], editable=found[2]),
    )


@routes.get("/policies/{rule_id}", summary="One rule with its Cedar text and its sentence")
def rule(
    caller: CallerDep,
    _: Annotated[ThePlatform, permits("viewPolicies", the_platform)],
    rule_id: Annotated[str, Path(max_length=100)],
) -> RuleTextShown:
    """The rule."""
    for found, engine, editable in _rules(caller):
        if found.id == rule_id:
            return RuleTextShown.whole(found, engine, editable=editable)
    raise NotFound(kind="rule", id=rule_id)


def _rules(caller: Caller) -> list[tuple[Rule, Engine, bool]]:
    judges = caller.platform.judges()
    kept = [(rule, judges.invariants, False) for rule in judges.invariants.rules]
    return kept + [(rule, judges.rulebook, True) for rule in judges.rulebook.rules]


def _is_meant(rule: Rule, query: RuleFilters) -> bool:
    text = f"{rule.id} {rule.title}".casefold()
    return (query.q or "").casefold() in text and query.owner in (None, rule.owner)


def contracts_of_now(caller: Caller) -> list[Contract]:
    """The contracts that are in force and whose time has come."""
    contracts = [record.contract for record in caller.platform.registry.contracts_in_force()]
    return [contract for contract in contracts if contract.starts_at <= caller.now < contract.ends_at]


def under(given: str | None, live: Sequence[Contract], caller: Caller) -> Callable[[CatalogueItem], bool]:
    """Whether one of `live` that has `given` for its id or name covers the whole of an item; None asks for none.

    Raises `NotFound` when no contract is so called at all, for a name mistyped is not a contract of nothing.
    """
    if given is None:
        return lambda _: True
    named = [contract for contract in live if given in (contract.id, contract.name)]
    if not named and not _is_known(given, caller):
        raise NotFound(kind="contract", id=given, fix="look for it: `sluice contract list`")
    return lambda item: any(contract.covers(item.source) for contract in named)


def _is_known(given: str, caller: Caller) -> bool:
    registry = caller.platform.registry
    named = registry.contracts(PageAsk(limit=1, filters={"name": given})).items
    return bool(named or registry.contract_versions(ContractId(given)))


def _contract(caller: Caller, id: str, version: str) -> ContractRecord:
    record = caller.platform.registry.contract(ContractId(id), version)
    if record is None:
        raise NotFound(kind="contract", id=f"{id} version {version}")
    return record


def _fits(item: CatalogueItem, query: SourceFilters) -> bool:
    kind = kind_of_item(item)
    words = f"{item.title} {item.product} {item.source.uri}".lower()
    return (
        query.kind in (None, kind)
        and query.classification in (None, item.classification.value)
        and query.product in (None, item.product)
        and query.owner in (None, item.owner_team)
        and (query.label is None or query.label in item.classes)
        and (query.q is None or query.q.lower() in words)
    )
