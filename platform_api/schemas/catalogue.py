"""One item of the catalogue, and imports into it, on the wire."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field

from jit_engine.domain.catalogue import Catalogue, CatalogueItem, PrefixItem, TableItem, files_of, original_of
from jit_engine.rules.importing import Change, Newcomer, Planned
from platform_api.registry.importing import Imported
from platform_api.schemas.contracts import ColumnsShown, SourceItemShown
from platform_api.schemas.wire import Asked, Moment, Shown, Slug

Database = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,255}\z")]


class ImportAsked(Asked):
    """Which databases of an account's Glue data catalogue to import; none named: all.

    `account` is one that the platform serves (`GET /v1/catalogue/accounts`), its own unless one is named.
    `owner`, `product` and `domain` are for tables that neither an earlier import nor a contract speaks of. `remove`
    takes out what is described no longer. `dry_run` says what would be done and does nothing.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"databases": ["loans"], "dry_run": True}]})

    account: Annotated[str, Field(pattern=r"^[0-9]{12}\z")] | None = None
    databases: Annotated[list[Database], Field(max_length=100, default_factory=list)]
    owner: Slug | None = None
    product: Slug | None = None
    domain: Slug | None = None
    remove: bool = False
    dry_run: bool = False

    def newcomer(self) -> Newcomer:
        """What a new table is given."""
        return Newcomer(owner_team=self.owner, product=self.product, domain=self.domain)


class ImportedTableShown(Shown):
    """One table of an import: what is done with it and why, and what the catalogue then holds of it."""

    uri: str
    change: Change
    why: str
    owner: str | None
    classification: str | None
    columns: list[ColumnsShown]
    files: list[str]
    keeps_history: bool
    bases: list[str]

    @classmethod
    def of(cls, line: Planned) -> Self:
        """A line of the plan."""
        item = line.item
        return cls(
            uri=line.uri,
            change=line.change,
            why=line.why,
            owner=None if item is None else item.owner_team,
            classification=None if item is None else item.classification.value,
            columns=[] if item is None else [ColumnsShown.of(group) for group in item.groups],
            files=[] if item is None else [place.uri for place in item.files],
            keeps_history=item is not None and item.keeps_history,
            bases=[] if item is None or item.view is None else [base.uri for base in item.view.bases],
        )


class ImportShown(Shown):
    """An import from one account, or what it would do; `generation` is the catalogue's that holds now."""

    account: str
    dry_run: bool
    generation: int
    counts: dict[Change, int]
    tables: list[ImportedTableShown]

    @classmethod
    def of(cls, imported: Imported) -> Self:
        """The outcome, every table by URI."""
        found = [line.change for line in imported.lines]
        return cls(
            account=imported.account,
            dry_run=not imported.applied,
            generation=imported.generation,
            counts={change: found.count(change) for change in Change if change in found},
            tables=[ImportedTableShown.of(line) for line in imported.lines],
        )


class ServedAccountShown(Shown):
    """An account whose tables can be imported, and the region that is read there."""

    account: str
    region: str
    is_home: bool


class CertificateAsked(Asked):
    """`sha256`: the digest of the definition that was looked at, as the view shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sha256": "9f86d081" * 8}]})

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}\z")]


class CertificateShown(Shown):
    """A team's word; `is_void` where the definition has changed since."""

    team: str
    by: str
    at: Moment
    is_void: bool


class ViewShown(Shown):
    """What makes an item a view. `definer`: the role with whose rights its tables are read, None for the reader's own.

    `sha256`: the digest of its definition, and of those of the views behind it.
    `is_treatment`: every team of `owners`, who own the tables behind it, has certified the definition as it is.
    """

    bases: list[str]
    sha256: str
    definer: str | None
    imported_by: str | None
    owners: list[str]
    certificates: list[CertificateShown]
    is_treatment: bool

    @classmethod
    def of(cls, item: TableItem, catalogue: Catalogue) -> Self:
        """The view in its catalogue."""
        view = item.view
        if view is None:
            raise ValueError(f"{item.source.uri} is no view")
        definition = catalogue.definition_of(item)
        return cls(
            bases=[base.uri for base in view.bases],
            sha256=definition,
            definer=view.definer,
            imported_by=view.imported_by,
            owners=sorted({one.owner_team for one in catalogue.behind(item)}),
            certificates=[
                CertificateShown(team=one.team, by=one.by, at=one.at, is_void=one.sha256 != definition)
                for one in view.certificates
            ],
            is_treatment=catalogue.is_treatment(item),
        )


class ReachedShown(Shown):
    """What else is reached through a source: what lies inside it, shares its files, or is its original."""

    uri: str
    title: str
    owner: str
    classification: str
    classes: list[str]


MOST_REACHED = 200


class SourceWholeShown(SourceItemShown):
    """A catalogued source with all that decisions read of it; `reached` shows 200 at most, `reached_count` counts all.

    `closed` is for prefixes, `keeps_history` and `erasure` are for tables, `view` for views.
    """

    owner: str
    files: list[str]
    closed: bool | None
    keeps_history: bool | None
    erasure: bool | None
    copy_of: str | None
    view: ViewShown | None
    generation: int
    reached_count: int
    reached: list[ReachedShown]

    @classmethod
    def whole(cls, item: CatalogueItem, catalogue: Catalogue, listed: SourceItemShown) -> Self:
        """The item in its catalogue, with what the list says of it."""
        reached = [other for other in catalogue.touching(item.source) if other != item]
        original = original_of(item)
        return cls(
            **listed.model_dump(),
            owner=item.owner_team,
            files=[place.uri for place in files_of(item)],
            closed=item.closed if isinstance(item, PrefixItem) else None,
            keeps_history=item.keeps_history if isinstance(item, TableItem) else None,
            erasure=item.erasure if isinstance(item, TableItem) else None,
            copy_of=None if original is None else original.uri,
            view=ViewShown.of(item, catalogue) if isinstance(item, TableItem) and item.view is not None else None,
            generation=catalogue.generation,
            reached_count=len(reached),
            reached=[
                ReachedShown(
                    uri=other.source.uri,
                    title=other.title,
                    owner=other.owner_team,
                    classification=other.classification.value,
                    classes=sorted(other.classes),
                )
                for other in reached[:MOST_REACHED]
            ],
        )
