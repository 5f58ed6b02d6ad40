"""What the catalogue knows about data: items with their sensitivity, and what contains what."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from jit_engine.domain.catalogue_index import KeptAnswers, PlaceIndex, Position
from jit_engine.domain.classification import Classification
from jit_engine.domain.services import Parted, ServiceSource, contains, narrowness, overlap, whole_of
from jit_engine.domain.source import PREFIX_LIMIT, GlueTable, S3Prefix, Source
from jit_engine.domain.view import View

if TYPE_CHECKING:
    from jit_engine.domain.container import Contained


class Zone(StrEnum):
    """What a prefix is for. Only a workspace is written in research and validation."""

    LAKE = "lake"
    REPORT = "report"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnGroup:
    """The columns of one table that share a classification."""

    name: str
    columns: tuple[str, ...]
    classification: Classification
    classes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixItem:
    """A catalogued prefix. `classes` are free labels such as `personal`; `owner_team` is the data's owner.

    `closed`: its owner declares that it holds one dataset of one schema, from registered writers, and nothing that
    is not catalogued. `copy_of` is what it is a replica of.
    """

    source: S3Prefix
    title: str
    product: str
    owner_team: str
    domain: str
    zone: Zone
    classification: Classification
    classes: frozenset[str]
    closed: bool = False
    copy_of: S3Prefix | None = None
    key_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableItem:
    """A catalogued table or view, where its files lie, and its columns by classification.

    `view` is what makes it a view, which has no files of its own; a table has a `location`.
    `roots` are further places that its metadata names: a data path, a manifest's files, partitions elsewhere.
    `keeps_history`: its raw files still hold deleted rows and dropped columns (Iceberg, Delta). `erasure`: rows are
    erased from it on demand. `copy_of` is what it is a replica of.
    """

    source: GlueTable
    title: str
    product: str
    owner_team: str
    domain: str
    location: S3Prefix | None
    groups: tuple[ColumnGroup, ...]
    roots: tuple[S3Prefix, ...] = ()
    keeps_history: bool = False
    erasure: bool = False
    copy_of: GlueTable | None = None
    key_arn: str | None = None
    view: View | None = None

    @property
    def files(self) -> tuple[S3Prefix, ...]:
        """Every place that holds its data, each once, its location first."""
        located = () if self.location is None else (self.location,)
        return tuple(dict.fromkeys((*located, *self.roots))) if self.roots else located

    @property
    def classification(self) -> Classification:
        """The highest of its columns'."""
        return max(
            (group.classification for group in self.groups),
            key=lambda c: c.rank,
            default=Classification.RESTRICTED,
        )

    @property
    def classes(self) -> frozenset[str]:
        """Every label of its columns."""
        return frozenset().union(*(group.classes for group in self.groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceItem:
    """A catalogued source that is not made of files. `key_arn` is the account's own key that it is encrypted with."""

    source: ServiceSource
    title: str
    product: str
    owner_team: str
    domain: str
    classification: Classification
    classes: frozenset[str]
    key_arn: str | None = None


CatalogueItem = PrefixItem | TableItem | ServiceItem


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """A consistent reading of the catalogue; `generation` rises with every change to it.

    Without slots, for it keeps the indexes that its answers come from.
    """

    generation: int
    items: tuple[CatalogueItem, ...]

    def item(self, source: Source) -> CatalogueItem | None:
        """The item that describes `source`: itself, or the deepest catalogued prefix around it."""
        if isinstance(source, S3Prefix):
            return _first_of_deepest(self.around(source))
        if isinstance(source, Parted):
            around_it = self.parts_around(source)
            return around_it[-1] if around_it else None
        position = self._named.get(source)
        return None if position is None else self.items[position]

    def around(self, prefix: S3Prefix) -> tuple[PrefixItem, ...]:
        """Every catalogued prefix that holds the whole of `prefix`, itself included, the outermost first."""
        return self._arounds.get(prefix, self._around)

    def _around(self, prefix: S3Prefix) -> tuple[PrefixItem, ...]:
        return tuple(
            item for place in self._prefixes.around(prefix) if isinstance(item := self.items[place], PrefixItem)
        )

    def parts_around(self, part: Parted) -> tuple[ServiceItem, ...]:
        """Every catalogued table or database, or part of one, that holds the whole of `part`; the smallest last."""
        around = [item for item in self._of_one_whole(part) if _holds(item.source, part)]
        return tuple(sorted(around, key=lambda item: _narrowness(item.source)))

    def touching(self, source: Source) -> tuple[CatalogueItem, ...]:
        """Every item whose data is reached through `source`: prefixes inside it and tables whose files it overlaps.

        A table is touched in both directions, since its files may lie above or beneath the prefix. What is a copy is
        reached together with its original, as far as that is catalogued, and a view with all that it reads, unless it
        is a treatment (`is_treatment`). The parts of a DynamoDB table or a database are touched where they overlap.
        """
        return self._touched.get(source, self._touching)

    def _touching(self, source: Source) -> tuple[CatalogueItem, ...]:
        if isinstance(source, Parted):
            return tuple(item for item in self._of_one_whole(source) if _reaches_into(item.source, source))
        found: set[Position] = set()
        seen: set[Source] = set()
        unread: list[Source] = [source]
        while unread:
            here = unread.pop()
            if here in seen:
                continue
            seen.add(here)
            own = self.item(here)
            places = [here] if isinstance(here, S3Prefix) else own.files if isinstance(own, TableItem) else ()
            is_view = isinstance(own, TableItem) and own.view is not None
            now = {self._named[own.source]} if own is not None and (here != source or is_view) else set[Position]()
            for place in places:
                now.update(self._prefixes.within(place), self._files.overlapping(place))
                unread += (_mirrored(place, outer) for outer in self.around(place) if outer.copy_of is not None)
            unread += (original for n in now if (original := original_of(self.items[n])) is not None)
            unread += self.bases_of(here) if is_view else ()
            found |= now
        return tuple(self.items[position] for position in sorted(found))

    def bases_of(self, source: Source) -> tuple[GlueTable, ...]:
        """Every table and view that is read with the view `source`, at any depth, catalogued or not; each once.

        None for what is no view; what a treatment is made of is not read with it.
        """
        item = self._at(source)
        return () if item is None or self.is_treatment(item) else self._made_of(item, past_treatments=False)

    def is_treatment(self, item: TableItem) -> bool:
        """Whether it is a view whose definition every team that owns a table behind it has certified, as it is now and
        as those of the views behind it are.

        A view that reads with the reader's own rights is none: whoever reads it could read its bases as well.
        """
        view = item.view
        if view is None or view.definer is None or not view.bases or not view.certificates:
            return False
        behind = [self._at(base) for base in self._made_of(item, past_treatments=True)]
        owners = {one.owner_team for one in behind if one is not None}
        if any(one is None or (one.view is not None and not one.view.bases) for one in behind):
            return False
        return bool(owners) and owners <= view.certified_by(self.definition_of(item))

    def definition_of(self, item: TableItem) -> str:
        """What a certificate of a view pins: the digest of all that says what it shows, views behind it included."""
        if item.view is None:
            raise ValueError(f"{item.source.uri} is no view")
        behind = sorted((one.source.uri, one.view.sha256) for one in self.behind(item) if one.view is not None)
        return sha256(json.dumps([item.view.sha256, behind]).encode()).hexdigest() if behind else item.view.sha256

    def behind(self, item: TableItem) -> tuple[TableItem, ...]:
        """The catalogued items that a view is made of, at any depth, whether it is a treatment or not."""
        made_of = self._made_of(item, past_treatments=True)
        return tuple(found for base in made_of if (found := self._at(base)) is not None)

    def views_over(self, source: Source) -> tuple[TableItem, ...]:
        """Every view that is made of `source`, treatments included."""
        return tuple(item for item in self._views if source in self._made_of(item, past_treatments=True))

    def _made_of(self, item: TableItem, *, past_treatments: bool) -> tuple[GlueTable, ...]:
        found: dict[GlueTable, None] = {}
        unread = [item]
        while unread:
            one = unread.pop()
            if one.view is None or (one != item and not past_treatments and self.is_treatment(one)):
                continue
            new = [base for base in one.view.bases if base not in found and base != item.source]
            found |= dict.fromkeys(new)
            unread += [below for base in new if (below := self._at(base)) is not None]
        return tuple(found)

    def _at(self, source: Source) -> TableItem | None:
        position = self._named.get(source)
        found = None if position is None else self.items[position]
        return found if isinstance(found, TableItem) else None

    def without(self, regions: Collection[S3Prefix], within: S3Prefix) -> "Catalogue":
        """This catalogue less what is reached through `within` in `regions` alone."""

        def is_kept(item: CatalogueItem) -> bool:
            files = files_of(item)
            reached = [place for place in files if place.overlaps(within)]
            return not reached or not all(any(region.contains(place) for region in regions) for place in reached)

        return Catalogue(generation=self.generation, items=tuple(filter(is_kept, self.items)))

    def _of_one_whole(self, part: Parted) -> list[ServiceItem]:
        return self._parts.get(whole_of(part), [])

    @cached_property
    def _parts(self) -> dict[tuple[str, str, str, str], list[ServiceItem]]:
        parts: dict[tuple[str, str, str, str], list[ServiceItem]] = {}
        for item in self.items:
            if isinstance(item, ServiceItem) and isinstance(part := item.source, Parted):
                parts.setdefault(whole_of(part), []).append(item)
        return parts

    @cached_property
    def _named(self) -> dict[Source, Position]:
        named: dict[Source, Position] = {}
        for position, item in enumerate(self.items):
            named.setdefault(item.source, position)
        return named

    @cached_property
    def by_uri(self) -> Mapping[str, CatalogueItem]:
        """Every item by the URI of its source."""
        return {item.source.uri: item for item in self.items}

    @cached_property
    def accounts_of_buckets(self) -> Mapping[str, str]:
        """By bucket the account that it lies in, as far as anything in it is catalogued: its name does not say it.

        A prefix says it before the files of a table do, and of several the one whose URI is the first.
        """
        found: dict[str, tuple[bool, str, str]] = {}
        for item in self.items:
            for place in files_of(item):
                said = (not isinstance(item, PrefixItem), place.uri, place.account)
                found[place.bucket] = min(said, found.get(place.bucket, said))
        return {bucket: account for bucket, (_, _, account) in found.items()}

    @cached_property
    def containers(self) -> Mapping[str, "Contained"]:
        """Every container that there is, by its URI, sorted."""
        from jit_engine.domain.container import contained_in  # it is made of what this module says of items

        return contained_in(self)

    @cached_property
    def _views(self) -> tuple[TableItem, ...]:
        return tuple(item for item in self.items if isinstance(item, TableItem) and item.view is not None)

    @cached_property
    def _prefixes(self) -> PlaceIndex:
        return PlaceIndex((item.source, n) for n, item in enumerate(self.items) if isinstance(item, PrefixItem))

    @cached_property
    def _files(self) -> PlaceIndex:
        return PlaceIndex(
            (place, n) for n, item in enumerate(self.items) if isinstance(item, TableItem) for place in item.files
        )

    @cached_property
    def _arounds(self) -> KeptAnswers[S3Prefix, PrefixItem]:
        return KeptAnswers()

    @cached_property
    def _touched(self) -> KeptAnswers[Source, CatalogueItem]:
        return KeptAnswers()


def _first_of_deepest(around: tuple[PrefixItem, ...]) -> PrefixItem | None:
    """The first item of the deepest prefix, where several describe the same."""
    return next((item for item in around if item.source == around[-1].source), None)


def _mirrored(place: S3Prefix, copy: PrefixItem) -> S3Prefix:
    """What `place`, which lies in `copy`, is a copy of."""
    original = copy.copy_of
    if original is None:
        raise ValueError(f"{copy.source.uri} is no copy")
    rest = place.prefix[len(copy.source.prefix) :]
    if len(original.prefix) + len(rest) > PREFIX_LIMIT:
        return original
    return S3Prefix(account=original.account, bucket=original.bucket, prefix=original.prefix + rest)


def _narrowness(source: ServiceSource) -> tuple[int, ...]:
    return narrowness(source) if isinstance(source, Parted) else ()


def _holds(outer: ServiceSource, inner: Parted) -> bool:
    return isinstance(outer, Parted) and contains(outer, inner)


def _reaches_into(one: ServiceSource, other: Parted) -> bool:
    return isinstance(one, Parted) and overlap(one, other) and (one == other or not contains(one, other))


def files_of(item: CatalogueItem) -> tuple[S3Prefix, ...]:
    """Every place in S3 that holds the item's data; none of what is not made of files."""
    match item:
        case PrefixItem():
            return (item.source,)
        case TableItem():
            return item.files
        case ServiceItem():
            return ()


VIEW_KIND = "glue-view"
"""What kind of item a view is; asked for, it is a table like others."""


def kind_of_item(item: CatalogueItem) -> str:
    """The kind that people look for it by."""
    return VIEW_KIND if isinstance(item, TableItem) and item.view is not None else item.source.kind


def original_of(item: CatalogueItem) -> Source | None:
    """What the item is a copy of."""
    return None if isinstance(item, ServiceItem) else item.copy_of
