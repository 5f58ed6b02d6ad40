"""Identities of databases with a user for each grant: the whole, one database of it, one table, some of its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from jit_engine.domain.names import check_name, check_place
from jit_engine.errors import InvalidValue

_CLUSTER: Final = re.compile(r"[a-z](?:-?[a-z0-9]){0,62}\Z", re.ASCII)
_REDSHIFT_DATABASE: Final = re.compile(r"[a-z_][a-z0-9_]{0,63}\Z", re.ASCII)
_WORKGROUP: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_RESOURCE: Final = re.compile(r"(?:db|cluster)-[A-Z0-9]{20,32}\Z", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z", re.ASCII)
"""A name in a database: as long as PostgreSQL keeps one. Others are legal there and cannot be asked for."""
_MOST_COLUMNS: Final = 200
_SYSTEM_SCHEMA: Final = re.compile(r"(?:pg_|information_schema\Z)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftDatabase:
    """A database of a Redshift cluster, one table of it, or some of its columns; empty means all."""

    kind: Literal["redshift-database"] = "redshift-database"
    account: str
    region: str
    cluster: str
    database: str
    schema: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(_CLUSTER, "cluster", self.cluster, "use the cluster's name: lower-case letters, digits and single -")
        fix = "use the database's name: lower-case letters, digits and _"
        check_name(_REDSHIFT_DATABASE, "database", self.database, fix)
        _check_part(self)

    @property
    def uri(self) -> str:
        """`redshift://account/region/cluster/database`, and where it is a part `/schema/table[/columns/a,b]`."""
        return f"redshift://{self.account}/{self.region}/{self.cluster}/{self.database}{_table_text(self)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedshiftWorkgroup:
    """A workgroup of Redshift Serverless by its id, or a part of it: IAM knows no database inside of it."""

    kind: Literal["redshift-workgroup"] = "redshift-workgroup"
    account: str
    region: str
    workgroup: str
    database: str = ""
    schema: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(_WORKGROUP, "workgroup", self.workgroup, "use the workgroup's id, a UUID in lower case")
        _check_part(self)

    @property
    def uri(self) -> str:
        """`redshift-serverless://account/region/workgroup`, and where it is a part what follows in `redshift://`."""
        return f"redshift-serverless://{self.account}/{self.region}/{self.workgroup}{_part_text(self)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RdsDatabase:
    """An RDS instance or Aurora cluster, by its resource id, which never changes and is never used again; or a part."""

    kind: Literal["rds-database"] = "rds-database"
    account: str
    region: str
    resource: str
    database: str = ""
    schema: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_place(self.account, self.region)
        check_name(
            _RESOURCE, "resource", self.resource, "use the resource id: db-… of an instance, cluster-… of Aurora"
        )
        _check_part(self)

    @property
    def uri(self) -> str:
        """`rds://account/region/resource`, and where it is a part `/database[/schema/table[/columns/a,b]]`."""
        return f"rds://{self.account}/{self.region}/{self.resource}{_part_text(self)}"


DatabaseSource = RedshiftDatabase | RedshiftWorkgroup | RdsDatabase
"""What is read as a database user."""


def server_of(source: DatabaseSource) -> tuple[str, str, str, str]:
    """Kind, account, region and name of what holds the database: users are known there, and in no other."""
    match source:
        case RedshiftDatabase(cluster=name) | RedshiftWorkgroup(workgroup=name) | RdsDatabase(resource=name):
            return source.kind, source.account, source.region, name


def database_of(source: DatabaseSource) -> str:
    """The URI of the database that the source is or lies in; that of the whole server where it names none."""
    return source.uri.removesuffix(_table_text(source))


def part_contains(outer: DatabaseSource, inner: DatabaseSource) -> bool:
    """Whether every column of `inner` is one of `outer`."""
    path, columns = _path(outer), frozenset(outer.columns)
    beneath = server_of(outer) == server_of(inner) and _path(inner)[: len(path)] == path
    return beneath and (not columns or (bool(inner.columns) and columns.issuperset(inner.columns)))


def parts_overlap(one: DatabaseSource, other: DatabaseSource) -> bool:
    """Whether some column can belong to both."""
    shorter, longer = sorted((_path(one), _path(other)), key=len)
    alike = server_of(one) == server_of(other) and longer[: len(shorter)] == shorter
    return alike and (not one.columns or not other.columns or not set(one.columns).isdisjoint(other.columns))


def _path(source: DatabaseSource) -> tuple[str, ...]:
    return tuple(name for name in (source.database, source.schema, source.table) if name)


def _part_text(source: DatabaseSource) -> str:
    return f"/{source.database}{_table_text(source)}" if source.database else ""


def _table_text(source: DatabaseSource) -> str:
    columns = f"/columns/{','.join(source.columns)}" if source.columns else ""
    return f"/{source.schema}/{source.table}{columns}" if source.table else ""


def _check_part(source: DatabaseSource) -> None:
    names = (("database", source.database), ("schema", source.schema), ("table", source.table))
    for field, name in names:
        if name:
            check_name(_NAME, field, name, "use its name in the database: 1 to 63 ASCII letters, digits and _")
    if bool(source.schema) != bool(source.table) or (source.table and not source.database):
        raise InvalidValue(field="table", given=source.table, fix="name database, schema and table together")
    if _SYSTEM_SCHEMA.match(source.schema):
        raise InvalidValue(field="schema", given=source.schema, fix="the database's own catalogue is not data")
    for column in source.columns:
        check_name(_NAME, "columns", column, "use names of columns: 1 to 63 ASCII letters, digits and _")
    if source.columns and (
        not source.table or len(source.columns) > _MOST_COLUMNS or tuple(sorted(set(source.columns))) != source.columns
    ):
        fix = f"name at most {_MOST_COLUMNS} columns of one table, sorted and each once"
        raise InvalidValue(field="columns", given=",".join(source.columns)[:200], fix=fix)
