"""The data cells filters of one part of a grant, worked out from the decision alone, within Lake Formation's limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from jit_engine.domain.artefact import Artefact, Mechanism
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import GlueTable, Operation
from jit_engine.domain.treatment import Treatment
from jit_engine.domain.verdict import ClearedSource
from jit_engine.enforcers.ports import Seated
from jit_engine.errors import LimitExceeded
from jit_engine.iam.enforcing import NoEnforcer
from jit_engine.iam.grant_policy import results_of
from jit_engine.iam.kept_apart import has_own_workgroup, workgroup_of

EXPRESSION_LIMIT = 2048
"""Characters of a row filter (`PredicateString` of Lake Formation's API)."""
FILTERS_PER_TABLE = 10
"""Filters of one table that one permission may name (Lake Formation, data filtering); a grant makes one a table."""
NAME = "sg-"


def artefact_name(grant: GrantId, part: int, uri: str) -> str:
    """What stands for one table or view of one part of a grant."""
    return f"{NAME}{grant}-{part}-{hashlib.sha256(uri.encode()).hexdigest()[:8]}"


def filters_of(seated: Seated) -> Iterator[Artefact]:
    """One filter a table of which something is withheld, one permission a treatment; raises as it cannot be held:
    `NoEnforcer`, `LimitExceeded`.
    """
    withheld = [one for one in seated.clearance.cleared if not one.is_whole]
    tables = [one.ask.source.uri for one in withheld]
    for cleared in withheld:
        if tables.count(cleared.ask.source.uri) > FILTERS_PER_TABLE:
            raise LimitExceeded(what="filters of one table", limit=f"{FILTERS_PER_TABLE}: ask for it once")
        yield _filter(seated, cleared)


def workgroups_of(seated: Seated) -> Iterator[Artefact]:
    """The grant's own workgroup, where this part queries in one; parts share it."""
    if not has_own_workgroup(seated.clearance, seated.place):
        return
    place = seated.place
    results = results_of(place, seated.grant)
    yield Artefact(
        grant=seated.grant,
        part=seated.part,
        mechanism=Mechanism.WORKGROUP,
        account=place.account,
        region=place.region,
        source=results.uri,
        name=workgroup_of(place, seated.grant),
        plan={"results": results.uri, "key": place.workspace_key_arn},
        created_at=seated.now,
    )


def _filter(seated: Seated, cleared: ClearedSource) -> Artefact:
    table, uri = cleared.ask.source, cleared.ask.source.uri
    if not isinstance(table, GlueTable) or Operation.SELECT not in cleared.ask.operations:
        why = f"{uri} cannot be described without what is withheld: ask to select from it"
        raise NoEnforcer(sources=(uri,), clearance=seated.clearance, why=why)
    columns = _columns(cleared)
    if not columns:
        why = f"which columns of {uri} are left was not decided: have it catalogued with its columns"
        raise NoEnforcer(sources=(uri,), clearance=seated.clearance, why=why)
    rows = "" if cleared.row_filter is None else cleared.row_filter.sql
    if len(rows) > EXPRESSION_LIMIT:
        limit = f"{len(rows)} characters where {EXPRESSION_LIMIT} fit: have the contract's row filter shortened"
        raise LimitExceeded(what=f"row filter of {uri}", limit=limit)
    return Artefact(
        grant=seated.grant,
        part=seated.part,
        mechanism=Mechanism.LAKE_FORMATION,
        account=table.account,
        region=table.region,
        source=uri,
        name=artefact_name(seated.grant, seated.part, uri),
        plan={
            "database": table.database,
            "table": table.table,
            "columns": columns,
            "rows": rows,
            "principal": seated.role_arn or "",
            **({} if cleared.treatment is None else {"view": cleared.treatment.sha256}),
            **({"behind": tuple(" ".join(one).rstrip() for one in cleared.behind)} if cleared.behind else {}),
        },
        created_at=seated.now,
    )


def _columns(cleared: ClearedSource) -> tuple[str, ...]:
    """The columns by name: never a list of what is left out, which a renamed column would escape."""
    if cleared.columns is not None:
        return cleared.columns
    return tuple(c for one in cleared.treatments if one.shown is Treatment.CLEAR for c in one.columns)
