"""An RDS or Aurora database with IAM authentication, as a database user that is the grant's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from jit_engine.domain.ids import GrantId
from jit_engine.domain.services import RdsDatabase
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow
from jit_engine.sources.bounds import Bounds
from jit_engine.sources.kind import Kind, Offer, canonical, identity, parts_of_uri

CONNECT = ("rds-db:connect",)
_INSIDE = "the database's own grants to the grant's user: made in the database, not by IAM"


class RdsDatabaseKind(Kind):
    """`rds-db:connect` as one user, whose name derives from the grant's id. IAM ends no connection that is open."""

    name = "rds-database"
    scheme = "rds"
    form = "rds://account/region/resource-id"
    entity = "RdsDatabase"
    identity = RdsDatabase
    offers: ClassVar[Mapping[Operation, Offer]] = {Operation.SELECT: Offer(cedar="query", actions=CONNECT)}
    columns = _INSIDE
    rows = _INSIDE

    def parse(self, rest: str, account: str) -> Source:
        """A database; the URI says whose it is."""
        account, region, resource = parts_of_uri(self, rest, 3)
        return canonical(self, RdsDatabase(account=account, region=region, resource=resource), rest)

    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """Connecting as the grant's own user."""
        source = identity(cleared, RdsDatabase)
        user = database_user(bounds.grant)
        yield Allow(
            sid=f"Connect{source.account}",
            why=f"connect as database user {user} to",
            about=(source.uri,),
            actions=CONNECT,
            resources=(f"arn:aws:rds-db:{source.region}:{source.account}:dbuser:{source.resource}/{user}",),
            conditions=bounds.within(source.account),
        )


def database_user(grant: GrantId) -> str:
    """The grant's user in every database: 29 characters of MySQL's 32, in lower case as PostgreSQL folds names."""
    return f"sg_{grant.partition('_')[2].lower()}"
