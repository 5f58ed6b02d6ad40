"""What the catalogue knows about data: items with their sensitivity, and what contains what."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A consistent reading of the catalogue; `generation` rises with every change to it."""

    generation: int
    items: tuple[CatalogueItem, ...]

    def item(self, source: Source) -> CatalogueItem | None:
        """The item that describes `source`: itself, or the deepest catalogued prefix around it."""
        if not isinstance(source, S3Prefix):
            return next((item for item in self.items if item.source == source), None)
        around = [item for item in self.items if isinstance(item, PrefixItem) and item.source.contains(source)]
        return max(around, key=lambda item: len(item.source.prefix), default=None)

    def touching(self, source: Source) -> tuple[CatalogueItem, ...]:
        """Every item whose data is reached through `source`: prefixes inside it and tables whose files it overlaps.

        A table is touched in both directions, since its files may lie above or beneath the prefix.
        """
        if isinstance(source, S3Prefix):
            files = source
        else:
            own = self.item(source)
            if not isinstance(own, TableItem):
                return ()
            files = own.location
        return tuple(
            item
            for item in self.items
            if (files.contains(item.source) if isinstance(item, PrefixItem) else item.location.overlaps(files))
        )
