"""Redshift, provisioned and serverless: IAM gives a database user that is the grant's own role and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.services import RedshiftDatabase, RedshiftWorkgroup
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical, identity, parts_of_uri

CLUSTER = ("redshift:GetClusterCredentialsWithIAM",)
WORKGROUP = ("redshift-serverless:GetCredentials",)
_INSIDE = "the database's own grants to the user `IAMR:` with the role's name: made in the database, not by IAM"


class RedshiftDatabaseKind(Kind):
    """Credentials for one database of one cluster, as the user `IAMR:` with the name of the grant's role.

    Never `GetClusterCredentials`, which takes a user's name and can make one and join it to groups.
    """

    name = "redshift-database"
    scheme = "redshift"
    form = "redshift://account/region/cluster/database"
    entity = "RedshiftDatabase"
    identity = RedshiftDatabase
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="query", actions=CLUSTER)}
    columns = _INSIDE
    rows = _INSIDE

    def parse(self, rest: str, account: str) -> Source:
        """A database; the URI says whose it is."""
        account, region, cluster, database = parts_of_uri(self, rest, 4)
        source = RedshiftDatabase(account=account, region=region, cluster=cluster, database=database)
        return canonical(self, source, rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Credentials for the database."""
        source = identity(cleared, RedshiftDatabase)
        start = f"arn:aws:redshift:{source.region}:{source.account}"
        yield Allow(
            sid=f"Redshift{source.account}",
            why="connect, as the grant's own database user, to",
            about=(source.uri,),
            actions=CLUSTER,
            resources=(f"{start}:dbname:{source.cluster}/{source.database}",),
            conditions=bounds.within(source.account),
        )


class RedshiftWorkgroupKind(Kind):
    """Credentials for one workgroup. IAM cannot tell its databases apart."""

    name = "redshift-workgroup"
    scheme = "redshift-serverless"
    form = "redshift-serverless://account/region/workgroup-id"
    entity = "RedshiftWorkgroup"
    identity = RedshiftWorkgroup
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="query", actions=WORKGROUP)}
    columns = _INSIDE
    rows = _INSIDE

    def parse(self, rest: str, account: str) -> Source:
        """A workgroup; the URI says whose it is."""
        account, region, workgroup = parts_of_uri(self, rest, 3)
        return canonical(self, RedshiftWorkgroup(account=account, region=region, workgroup=workgroup), rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Credentials for the workgroup."""
        source = identity(cleared, RedshiftWorkgroup)
        yield Allow(
            sid=f"RedshiftServerless{source.account}",
            why="connect, as the grant's own database user, to",
            about=(source.uri,),
            actions=WORKGROUP,
            resources=(f"arn:aws:redshift-serverless:{source.region}:{source.account}:workgroup/{source.workgroup}",),
            conditions=bounds.within(source.account),
        )
