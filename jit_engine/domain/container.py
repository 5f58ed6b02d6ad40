"""What catalogued data is kept and offered in: databases and data products, as the catalogue's items tell of them.

Nothing else says what there is, so that a container can never hold what is not catalogued.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from jit_engine.domain.catalogue import Catalogue, CatalogueItem, TableItem, kind_of_item
from jit_engine.domain.classification import Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueDatabase:
    """A database of the Glue data catalogue."""

    kind: ClassVar[str] = "glue-database"
    account: str
    region: str
    name: str

    @property
    def uri(self) -> str:
        """`glue://account/region/database`: what its tables' URIs begin with."""
        return f"glue://{self.account}/{self.region}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProduct:
    """What the teams of one domain offer under one name, of whatever kinds."""

    kind: ClassVar[str] = "data-product"
    domain: str
    name: str

    @property
    def uri(self) -> str:
        """`product://domain/name`; what is no letter, digit or one of `_.-~` is spelled as in every URI."""
        return f"product://{quote(self.domain, safe='')}/{quote(self.name, safe='')}"


Container = GlueDatabase | DataProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained:
    """A container with the items that are in it, at least one, in the catalogue's order."""

    container: Container
    items: tuple[CatalogueItem, ...]

    @property
    def owners(self) -> tuple[str, ...]:
        """The teams that own something in it, sorted."""
        return tuple(sorted({item.owner_team for item in self.items}))

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains of what is in it, sorted."""
        return tuple(sorted({item.domain for item in self.items}))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items of each kind there are, by kind."""
        return dict(sorted(Counter(kind_of_item(item) for item in self.items).items()))

    @property
    def classification(self) -> Classification:
        """The highest in it."""
        return max((item.classification for item in self.items), key=lambda level: level.rank)

    @property
    def classes(self) -> tuple[str, ...]:
        """Every label in it, sorted."""
        return tuple(sorted(frozenset[str]().union(*(item.classes for item in self.items))))


def containers_of(item: CatalogueItem) -> tuple[Container, ...]:
    """What an item is in: its product, and a table's database."""
    product = DataProduct(domain=item.domain, name=item.product)
    if not isinstance(item, TableItem):
        return (product,)
    table = item.source
    return (product, GlueDatabase(account=table.account, region=table.region, name=table.database))


def contained_in(catalogue: Catalogue) -> Mapping[str, Contained]:
    """Every container that there is, by its URI, sorted. `Catalogue.containers` has it worked out once."""
    found: dict[Container, list[CatalogueItem]] = {}
    for item in catalogue.items:
        for container in containers_of(item):
            found.setdefault(container, []).append(item)
    ordered: Iterable[Container] = sorted(found, key=lambda container: container.uri)
    return {container.uri: Contained(container=container, items=tuple(found[container])) for container in ordered}
