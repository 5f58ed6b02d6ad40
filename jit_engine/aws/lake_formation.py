"""Columns and rows kept apart by Lake Formation: one data cells filter a table and grant, for the grant's own role. Of
a view, which filters do not know, a permission on the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jit_engine.aws import view_permissions
from jit_engine.aws.calls import Calls
from jit_engine.aws.governed import NotGoverned, check_nobody_else
from jit_engine.aws.pages import pages
from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.ids import GrantId
from jit_engine.enforcers.filters import NAME, filters_of
from jit_engine.enforcers.found import found_artefact, of_each
from jit_engine.enforcers.ports import Seated
from jit_engine.errors import AwsRefused
from jit_engine.iam.enforcing import NoEnforcer

_GONE = frozenset({"EntityNotFoundException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeFormationEnforcer:
    """By account and region, calls that may create filters and permissions there."""

    served: Mapping[tuple[str, str], Calls]
    mechanism: Mechanism = Mechanism.LAKE_FORMATION

    def plan(self, seated: Seated) -> Sequence[Artefact]:
        """One filter a table; a place that is not served is refused."""
        made = list(filters_of(seated))
        for one in made:
            if (one.account, one.region) not in self.served:
                why = f"Lake Formation of account {one.account} in {one.region} is not set up here"
                raise NoEnforcer(sources=(one.source,), clearance=seated.clearance, why=why)
        return made

    def put(self, artefact: Artefact) -> None:
        """Looks whether the filter would be all that there is, makes it, and lets the role select through it."""
        calls = self._calls(artefact)
        if view_permissions.is_view(artefact):
            return view_permissions.put(artefact, calls)
        self._check_governed(artefact, calls)
        wanted = _filter(artefact)
        try:
            calls("lakeformation", "create_data_cells_filter", {"TableData": wanted})
        except AwsRefused as refused:
            if refused.aws_code != "AlreadyExistsException" or not _is_as_wanted(_found(artefact, calls), wanted):
                raise
        calls("lakeformation", "grant_permissions", _permission(artefact))

    def lift(self, artefact: Artefact) -> None:
        """Takes the permission, then the filter."""
        calls = self._calls(artefact)
        if view_permissions.is_view(artefact):
            return view_permissions.lift(artefact, calls)
        if artefact.plan.get("principal"):
            try:
                calls("lakeformation", "revoke_permissions", _permission(artefact), urgent=True)
            except AwsRefused as refused:
                # Nothing of that kind was granted: the filter, which every permission names, goes next all the same.
                if refused.aws_code not in {*_GONE, "InvalidInputException"}:
                    raise
        try:
            calls("lakeformation", "delete_data_cells_filter", _resource(artefact), urgent=True)
        except AwsRefused as refused:
            if refused.aws_code not in _GONE:
                raise

    def is_gone(self, artefact: Artefact) -> bool:
        """Whether there is no filter of that name: a permission names one that is there."""
        if view_permissions.is_view(artefact):
            return not view_permissions.stands(artefact, self._calls(artefact))
        return _found(artefact, self._calls(artefact), urgent=True) is None

    def found(self) -> Iterable[Artefact]:
        """Every filter whose name is one of ours, and every permission of a role of ours on a table or view."""
        return of_each(self.served, _everything)

    def _calls(self, artefact: Artefact) -> Calls:
        calls = self.served.get((artefact.account, artefact.region))
        if calls is None:
            raise NotGoverned(table=artefact.source, why=f"account {artefact.account} is not served here any more")
        return calls

    def _check_governed(self, artefact: Artefact, calls: Calls) -> None:
        """Raises `NotGoverned` where a filter would not be all: data that is not registered, or given to everybody."""
        at = {"CatalogId": artefact.account, "DatabaseName": artefact.text("database"), "Name": artefact.text("table")}
        table = calls("glue", "get_table", at)["Table"]
        if not table.get("IsRegisteredWithLakeFormation"):
            raise NotGoverned(table=artefact.source, why="its location is not registered")
        location = str(table.get("StorageDescriptor", {}).get("Location", "")).partition("://")[2]
        for page in pages(calls, "lakeformation", "list_resources", {}):
            for resource in page["ResourceInfoList"]:
                root = str(resource["ResourceArn"]).removeprefix("arn:aws:s3:::").rstrip("/*")
                if resource.get("HybridAccessEnabled") and f"{location}/".startswith(f"{root}/"):
                    raise NotGoverned(table=artefact.source, why="its location is in hybrid mode")
        check_nobody_else(artefact, calls)


def _filter(artefact: Artefact) -> dict[str, Any]:
    rows = artefact.text("rows")
    return {
        **_resource(artefact),
        "ColumnNames": list(artefact.texts("columns")),
        "RowFilter": {"FilterExpression": rows} if rows else {"AllRowsWildcard": {}},
    }


def _resource(artefact: Artefact) -> dict[str, Any]:
    return {
        "TableCatalogId": artefact.account,
        "DatabaseName": artefact.text("database"),
        "TableName": artefact.text("table"),
        "Name": artefact.name,
    }


def _permission(artefact: Artefact) -> dict[str, Any]:
    """SELECT through the filter and nothing else: a DESCRIBE of the table would show the columns that are withheld."""
    return {
        "CatalogId": artefact.account,
        "Principal": {"DataLakePrincipalIdentifier": artefact.text("principal")},
        "Resource": {"DataCellsFilter": _resource(artefact)},
        "Permissions": ["SELECT"],
    }


def _found(artefact: Artefact, calls: Calls, *, urgent: bool = False) -> Mapping[str, Any] | None:
    try:
        answer = calls("lakeformation", "get_data_cells_filter", _resource(artefact), urgent=urgent)
    except AwsRefused as refused:
        if refused.aws_code in _GONE:
            return None
        raise
    found: Mapping[str, Any] = answer["DataCellsFilter"]
    return found


def _is_as_wanted(found: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    return found is not None and all(found.get(key) == value for key, value in wanted.items())


def _everything(place: tuple[str, str], calls: Calls) -> Iterator[Artefact]:
    yield from _ours(place, calls)
    yield from view_permissions.ours(place, calls)


def _ours(place: tuple[str, str], calls: Calls) -> Iterator[Artefact]:
    for page in pages(calls, "lakeformation", "list_data_cells_filter", {}):
        for one in page["DataCellsFilters"]:
            parts = str(one["Name"]).removeprefix(NAME).split("-")
            if str(one["Name"]).startswith(f"{NAME}gr_") and len(parts) == 3 and parts[1].isdecimal():
                yield found_artefact(
                    Mechanism.LAKE_FORMATION,
                    GrantId(parts[0]),
                    part=int(parts[1]),
                    account=place[0],
                    region=place[1],
                    source=f"glue://{place[0]}/{place[1]}/{one['DatabaseName']}/{one['TableName']}",
                    name=str(one["Name"]),
                    plan={"database": str(one["DatabaseName"]), "table": str(one["TableName"]), "principal": ""},
                )
