"""An activity is suspended: what it was granted ends at once, and it is given nothing until it is resumed."""

import pytest
import yaml

from platform_api.embedded.organisation import filled, sample_text
from tests.support.platform import Cast, Story, made, until

pytestmark = pytest.mark.e2e
WHY = {"reason": "The data is being looked at."}


@pytest.fixture
def suspendable(cast: Cast, story: Story) -> dict[str, str]:
    """An activity of its own, with an environment that is up."""
    order = yaml.safe_load(filled(sample_text("activity.yaml"), cast.platform.now()))
    order |= {"name": "to-be-suspended", "contracts": [story.contract]}
    registered = made(cast.dana.post("/v1/activities", order))
    activity, environment = registered["activity"]["id"], registered["environment"]["id"]
    accepted = f"/v1/contracts/{story.contract}/versions/{story.version}/acceptances"
    made(cast.dana.post(accepted, {"activity": activity}))
    until(cast.dana, f"/v1/environments/{environment}", "active")
    return {"activity": activity, "environment": environment}


def test_suspending_ends_what_is_live_at_once_and_resuming_gives_nothing_back(
    cast: Cast, story: Story, suspendable: dict[str, str]
) -> None:
    asking, path = story.asking(**suspendable), f"/v1/activities/{suspendable['activity']}"
    live = made(cast.dana.post("/v1/access-requests", asking))["grant"]["id"]
    assert cast.pat.post(f"{path}/suspend", WHY).status_code in (403, 404)

    assert made(cast.gus.post(f"{path}/suspend", WHY))["state"] == "suspended"
    state = cast.dana.get(f"/v1/grants/{live}").json()["state"]
    assert state in ("revoking", "denied", "closed")  # the worker may have been there already
    refused = cast.dana.post("/v1/access-requests", asking)
    assert refused.is_client_error
    assert "inv-" in refused.text
    assert cast.dana.post(f"/v1/grants/{live}/credentials").is_client_error
    until(cast.dana, f"/v1/grants/{live}", "closed")  # no session of it was ever handed out

    assert made(cast.gus.post(f"{path}/resume", WHY))["state"] == "active"
    assert cast.dana.get(f"/v1/grants/{live}").json()["state"] == "closed"
    again = made(cast.dana.post("/v1/access-requests", asking))["grant"]
    assert (again["state"], again["id"] == live) == ("active", False)
    made(cast.dana.post(f"/v1/grants/{again['id']}/revoke", {"reason": "the test is over"}))
