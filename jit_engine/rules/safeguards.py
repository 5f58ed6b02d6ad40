"""What has to hold around a source before it is given: its own policies let nobody in, and a network where one is due.

A refusal here is nobody's clause and nobody's rule: it stands until what is around the source has been repaired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from jit_engine.domain.activity import Environment
from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.label import Label
from jit_engine.domain.resource_policy import Safeguards, policed_by
from jit_engine.domain.source import S3Prefix, Source
from jit_engine.domain.verdict import Breach

BOUND_FROM = Classification.CONFIDENTIAL
"""From here upwards credentials work only from the environment's network, where it has one."""


def policing(source: Source, item: CatalogueItem | None) -> tuple[tuple[str, str], ...]:
    """Each resource whose own policy governs the source, with its account."""
    files: tuple[S3Prefix, ...] = (source,) if isinstance(source, S3Prefix) else ()
    if isinstance(item, TableItem):
        files = () if item.view is not None else item.files
    return policed_by(source, files, None if item is None else item.key_arn)


def safeguard_breaches(
    source: Source,
    item: CatalogueItem,
    classification: Classification,
    environment: Environment,
    safeguards: Safeguards | None,
    now: datetime,
) -> Iterator[Breach]:
    """What is missing around one source; nothing where the platform was not told what to look at."""
    if safeguards is None:
        return
    yield from _of_policies(policing(source, item), safeguards, now)
    yield from network_breaches(classification, environment, safeguards)


def _of_policies(resources: Iterable[tuple[str, str]], safeguards: Safeguards, now: datetime) -> Iterator[Breach]:
    for resource, account in resources:
        reading = safeguards.reading_of(resource)
        if reading is None or not safeguards.is_recent(reading, now):
            seen = "never" if reading is None else f"last at {reading.checked_at.isoformat()}"
            yield Breach(
                code="source-not-checked",
                clause="the source's own policies",
                given=f"the policies of {resource} were {seen} read",
                allowed=f"a reading of the last {safeguards.oldest}",
                next_step="the worker reads them: ask again in a minute, or have an operator see what holds it up",
            )
            continue
        for finding in reading.findings:
            yield Breach(
                code="not-enforceable",
                clause=f"{finding.policy}, {finding.statement}",
                given=f"{resource} of account {account}: {finding.why}",
                allowed="policies that no role minted here gets in by",
                next_step=f"have its owner repair it: {finding.repair}",
            )


def network_breaches(
    level: Classification, environment: Environment, safeguards: Safeguards | None
) -> Iterator[Breach]:
    """A network that data of this classification has to be used in, where the environment has none."""
    due = None if safeguards is None else safeguards.network_from
    place = environment.place
    if due is None or level.rank < due.rank or place is None or place.vpc_endpoints:
        return
    yield Breach(
        code="network-needed",
        clause="network",
        given=f"{level.value} data in an environment that has no network of its own",
        allowed=f"from {due.value} upwards, an environment with VPC endpoints",
        next_step="have an operator name the environment's VPC endpoints, or use an environment that has them",
    )


def highest(sources: Iterable[Source], catalogue: Catalogue) -> Classification:
    """The highest classification of all that is reached through any of the sources; restricted where none is known."""
    reached = [
        each.classification
        for source in sources
        for each in (catalogue.item(source), *catalogue.touching(source))
        if each is not None
    ]
    return max(reached, key=lambda level: level.rank, default=Classification.RESTRICTED)


def bound_endpoints(
    sources: Iterable[Source], catalogue: Catalogue, environment: Environment, label: Label
) -> frozenset[str]:
    """The endpoints outside of which a grant of these sources does not work; none where it works from anywhere.

    Every grant of the environment reads its workspace, so what may lie there by now (`label`) binds as well.
    """
    level = max(highest(sources, catalogue), label.classification, key=lambda each: each.rank)
    if environment.place is None or level.rank < BOUND_FROM.rank:
        return frozenset()
    return environment.place.vpc_endpoints
