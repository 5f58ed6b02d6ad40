"""A database user for each grant and database: it reads what was decided, and is gone when the grant is."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol

from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.databases import DatabaseSource, RdsDatabase, database_of, server_of
from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.found import found_artefact, of_each
from jit_engine.enforcers.ports import Seated
from jit_engine.errors import EngineError, Passing
from jit_engine.iam.enforcing import NoEnforcer
from jit_engine.sources.kinds import source_of_uri
from jit_engine.sources.rds_database import database_user

RETRY_AFTER: Final = timedelta(minutes=1)
_OF_ROLE: Final = re.compile(r"arn:aws:iam::[0-9]{12}:role/(?:[^/]+/)*(?P<name>[^/]+)\Z", re.ASCII)


class DatabaseNotExact(EngineError):
    """A user of this database would have more, or less, than was decided: nothing is made there."""

    code: ClassVar[str] = "database-not-exact"

    def __init__(self, *, database: str, findings: Sequence[str]) -> None:
        self.database = database
        self.findings = tuple(findings)
        super().__init__(
            f"a user of {database} cannot be held to what was decided: {'; '.join(findings)}; have the database's "
            "owner repair it, then ask again"
        )


class NotOurUser(EngineError):
    """A database user of a name of ours that the platform has not made: it is left alone."""

    code: ClassVar[str] = "database-user-not-ours"

    def __init__(self, *, database: str, name: str) -> None:
        super().__init__(
            f"{name} in {database} was not made by this platform and is left alone; have an operator look at it"
        )


class DatabaseUnavailable(Passing, EngineError):
    """A source database that did not answer, or not in time; it may by the next try."""

    code: ClassVar[str] = "database-unavailable"

    def __init__(self, *, database: str, why: str) -> None:
        self.retry_after = RETRY_AFTER
        super().__init__(f"{database} could not be reached: {why}; try again in a minute")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableTable:
    """A table that may be selected from: these columns, or with none every one that it has by then."""

    schema: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUser:
    """A user as it is to be: whose, until when (UTC), and all that it may read."""

    name: str
    grant: GrantId
    tables: tuple[ReadableTable, ...]
    ends_at: datetime


class DatabaseUsers(Protocol):
    """The users of grants in one database. Each call may be repeated, after a crash at any point of it."""

    def put(self, user: DatabaseUser) -> None:
        """Makes it, all at once or not at all. Raises `DatabaseNotExact`, `NotOurUser` or `DatabaseUnavailable`.

        Before it is left to anybody its rights are asked for: what was decided is there, and nothing else is.
        """
        ...

    def end(self, name: str, grant: GrantId) -> None:
        """Lets it log in no more, ends its connections, takes its rights, removes it; none there is fine."""
        ...

    def is_gone(self, name: str) -> bool:
        """Whether the database, asked, has no user of that name and no connection of one."""
        ...

    def found(self) -> Sequence[tuple[str, GrantId]]:
        """Every user that this platform has made for this database, with its grant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDatabase:
    """A database that the platform makes users in, and where people reach it."""

    users: DatabaseUsers
    host: str
    port: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUserEnforcer:
    """By the URI of a database, what makes users there."""

    served: Mapping[str, ServedDatabase]
    mechanism: Mechanism = Mechanism.DATABASE_USER

    def plan(self, seated: Seated) -> Sequence[Artefact]:
        """One user a database; one that is not served is refused."""
        asked: defaultdict[str, list[DatabaseSource]] = defaultdict(list)
        for cleared in seated.clearance.cleared:
            if isinstance(cleared.ask.source, DatabaseSource):
                asked[database_of(cleared.ask.source)].append(cleared.ask.source)
        return [self._user(seated, uri, sources) for uri, sources in sorted(asked.items())]

    def put(self, artefact: Artefact) -> None:
        """Makes the user, with what its sources come to."""
        tables = tuple(_tables(artefact.texts("sources")))
        ends_at = datetime.fromisoformat(artefact.text("ends_at"))
        user = DatabaseUser(name=artefact.text("user"), grant=artefact.grant, tables=tables, ends_at=ends_at)
        self._served(artefact).users.put(user)

    def lift(self, artefact: Artefact) -> None:
        """Ends the user and what it runs."""
        self._served(artefact).users.end(artefact.text("user"), artefact.grant)

    def is_gone(self, artefact: Artefact) -> bool:
        """Whether the database has neither the user nor a connection of it."""
        return self._served(artefact).users.is_gone(artefact.text("user"))

    def found(self) -> Iterable[Artefact]:
        """Every user of ours in every database that is served."""
        return of_each(self.served, _ours)

    def _user(self, seated: Seated, uri: str, sources: Sequence[DatabaseSource]) -> Artefact:
        served = self.served.get(uri)
        uris = tuple(sorted(source.uri for source in sources))
        if served is None:
            why = f"no user can be made in {uri}: have an operator name the database in the settings (databases)"
            raise NoEnforcer(sources=uris, clearance=seated.clearance, why=why)
        _, account, region, _ = server_of(sources[0])
        user = _name(seated, sources[0])
        return Artefact(
            grant=seated.grant,
            part=seated.part,
            mechanism=self.mechanism,
            account=account,
            region=region,
            source=uri,
            name=_artefact_name(user, uri),
            plan={
                "user": user,
                "sources": uris,
                "ends_at": seated.clearance.ends_at.isoformat(),
                "host": served.host,
                "port": str(served.port),
                "database": served.name,
            },
            created_at=seated.now,
        )

    def _served(self, artefact: Artefact) -> ServedDatabase:
        served = self.served.get(artefact.source)
        if served is None:
            why = "it is not in the settings (databases) any more, and an operator has to name it again"
            raise DatabaseUnavailable(database=artefact.source, why=why)
        return served


def redshift_user(role_arn: str) -> str:
    """The user that IAM gives a role in Redshift: 1:1, `IAMR:` with the role's name."""
    match = _OF_ROLE.match(role_arn)
    if match is None:
        raise ValueError(f"{role_arn} is no role")
    return f"IAMR:{match['name']}"


def _name(seated: Seated, source: DatabaseSource) -> str:
    if isinstance(source, RdsDatabase):
        return database_user(seated.grant, source)
    # Before the role is made there is nothing to put: it is asked only whether the user could be.
    return "IAMR:" if seated.role_arn is None else redshift_user(seated.role_arn)


def _artefact_name(user: str, uri: str) -> str:
    """The user's name, where it names the database already; of Redshift's users of one role each has its own."""
    return f"{user}@{hashlib.sha256(uri.encode()).hexdigest()[:8]}" if user.startswith("IAMR:") else user


def _tables(uris: Sequence[str]) -> Iterator[ReadableTable]:
    """Each table once: of several asks for it all the columns that they name, and every one if one names none."""
    columns: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    whole: set[tuple[str, str]] = set()
    for uri in uris:
        source = source_of_uri(uri, account="")
        if not isinstance(source, DatabaseSource) or not source.table:
            raise ValueError(f"{uri} is no table of a database")
        key = (source.schema, source.table)
        columns[key].update(source.columns)
        if not source.columns:
            whole.add(key)
    for schema, table in sorted(columns):
        named = () if (schema, table) in whole else tuple(sorted(columns[schema, table]))
        yield ReadableTable(schema=schema, table=table, columns=named)


def _ours(uri: str, served: ServedDatabase) -> Iterator[Artefact]:
    source = source_of_uri(uri, account="")
    if not isinstance(source, DatabaseSource):
        raise ValueError(f"{uri} is no database")
    _, account, region, _ = server_of(source)
    for user, grant in served.users.found():
        yield found_artefact(
            Mechanism.DATABASE_USER,
            grant,
            account=account,
            region=region,
            source=uri,
            name=_artefact_name(user, uri),
            plan={"user": user},
        )
