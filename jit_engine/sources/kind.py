"""What every kind of source has to say of itself. One file a kind; `kinds.py` lists them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypedDict, TypeVar

from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.errors import InvalidValue
from jit_engine.iam.statement import Allow, Deny, is_of_s3, statement_size, used_as_asked
from jit_engine.ports import ProbeCall
from jit_engine.sources.bounds import Bounds, KeyUse
from jit_engine.sources.data_keys import key_allows

S = TypeVar("S", bound=Source)
_WORKSPACE_KEY = 600
"""What the workspace's key adds where the data has a key of its own: Denies that keep the two apart."""


class DatabasePart(TypedDict, total=False):
    """The fields by which a part of a database server is named."""

    database: str
    schema: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One operation of one kind: the Cedar action that is asked for it, and the AWS actions that it comes to."""

    cedar: str
    actions: tuple[str, ...]


class Kind(ABC):
    """One kind of source. Holds no state; actions come from `offers` and never from input.

    `name` is on the wire and in its identities, `scheme` and `form` are of its URIs, `entity` is its type in Cedar;
    `columns` and `rows` say what keeps withheld columns and rows from the reader, in words for the documents.
    """

    name: ClassVar[str]
    scheme: ClassVar[str]
    form: ClassVar[str]
    entity: ClassVar[str]
    identity: ClassVar[type[Source]]
    offers: ClassVar[Mapping[Operation, Offer]]
    columns: ClassVar[str]
    rows: ClassVar[str]

    @abstractmethod
    def parse(self, rest: str, account: str) -> Source:
        """The source of a URI, given what follows `scheme://`; raises `InvalidValue`.

        `account` is the one that the platform keeps beside the URI, for kinds whose URI does not hold it.
        """

    @abstractmethod
    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """What one cleared source needs. Those of one form are merged, over all sources, by `iam.merging`."""

    def denies(self, cleared: Sequence[ClearedSource], bounds: Bounds) -> Iterator[Deny]:
        """What a grant with these sources, all of this kind, is denied beside the closing Denies of every grant."""
        yield from ()

    def key_use(self, cleared: ClearedSource) -> KeyUse | None:
        """How its service uses the key that the data is encrypted with; None where the reader needs no key."""
        return None

    def probes(self, cleared: ClearedSource) -> tuple[ProbeCall, ...]:
        """Calls beside the source that AWS must refuse, and that would read or change no data if it did not."""
        return ()

    def writes_results(self, cleared: ClearedSource) -> bool:
        """Whether its answers are written into the workspace's place for results."""
        return False

    def size(self, cleared: ClearedSource, bounds: Bounds) -> int:
        """Characters of policy that the source adds at most, as IAM counts them: alone, with nothing to merge with."""
        allows = [*self.allows(cleared, bounds), *key_allows(cleared, self.key_use(cleared), bounds)]
        repeated = {text for allow in allows for text in (*allow.actions, *allow.resources)}
        closing = [used_as_asked(allow.actions, allow.resources) for allow in allows if not is_of_s3(allow)]
        statements = (*allows, *self.denies((cleared,), bounds), *closing)
        others = _WORKSPACE_KEY if cleared.key_arn is not None else 0
        return sum(statement_size(each) for each in statements) + sum(len(text) + 3 for text in repeated) + others


def parts_of_uri(kind: Kind, rest: str, *counts: int) -> list[str]:
    """What stands between the slashes of a URI; raises `InvalidValue` unless there are as many parts as may be."""
    parts = rest.split("/")
    if len(parts) not in counts:
        raise InvalidValue(field="source", given=f"{kind.scheme}://{rest}", fix=f"use {kind.form}")
    return parts


def named_part(kind: Kind, rest: str, part: Sequence[str]) -> DatabasePart:
    """What follows a server in the URI of a part of it: a database, a table and its columns; raises `InvalidValue`."""
    names: DatabasePart = {}
    if part:
        names["database"] = part[0]
    if len(part) > 2:
        names["schema"], names["table"] = part[1], part[2]
    if len(part) > 4:
        if part[3] != "columns":
            raise InvalidValue(field="source", given=f"{kind.scheme}://{rest}", fix=f"use {kind.form}")
        names["columns"] = tuple(part[4].split(","))
    return names


def canonical(kind: Kind, source: Source, rest: str) -> Source:
    """The source; raises `InvalidValue` when it was written in another way than its one canonical text."""
    if source.uri != f"{kind.scheme}://{rest}":
        raise InvalidValue(field="source", given=f"{kind.scheme}://{rest}", fix=f"write {source.uri}")
    return source


def identity(cleared: ClearedSource, of: type[S]) -> S:
    """The cleared source as an `of`; another is a fault of ours."""
    source = cleared.ask.source
    if not isinstance(source, of):
        raise TypeError(f"{source.uri} was handed to another kind than its own")
    return source
