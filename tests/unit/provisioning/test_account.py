"""The stack of a further account: the platform's roles, which trust one principal and one external id."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from jit_engine.errors import InvalidValue
from jit_engine.iam.limits import INLINE_POLICY_LIMIT
from platform_api.account_settings import AccountSettings
from platform_api.provisioning.account import account_template

ACCOUNT, PLATFORM = "210987654321", "arn:aws:iam::111122223333:role/sluicegate-api"


def template(**given: bool) -> Any:
    return account_template(ACCOUNT, "eu-central-1", PLATFORM, **given)


def test_its_roles_are_those_that_the_settings_expect() -> None:
    named = AccountSettings(account_id=ACCOUNT, region="eu-central-1", external_id="fedcba9876543210")
    made = [
        f"arn:aws:iam::{ACCOUNT}:role{one['Properties']['Path']}{one['Properties']['RoleName']}"
        for one in template()["Resources"].values()
    ]
    assert made == [named.broker, named.provisioner, named.purger]


def test_each_trusts_the_platform_alone_and_only_with_the_accounts_external_id() -> None:
    for role in template(enforcer=True)["Resources"].values():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"AWS": PLATFORM}
        assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    assert template()["Parameters"]["ExternalId"]["NoEcho"] is True


def test_nothing_in_it_reaches_another_account() -> None:
    text = json.dumps(template(enforcer=True))
    assert set(re.findall(r"arn:aws:[a-z0-9]+:[a-z0-9-]*:([0-9]{12}):", text)) == {ACCOUNT, "111122223333"}
    assert text.count("111122223333") == 4  # the trust of each role


def test_the_enforcer_is_there_only_where_it_is_wanted() -> None:
    assert set(template()["Resources"]) == {"Broker", "Provisioner", "Purger"}
    assert set(template(enforcer=True)["Resources"]) == {"Broker", "Provisioner", "Purger", "Enforcer"}


def test_every_policy_fits_in_its_role() -> None:
    for role in template(enforcer=True)["Resources"].values():
        (policy,) = role["Properties"]["Policies"]
        assert len("".join(json.dumps(policy["PolicyDocument"]).split())) <= INLINE_POLICY_LIMIT


@pytest.mark.parametrize(
    "platform", ["*", "arn:aws:iam::111122223333:root", "111122223333", "arn:aws:iam::111122223333:role/a\n", ""]
)
def test_only_one_role_or_user_is_trusted(platform: str) -> None:
    with pytest.raises(InvalidValue):
        account_template(ACCOUNT, "eu-central-1", platform)
