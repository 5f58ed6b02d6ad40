"""Redshift, provisioned and serverless: IAM gives a database user that is the grant's own role and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.databases import RedshiftDatabase, RedshiftWorkgroup
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import DatabasePart, Kind, Offer, canonical, identity, named_part, parts_of_uri

CLUSTER = ("redshift:GetClusterCredentialsWithIAM",)
WORKGROUP = ("redshift-serverless:GetCredentials",)
_COLUMNS = "the database: the role's user may select from the columns that were named, and from nothing else"
_ROWS = "nothing: refused where rows are withheld"


class RedshiftDatabaseKind(Kind):
    """Credentials for one database of one cluster, as the user `IAMR:` with the name of the grant's role.

    Never `GetClusterCredentials`, which takes a user's name and can make one and join it to groups.
    """

    name = "redshift-database"
    scheme = "redshift"
    form = "redshift://account/region/cluster/database[/schema/table[/columns/a,b]]"
    entity = "RedshiftDatabase"
    identity = RedshiftDatabase
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="query", actions=CLUSTER)}
    columns = _COLUMNS
    rows = _ROWS

    def parse(self, rest: str, account: str) -> Source:
        """A database or a part of it; the URI says whose it is."""
        account, region, cluster, *part = parts_of_uri(self, rest, 4, 6, 8)
        named: DatabasePart = {"database": "", **named_part(self, rest, part)}
        return canonical(self, RedshiftDatabase(account=account, region=region, cluster=cluster, **named), rest)

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
    form = "redshift-serverless://account/region/workgroup-id[/database[/schema/table[/columns/a,b]]]"
    entity = "RedshiftWorkgroup"
    identity = RedshiftWorkgroup
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="query", actions=WORKGROUP)}
    columns = _COLUMNS
    rows = _ROWS

    def parse(self, rest: str, account: str) -> Source:
        """A workgroup or a part of it; the URI says whose it is."""
        account, region, workgroup, *part = parts_of_uri(self, rest, 3, 4, 6, 8)
        named = named_part(self, rest, part)
        return canonical(self, RedshiftWorkgroup(account=account, region=region, workgroup=workgroup, **named), rest)

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
