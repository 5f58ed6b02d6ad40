"""Where a grant queries from, and what ties its policy to what an enforcer keeps apart of its tables."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from jit_engine.domain.activity import Place
from jit_engine.domain.ids import GrantId
from jit_engine.domain.source import GlueTable, Operation
from jit_engine.domain.verdict import Clearance

DATA_ACCESS = "lakeformation:GetDataAccess"
"""What a query engine asks in the reader's name for the data of a managed table. The call knows no resource."""


def workgroup_of(place: Place, grant: GrantId) -> str:
    """The grant's own Athena workgroup, named after the environment's, so that one boundary has room for both."""
    return f"{place.workgroup}-{grant}"


def keeps_apart(clearance: Clearance) -> bool:
    """Whether columns or rows of some source are withheld."""
    return any(not cleared.is_whole for cleared in clearance.cleared)


def has_own_workgroup(clearance: Clearance, place: Place) -> bool:
    """Whether the grant queries in a workgroup of its own: where something is withheld, or the place has them."""
    queries = any(
        isinstance(cleared.ask.source, GlueTable) and Operation.SELECT in cleared.ask.operations
        for cleared in clearance.cleared
    )
    return keeps_apart(clearance) or (place.grant_workgroups and queries)


def query_place(clearance: Clearance, place: Place, grant: GrantId) -> Place:
    """The place, with the grant's own workgroup where it has one: what it shows is not for everybody who shares the
    environment's, and its queries can be told from others' and stopped.
    """
    return replace(place, workgroup=workgroup_of(place, grant)) if has_own_workgroup(clearance, place) else place


def treatment_digest(clearance: Clearance) -> str:
    """16 hexadecimal digits of which columns and rows of which tables are left.

    It is part of a statement's name, so that two policies are never the same where what is withheld is not.
    """
    left = sorted(
        (one.ask.source.uri, list(one.columns or ()), None if one.row_filter is None else one.row_filter.sql)
        for one in clearance.cleared
        if not one.is_whole
    )
    return hashlib.sha256(json.dumps(left).encode()).hexdigest()[:16]
