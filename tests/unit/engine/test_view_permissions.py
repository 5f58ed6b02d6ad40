"""Treatments held by Lake Formation: what it is told about a certified view, when it is not, and that it is taken back.

Requests are held to botocore's model; that AWS then reads the view's tables with its definer's rights is not shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jit_engine.aws.glue_catalogue import columns_of, found_view
from jit_engine.aws.governed import NotGoverned
from jit_engine.aws.lake_formation import LakeFormationEnforcer
from jit_engine.aws.workgroups import WorkgroupEnforcer
from jit_engine.domain.artefact import ArtefactState
from jit_engine.domain.grant import Grant
from jit_engine.rules.importing_views import read_view
from tests.fakes import world
from tests.fakes.data_services import DataServices
from tests.fakes.world import ADA
from tests.unit.engine.desk import Desk
from tests.unit.engine.test_views import WHO, certificate, facts, view

HOME = (world.ACCOUNT, world.REGION)
BASE = f"arn:aws:glue:{world.REGION}:{world.ACCOUNT}:table/lending/people"
DEFINED: dict[str, Any] = {
    "TableType": "VIRTUAL_VIEW",
    "StorageDescriptor": {"Columns": [{"Name": "plain_1", "Type": "string"}]},
    "ViewDefinition": {
        "IsProtected": True,
        "Definer": f"arn:aws:iam::{world.ACCOUNT}:role/definer",
        "SubObjects": [BASE],
        "Representations": [{"Dialect": "ATHENA", "ViewOriginalText": "SELECT plain_1 FROM people"}],
    },
}


class Certified(Desk):
    """A desk with one certified view over the personal table."""

    def __init__(self) -> None:
        self.aws = DataServices(table=dict(DEFINED), tables={"people": {"TableType": "EXTERNAL_TABLE"}})
        served = {HOME: self.aws}
        super().__init__(enforcers=(WorkgroupEnforcer(served=served), LakeFormationEnforcer(served=served)))
        found = found_view(DEFINED)
        assert found is not None
        known = read_view(found, columns_of(DEFINED), world.ACCOUNT, world.REGION)
        assert known.bases == (world.PEOPLE,)
        said = replace(known, certificates=(certificate(known.sha256),))
        self.facts.now_known = facts(replace(view(WHO, world.PEOPLE), view=said))

    def granted(self) -> Grant:
        return self.ask(world.request(world.ask(WHO)))


def test_the_role_selects_from_the_view_and_has_neither_its_tables_nor_their_files() -> None:
    desk = Certified()
    grant = desk.granted()
    (given,) = desk.aws.permissions
    assert given["Principal"] == {"DataLakePrincipalIdentifier": grant.role.arn}
    assert given["Resource"]["Table"]["Name"] == "people_seen"
    assert given["Permissions"] == ["SELECT"]
    assert desk.aws.filters == {}
    assert "people_seen" in grant.policy
    assert 'table/lending/people"' not in grant.policy
    assert "lending/personal" not in grant.policy


@pytest.mark.parametrize(
    "changes",
    [
        {"StorageDescriptor": {"Columns": [{"Name": "plain_1"}, {"Name": "phone"}]}},
        {"ViewDefinition": {**DEFINED["ViewDefinition"], "IsProtected": False}},
        {"ViewDefinition": {**DEFINED["ViewDefinition"], "SubObjects": [BASE, f"{BASE}_2"]}},
        {"ViewDefinition": {**DEFINED["ViewDefinition"], "Definer": "arn:aws:iam::1:role/another"}},
        {
            "ViewDefinition": {
                **DEFINED["ViewDefinition"],
                "Representations": [{"Dialect": "ATHENA", "ViewOriginalText": "SELECT *"}],
            }
        },
    ],
)
def test_a_view_that_was_defined_otherwise_since_is_not_opened(changes: dict[str, Any]) -> None:
    desk = Certified()
    desk.aws.table |= changes
    with pytest.raises(NotGoverned):
        desk.granted()
    assert desk.aws.permissions == []


@pytest.mark.parametrize("now", [DEFINED, {"TableType": "VIRTUAL_VIEW", "ViewOriginalText": "unread"}])
def test_a_table_behind_a_view_that_has_become_a_view_since_opens_nothing(now: dict[str, Any]) -> None:
    desk = Certified()
    desk.aws.tables["people"] = now
    with pytest.raises(NotGoverned, match="people is not defined as its owners certified"):
        desk.granted()
    assert desk.aws.permissions == []


def test_a_view_that_everybody_may_read_is_not_opened() -> None:
    desk = Certified()
    everybody = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
    named = {"Table": {"DatabaseName": "lending", "Name": "people_seen"}}
    desk.aws.everybody.append({"Principal": everybody, "Resource": named, "Permissions": ["SELECT"]})
    with pytest.raises(NotGoverned):
        desk.granted()


def test_revoking_takes_the_permission_and_looks_whether_it_is_gone() -> None:
    desk = Certified()
    grant = desk.granted()
    desk.deliver(grant.id, ADA, desk.now)
    desk.revoke(grant.id, ADA, "enough", desk.now)
    desk.step(2)
    desk.later(seconds=10)
    desk.step(3)
    assert desk.aws.permissions == []
    assert {one.state for one in desk.enforce.artefacts.of_grant(grant.id)} == {ArtefactState.GONE}


def test_a_permission_is_taken_back_in_an_account_that_is_left_alone() -> None:
    desk = Certified()
    grant = desk.granted()
    desk.deliver(grant.id, ADA, desk.now)
    desk.revoke(grant.id, ADA, "enough", desk.now)
    desk.aws.left_alone = True
    desk.step(2)
    assert desk.aws.permissions == []


def test_the_sweep_finds_a_permission_that_no_live_grant_owns() -> None:
    desk = Certified()
    grant = desk.granted()
    enforcer = LakeFormationEnforcer(served={HOME: desk.aws})
    (found,) = enforcer.found()
    (kept,) = [one for one in desk.enforce.artefacts.of_grant(grant.id) if one.source == WHO.uri]
    assert (found.name, found.source, found.grant, found.part) == (kept.name, WHO.uri, grant.id, 1)
    enforcer.lift(found)
    assert desk.aws.permissions == []
    assert enforcer.is_gone(found)
    enforcer.lift(found)


def test_a_permission_that_is_told_with_its_columns_is_found_once() -> None:
    desk = Certified()
    desk.granted()
    (given,) = desk.aws.permissions
    table = given["Resource"]["Table"]
    desk.aws.permissions.append({**given, "Resource": {"TableWithColumns": {**table, "ColumnWildcard": {}}}})
    assert len(list(LakeFormationEnforcer(served={HOME: desk.aws}).found())) == 1
    del desk.aws.permissions[0]
    (found,) = LakeFormationEnforcer(served={HOME: desk.aws}).found()
    assert found.source == WHO.uri
