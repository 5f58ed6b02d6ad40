"""A further account as one CloudFormation stack: the platform's roles there, and whom they trust.

Made once by whoever owns the account, before the settings name it. Environments bring the rest with them: each makes
its own stack there, beneath these roles.
"""

from __future__ import annotations

import re
from typing import Final

from jit_engine.domain.names import check_account, check_region
from jit_engine.errors import InvalidValue
from platform_api.embedded.platform_roles import (
    BROKER_ROLE,
    ENFORCER_ROLE,
    PLATFORM_PATH,
    PROVISIONER_ROLE,
    PURGER_ROLE,
    Document,
    broker_policy,
    document,
    enforcer_policy,
    provisioner_policy,
    purger_policy,
)

_PRINCIPAL: Final = re.compile(r"arn:aws:iam::[0-9]{12}:(?:role|user)/[A-Za-z0-9_+=,.@/-]{1,512}\Z")
_EXTERNAL_ID: Final = "^[A-Za-z0-9_+=,.@:/-]{16,1224}$"


def account_template(account: str, region: str, platform: str, *, enforcer: bool = False) -> dict[str, object]:
    """The template for that account. `platform` is the ARN of what the API and the workers run as.

    The external id is a parameter that CloudFormation does not show: the one that the settings give the account, and
    no other account. Raises `InvalidValue`.
    """
    check_account(account)
    check_region(region)
    if not _PRINCIPAL.match(platform):
        fix = (
            "give the ARN of the one role or user that the platform runs as, such as arn:aws:iam::111122223333:role/api"
        )
        raise InvalidValue(field="platform", given=platform, fix=fix)
    policies = {
        "Broker": (BROKER_ROLE, broker_policy(account)),
        "Provisioner": (PROVISIONER_ROLE, provisioner_policy(account, region)),
        "Purger": (PURGER_ROLE, purger_policy()),
    }
    if enforcer:
        policies["Enforcer"] = (ENFORCER_ROLE, enforcer_policy(account, region))
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Sluicegate in account {account}: what the platform acts as here",
        "Parameters": {"ExternalId": {"Type": "String", "NoEcho": True, "AllowedPattern": _EXTERNAL_ID}},
        "Resources": {name: _role(role, policy, platform) for name, (role, policy) in policies.items()},
    }


def _role(name: str, policy: Document, platform: str) -> dict[str, object]:
    trust = document(
        {
            "Sid": "PlatformOnly",
            "Effect": "Allow",
            "Principal": {"AWS": platform},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
        }
    )
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "Path": PLATFORM_PATH,
            "MaxSessionDuration": 3600,
            "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": "least-privilege", "PolicyDocument": policy}],
        },
    }
