"""Times and durations that cannot be meant: refused by their field, and never a fault of the platform."""

import re

import pytest

from platform_api.embedded.organisation import filled, sample_text
from tests.e2e.api.test_bad_input import ACTIVITY, ASK, ORDER, fields, fixes
from tests.support.platform import Cast, Story

BEYOND = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
"""Times with their zone that no calendar has in UTC."""
TIME_FILTERS = (
    ("dana", "/v1/decisions", "since"),
    ("dana", "/v1/decisions", "until"),
    ("dana", "/v1/grants", "ends_before"),
    ("ines", "/v1/audit", "since"),
    ("ines", "/v1/audit", "until"),
)


@pytest.mark.parametrize("moment", BEYOND)
@pytest.mark.parametrize(("who", "path", "field"), TIME_FILTERS)
@pytest.mark.case("API-004")
def test_a_list_refuses_a_time_that_is_none_in_utc(cast: Cast, who: str, path: str, field: str, moment: str) -> None:
    answer = getattr(cast, who).get(path, **{field: moment})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "invalid-value", field)
    assert all(fixes(problem))
    ends = "0001-01-01T00:00:00Z" if moment == BEYOND[0] else "9999-12-31T23:59:59Z"
    assert getattr(cast, who).get(path, **{field: ends}).status_code == 200


@pytest.mark.parametrize("moment", [*BEYOND, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
@pytest.mark.case("API-004")
def test_a_time_at_the_end_of_the_calendar_is_no_fault_of_the_platform(
    cast: Cast, story: Story, field: str, moment: str
) -> None:
    asked = cast.dana.post(ASK, story.asking(dry_run=True, **{field: moment}))
    if field == "ends_at" and moment == "9999-12-31T23:59:59Z":
        assert asked.status_code == 200  # the contract's own time is over long before
    else:
        assert asked.status_code == 422
        assert field in fields(asked.json())
    ordered = cast.dana.post(ACTIVITY, {**ORDER, "ends_at": moment})
    assert ordered.status_code == 422
    assert any(name.endswith("ends_at") for name in fields(ordered.json()))


@pytest.mark.parametrize("lasting", ["P99999999D", "P999D", "PT99999H", "PT99999999S"])
@pytest.mark.case("API-004")
def test_a_time_that_is_too_long_is_refused_by_its_field(cast: Cast, story: Story, lasting: str) -> None:
    emergency = {"break_glass": True, "ticket": "INC-1", "justification": "payments are down"}
    for asked in ({}, emergency):
        answer = cast.dana.post(ASK, story.asking(duration=lasting, **asked))
        assert (answer.status_code, fields(answer.json())) == (422, {"duration"})


@pytest.mark.parametrize("lasting", ["P99999999D", "PT999999H", "P99999DT99999H99999M"])
@pytest.mark.case("API-004")
def test_a_contract_may_name_any_time_and_breaks_nothing(cast: Cast, lasting: str) -> None:
    text = filled(sample_text("loans.odcs.yaml"), cast.platform.now())
    for clause in ("max", "default", "reviewEvery"):
        found = re.search(rf"{clause}: \S+", text)
        assert found, text
        document = {"document_yaml": text.replace(found[0], f"{clause}: {lasting}")}
        assert cast.pat.post("/v1/contracts/validate", document).status_code == 200
