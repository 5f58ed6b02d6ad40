"""Lake Formation and Athena as enforcers: what they are told, in what order, and what is refused before anything opens.

Requests are held to botocore's model of each service; that AWS then enforces what it was told is not shown here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jit_engine.aws.governed import NotGoverned
from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.domain.artefact import ArtefactState
from jit_engine.domain.grant import Grant, GrantState
from jit_engine.domain.source import Operation
from jit_engine.errors import AwsUnavailable, LimitExceeded
from jit_engine.flows.enforce import NotLifted
from jit_engine.iam.enforcing import NoEnforcer
from tests.fakes import world
from tests.fakes.data_services import DataServices
from tests.fakes.world import ADA, judges, request
from tests.unit.engine.desk import Desk
from tests.unit.engine.test_treatments import (
    GROUPS,
    PARTS,
    ROWS,
    RULES,
    described,
    known,
    profile,
    terms,
    wants,
)

HOME = (world.ACCOUNT, world.REGION)
EVERYBODY = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


class Governed(Desk):
    """A desk whose Lake Formation and Athena are in memory."""

    def __init__(self, *, rows: bool = False) -> None:
        self.aws = DataServices()
        served = {HOME: self.aws}
        super().__init__(
            judges=judges(RULES), enforcers=(WorkgroupEnforcer(served=served), LakeFormationEnforcer(served=served))
        )
        self.facts.now_known = known()
        if rows:
            filtered = terms(profiles=(profile(row_filters={PARTS.table: ROWS}),), described=described())
            self.facts.now_known = known(filtered, *GROUPS[:2])

    def granted(self) -> Grant:
        return self.ask(request(wants()))


def test_the_role_selects_through_a_filter_of_the_columns_that_are_left_and_through_nothing_else() -> None:
    desk = Governed()
    grant = desk.granted()
    (cells,) = desk.aws.filters.values()
    assert (cells["ColumnNames"], cells["RowFilter"]) == (["state", "upb", "loan_id"], {"AllRowsWildcard": {}})
    assert "ColumnWildcard" not in cells
    (given,) = desk.aws.permissions
    assert given["Principal"] == {"DataLakePrincipalIdentifier": grant.role.arn}
    assert given["Permissions"] == ["SELECT"]
    assert given["Resource"]["DataCellsFilter"]["Name"] == cells["Name"]


def test_a_row_filter_names_every_column_that_is_left() -> None:
    desk = Governed(rows=True)
    desk.granted()
    (cells,) = desk.aws.filters.values()
    assert cells["RowFilter"] == {"FilterExpression": "state <> 'XX'"}
    assert cells["ColumnNames"] == ["state", "upb", "loan_id"]


def test_its_queries_have_a_workgroup_and_a_place_for_results_of_their_own() -> None:
    desk = Governed()
    grant = desk.granted()
    (group,) = desk.aws.workgroups.values()
    assert group["Name"] in grant.policy
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is True
    results = group["Configuration"]["ResultConfiguration"]["OutputLocation"]
    assert results.endswith(f"/athena/{grant.id}/")
    assert results.removeprefix("s3://") in grant.policy


def test_revoking_takes_the_permission_before_the_filter_and_stops_what_runs() -> None:
    desk = Governed()
    grant = desk.revoked()
    (group,) = desk.aws.workgroups
    desk.aws.queries.update(one=(group, "RUNNING"), two=(group, "SUCCEEDED"), other=("primary", "RUNNING"))
    desk.step(2)
    states = {query: state for query, (_, state) in desk.aws.queries.items()}
    assert states == {"one": "CANCELLED", "two": "SUCCEEDED", "other": "RUNNING"}
    desk.later(seconds=10)
    desk.step(3)
    assert (desk.aws.filters, desk.aws.permissions, desk.aws.workgroups) == ({}, [], {})
    assert desk.aws.calls.index("revoke_permissions") < desk.aws.calls.index("delete_data_cells_filter")
    assert {one.state for one in desk.enforce.artefacts.of_grant(grant.id)} == {ArtefactState.GONE}


def test_what_is_taken_back_in_an_account_that_is_left_alone_is_looked_at_as_urgently_as_it_is_taken() -> None:
    desk = Governed()
    desk.revoked()
    (group,) = desk.aws.workgroups
    desk.aws.queries["one"] = (group, "RUNNING")
    desk.aws.left_alone = True
    desk.step(2)
    assert desk.aws.queries["one"] == (group, "CANCELLED")
    desk.later(seconds=10)
    desk.step(3)
    assert (desk.aws.filters, desk.aws.permissions, desk.aws.workgroups) == ({}, [], {})


def test_where_the_place_has_workgroups_of_grants_whole_tables_are_queried_in_one_and_its_queries_are_stopped() -> None:
    desk = Governed()
    there = world.environment()
    assert there.place is not None
    own = replace(there, place=replace(there.place, grant_workgroups=True))
    desk.facts.now_known = world.facts(environment=own)
    grant = desk.ask(request(world.ask(world.LOANS)))
    (group,) = desk.aws.workgroups
    assert group.endswith(grant.id)
    assert f"workgroup/{group}" in grant.policy
    assert f'workgroup/{there.place.workgroup}"' not in grant.policy
    desk.deliver(grant.id, ADA, desk.now)
    desk.aws.queries.update(one=(group, "RUNNING"))
    desk.revoke(grant.id, ADA, "enough", desk.now)
    desk.step(2)
    assert desk.aws.queries["one"] == (group, "CANCELLED")
    desk.later(seconds=10)
    desk.step(3)
    assert desk.aws.workgroups == {}
    other = Governed()
    other.facts.now_known = world.facts(environment=own)
    files = other.ask(request(world.ask(world.FACTS_PREFIX)))
    assert (other.aws.workgroups, "athena:" in files.policy) == ({}, False)


@pytest.mark.parametrize("operation", ["create_work_group", "create_data_cells_filter", "grant_permissions"])
def test_a_mint_that_fails_midway_leaves_nothing(operation: str) -> None:
    desk = Governed()
    desk.aws.faults[operation] = AwsUnavailable(operation=operation, retry_after=timedelta(seconds=1))
    with pytest.raises(AwsUnavailable):
        desk.granted()
    (grant,) = desk.ledger.grants.values()
    desk.later(minutes=6)
    desk.step(3)
    assert (desk.aws.filters, desk.aws.permissions, desk.aws.workgroups) == ({}, [], {})
    assert desk.grant(grant).state is GrantState.CLOSED


def everybody(resource: dict[str, Any], permission: str = "SELECT") -> dict[str, Any]:
    return {"Principal": EVERYBODY, "Resource": resource, "Permissions": [permission]}


@pytest.mark.parametrize(
    "changes",
    [
        {"table": {"IsRegisteredWithLakeFormation": False}},
        {"resources": [{"ResourceArn": "arn:aws:s3:::example-lake/lending", "HybridAccessEnabled": True}]},
        {"everybody": [everybody({"Table": {"DatabaseName": "lending", "Name": "parts"}}, "ALL")]},
        {"everybody": [everybody({"Table": {"DatabaseName": "lending", "TableWildcard": {}}})]},
        {"everybody": [everybody({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": []}})]},
    ],
    ids=["not registered", "hybrid", "the table", "every table", "by tags"],
)
def test_a_table_that_lake_formation_would_give_to_more_than_the_role_is_not_opened(changes: dict[str, Any]) -> None:
    desk = Governed()
    for name, value in changes.items():
        setattr(desk.aws, name, value)
    with pytest.raises(NotGoverned, match="glue://000000000000/us-east-1/lending/parts"):
        desk.granted()
    assert (desk.aws.filters, desk.aws.permissions) == ({}, [])


def test_what_everybody_has_of_other_tables_is_no_hindrance() -> None:
    desk = Governed()
    desk.aws.everybody = [
        everybody({"Table": {"DatabaseName": "lending", "Name": "other"}}),
        everybody({"Table": {"DatabaseName": "lending", "Name": "parts"}}, "DESCRIBE"),
    ]
    assert desk.granted().state is GrantState.ACTIVE


def test_a_place_that_is_not_served_is_refused_before_anything_is_on_record() -> None:
    desk = Governed()
    desk.enforcers = (WorkgroupEnforcer(served={HOME: desk.aws}), LakeFormationEnforcer(served={}))
    with pytest.raises(NoEnforcer, match="is not set up here"):
        desk.granted()
    assert desk.ledger.grants == {}


def test_describing_alone_is_refused_where_something_is_withheld() -> None:
    desk = Governed()
    with pytest.raises(NoEnforcer, match="ask to select"):
        desk.ask(request(wants(operations=frozenset({Operation.DESCRIBE}))))


@pytest.mark.case("MINT-044")
def test_a_row_filter_beyond_lake_formations_limit_is_refused_before_aws_hears_of_it() -> None:
    desk = Governed(rows=True)
    (comparison,) = ROWS.comparisons
    literal = replace(comparison.literals[0], text="x" * 2048)
    long = replace(ROWS, comparisons=(replace(comparison, literals=(literal,)),))
    filtered = terms(profiles=(profile(row_filters={PARTS.table: long}),), described=described())
    desk.facts.now_known = known(filtered, *GROUPS[:2])
    with pytest.raises(LimitExceeded, match="2048 fit"):
        desk.granted()
    assert desk.aws.calls == []


def test_the_sweep_knows_its_own_by_their_names() -> None:
    desk = Governed()
    desk.granted()
    (cells,), (group,) = list(desk.aws.filters.values()), list(desk.aws.workgroups.values())
    strange = dict(cells, Name="somebody-elses")
    lost = cells["Name"].replace("gr_01JABCDEFGHJKMNPQRSTVW0000", "gr_01JABCDEFGHJKMNPQRSTVW0099")
    orphan = group["Name"].replace("gr_01JABCDEFGHJKMNPQRSTVW0000", "gr_01JABCDEFGHJKMNPQRSTVW0099")
    desk.aws.filters |= {"somebody-elses": strange, lost: dict(cells, Name=lost)}
    desk.aws.workgroups |= {orphan: dict(group, Name=orphan), "primary": {}}
    swept = desk.enforce.sweep(desk.now)
    assert set(desk.aws.filters) == {cells["Name"], "somebody-elses"}
    assert set(desk.aws.workgroups) == {group["Name"], "primary"}
    assert swept == 2


def test_a_workgroup_of_an_account_that_was_taken_out_keeps_nothing_else_from_being_lifted() -> None:
    desk = Governed()
    grant = desk.revoked()
    out, kept = WorkgroupEnforcer(served={}), LakeFormationEnforcer(served={HOME: desk.aws})
    enforce = replace(desk.enforce, enforcers={one.mechanism: one for one in (out, kept)})
    with pytest.raises(NotLifted, match="no role in AWS account"):
        enforce.lift(desk.grant(grant), desk.now)
    assert (desk.aws.filters, desk.aws.permissions) == ({}, [])
