"""Data products and databases on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from jit_engine.contracts.terms import Contract
from jit_engine.domain.container import Contained
from jit_engine.domain.source import Operation
from jit_engine.sources.kinds import kind_of
from platform_api.schemas.contracts import CoveringShown, SourceItemShown
from platform_api.schemas.wire import Shown


class CoveringSomeShown(CoveringShown):
    """A contract in force that covers something in a container, and how many of its items."""

    sources: int


class ContainerShown(Shown):
    """A data product or a database, by what is catalogued in it.

    `counts` has the items of each kind, `classification` is the highest of them, `operations` are those that some of
    them offer.
    """

    uri: str
    kind: str
    name: str
    account: str | None
    region: str | None
    domains: list[str]
    owners: list[str]
    classification: str
    classes: list[str]
    sources: int
    counts: dict[str, int]
    operations: list[Operation]
    contracts: list[CoveringSomeShown]

    @classmethod
    def of(cls, found: Contained, contracts: Sequence[Contract]) -> Self:
        """The container under the contracts that are in force."""
        container = found.container
        covered = [(one, sum(one.covers(item.source) for item in found.items)) for one in contracts]
        offered = frozenset[Operation]().union(*(kind_of(item.source).offers for item in found.items))
        return cls(
            uri=container.uri,
            kind=container.kind,
            name=container.name,
            account=getattr(container, "account", None),
            region=getattr(container, "region", None),
            domains=list(found.domains),
            owners=list(found.owners),
            classification=found.classification.value,
            classes=list(found.classes),
            sources=len(found.items),
            counts=dict(found.counts),
            operations=[operation for operation in Operation if operation in offered],
            contracts=[
                CoveringSomeShown(id=one.id, version=one.version, name=one.name, sources=count)
                for one, count in sorted(covered, key=lambda pair: (pair[0].name, pair[0].id))
                if count
            ],
        )


class LackingShown(Shown):
    """Something in a container whose kind does not offer these operations."""

    source: str
    operations: list[str]


class AskedContainerShown(Shown):
    """A database or data product that was asked for, and the sources that it came to in that catalogue.

    What is `lacking` operations was asked for with the others, or left out where it is not among the sources.
    """

    uri: str
    operations: list[str]
    catalogue_generation: int
    sources: list[str]
    lacking: list[LackingShown]

    @classmethod
    def of_record(cls, decision: Mapping[str, Any]) -> list[Self]:
        """Those of a recorded decision."""
        return [cls.model_validate(one) for one in decision["asked"].get("containers", ())]


class ContainerWholeShown(ContainerShown):
    """One container with a page of what is in it, by URI; `generation` is the catalogue's."""

    generation: int
    items: list[SourceItemShown]
    next_cursor: str | None
