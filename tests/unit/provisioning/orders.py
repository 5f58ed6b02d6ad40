"""Orders of environments for tests: valid ones, with one thing changed where a test needs it."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from jit_engine.domain.tier import Tier
from platform_api.provisioning.plan import EnvironmentOrder

ACCOUNT = "000000000000"
REGION = "us-east-1"
LAKE = "sample-lake"
REPORTS = "sample-reports"
ENVIRONMENT = "en_01JABCDEFGHJKMNPQRSTVWXYZ0"
WORKSPACE = "sg-ws-01jabcdefghjkmnpqrstvwxyz0"


def an_order(tier: Tier = Tier.RESEARCH, **changes: Any) -> EnvironmentOrder:
    """A valid order, with `changes` in place of its fields."""
    order = EnvironmentOrder(
        environment_id=ENVIRONMENT,
        activity_id="ac_01JABCDEFGHJKMNPQRSTVWXYZ1",
        activity_name="credit-risk-drivers",
        tier=tier,
        owner="us_01JABCDEFGHJKMNPQRSTVWXYZ2",
        cost_center="cc-4711",
        data_classification="confidential",
        expires_at=datetime(2027, 1, 31, 12, tzinfo=UTC),
        account_id=ACCOUNT,
        region=REGION,
        lake_buckets=(LAKE, REPORTS),
        broker_role_arn=f"arn:aws:iam::{ACCOUNT}:role/sluicegate/sluicegate-broker",
    )
    return dataclasses.replace(order, **changes)
