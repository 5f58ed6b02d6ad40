"""What an import of table definitions would do to the catalogue: pure, so that a dry run is the import itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from jit_engine.contracts.column_labels import DataLabels
from jit_engine.contracts.terms import Contract
from jit_engine.domain.catalogue import Catalogue, ColumnGroup, TableItem
from jit_engine.domain.classification import Classification
from jit_engine.domain.source import GlueTable, S3Prefix
from jit_engine.domain.view import View
from jit_engine.errors import InvalidValue
from jit_engine.rules.classifying import UNCLASSIFIED, column_groups
from jit_engine.rules.importing_views import FoundView, read_view

_PLACE = re.compile(r"s3[an]?://(?P<bucket>[^/]+)/(?P<prefix>.*)\Z", re.DOTALL)
_PLACES = ("write.data.path", "write.metadata.path", "write.object-storage.path", "write.folder-storage.path")
"""Iceberg's own names of where it writes, as far as Glue repeats them."""
_WITH_HISTORY = frozenset({"iceberg", "delta", "hudi"})
_NOTHING_SAID = DataLabels(product="", domain="", tables={})


class Change(StrEnum):
    """What an import does with one table."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    MISSING = "missing"
    """Catalogued and no longer described: kept, for its files may still be there, until a removal is asked for."""
    LEFT_OUT = "left-out"
    """Not catalogued: `why` says what is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table as the metadata store describes it, unread. `places` are the URIs of its files, its location first."""

    account: str
    region: str
    database: str
    name: str
    title: str
    columns: tuple[str, ...]
    places: tuple[str, ...]
    parameters: Mapping[str, str]
    input_format: str = ""
    is_view: bool = False
    view: FoundView | None = None
    is_link: bool = False

    @property
    def uri(self) -> str:
        """As `GlueTable.uri`, for any name."""
        return f"glue://{self.account}/{self.region}/{self.database}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What a table is given that neither an earlier entry nor a contract speaks of; None: it is left out."""

    owner_team: str | None = None
    product: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One line of the plan: `item` is what the catalogue then holds of it, `why` says what a reader should know."""

    uri: str
    change: Change
    why: str
    before: TableItem | None = None
    item: TableItem | None = None


def plan_import(
    found: Iterable[FoundTable],
    catalogue: Catalogue,
    contracts: Sequence[tuple[Contract, DataLabels]],
    newcomer: Newcomer,
    *,
    of: Iterable[GlueTable],
    remove: bool,
) -> tuple[Planned, ...]:
    """A line for each table found, and for each of `of`, the catalogued ones that should have been; by URI.

    A catalogued table whose files cannot be told any more stays, with every column unclassified. A new one of a product
    whose name another domain uses is left out: rules know a product by its name alone, and theirs would be about it.
    """
    known = {item.source.uri: item for item in catalogue.items if isinstance(item, TableItem)}
    lines: dict[str, Planned] = {}
    domains: dict[str, set[str]] = {}
    for item in catalogue.items:
        domains.setdefault(item.product, set()).add(item.domain)
    for table in found:
        before = known.get(table.uri)
        try:
            line = _planned(table, before, catalogue.accounts_of_buckets, contracts, newcomer)
            lines[table.uri] = _unless_taken(line, table, domains)
        except InvalidValue as unfit:
            lines[table.uri] = _left_out(table, before, str(unfit))
    for source in of:
        if source.uri in known and source.uri not in lines:
            lines[source.uri] = _gone(known[source.uri], remove=remove)
    return tuple(lines[uri] for uri in sorted(lines))


def _planned(
    table: FoundTable,
    before: TableItem | None,
    owners: Mapping[str, str],
    contracts: Sequence[tuple[Contract, DataLabels]],
    newcomer: Newcomer,
) -> Planned:
    source = GlueTable(account=table.account, region=table.region, database=table.database, table=table.name)
    obstacle = _obstacle(table)
    if obstacle:
        return _left_out(table, before, obstacle)
    view = None if table.view is None else read_view(table.view, table.columns, table.account, table.region)
    uris = () if view is not None else _uris(table)
    places = tuple(dict.fromkeys(_place(uri, owners, table.account) for uri in uris))
    location = places[0] if places else None
    roots = tuple(place for place in places[1:] if not any(p != place and p.contains(place) for p in places))
    contract, labels = next(((one, said) for one, said in contracts if one.covers(source)), (None, _NOTHING_SAID))
    said = labels.tables.get(table.name, {})
    if before is not None:
        # What somebody said about a copy, erasure, the key or further roots no metadata store knows.
        item = replace(
            before,
            location=location,
            roots=tuple(dict.fromkeys((*roots, *_kept(before, places)))),
            groups=column_groups(table.columns, before.groups, said),
            keeps_history=before.keeps_history or _keeps_history(table),
            view=_as_certified(view, before.view),
        )
        change = Change.UNCHANGED if item == before else Change.CHANGED
        return Planned(
            uri=source.uri, change=change, why="; ".join(_differences(before, item)), before=before, item=item
        )
    owner = contract.owner_team if contract is not None else newcomer.owner_team
    product, domain = newcomer.product or labels.product, newcomer.domain or labels.domain
    if contract is not None and newcomer.owner_team not in (None, contract.owner_team):
        return _left_out(
            table, None, f"its contract says that {contract.owner_team} owns it, not {newcomer.owner_team}"
        )
    if not owner or not product or not domain:
        return _left_out(table, None, "nobody has said whose it is: give owner, product and domain, or a contract")
    item = TableItem(
        source=source,
        title=_line(table.title) or f"{table.database}.{table.name}",
        product=product,
        owner_team=owner,
        domain=domain,
        location=location,
        roots=roots,
        groups=column_groups(table.columns, (), said),
        keeps_history=_keeps_history(table),
        view=view,
    )
    unsaid = ", ".join(c for g in item.groups if UNCLASSIFIED in g.classes for c in g.columns)
    why = f"restricted until a contract classifies: {unsaid}" if unsaid else ""
    return Planned(uri=source.uri, change=Change.ADDED, why=why, item=item)


def _unless_taken(line: Planned, table: FoundTable, domains: dict[str, set[str]]) -> Planned:
    """The line, unless it is new and another domain has its product's name; `domains` of each product then knows it."""
    if line.change is not Change.ADDED or line.item is None:
        return line
    product, domain = line.item.product, line.item.domain
    of = domains.setdefault(product, {domain})
    if domain in of:
        return line
    theirs = ", ".join(sorted(of))
    why = f"domain {theirs} has a product {product}, and rules know a product by its name alone: name it otherwise"
    return _left_out(table, None, why)


def _obstacle(table: FoundTable) -> str:
    """Why its files cannot be told from its description; empty where they can."""
    if table.is_view and table.view is None:
        return "it is a view whose definition is not one of Athena's or the Glue data catalogue's: ask for its tables"
    if table.is_link:
        return "it is a link to a table of another catalogue: import it there"
    if "symlink" in table.input_format.lower():
        return "its files are named by a manifest, which an import does not read: catalogue it by hand, with its roots"
    if not table.columns:
        return "it has no columns"
    if not table.places and not table.is_view:
        return "it has no location in S3"
    return ""


def _left_out(table: FoundTable, before: TableItem | None, why: str) -> Planned:
    if before is None:
        return Planned(uri=table.uri, change=Change.LEFT_OUT, why=why)
    columns = tuple(dict.fromkeys((*(c for g in before.groups for c in g.columns), *table.columns)))
    classes = before.classes | {UNCLASSIFIED}
    group = ColumnGroup(name=UNCLASSIFIED, columns=columns, classification=Classification.RESTRICTED, classes=classes)
    item = replace(before, groups=(group,), view=None if before.view is None else replace(before.view, bases=()))
    change = Change.UNCHANGED if item == before else Change.CHANGED
    return Planned(uri=table.uri, change=change, why=f"kept, and restricted: {why}", before=before, item=item)


def _as_certified(view: View | None, before: View | None) -> View | None:
    """The view with what was said of it before, as long as it is what was then read."""
    if view is None or before is None or view.sha256 != before.sha256:
        return view
    return replace(view, imported_by=before.imported_by, certificates=before.certificates)


def _gone(before: TableItem, *, remove: bool) -> Planned:
    if remove:
        return Planned(uri=before.source.uri, change=Change.REMOVED, why="no longer described", before=before)
    why = "no longer described; kept, for its files may still be there: ask for removal once they are gone"
    return Planned(uri=before.source.uri, change=Change.MISSING, why=why, before=before, item=before)


def _uris(table: FoundTable) -> Iterator[str]:
    yield from table.places
    for name in _PLACES:
        if name in table.parameters:
            yield table.parameters[name]
    if "metadata_location" in table.parameters:
        yield table.parameters["metadata_location"].rpartition("/")[0]
    if "storage.location.template" in table.parameters:
        yield table.parameters["storage.location.template"].partition("${")[0].rpartition("/")[0]


def _place(uri: str, owners: Mapping[str, str], account: str) -> S3Prefix:
    """The prefix that `uri` names. A bucket is the account's whose catalogue this is, unless it is known better."""
    match = _PLACE.match(f"{uri.rstrip('/')}/")
    if match is None:
        raise InvalidValue(field="location", given=uri[:200], fix="only tables whose files lie in S3 are imported")
    return S3Prefix(account=owners.get(match["bucket"], account), bucket=match["bucket"], prefix=match["prefix"])


def _kept(before: TableItem, places: Sequence[S3Prefix]) -> Iterator[S3Prefix]:
    """Places that it had and that are named no longer: old files may lie there, so they stay its own."""
    return (place for place in before.files if not any(other.contains(place) for other in places))


def _keeps_history(table: FoundTable) -> bool:
    said = {table.parameters.get(key, "").lower() for key in ("table_type", "spark.sql.sources.provider")}
    marked = any(key.startswith(("delta.", "hoodie.")) for key in table.parameters)
    return bool(said & _WITH_HISTORY) or marked or "hoodie" in table.input_format.lower()


def _differences(before: TableItem, after: TableItem) -> Iterator[str]:
    old = {column: group for group in before.groups for column in group.columns}
    new = {column: group for group in after.groups for column in group.columns}
    for word, columns in (("new", new.keys() - old.keys()), ("gone", old.keys() - new.keys())):
        if columns:
            yield f"{word} columns {', '.join(sorted(columns))}"
    stricter = sorted(c for c in old.keys() & new.keys() if _key(old[c]) != _key(new[c]))
    if stricter:
        yield f"classified otherwise: {', '.join(stricter)}"
    if before.files != after.files:
        yield f"its files: {', '.join(place.uri for place in after.files)}"
    if before.view is not None and after.view is not None and before.view.sha256 != after.view.sha256:
        void = ": certified no longer" if before.view.certificates else ""
        yield f"defined otherwise{void}"
    if (before.view is None) is not (after.view is None):
        yield "a view now" if before.view is None else "a table now"
    if before.keeps_history != after.keeps_history:
        yield "its raw files keep what was deleted"


def _key(group: ColumnGroup) -> tuple[Classification, frozenset[str]]:
    return group.classification, group.classes


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]
