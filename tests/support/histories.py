"""The sample's data in a second AWS account, and a grant of it together with the first one's."""

from __future__ import annotations

import time
from typing import Any

from platform_api.embedded.loopback import EMBEDDED_DATA_ACCOUNT
from tests.support.platform import FACTS, Cast, Story, made

ASK = "/v1/access-requests"
BUREAU = "acme-bureau-lake"
HISTORIES = {
    "kind": "s3-prefix",
    "account": EMBEDDED_DATA_ACCOUNT,
    "bucket": BUREAU,
    "prefix": "histories/",
    "operations": ["describe", "select"],
}
FILE = "part-00000.parquet"
PATIENCE = 60.0


def asked(cast: Cast, story: Story) -> dict[str, Any]:
    """The grant of both; asked again while the second account's place is being made, as the answer says."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = cast.dana.post(ASK, story.asking(sources=[FACTS, HISTORIES]))
        if answer.status_code != 503:
            grant: dict[str, Any] = made(answer)["grant"]
            return grant
        assert answer.json()["code"] == "account-not-ready", answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)
