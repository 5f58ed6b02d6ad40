"""What every kind of source has to say of itself. One file a kind; `kinds.py` lists them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeVar

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import Operation, Source
from jit_engine.domain.verdict import ClearedSource
from jit_engine.iam.statement import Allow, Conditions, Deny, iam_time, statement_size
from jit_engine.ports import ProbeCall

S = TypeVar("S", bound=Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What binds every statement of one grant: where it is minted, whose it is and when it ends (UTC)."""

    place: Place
    grant: GrantId
    ends_at: datetime

    @property
    def time(self) -> Conditions:
        """Not at or after the grant's end."""
        return {"DateLessThan": {"aws:CurrentTime": iam_time(self.ends_at)}}

    def within(self, account: str, **others: Mapping[str, str | tuple[str, ...]]) -> Conditions:
        """Only in `account`, not at or after the grant's end, and under `others`, by operator."""
        equals = {"aws:ResourceAccount": account, **others.pop("StringEquals", {})}
        return {"StringEquals": equals, **self.time, **others}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One operation of one kind: the Cedar action that is asked for it, and the AWS actions that it comes to."""

    cedar: str
    actions: tuple[str, ...]


class Kind(ABC):
    """One kind of source. Holds no state; actions come from `offers` and never from input.

    `identity` is its identities' type, `scheme` and `form` are of its URIs, `entity` is its type in Cedar. `columns`
    and `rows` say what keeps withheld columns and rows from the reader, in words for the documents.
    """

    scheme: ClassVar[str]
    form: ClassVar[str]
    entity: ClassVar[str]
    identity: ClassVar[type[Source]]
    offers: ClassVar[Mapping[Operation, Offer]]
    columns: ClassVar[str]
    rows: ClassVar[str]

    @property
    def name(self) -> str:
        """On the wire, and as the identities themselves say."""
        return self.identity.kind

    @abstractmethod
    def parse(self, rest: str, account: str) -> Source:
        """The source of a URI, given what follows `scheme://`; raises `InvalidValue`.

        `account` is the one that the platform keeps beside the URI, for kinds whose URI does not hold it.
        """

    def contains(self, outer: Source, inner: Source) -> bool:
        """Whether all that `inner` reaches is reached through `outer`, both of this kind."""
        return outer == inner

    @abstractmethod
    def allows(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Allow]:
        """What one cleared source needs. Those of one form are merged, over all sources, by `iam.merging`."""

    def denies(self, cleared: ClearedSource, bounds: Bounds) -> Iterator[Deny]:
        """What one cleared source has to be denied beside the closing Denies of every grant."""
        yield from ()

    def probes(self, cleared: ClearedSource) -> tuple[ProbeCall, ...]:
        """Calls beside the source that AWS must refuse, and that would read or change no data if it did not."""
        return ()

    def writes_results(self, cleared: ClearedSource) -> bool:
        """Whether its answers are written into the workspace's place for results."""
        return False

    def size(self, cleared: ClearedSource, bounds: Bounds) -> int:
        """Characters of policy that the source adds at most, as IAM counts them: alone, with nothing to merge with."""
        allows = list(self.allows(cleared, bounds))
        repeated = {text for allow in allows for text in (*allow.actions, *allow.resources)}
        statements = (*allows, *self.denies(cleared, bounds))
        return sum(statement_size(each) for each in statements) + sum(len(text) + 3 for text in repeated)


def identity(cleared: ClearedSource, of: type[S]) -> S:
    """The cleared source as an `of`; another is a fault of ours."""
    source = cleared.ask.source
    if not isinstance(source, of):
        raise TypeError(f"{source.uri} was handed to another kind than its own")
    return source
