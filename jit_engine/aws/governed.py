"""Whether Lake Formation would hand something out to more than those it was asked to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from jit_engine.aws.calls import Calls
from jit_engine.aws.pages import pages
from jit_engine.domain.artefact import Artefact
from jit_engine.errors import EngineError

_EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
_READS = frozenset({"ALL", "SUPER_USER", "SELECT"})


class NotGoverned(EngineError):
    """A table that Lake Formation would hand out to more than those it was asked to: nothing is put in place."""

    code: ClassVar[str] = "table-not-governed"

    def __init__(self, *, table: str, why: str) -> None:
        self.table = table
        super().__init__(
            f"Lake Formation does not hold {table} to its filters, for {why}; have the data's owner repair it, then "
            "ask again"
        )


def check_nobody_else(artefact: Artefact, calls: Calls) -> None:
    """Raises `NotGoverned` where everybody in the account may read the table."""
    for everybody in (_EVERYBODY, f"{artefact.account}:IAMPrincipals"):
        for kind in ("TABLE", "LF_TAG_POLICY", "LF_TAG_POLICY_TABLE"):
            asked = {
                "CatalogId": artefact.account,
                "Principal": {"DataLakePrincipalIdentifier": everybody},
                "ResourceType": kind,
            }
            for page in pages(calls, "lakeformation", "list_permissions", asked):
                if any(_reaches(given, artefact) for given in page["PrincipalResourcePermissions"]):
                    raise NotGoverned(table=artefact.source, why=f"{everybody} may read it")


def table_named(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The table of a permission; Lake Formation names one for SELECT with its columns, and else without."""
    table: Mapping[str, Any] | None = resource.get("Table") or resource.get("TableWithColumns")
    return table


def _reaches(given: Mapping[str, Any], artefact: Artefact) -> bool:
    """Whether the permission may let its principal read the table; by tags, which may change, it is taken to."""
    if not _READS & set(given.get("Permissions", ())):
        return False
    resource = given.get("Resource", {})
    table = table_named(resource)
    if table is None:
        return "LFTagPolicy" in resource
    same = table.get("DatabaseName") == artefact.text("database")
    return same and ("TableWildcard" in table or table.get("Name") in (artefact.text("table"), "ALL_TABLES", None))
