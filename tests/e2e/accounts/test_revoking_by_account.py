"""A grant of two AWS accounts is taken back by one of them: beside no other test's grant, for it ends them all."""

from __future__ import annotations

import json
from typing import Any

from platform_api.embedded.loopback import EMBEDDED_DATA_ACCOUNT
from tests.support.histories import BUREAU, FILE, asked
from tests.support.lent import clients, delivered, refused
from tests.support.platform import Cast, Story, made, until


def test_revoking_by_either_account_denies_both(cast: Cast, story: Story, histories: dict[str, Any]) -> None:
    grant = asked(cast, story)
    away = clients(delivered(cast, grant["id"], EMBEDDED_DATA_ACCOUNT))
    home = clients(delivered(cast, grant["id"], "main"))
    roles = [(one["role"]["name"], one["account"]) for one in grant["principals"]]
    made(cast.gus.post("/v1/revocations", {"account": EMBEDDED_DATA_ACCOUNT, "reason": "drill"}))
    until(cast.dana, f"/v1/grants/{grant['id']}", "denied")
    assert refused(away("s3").get_object, Bucket=BUREAU, Key=f"histories/{FILE}")
    assert refused(home("s3").get_object, Bucket="acme-prod-lake", Key=f"loans/facts/{FILE}")
    for role, account in roles:
        assert "Revoked" in json.dumps(cast.platform.operator_view_of_role(role, account).policy)
