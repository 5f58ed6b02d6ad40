"""Taking back every live grant of a person, activity, contract, dataset or account, or all there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem, original_of
from jit_engine.domain.event import Event
from jit_engine.domain.grant import Grant
from jit_engine.domain.ids import GrantId
from jit_engine.domain.services import Parted, overlap
from jit_engine.domain.source import GlueTable, S3Prefix, Source
from jit_engine.domain.subject import Subject
from jit_engine.errors import InvalidValue
from jit_engine.sources.kinds import source_of_uri

CHUNK = 200
"""Grants ended in one transaction: enough to be quick, few enough to let others write."""


class Wide(StrEnum):
    """What live grants have in common."""

    PERSON = "person"
    ACTIVITY = "activity"
    CONTRACT = "contract"
    DATASET = "dataset"
    ACCOUNT = "account"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which grants. `value` is an id, an account's number, or a dataset's URI; empty for everything."""

    kind: Wide
    value: str


class Ending(Protocol):
    """Ends grants, whoever holds them at this moment."""

    def end_all(self, grants: Sequence[GrantId], reason: str, event: Event) -> Sequence[GrantId]:
        """Ends those that still give access, each with a record of its own made from `event`; all or none.

        With one that is still being minted, or will be anew, the request that waits for it is taken back.
        """
        ...


class LiveGrantsIn(Ending, Protocol):
    """What is needed of the ledger."""

    def giving_in(self, scope: Scope) -> Sequence[Grant]:
        """Every grant in the scope that gives access or is about to, the oldest first; all of them for a dataset."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeMany:
    """Finds and ends them; who may is the caller's question. The reconciler does the rest, revocations first."""

    live: LiveGrantsIn
    catalogue: Callable[[], Catalogue]
    account: str

    def find(self, scope: Scope) -> tuple[Grant, ...]:
        """What would be ended."""
        found = tuple(self.live.giving_in(scope))
        if scope.kind is not Wide.DATASET:
            return found
        try:
            source = source_of_uri(scope.value, account=self.account)
        except InvalidValue as invalid:
            fix = "give its URI as the catalogue has it: s3://BUCKET/PREFIX/, glue://ACCOUNT/REGION/DATABASE/TABLE"
            raise InvalidValue(field="dataset", given=scope.value, fix=fix) from invalid
        catalogue = self.catalogue()
        dataset = _Dataset.of(_where_it_lies(source, catalogue), catalogue)
        return tuple(grant for grant in found if dataset.is_reached_by(grant))

    def __call__(self, scope: Scope, by: Subject, reason: str, now: datetime) -> tuple[Grant, ...]:
        """What was ended, as it was before. A grant that is given at this very moment is decided by the next call."""
        found = {grant.id: grant for grant in self.find(scope)}
        event = Event(
            action="grant.revoking",
            actor=by.id,
            at=now,
            about={},
            details={"reason": reason, "scope": scope.kind.value, "of": scope.value},
        )
        ids, ended = list(found), list[GrantId]()
        for start in range(0, len(ids), CHUNK):
            ended += self.live.end_all(ids[start : start + CHUNK], reason, event)
        return tuple(found[grant] for grant in ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dataset:
    """A dataset with everything through which it can be reached: the wider reading counts."""

    places: tuple[S3Prefix, ...]
    parts: tuple[Parted, ...]
    sources: frozenset[str]

    @classmethod
    def of(cls, source: Source, catalogue: Catalogue) -> _Dataset:
        """The dataset and its copies, each with the tables that lie in it, the views over those, and the files of a
        table.
        """
        found = cls._itself(source, catalogue)
        unread = [item for item in catalogue.items if original_of(item) is not None]
        while unread:
            copies, others = list[CatalogueItem](), list[CatalogueItem]()
            for item in unread:
                (copies if found._is_held_by(original_of(item)) else others).append(item)
            if not copies:
                break
            for copy in copies:
                more = cls._itself(copy.source, catalogue)
                found = cls(places=found.places + more.places, parts=found.parts, sources=found.sources | more.sources)
            unread = others
        return found

    @classmethod
    def _itself(cls, source: Source, catalogue: Catalogue) -> _Dataset:
        itself = catalogue.item(source)
        is_view = isinstance(itself, TableItem) and itself.view is not None  # what it reads is data of its own
        items = [item for item in (itself, *(() if is_view else catalogue.touching(source))) if item is not None]
        tables = [item for item in items if isinstance(item, TableItem)]
        tables += [view for item in tuple(tables) for view in catalogue.views_over(item.source)]
        own = [item for item in tables if isinstance(source, GlueTable) and item.source == source]
        places = [place for item in own for place in item.files]
        if isinstance(source, S3Prefix):
            places.append(source)
        return cls(
            places=tuple(places),
            parts=(source,) if isinstance(source, Parted) else (),
            sources=frozenset({source.uri, *(item.source.uri for item in tables)}),
        )

    def is_reached_by(self, grant: Grant) -> bool:
        """Whether one of the grant's sources is the dataset, holds it, or lies in it."""
        return any(
            uri in self.sources or self._meets(source_of_uri(uri, account=principal.account))
            for principal in grant.principals
            for uri in principal.sources
        )

    def _is_held_by(self, source: Source | None) -> bool:
        return source is not None and (source.uri in self.sources or self._meets(source))

    def _meets(self, source: Source) -> bool:
        if isinstance(source, S3Prefix):
            return any(_overlap(source, place) for place in self.places)
        return isinstance(source, Parted) and any(overlap(source, part) for part in self.parts)


def _where_it_lies(source: Source, catalogue: Catalogue) -> Source:
    """A prefix in the account that its bucket belongs to, which its URI does not tell."""
    if not isinstance(source, S3Prefix):
        return source
    return replace(source, account=catalogue.accounts_of_buckets.get(source.bucket, source.account))


def _overlap(one: S3Prefix, other: S3Prefix) -> bool:
    """By bucket and path alone: bucket names are one everywhere, and the account here is only a guess."""
    return one.bucket == other.bucket and (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix))
