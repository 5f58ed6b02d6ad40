"""Treatments shown by Lake Formation: a permission of the grant's own role to select from a protected view.

What the view reads is read with its definer's rights (Glue data catalogue views); the role has none to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jit_engine.aws.calls import Calls
from jit_engine.aws.glue_catalogue import columns_of, found_view
from jit_engine.aws.governed import NotGoverned, check_nobody_else, table_named
from jit_engine.aws.pages import pages
from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import GlueTable
from jit_engine.enforcers.filters import artefact_name
from jit_engine.enforcers.found import found_artefact
from jit_engine.errors import AwsRefused
from jit_engine.rules.importing_views import definition_sha256
from jit_engine.sources.kinds import source_of_uri

_ROLE = re.compile(r"arn:aws:iam::[0-9]{12}:role/jit/sg-(?P<grant>gr_[0-9A-Z]{26})-(?P<part>[0-9]+)-[0-9]+\Z", re.ASCII)


def is_view(artefact: Artefact) -> bool:
    """Whether it is a permission on a view; else it is a filter of a table."""
    return bool(artefact.plan.get("view"))


def put(artefact: Artefact, calls: Calls) -> None:
    """Looks whether the view, and all that it is made of, is still what was certified, and lets the role select."""
    protected, own = _defined(artefact, artefact.text("database"), artefact.text("table"), calls)
    if not protected:
        raise NotGoverned(table=artefact.source, why="it is no protected view")
    if own != artefact.text("view"):
        raise NotGoverned(table=artefact.source, why="its definition is not the one that its owners certified")
    for said in artefact.plan.get("behind", ()):
        uri, _, certified = said.partition(" ")
        base = source_of_uri(uri, account=artefact.account)
        if not isinstance(base, GlueTable) or (base.account, base.region) != (artefact.account, artefact.region):
            raise NotGoverned(table=artefact.source, why=f"{uri} lies elsewhere, where it cannot be looked at")
        if _defined(artefact, base.database, base.table, calls)[1] != certified:
            raise NotGoverned(table=artefact.source, why=f"{uri} is not defined as its owners certified")
    check_nobody_else(artefact, calls)
    calls("lakeformation", "grant_permissions", _permission(artefact))


def _defined(artefact: Artefact, database: str, name: str, calls: Calls) -> tuple[bool, str]:
    """Whether it is a protected view, and the digest of its definition, as Glue has it now; none of a table."""
    at = {"CatalogId": artefact.account, "DatabaseName": database, "Name": name}
    table = calls("glue", "get_table", at)["Table"]
    found = found_view(table)
    if found is None:
        return False, "unread" if table.get("TableType") == "VIRTUAL_VIEW" else ""
    return found.definer is not None, definition_sha256(found, columns_of(table))


def lift(artefact: Artefact, calls: Calls) -> None:
    """Takes the permission; one that is not there is taken already."""
    if artefact.plan.get("principal") and stands(artefact, calls):
        calls("lakeformation", "revoke_permissions", _permission(artefact), urgent=True)


def stands(artefact: Artefact, calls: Calls) -> bool:
    """Whether the role may select from the view; asked urgently, for it is asked where that is taken back."""
    if not artefact.plan.get("principal"):
        return False
    asked = {key: value for key, value in _permission(artefact).items() if key != "Permissions"}
    try:
        found = [
            one
            for page in pages(calls, "lakeformation", "list_permissions", asked, urgent=True)
            for one in page["PrincipalResourcePermissions"]
        ]
    except AwsRefused as refused:
        if refused.aws_code != "EntityNotFoundException":
            raise
        return False
    return any(one.get("Principal") == asked["Principal"] and one.get("Permissions") for one in found)


def ours(place: tuple[str, str], calls: Calls) -> Iterator[Artefact]:
    """Every table or view, once, that a role of ours has a permission on: no other than on views is ever given."""
    account, region = place
    seen: set[str] = set()
    for page in pages(calls, "lakeformation", "list_permissions", {"CatalogId": account, "ResourceType": "TABLE"}):
        for given in page["PrincipalResourcePermissions"]:
            principal = str(given.get("Principal", {}).get("DataLakePrincipalIdentifier", ""))
            table, role = table_named(given.get("Resource", {})) or {}, _ROLE.match(principal)
            if role is not None and table.get("DatabaseName") and table.get("Name"):
                found = _found(given, table, role, account, region)
                if found.name not in seen:
                    seen.add(found.name)
                    yield found


def _found(
    given: Mapping[str, Any], table: Mapping[str, Any], role: re.Match[str], account: str, region: str
) -> Artefact:
    database, name = str(table["DatabaseName"]), str(table["Name"])
    uri = f"glue://{account}/{region}/{database}/{name}"
    principal = str(given["Principal"]["DataLakePrincipalIdentifier"])
    return found_artefact(
        Mechanism.LAKE_FORMATION,
        GrantId(role["grant"]),
        part=int(role["part"]),
        account=account,
        region=region,
        source=uri,
        name=artefact_name(GrantId(role["grant"]), int(role["part"]), uri),
        plan={"database": database, "table": name, "principal": principal, "view": "found"},
    )


def _permission(artefact: Artefact) -> dict[str, Any]:
    named = {
        "CatalogId": artefact.account,
        "DatabaseName": artefact.text("database"),
        "Name": artefact.text("table"),
    }
    return {
        "CatalogId": artefact.account,
        "Principal": {"DataLakePrincipalIdentifier": artefact.text("principal")},
        "Resource": {"Table": named},
        "Permissions": ["SELECT"],
    }
