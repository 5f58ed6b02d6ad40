"""A host of the internet. IAM knows nothing of it: the network of the environment lets it through or does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.services import PublicEndpoint
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical


class PublicEndpointKind(Kind):
    """Connecting. Refused unless the environment's network lists the host."""

    name = "public-endpoint"
    scheme = "https"
    form = "https://host"
    entity = "PublicEndpoint"
    identity = PublicEndpoint
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="connect", actions=())}
    columns = "does not apply"
    rows = "does not apply"

    def parse(self, rest: str, account: str) -> Source:
        """A host."""
        return canonical(self, PublicEndpoint(host=rest), rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """None."""
        yield from ()
