"""A package library of CodeArtifact: installing from it, never publishing to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.services import PackageRepository
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical, identity, parts_of_uri

DESCRIBE = ("codeartifact:DescribeRepository", "codeartifact:ListPackages")
INSTALL = ("codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository")
TOKEN = ("codeartifact:GetAuthorizationToken",)
BEARER = ("sts:GetServiceBearerToken",)
"""Knows no resource. The token may live as long as the session that asked for it."""


class PackageRepositoryKind(Kind):
    """Installing, with the bearer token that a package client signs in with."""

    name = "package-repository"
    scheme = "codeartifact"
    form = "codeartifact://account/region/domain/repository"
    entity = "PackageRepository"
    identity = PackageRepository
    offers: ClassVar[Mapping[Operation, Offer]] = {
        Operation.DESCRIBE: Offer(cedar="read", actions=DESCRIBE),
        Operation.SELECT: Offer(cedar="read", actions=(*DESCRIBE, *INSTALL, *TOKEN, *BEARER)),
    }
    columns = "does not apply"
    rows = "does not apply"

    def parse(self, rest: str, account: str) -> Source:
        """A repository; the URI says whose it is."""
        account, region, domain, packages = parts_of_uri(self, rest, 4)
        return canonical(
            self, PackageRepository(account=account, region=region, domain=domain, packages=packages), rest
        )

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Describe; install and sign in for `select`."""
        source = identity(cleared, PackageRepository)
        installs = Operation.SELECT in cleared.ask.operations
        start = f"arn:aws:codeartifact:{source.region}:{source.account}"
        yield Allow(
            sid=f"{'Install' if installs else 'DescribePackages'}{source.account}",
            why="install packages from" if installs else "describe",
            about=(source.uri,),
            actions=(*DESCRIBE, *INSTALL) if installs else DESCRIBE,
            resources=(f"{start}:repository/{source.domain}/{source.packages}",),
            conditions=bounds.within(source.account),
        )
        if not installs:
            return
        yield Allow(
            sid=f"PackageToken{source.account}",
            why="sign in to the domain",
            about=(source.domain,),
            actions=TOKEN,
            resources=(f"{start}:domain/{source.domain}",),
            conditions=bounds.within(source.account),
        )
        yield Allow(
            sid="BearerToken",
            why="have the token made, for CodeArtifact only: the call knows no resource",
            actions=BEARER,
            resources=("*",),
            conditions={"StringEquals": {"sts:AWSServiceName": "codeartifact.amazonaws.com"}, **bounds.time},
        )
