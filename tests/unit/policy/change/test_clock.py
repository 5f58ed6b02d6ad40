"""When somebody gains or loses: the hours and days are the rules' own, and said in the summary."""

import json

import pytest

from policy import Rulebook
from policy.change import edit_between, prove, summary, witnesses, world_of
from tests.unit.policy.lending import COMPANY, NOW, SAMPLE_RULES, rule

SAMPLE = SAMPLE_RULES.read_text(encoding="utf-8")
WORLD = world_of(COMPANY, NOW)
FORBIDS = 'forbid (principal is Person, action == Action::"readAudit", resource) when {{ {} }};'
NIGHT = 'context.now.toTime() >= duration("15h30m") || context.now.toTime() < duration("6h")'
EARLY = 'context.now.toTime() >= duration("2h") && context.now.toTime() < duration("4h")'
DECEMBER = 'context.now >= datetime("2026-12-01") && context.now < datetime("2027-01-01")'


def lost(condition: str, text: str = SAMPLE, *, after: str = "") -> tuple[str, set[str | None]]:
    """What the plain words say first, and what the table says of when, if people may not read the audit trail."""
    new = text + rule(FORBIDS.format(condition), "no-audit") + after
    edit = edit_between(Rulebook(version="live", text=text), Rulebook(version="draft", text=new))
    found = json.loads(json.dumps(summary(prove(edit.old, edit.new), witnesses(edit, WORLD))))
    return found["lead"][0], {each["when"] for each in found["witnesses"]["groups"]}


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        (NIGHT, "only between 15:30 and 06:00 UTC"),
        (EARLY, "only between 02:00 and 04:00 UTC"),
        ('context.now.toTime() > duration("20h")', "only between 20:00:00.001 and 24:00 UTC"),
        (DECEMBER, "only from 2026-12-01 until the end of 2026-12-31 (UTC)"),
        (
            f"{DECEMBER} && {EARLY}",
            "only from 2026-12-01 until the end of 2026-12-31 (UTC) between 02:00 and 04:00 UTC",
        ),
    ],
)
def test_the_hours_and_days_of_a_condition_are_said_in_words_and_in_the_table(condition: str, when: str) -> None:
    line, table = lost(condition)
    assert line == f"2 people lose readAudit, {when}"
    assert table == {when}


def test_what_holds_at_any_time_names_no_hours() -> None:
    assert lost("true") == ("2 people lose readAudit", {None})
    assert lost('context.now.toTime() < duration("12h") || context.now.toTime() >= duration("12h")')[1] == {None}


def test_a_rule_that_stays_bounds_the_hours_too() -> None:
    by_day = rule(FORBIDS.format('context.now.toTime() >= duration("18h")'), "by-day")
    assert lost(NIGHT, SAMPLE + by_day)[1] == {"only between 00:00 and 06:00 and between 15:30 and 18:00 UTC"}


def test_a_time_that_is_read_in_another_way_is_said_as_the_moment_that_was_tried() -> None:
    (when,) = lost('context.now.toDate() == datetime("2026-03-02")')[1]
    assert when is not None
    assert when.startswith("at least at 2026-03-02 ")


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ('context.now < datetime("0000-01-01")', None),
        ('context.now < datetime("0001-01-01")', None),
        ('context.now > datetime("9999-12-31T23:59:59.999Z")', None),
        ('context.now >= datetime("0000-03-01")', {None}),
        ('context.now >= datetime("0001-01-01")', {None}),
        ('context.now <= datetime("9999-12-31T23:59:59.999Z")', {None}),
        (
            'context.now >= datetime("2026-12-01") && context.now <= datetime("9999-12-31T23:59:59.999Z")',
            {"only from 2026-12-01 (UTC)"},
        ),
        ('context.now < datetime("9999-12-31T23:59:59-1400")', {"at least at 2026-03-02 09:30 UTC"}),
        ('context.now >= datetime("0001-01-01T00:00:00+1400")', {"at least at 2026-03-02 09:30 UTC"}),
        ('context.now.toTime() < duration("99999999999d")', {None}),
        ('context.now.toTime() >= duration("-99999999d")', {None}),
    ],
)
def test_a_rule_may_write_times_at_the_ends_of_the_calendar_and_beyond(condition: str, when: set[str] | None) -> None:
    line, table = lost(condition)
    assert table == (when or set())
    assert line.startswith("2 people lose readAudit" if when else "Nobody can gain anything by this edit")
