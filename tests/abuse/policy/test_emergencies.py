"""An emergency is no way around anything but approvals, and those it replaces by a second person and an alarm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.abuse.mint.door import ASK, Bad, check_refused
from tests.abuse.rows import rows
from tests.support.platform import FACTS, Cast, Story, made
from tests.support.rulebook_steps import said
from tests.support.standing import Standing

URGENT: dict[str, Any] = {
    "break_glass": True,
    "duration": "PT20M",
    "justification": "payments are down",
    "ticket": "INC-7",
}


@pytest.mark.case("POL-040")
def test_where_nobody_has_to_approve_there_is_no_emergency_that_passes_without_an_alarm(
    cast: Cast, story: Story, standing: Standing
) -> None:
    """It stands in for approvals and for nothing else. That it needs a second person where they are needed is held
    in `tests/e2e/waiting` and `tests/unit/engine/test_waiting_otherwise.py`.
    """
    plain = made(cast.dana.call("POST", ASK, json=story.asking(duration="PT20M", dry_run=True)))
    assert plain["outcome"] == "would-be-granted"
    for dry_run in (True, False):
        bad = Bad(given={**URGENT, "dry_run": dry_run}, field="break_glass", code="invalid-value")
        check_refused(cast, story, standing, bad)


LACKING: dict[str, tuple[dict[str, Any], str]] = {
    "POL-040 without saying why": ({"justification": ""}, "justification"),
    "POL-040 with a blank for the reason": ({"justification": " \n "}, "justification"),
    "POL-040 without a ticket": ({"ticket": None}, "ticket"),
    "POL-040 for a whole day": ({"duration": "PT8H"}, "duration"),
    "POL-040 without an end": ({"duration": None}, "duration"),
    "POL-040 for later": ({"starts_at": "2099-01-01T00:00:00Z"}, "starts_at"),
}


@pytest.mark.parametrize("case", rows(LACKING))
def test_an_emergency_says_why_under_which_ticket_and_for_how_short(
    without_aws: Cast, story: Story, standing: Standing, case: tuple[dict[str, Any], str]
) -> None:
    changed, field = case
    given = {name: value for name, value in {**URGENT, **changed}.items() if value is not None or name == "duration"}
    check_refused(without_aws, story, standing, Bad(given=given, field=field, code="invalid-value"))


@pytest.mark.case("POL-040")
def test_a_flag_in_another_spelling_is_no_emergency(without_aws: Cast, story: Story, standing: Standing) -> None:
    for spelled in ("on", "true", 1, None):
        bad = Bad(given={**URGENT, "break_glass": spelled}, field="break_glass")
        check_refused(without_aws, story, standing, bad)


@pytest.mark.case("POL-040")
def test_an_emergency_bypasses_neither_contract_nor_rules(cast: Cast, story: Story, standing: Standing) -> None:
    personal = {**FACTS, "prefix": "loans/personal/"}
    assert said(cast.dana.post(ASK, story.asking(**URGENT, sources=[personal]))) == (403, "access-refused")
    assert cast.sam.post(ASK, story.asking(**URGENT)).status_code == 404
