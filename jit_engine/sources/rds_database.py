"""An RDS or Aurora database with IAM authentication, as a database user that is the grant's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.databases import RdsDatabase, database_of
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical, identity, named_part, parts_of_uri

CONNECT = ("rds-db:connect",)


class RdsDatabaseKind(Kind):
    """`rds-db:connect` as one user a database, named after the grant. IAM ends no connection that is open."""

    name = "rds-database"
    scheme = "rds"
    form = "rds://account/region/resource-id[/database[/schema/table[/columns/a,b]]]"
    entity = "RdsDatabase"
    identity = RdsDatabase
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="query", actions=CONNECT)}
    columns = "the database: the grant's user may select from the columns that were named, and from nothing else"
    rows = "nothing: refused where rows are withheld"

    def parse(self, rest: str, account: str) -> Source:
        """A database or a part of it; the URI says whose it is."""
        account, region, resource, *part = parts_of_uri(self, rest, 3, 4, 6, 8)
        return canonical(
            self, RdsDatabase(account=account, region=region, resource=resource, **named_part(self, rest, part)), rest
        )

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Connecting as the grant's own user."""
        source = identity(cleared, RdsDatabase)
        user = database_user(bounds.grant, source)
        yield Allow(
            sid=f"Connect{source.account}",
            why=f"connect as database user {user} to",
            about=(source.uri,),
            actions=CONNECT,
            resources=(f"arn:aws:rds-db:{source.region}:{source.account}:dbuser:{source.resource}/{user}",),
            conditions=bounds.within(source.account),
        )


def database_user(grant: GrantId, source: RdsDatabase) -> str:
    """The grant's user in one database: 38 of PostgreSQL's 63 characters, in lower case as it folds names.

    A server knows its users in all of its databases, so that each database of a grant has a user of its own.
    """
    where = hashlib.sha256(database_of(source).encode()).hexdigest()[:8]
    return f"sg_{grant.partition('_')[2].lower()}_{where}"
