"""What a grant adds to the label of its environment's workspace, and what that label demands of every grant there.

A role can read and write its environment's workspace, so whoever gets a grant there is given all that was put there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from jit_engine.contracts.breaches import CoarseAsk, approval_rule, derived_breaches
from jit_engine.contracts.terms import Contract, HeldContract
from jit_engine.domain.catalogue import CatalogueItem, TableItem
from jit_engine.domain.label import Label, Mark
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.source import Operation, S3Prefix
from jit_engine.domain.verdict import Breach, Clearance, ClearedSource
from jit_engine.ports import Facts
from jit_engine.rules.treatments import classification_reached
from policy import Decision, Why

READ_ONLY_OF_WORKSPACE = frozenset({Operation.SELECT})
ELSEWHERE = "ask in another environment, or have this workspace declassified or purged (`sluice workspace show`)"


def raised_by(clearance: Clearance, facts: Facts) -> Label:
    """The workspace's label once `clearance` has been delivered: what it lets be read can be copied there."""
    marks = [mark for cleared in clearance.cleared for mark in _marks(cleared, clearance, facts)]
    return facts.label.raised(marks)


def _marks(cleared: ClearedSource, clearance: Clearance, facts: Facts) -> Iterator[Mark]:
    ask, request = cleared.ask, clearance.request
    if all(operation.writes for operation in ask.operations):
        return
    catalogue, source = facts.catalogue, ask.source
    if isinstance(source, S3Prefix) and cleared.without:
        catalogue = catalogue.without(cleared.without, source)
    item = catalogue.item(source) or facts.catalogue.item(source)
    reached = ((item,) if item is not None else ()) + catalogue.touching(source)
    for contract in facts.contracts:
        if contract.covers(source):
            theirs: Sequence[CatalogueItem] = reached
            level = classification_reached(ask, request, facts, reached)
        else:
            theirs = [one for one in reached if contract.covers(one.source)]
            if not theirs:
                continue
            level = max((one.classification for one in theirs), key=lambda one: one.rank)
        yield Mark(
            contract=contract.id,
            version=contract.version,
            classification=level,
            classes=frozenset().union(*(_classes(one, cleared) for one in theirs)),
            purposes=frozenset({request.purpose}),
            holders=frozenset({request.subject.id}),
        )


def _classes(item: CatalogueItem, cleared: ClearedSource) -> frozenset[str]:
    """The categories of an item; of a table that is had in part only those of the columns that are seen."""
    if not isinstance(item, TableItem) or item.source != cleared.ask.source or cleared.columns is None:
        return item.classes
    seen = set(cleared.columns)
    return frozenset().union(*(group.classes for group in item.groups if seen & set(group.columns)))


def contracts_of_label(facts: Facts) -> list[Contract]:
    """The versions in force of the contracts in the label."""
    return [contract for contract in facts.contracts if contract.id in facts.label.contracts]


def label_breaches(
    request: AccessRequest,
    facts: Facts,
    asked: Sequence[Contract],
    together: frozenset[HeldContract],
    now: datetime,
) -> Iterator[Breach]:
    """What of the contracts in the label stands in the way of any grant in that environment.

    `asked` are the contracts of what the request itself passed for: their approvals are asked for anyway.
    """
    if facts.activity is None or facts.environment is None or facts.environment.place is None:
        return
    in_force = {contract.id: contract for contract in facts.contracts}
    workspace = SourceAsk(source=facts.environment.place.workspace, operations=READ_ONLY_OF_WORKSPACE)
    for mark in facts.label.marks:
        contract = in_force.get(mark.contract)
        if contract is None:
            yield _ended(mark)
            continue
        coarse = CoarseAsk(
            ask=workspace,
            classification=mark.classification,
            owners=frozenset(),
            request=request,
            activity=facts.activity,
            tier=facts.environment.tier,
            purposes=facts.purposes,
            together=together,
        )
        for breach in derived_breaches(coarse, contract, now):
            about = f"{breach.given}; the workspace holds data under contract {contract.name}"
            yield replace(
                breach,
                clause=f"workspace: {breach.clause}",
                given=about,
                next_step=f"{breach.next_step}; or {ELSEWHERE}",
            )
        rule = approval_rule(coarse, contract)
        is_theirs = request.subject.id in mark.holders or contract in asked
        if rule is not None and not rule.automatic and not is_theirs:
            yield Breach(
                code="workspace-needs-approval",
                clause="workspace: approvals",
                given=f"the workspace holds data under contract {contract.name}, which people approve",
                allowed="whoever was given data under it by an approved grant in this environment",
                next_step=f"ask for data under contract {contract.name} as well, so that its approvers are asked; "
                f"or {ELSEWHERE}",
            )


def _ended(mark: Mark) -> Breach:
    return Breach(
        code="workspace-quarantined",
        clause="workspace",
        given=f"the workspace holds data under contract {mark.contract}, which is no longer in force",
        allowed="a workspace all of whose contracts are in force",
        next_step=f"have the contract renewed; or {ELSEWHERE}",
    )


def rule_breaches(decisions: Sequence[Decision]) -> Iterator[Breach]:
    """What the rules forbid of reading the workspace, as sensitive as its label says.

    No permit is needed: what was read is permitted, and the contracts in the label bind besides.
    """
    for decision in decisions:
        if decision.allowed or decision.why is Why.NOT_PERMITTED:
            continue
        named = "; ".join(f"{rule.title} ({rule.id})" for rule in decision.rules) or "a rule failed"
        advice = " ".join(rule.advice for rule in decision.rules if rule.advice)
        yield Breach(
            code="workspace-forbidden",
            clause="workspace: rules",
            given=f"the workspace holds what the rules withhold: {named}",
            allowed="a workspace that the rules let the requester read",
            next_step=f"{advice} Or {ELSEWHERE}".strip(),
        )
