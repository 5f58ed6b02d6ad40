"""What the catalogue knows about data: items with their sensitivity, and what contains what."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from jit_engine.domain.catalogue_index import PlaceIndex, Position
from jit_engine.domain.classification import Classification
from jit_engine.domain.source import GlueTable, S3Prefix, Source


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
    """A catalogued prefix. `classes` are free labels such as `personal`; `owner_team` is the data's owner."""

    source: S3Prefix
    title: str
    product: str
    owner_team: str
    domain: str
    zone: Zone
    classification: Classification
    classes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableItem:
    """A catalogued table, where its files lie, and its columns by classification."""

    source: GlueTable
    title: str
    product: str
    owner_team: str
    domain: str
    location: S3Prefix
    groups: tuple[ColumnGroup, ...]

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


CatalogueItem = PrefixItem | TableItem


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
            around = self._prefixes.around(source)
            return self.items[self._first_of(around)] if around else None
        position = self._named.get(source)
        return None if position is None else self.items[position]

    def around(self, prefix: S3Prefix) -> tuple[PrefixItem, ...]:
        """Every catalogued prefix that holds the whole of `prefix`, itself included, the outermost first."""
        return tuple(
            item for place in self._prefixes.around(prefix) if isinstance(item := self.items[place], PrefixItem)
        )

    def touching(self, source: Source) -> tuple[CatalogueItem, ...]:
        """Every item whose data is reached through `source`: prefixes inside it and tables whose files it overlaps.

        A table is touched in both directions, since its files may lie above or beneath the prefix.
        """
        if isinstance(source, S3Prefix):
            places = [source]
        else:
            own = self.item(source)
            places = [own.location] if isinstance(own, TableItem) else []
        found: set[Position] = set()
        for place in places:
            found.update(self._prefixes.within(place), self._files.overlapping(place))
        return tuple(self.items[position] for position in sorted(found))

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
        return PlaceIndex((item.location, n) for n, item in enumerate(self.items) if isinstance(item, TableItem))

    def _first_of(self, around: list[Position]) -> Position:
        """The first item of the deepest prefix, where several describe the same."""
        deepest = self.items[around[-1]].source
        return next(position for position in around if self.items[position].source == deepest)
