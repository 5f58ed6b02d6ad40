"""What the catalogue knows about data: items with their sensitivity, and what contains what."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from jit_engine.domain.catalogue_index import KeptAnswers, PlaceIndex, Position
from jit_engine.domain.classification import Classification
from jit_engine.domain.services import DynamoTable, ServiceSource
from jit_engine.domain.source import PREFIX_LIMIT, GlueTable, S3Prefix, Source


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
    """A catalogued table, where its files lie, and its columns by classification.

    `roots` are further places that its metadata names: a data path, a manifest's files, partitions elsewhere.
    `keeps_history`: its raw files still hold deleted rows and dropped columns (Iceberg, Delta). `erasure`: rows are
    erased from it on demand. `copy_of` is what it is a replica of.
    """

    source: GlueTable
    title: str
    product: str
    owner_team: str
    domain: str
    location: S3Prefix
    groups: tuple[ColumnGroup, ...]
    roots: tuple[S3Prefix, ...] = ()
    keeps_history: bool = False
    erasure: bool = False
    copy_of: GlueTable | None = None
    key_arn: str | None = None

    @property
    def files(self) -> tuple[S3Prefix, ...]:
        """Every place that holds its data, each once, its location first."""
        return tuple(dict.fromkeys((self.location, *self.roots)))

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
        if isinstance(source, DynamoTable):
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

    def parts_around(self, table: DynamoTable) -> tuple[ServiceItem, ...]:
        """Every catalogued DynamoDB table, or part of one, that holds the whole of `table`; the smallest last."""
        around = [item for item in self._of_one_table(table) if _holds(item.source, table)]
        return tuple(sorted(around, key=lambda item: len(item.source.uri)))

    def touching(self, source: Source) -> tuple[CatalogueItem, ...]:
        """Every item whose data is reached through `source`: prefixes inside it and tables whose files it overlaps.

        A table is touched in both directions, since its files may lie above or beneath the prefix. What is a copy is
        reached together with its original, as far as that is catalogued. The parts of a DynamoDB table are touched
        where they overlap.
        """
        return self._touched.get(source, self._touching)

    def _touching(self, source: Source) -> tuple[CatalogueItem, ...]:
        if isinstance(source, DynamoTable):
            return tuple(item for item in self._of_one_table(source) if _reaches_into(item.source, source))
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
            now = {self._named[own.source]} if own is not None and here != source else set[Position]()
            for place in places:
                now.update(self._prefixes.within(place), self._files.overlapping(place))
                unread += (_mirrored(place, outer) for outer in self.around(place) if outer.copy_of is not None)
            unread += (original for n in now if (original := original_of(self.items[n])) is not None)
            found |= now
        return tuple(self.items[position] for position in sorted(found))

    def without(self, regions: Collection[S3Prefix], within: S3Prefix) -> "Catalogue":
        """This catalogue less what is reached through `within` in `regions` alone."""

        def is_kept(item: CatalogueItem) -> bool:
            files = files_of(item)
            reached = [place for place in files if place.overlaps(within)]
            return not reached or not all(any(region.contains(place) for region in regions) for place in reached)

        return Catalogue(generation=self.generation, items=tuple(filter(is_kept, self.items)))

    def _of_one_table(self, table: DynamoTable) -> list[ServiceItem]:
        return self._parts.get((table.account, table.region, table.table), [])

    @cached_property
    def _parts(self) -> dict[tuple[str, str, str], list[ServiceItem]]:
        parts: dict[tuple[str, str, str], list[ServiceItem]] = {}
        for item in self.items:
            if isinstance(item, ServiceItem) and isinstance(table := item.source, DynamoTable):
                parts.setdefault((table.account, table.region, table.table), []).append(item)
        return parts

    @cached_property
    def _named(self) -> dict[Source, Position]:
        named: dict[Source, Position] = {}
        for position, item in enumerate(self.items):
            named.setdefault(item.source, position)
        return named

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


def _holds(outer: ServiceSource, inner: DynamoTable) -> bool:
    return isinstance(outer, DynamoTable) and outer.contains(inner)


def _reaches_into(one: ServiceSource, other: DynamoTable) -> bool:
    return isinstance(one, DynamoTable) and one.overlaps(other) and (one == other or not one.contains(other))


def files_of(item: CatalogueItem) -> tuple[S3Prefix, ...]:
    """Every place in S3 that holds the item's data; none of what is not made of files."""
    match item:
        case PrefixItem():
            return (item.source,)
        case TableItem():
            return item.files
        case ServiceItem():
            return ()


def original_of(item: CatalogueItem) -> Source | None:
    """What the item is a copy of."""
    return None if isinstance(item, ServiceItem) else item.copy_of
