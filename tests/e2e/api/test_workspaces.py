"""What a workspace may hold, as people see and change it: the label, declassification by two, the legal hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.platform import Cast, Story, made

ASK = "/v1/access-requests"


@pytest.fixture
def delivered(cast: Cast, story: Story) -> Any:
    """A grant of dana's that has given credentials; given back afterwards."""
    grant = made(cast.dana.post(ASK, story.asking()))["grant"]
    made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials"))
    yield grant
    made(cast.dana.post(f"/v1/grants/{grant['id']}/revoke", {"reason": "the test is over"}))


def test_what_was_delivered_marks_the_workspace_and_two_people_take_it_out(
    cast: Cast, story: Story, delivered: dict[str, Any]
) -> None:
    path = f"/v1/environments/{story.environment}"
    found = cast.dana.get(f"{path}/workspace").json()
    (mark,) = found["label"]["marks"]
    assert (mark["contract"], mark["holders"]) == (story.contract, [delivered["subject"]])
    assert "risen" in [change["what"] for change in found["history"]]
    assert cast.dana.get(f"/v1/environments/{story.validation}/workspace").json()["label"]["marks"] == []

    wish = {"contracts": [story.contract], "reason": "Only coefficients are left."}
    assert cast.olga.post(f"{path}/declassifications", wish).status_code == 403
    asked = made(cast.dana.post(f"{path}/declassifications", wish))
    verdict = {"decision": "approve", "comment": "I looked at the files."}
    deciding = f"{path}/declassifications/{asked['id']}/decision"
    assert cast.dana.post(deciding, verdict).status_code == 403
    assert made(cast.priya.post(deciding, verdict))["state"] == "approved"
    assert cast.dana.get(f"{path}/workspace").json()["label"]["marks"] == []
    again = cast.olga.post(deciding, verdict)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")


def test_a_legal_hold_is_the_privacy_offices_to_place_and_to_release(cast: Cast, story: Story) -> None:
    path = f"/v1/activities/{story.activity}/legal-hold"
    reason = {"reason": "Court order 2026/118."}
    assert cast.dana.post(path, reason).status_code == 403
    assert made(cast.priya.post(path, reason))["reason"] == reason["reason"]
    shown = cast.dana.get(f"/v1/environments/{story.environment}/workspace").json()
    assert shown["legal_hold"]["reason"] == reason["reason"]
    assert cast.priya.post(path, reason).status_code == 409
    made(cast.priya.post(f"{path}/release", reason))
    assert cast.dana.get(f"/v1/environments/{story.environment}/workspace").json()["legal_hold"] is None
    assert cast.priya.post(f"{path}/release", reason).status_code == 404
