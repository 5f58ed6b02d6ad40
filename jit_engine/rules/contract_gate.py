"""The second gate: the contract that covers a source, those of what lies inside, and the catalogue's own word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from jit_engine.contracts.breaches import CoarseAsk, approval_rule, contract_breaches
from jit_engine.contracts.terms import ApprovalRule, Contract, HeldContract
from jit_engine.domain.activity import Environment
from jit_engine.domain.catalogue import CatalogueItem
from jit_engine.domain.request import AccessRequest, SourceAsk
from jit_engine.domain.services import PublicEndpoint
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.domain.verdict import Breach, ContractVerdict, SourceVerdict
from jit_engine.ports import Facts
from jit_engine.rules.containers import catalogue_breaches, contracts_inside, withheld_places
from jit_engine.rules.safeguards import safeguard_breaches
from jit_engine.rules.treatments import classification_reached, column_breaches
from jit_engine.rules.views import base_asks, base_breaches, view_breaches


def contract_verdict(
    ask: SourceAsk, request: AccessRequest, facts: Facts, together: frozenset[HeldContract], now: datetime
) -> ContractVerdict:
    """What the contract that covers the source says, those of what lies inside, and the catalogue; of a view, about
    everything that it is made of as well.
    """
    own = _of_one(ask, request, facts, together, now)
    asked = base_asks(ask, facts.catalogue)
    known = [each for each in asked if facts.catalogue.item(each.source) is not None]
    of_bases = [(each.source, _of_one(each, request, facts, together, now)) for each in known]
    tables = [(source, verdict) for source, verdict in of_bases if isinstance(source, GlueTable)]
    of_views = (breach for each in (ask, *asked) for breach in view_breaches(each, facts.catalogue))
    breaches = (*own.breaches, *dict.fromkeys(of_views), *base_breaches(ask, tables))
    return replace(own, breaches=breaches, bases=tuple(verdict for _, verdict in of_bases))


def _of_one(
    ask: SourceAsk, request: AccessRequest, facts: Facts, together: frozenset[HeldContract], now: datetime
) -> ContractVerdict:
    covering = [contract for contract in facts.contracts if contract.covers(ask.source)]
    item = facts.catalogue.item(ask.source)
    if len(covering) != 1 or item is None or facts.activity is None or facts.environment is None:
        found = ", ".join(contract.name for contract in covering) or "none"
        return ContractVerdict(
            contract=None,
            breaches=(
                Breach(
                    code="no-contract",
                    clause="servers",
                    given=ask.source.uri,
                    allowed=f"exactly one contract in force that covers the whole of it; found {found}",
                    next_step="have the data's producer propose a contract for it, or ask for a part that one covers",
                ),
            ),
        )
    coarse = CoarseAsk(
        ask=ask,
        owners=frozenset(),
        classification=item.classification,
        request=request,
        activity=facts.activity,
        tier=facts.environment.tier,
        purposes=facts.purposes,
        together=together,
    )
    inside = facts.catalogue.touching(ask.source)
    coarse = _about(coarse, (item, *inside))
    coarse = replace(coarse, classification=classification_reached(ask, request, facts, (item, *inside)))
    of_others, asking = list[Breach](), list[ContractVerdict]()
    for other in contracts_inside(ask, facts.catalogue, facts.contracts):
        theirs = [each for each in inside if other.covers(each.source)]
        asked = SourceAsk(source=theirs[0].source, operations=ask.operations)
        about_theirs = _about(replace(coarse, ask=asked), theirs)
        of_others += contract_breaches(about_theirs, other, now)
        if (theirs_too := _asks_people(about_theirs, other)) is not None:
            asking.append(ContractVerdict(contract=other.key, breaches=(), approval=theirs_too))
    return ContractVerdict(
        contract=covering[0].key,
        breaches=(
            *contract_breaches(coarse, covering[0], now),
            *column_breaches(ask, request, facts, covering[0]),
            *catalogue_breaches(ask, facts.catalogue),
            *of_others,
            *_of_network(ask, facts.environment),
            *safeguard_breaches(ask.source, item, coarse.classification, facts.environment, facts.safeguards, now),
        ),
        approval=_asks_people(coarse, covering[0]),
        inside=tuple(asking),
    )


def _asks_people(coarse: CoarseAsk, contract: Contract) -> ApprovalRule | None:
    """The clause that has people say yes, if one does."""
    rule = approval_rule(coarse, contract)
    return None if rule is None or rule.automatic else rule


def _of_network(ask: SourceAsk, environment: Environment) -> Iterator[Breach]:
    """IAM cannot hold an endpoint: where no list says what the environment's network lets out, none is given."""
    lists = frozenset[str]() if environment.place is None else environment.place.egress
    if isinstance(ask.source, PublicEndpoint) and not lists:
        yield Breach(
            code="no-egress-list",
            clause="environment.egress",
            given=ask.source.uri,
            allowed="endpoints from an environment whose network has a list of the hosts that it lets through",
            next_step="have an operator name the environment's list in the settings (egress)",
        )


def _about(coarse: CoarseAsk, items: Sequence[CatalogueItem]) -> CoarseAsk:
    """The ask as it is about all these: their owners, and the highest of their classifications."""
    return replace(
        coarse,
        owners=frozenset(item.owner_team for item in items),
        classification=max((item.classification for item in items), key=lambda level: level.rank),
    )


def contracts_of(passed: Sequence[SourceVerdict], facts: Facts) -> list[Contract]:
    """Those that cover what passed, and those of other things inside that are not withheld: the strictest binds."""
    found = [verdict.contract for verdict in passed if verdict.contract is not None]
    keys = {each.contract for one in found for each in (one, *one.bases)}
    for verdict in passed:
        rest, source = facts.catalogue, verdict.ask.source
        if isinstance(source, S3Prefix) and verdict.without:
            rest = rest.without(withheld_places(verdict), source)
        keys |= {contract.key for contract in contracts_inside(verdict.ask, rest, facts.contracts)}
    return [contract for contract in facts.contracts if contract.key in keys]
