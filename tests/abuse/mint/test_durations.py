"""How long, as somebody spells it: one spelling is taken, and the shortest of all ends is what AWS is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jit_engine.domain.tier import Tier
from jit_engine.errors import LimitExceeded
from jit_engine.flows.outcome import AccessRefused
from jit_engine.iam.limits import check_session
from jit_engine.rules.tiers import TIER_MAXIMUM
from tests.abuse.mint.door import ASK, Bad, check_refused
from tests.abuse.rows import rows
from tests.fakes.world import NOW, cleared, contract, facts, refused, request
from tests.support.platform import Cast, Story, made
from tests.support.standing import Standing
from tests.unit.engine.desk import Desk

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def lasting(given: object, code: str = "fields-invalid") -> Bad:
    return Bad(given={"duration": given}, field="duration", code=code)


DURATIONS: dict[str, Bad] = {
    "MINT-085 as a number": lasting(43201),
    "MINT-085 as a duration": lasting("PT43201S", "invalid-value"),
    "MINT-085 a second above twelve hours": lasting("PT12H1S", "invalid-value"),
    "MINT-085 in seconds under another name": Bad(given={"duration_seconds": 43201}, field="duration_seconds"),
    "MINT-086 as a number": lasting(0),
    "MINT-086 as a duration": lasting("PT0S", "invalid-value"),
    "MINT-086 no time at all": lasting("P0D", "invalid-value"),
    "MINT-086 a negative one": lasting("-PT1H"),
    "MINT-086 a negative part": lasting("PT-1H"),
    "MINT-088 as a number": lasting(9223372036854775808),
    "MINT-088 as a duration": lasting("PT9223372036854775808S"),
    "MINT-088 as large as the form allows": lasting("P999DT99999H999999M99999999S", "invalid-value"),
    "MINT-089 as a flag": lasting(True),
    "MINT-089 as a list": lasting(["PT1H"]),
    "MINT-091 as text with an underscore": lasting("3_600"),
    "MINT-091 as a duration with an underscore": lasting("PT3_600S"),
    "MINT-091 as text": lasting("3600"),
    "MINT-091 in Arabic digits": lasting("PT٣٦٠٠S"),
    "MINT-091 in full-width digits": lasting("PT３６００S"),
    "MINT-091 with a space": lasting(" PT1H"),
    "MINT-091 with a line's end": lasting("PT1H\n"),
    "MINT-092 as a number": lasting(3600.0),
    "MINT-092 as a duration": lasting("PT3600.0S"),
    "MINT-092 with an exponent": lasting(36e2),
    "MINT-092 with a comma": lasting("PT0,5H"),
    "MINT-095 twelve hours": lasting("PT12H", "invalid-value"),
    "MINT-095 longer than the tier": lasting("PT8H1S", "invalid-value"),
    "MINT-095 a year": lasting("P1Y"),
    "MINT-095 a month": lasting("P1M"),
    "MINT-095 a week": lasting("P1W"),
    "MINT-095 nothing": lasting("PT"),
    "MINT-095 a clock": lasting("12:00:00"),
    "MINT-098 an end that is over": Bad(
        given={"ends_at": "2020-01-01T00:00:00Z"}, field="ends_at", code="invalid-value",
    ),
    "MINT-098 an end without its zone": Bad(given={"ends_at": "2099-01-01T00:00:00"}, field="ends_at"),
}  # fmt: skip


@pytest.mark.parametrize("bad", rows(DURATIONS))
def test_a_duration_in_another_spelling_or_too_long_is_refused_before_aws_hears_of_it(
    without_aws: Cast, story: Story, standing: Standing, bad: Bad
) -> None:
    check_refused(without_aws, story, standing, bad)


@pytest.mark.case("MINT-085", "MINT-092")
def test_a_number_in_another_spelling_of_json_is_no_duration(
    without_aws: Cast, story: Story, standing: Standing
) -> None:
    for spelled in ("3600.0", "3.6e3", "-0", "NaN", "Infinity", "1e400"):
        raw = json.dumps(story.asking()).replace('"PT1H"', spelled).encode()
        assert without_aws.dana.send(ASK, raw).status_code == 422, spelled


@pytest.mark.case("MINT-094")
@pytest.mark.parametrize("body", [{}, {"duration": None}])
def test_no_duration_is_the_contract_s_default_and_never_the_longest(
    cast: Cast, story: Story, standing: Standing, body: dict[str, object]
) -> None:
    asking = {name: value for name, value in story.asking(dry_run=True).items() if name != "duration"} | body
    before = cast.platform.now()
    preview = made(cast.dana.call("POST", ASK, json=asking))
    given = datetime.fromisoformat(preview["ends_at"]) - before
    assert preview["outcome"] == "would-be-granted"
    default = HOUR  # of the sample's contract, which allows eight
    assert timedelta(0) < given <= default < TIER_MAXIMUM[Tier.RESEARCH]


@pytest.mark.case("MINT-097")
@pytest.mark.usefixtures("given_back")
def test_a_grant_of_two_hours_is_used_through_sessions_of_an_hour_at_most(
    cast: Cast, story: Story, standing: Standing
) -> None:
    """The broker's own session is chained, which STS caps at an hour: longer grants ask for another session."""
    grant = made(cast.dana.post(ASK, story.asking(duration="PT2H")))["grant"]
    keys = made(cast.dana.post(f"/v1/grants/{grant['id']}/credentials"))
    standing.handed_out(keys)
    lives = datetime.fromisoformat(keys["expires_at"]) - datetime.now(UTC)
    assert timedelta(0) < lives <= HOUR + timedelta(seconds=5)
    assert datetime.fromisoformat(grant["ends_at"]) - cast.platform.now() > HOUR + 55 * MINUTE


@pytest.mark.case("MINT-085", "MINT-097")
@pytest.mark.parametrize("seconds", [0, 1, 899, 3601, 7200, 43200, 43201, 900.5])
def test_a_session_that_sts_would_refuse_is_refused_before_it_is_asked(seconds: float) -> None:
    with pytest.raises(LimitExceeded, match="900 to 3600"):
        check_session(name="a-session", source_identity="pe_x", duration=timedelta(seconds=seconds), policy=None)


@pytest.mark.case("MINT-098")
def test_a_grant_and_its_policy_end_with_the_contract() -> None:
    end = NOW + 20 * MINUTE
    clearance = cleared(known=facts(contracts=(contract(ends_at=end),)))
    assert clearance.ends_at <= end
    assert clearance.shortened is not None
    desk = Desk()
    desk.facts.now_known = facts(contracts=(contract(ends_at=end),))
    grant = desk.ask()
    assert (grant.ends_at, grant.sessions_end_by) == (end, end)
    policy = json.loads(grant.sole.policy)
    bounds = {s["Condition"]["DateLessThan"]["aws:CurrentTime"] for s in policy["Statement"] if s["Effect"] == "Allow"}
    assert bounds == {end.strftime("%Y-%m-%dT%H:%M:%SZ")}
    desk.deliver(grant.id, request().subject, desk.now)
    assert desk.minter.sessions[-1].duration <= timedelta(seconds=1200)


@pytest.mark.case("MINT-098")
@pytest.mark.parametrize("left", [timedelta(seconds=1), timedelta(seconds=899)])
def test_a_contract_that_ends_before_the_shortest_session_gives_nothing(left: timedelta) -> None:
    ending = facts(contracts=(contract(ends_at=NOW + left),))
    verdict = refused(known=ending)
    codes = {breach.code for breach in verdict.breaches}
    codes |= {b.code for v in verdict.verdicts if v.contract is not None for b in v.contract.breaches}
    assert codes & {"contract-ends-too-soon", "ends-too-soon"}
    desk = Desk()
    desk.facts.now_known = ending
    with pytest.raises(AccessRefused):
        desk.ask()
    assert desk.minter.calls == []


@pytest.mark.case("MINT-095")
@pytest.mark.parametrize("ends", ["contract", "activity", "environment"])
def test_a_duration_within_the_limits_is_cut_where_something_ends_and_says_so(ends: str) -> None:
    known = facts()
    assert known.activity is not None
    assert known.environment is not None
    soon = NOW + 30 * MINUTE
    changed = {
        "contract": facts(contracts=(contract(ends_at=soon),)),
        "activity": facts(activity=replace(known.activity, ends_at=soon)),
        "environment": facts(environment=replace(known.environment, expires_at=soon)),
    }[ends]
    clearance = cleared(known=changed)
    assert clearance.ends_at == soon
    assert clearance.shortened is not None
    assert "shortened from 1 hour to 30 minutes" in clearance.shortened
