"""What an approver reads."""

import json

from policy import Rulebook
from policy.change import Reason, Recorded, edit_between, prove, replay, summary, witnesses, world_of
from tests.unit.policy.lending import COMPANY, NOW, SAMPLE_RULES, data_context, question, rule

SAMPLE = SAMPLE_RULES.read_text(encoding="utf-8")
WORLD = world_of(COMPANY, NOW)


def analysed(new: str, *, most: int = 20_000) -> dict[str, object]:
    old, draft = Rulebook(version="live", text=SAMPLE), Rulebook(version="draft", text=new)
    edit = edit_between(old, draft)
    asked = question("Person:ada", "read", "S3Prefix:facts", data_context())
    record = Recorded(id="d1", question=asked, was=Reason(allowed=True, why="permitted", rules=()), rulebook="live")
    whole = summary(
        prove(edit.old, edit.new), witnesses(edit, WORLD, most=most), replay(edit, [(record,)], world=WORLD)
    )
    read: dict[str, object] = json.loads(json.dumps(whole))
    return read


def lead(analysis: dict[str, object]) -> list[str]:
    lines = analysis["lead"]
    assert isinstance(lines, list)
    return lines


def test_it_leads_with_sensitivity_and_people() -> None:
    wide = rule('permit (principal is Person, action == Action::"read", resource is S3Prefix);', "wide")
    first, *_ = lead(analysed(SAMPLE + wide))
    assert first == "1 person gains read of restricted data in research and validation"


def test_what_is_proved_is_said_with_how_far_it_holds() -> None:
    analysis = analysed(SAMPLE.replace("sensitivity <= 2", "sensitivity <= 1"))
    assert "Nobody can gain anything by this edit: proved for any directory." in lead(analysis)
    assert analysis["proof"]["holds_for"].startswith("any directory, under the platform's invariants")  # type: ignore[index]


def test_an_unknown_is_said_plainly_with_its_reason() -> None:
    failing = rule('permit (principal is Person, action == Action::"read", resource) '
                   "when { resource.sensitivity + 1 < 3 };", "failing")  # fmt: skip
    analysis = analysed(SAMPLE + failing)
    assert "Whether someone can gain by this edit is not known." in lead(analysis)
    assert analysis["proof"]["verdict"] == "unknown"  # type: ignore[index]
    assert "rule `failing`" in analysis["proof"]["unknown_because"][0]  # type: ignore[index]


def test_none_found_is_never_nobody() -> None:
    more = rule('permit (principal in Team::"internal-audit", action == Action::"viewGrant", resource is Grant);', "x")
    found = analysed(SAMPLE + more)
    (line,) = (line for line in lead(found) if line.startswith("None found"))
    assert line == "None found in 1 of 1 questions about today's directory."
    elsewhere = analysed(SAMPLE + more.replace("internal-audit", "not-there"))
    assert "No question about today's directory is one that this edit is about: none was tried." in lead(elsewhere)


def test_what_was_not_done_is_null_and_said() -> None:
    only = summary(prove(Rulebook(version="a", text=SAMPLE), Rulebook(version="b", text=SAMPLE)))
    assert (only["witnesses"], only["replay"]) == (None, None)
    assert "No directory was looked through for who gains or loses." in str(only["lead"])


def test_the_replay_says_its_coverage_and_shows_both_reasons() -> None:
    replayed = analysed(SAMPLE.replace("sensitivity <= 2", "sensitivity <= 1"))["replay"]
    assert isinstance(replayed, dict)
    assert replayed["coverage"]["people_ever_asked_about"] == 1
    assert "never reached the rules" in replayed["coverage"]["note"]
    (changed,) = replayed["changed"]
    assert (changed["recorded"]["allowed"], changed["draft"]["why"]) == (True, "not-permitted")


def test_one_person_is_no_people_and_a_pipeline_is_neither() -> None:
    lines = lead(analysed(SAMPLE.replace("sensitivity <= 2", "sensitivity <= 3")))
    assert "1 person and 1 pipeline gain read of restricted data in research and validation" in lines
    assert "1 pipeline gains read of restricted data in operation" in lines


def columns_read(new: str, old: str = "") -> list[str]:
    """The lead about column groups, in a company that knows the names of its columns."""
    named = {each.ref: ("borrower_ssn", "birth_date") for each in COMPANY if each.ref.type == "ColumnGroup"}
    edit = edit_between(Rulebook(version="live", text=old), Rulebook(version="draft", text=new))
    whole = summary(prove(edit.old, edit.new), witnesses(edit, world_of(COMPANY, NOW, named)))
    return [line for line in lead(json.loads(json.dumps(whole))) if "borrower_ssn" in line]


def test_columns_are_named_with_their_sensitivity_and_how_they_are_seen() -> None:
    clear = rule('permit (principal is Person, action == Action::"readClear", resource is ColumnGroup);', "clear")
    hashed = clear.replace("readClear", "readHashed")
    said = "1 person {} borrower_ssn, birth_date (internal) {} in research and validation{}"
    assert columns_read(clear) == [said.format("gains", "in clear", "")]
    assert columns_read("", clear) == [said.format("loses", "in clear", "")]
    assert columns_read(clear, hashed) == [said.format("gains", "in clear", ", hashed until now")]
    assert columns_read(hashed, clear) == [said.format("loses", "in clear", ", hashed from then on")]
