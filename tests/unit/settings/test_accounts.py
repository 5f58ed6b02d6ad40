"""Further accounts: simple where the account template was used, and refused by name where they contradict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from platform_api.settings import check, load
from platform_api.shown_settings import shown
from tests.unit.settings.test_settings import EMBEDDED, REAL

FAR = {"account_id": "210987654321", "region": "eu-central-1", "external_id": "fedcba9876543210"}
OTHER = {"account_id": "310987654321", "region": "eu-central-1", "external_id": "another-long-one"}


def named(*accounts: Mapping[str, object]) -> dict[str, str]:
    return {"SLUICEGATE_ACCOUNTS": json.dumps(accounts)}


def test_one_account_alone_needs_no_list() -> None:
    assert load(REAL).accounts == ()


def test_an_account_needs_its_number_its_region_and_its_external_id() -> None:
    (one,) = load(REAL | named(FAR)).accounts
    roles = "arn:aws:iam::210987654321:role/sluicegate/sluicegate-"
    assert (one.broker, one.provisioner, one.purger) == (f"{roles}broker", f"{roles}provisioner", f"{roles}purger")
    assert (one.enforcer_role_arn, one.roles) == (None, None)


def test_other_names_and_a_budget_of_its_own_may_be_given() -> None:
    role = "arn:aws:iam::210987654321:role/own/broker"
    (one,) = load(REAL | named({**FAR, "broker_role_arn": role, "roles": 4000})).accounts
    assert (one.broker, one.roles) == (role, 4000)


def test_the_file_names_them_as_a_list_of_tables(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        "\n".join("[[accounts]]\n" + "\n".join(f'{k} = "{v}"' for k, v in one.items()) for one in (FAR, OTHER))
    )
    settings = load(REAL | {"SLUICEGATE_SETTINGS": str(file)})
    assert [one.account_id for one in settings.accounts] == [FAR["account_id"], OTHER["account_id"]]
    assert ("accounts[1].region", "eu-central-1") in shown(settings)


@pytest.mark.parametrize(
    ("accounts", "problem"),
    [
        ([{**FAR, "account_id": "111122223333"}], "is the platform's own account"),
        ([FAR, {**OTHER, "account_id": FAR["account_id"]}], "names account 210987654321 a second time"),
        ([{**FAR, "external_id": REAL["SLUICEGATE_AWS__EXTERNAL_ID"]}], "an external id of its own"),
        ([FAR, {**OTHER, "external_id": FAR["external_id"]}], "an external id of its own"),
        ([{**FAR, "region": "cn-north-1"}], "another partition than aws"),
        ([{**FAR, "region": "us-gov-west-1"}], "another partition than aws"),
        ([{**FAR, "region": "eu-central"}], "accounts.0.region"),
        ([{**FAR, "account_id": "21098765432"}], "accounts.0.account_id"),
        ([{**FAR, "account_id": "२10987654321"}], "accounts.0.account_id"),
        ([{**FAR, "external_id": "short"}], "accounts.0.external_id"),
        ([{**FAR, "broker_role_arn": "arn:aws:iam::111122223333:role/b"}], "broker_role_arn is of another account"),
        ([{**FAR, "enforcer_role_arn": "arn:aws:iam::111122223333:role/e"}], "enforcer_role_arn is of another account"),
        ([{**FAR, "broker_role_arn": "arn:aws-cn:iam::210987654321:role/b"}], "accounts.0.broker_role_arn"),
        (
            [{**FAR, "purger_role_arn": "arn:aws:iam::210987654321:role/sluicegate/sluicegate-broker"}],
            "are to be three roles",
        ),
        ([{**FAR, "roles": 0}], "accounts.0.roles"),
        ([{**FAR, "roles": 10_001}], "accounts.0.roles"),
        ([{**FAR, "colour": "red"}], "accounts.0.colour"),
        ([{**FAR, "account_id": "000000000001"}], "is an embedded account's"),
        ([{k: v for k, v in FAR.items() if k != "external_id"}], "accounts.0.external_id"),
    ],
)
@pytest.mark.case("MINT-162")
def test_what_is_wrong_with_an_account_is_named(accounts: list[Mapping[str, object]], problem: str) -> None:
    assert problem in "\n".join(check(REAL | named(*accounts)))


def test_the_embedded_platform_reaches_no_real_account() -> None:
    assert "has to be one of 000000000000, 000000000001" in "\n".join(check(EMBEDDED | named(FAR)))
    assert check(EMBEDDED | named({**FAR, "account_id": "000000000001"})) == []
