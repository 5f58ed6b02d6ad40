"""Recorded questions and live grants under a draft."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Self
from weakref import ReferenceType
from weakref import ref as weakref

import pytest

from policy import Question, Rulebook
from policy.change import (
    Access,
    Direction,
    Edit,
    LiveGrant,
    NeverAsked,
    PastDecision,
    Reason,
    Recorded,
    Unreadable,
    edit_between,
    reason_of,
    replay,
    world_of,
)
from tests.unit.policy.lending import COMPANY, NOW, SAMPLE_RULES, data_context, question, ref, rule

SAMPLE = SAMPLE_RULES.read_text(encoding="utf-8")
MASKED = rule('permit (principal is Person, action == Action::"readMasked", resource is ColumnGroup);', "columns")
CLEAR = MASKED.replace("readMasked", "readClear")


def edit(old: str = SAMPLE, new: str = SAMPLE.replace("sensitivity <= 2", "sensitivity <= 1")) -> Edit:
    return edit_between(Rulebook(version="live", text=old), Rulebook(version="draft", text=new))


def recorded(edit_: Edit, name: str, principal: str, action: str, resource: str, rulebook: str = "live") -> Recorded:
    """What the live rules said of a question, as it would be on record."""
    context = data_context() if action in ("read", "query", "readClear", "readMasked") else None
    asked = question(principal, action, resource, context) if context else question(principal, action, resource)
    return Recorded(id=name, question=asked, was=reason_of(edit_.old.decide(asked)), rulebook=rulebook)


def test_a_decision_that_the_draft_changes_is_shown_with_both_reasons() -> None:
    narrowed = edit()
    done = replay(narrowed, [(recorded(narrowed, "d1", "Person:ada", "read", "S3Prefix:facts"),)])
    (changed,) = done.changed
    assert (changed.id, changed.direction, changed.subject.action) == ("d1", Direction.LOSS, "read")
    assert (changed.before, changed.after) == (Access.ALLOWED, Access.NONE)
    assert changed.was == changed.live
    assert changed.live.rules == ("lending-science-reads-loan-applications",)
    assert (changed.draft.allowed, changed.draft.why) == (False, "not-permitted")


def test_what_no_changed_rule_reaches_is_counted_and_not_decided_again() -> None:
    narrowed = edit()
    decisions: list[PastDecision] = [
        (
            recorded(narrowed, "d1", "Person:ada", "read", "S3Prefix:facts"),
            recorded(narrowed, "d1", "Person:ada", "read", "S3Prefix:reports"),
            NeverAsked(id="d1"),
        ),
        (recorded(narrowed, "d2", "Person:iris", "readAudit", "Platform:sluicegate"),),
        (),
        (Unreadable(id="d4"),),
    ]
    done = replay(narrowed, decisions)
    assert (done.decisions, done.unreadable) == (4, 1)
    assert (done.asked, done.in_reach, done.never_asked, done.changed_count) == (3, 1, 1, 1)


def test_a_change_of_treatment_is_a_change_though_the_answer_to_the_question_stays() -> None:
    hashed = MASKED.replace("readMasked", "readHashed")
    better = edit(MASKED, MASKED + hashed.replace("columns", "hashed"))
    done = replay(better, [(recorded(better, "d1", "Person:ada", "readMasked", "ColumnGroup:loans/plain"),)])
    (changed,) = done.changed
    assert (changed.direction, changed.before, changed.after) == (Direction.GAIN, Access.MASKED, Access.HASHED)
    assert changed.live.allowed
    assert changed.draft.allowed


def test_a_weaker_treatment_besides_a_better_one_is_no_change() -> None:
    more = edit(CLEAR, CLEAR + MASKED.replace("columns", "masked"))
    done = replay(more, [(recorded(more, "d1", "Person:ada", "readClear", "ColumnGroup:loans/plain"),)])
    assert (done.in_reach, done.changed) == (1, ())


def test_a_record_that_todays_rules_contradict_is_named() -> None:
    narrowed = edit()
    old = recorded(narrowed, "d1", "Person:ada", "read", "S3Prefix:facts", rulebook="an-older-one")
    refused = replace(old, was=Reason(allowed=False, why="not-permitted", rules=()))
    done = replay(narrowed, [(refused,)])
    assert done.unlike_the_record == ("d1",)
    (changed,) = done.changed
    assert (changed.was.allowed, changed.live.allowed, changed.draft.allowed) == (False, True, False)


def test_the_grants_that_would_end_are_told_from_those_that_live_rules_refuse_already() -> None:
    allowed, refused = (
        question("Person:ada", "read", f"S3Prefix:{name}", data_context()) for name in ("facts", "secret")
    )
    other = question("Person:ada", "read", "S3Prefix:reports", data_context())
    grants = [
        LiveGrant(id="g-ends", holder=ref("Person:ada"), questions=(other, allowed)),
        LiveGrant(id="g-refused", holder=ref("Person:ada"), questions=(refused,)),
        LiveGrant(id="g-stays", holder=ref("Person:ada"), questions=(other,)),
    ]
    done = replay(edit(), [], grants)
    assert done.grants == 3
    assert [(each.id, each.subject.resource.id, each.live.allowed) for each in done.ended] == [
        ("g-ends", "facts", True)
    ]
    assert done.refused_already == ("g-refused",)


def test_coverage_says_how_many_in_reach_were_ever_asked_about() -> None:
    narrowed = edit()
    done = replay(
        narrowed, [(recorded(narrowed, "d1", "Person:ada", "read", "S3Prefix:facts"),)], world=world_of(COMPANY, NOW)
    )
    assert done.coverage is not None
    assert (done.coverage.people, done.coverage.people_asked) == (3, 1)  # ada, ben and the pipeline are in the teams
    assert done.coverage.resources_asked == 1
    assert done.coverage.resources > 1


def test_progress_is_told_as_it_goes() -> None:
    narrowed = edit()
    one = recorded(narrowed, "d", "Person:iris", "readAudit", "Platform:sluicegate")
    grants = (LiveGrant(id=str(number), holder=ref("Person:ada"), questions=()) for number in range(150))
    heard: list[tuple[str, int]] = []
    done = replay(
        narrowed,
        ((replace(one, id=str(number)), one) for number in range(250)),
        grants,
        progress=lambda part, done: heard.append((part, done)),
    )
    assert heard == [("replay", 100), ("replay", 200), ("replay", 250), ("grants", 100), ("grants", 150)]
    assert (done.decisions, done.asked, done.grants) == (250, 500, 150)


def test_decisions_are_let_go_of_as_they_are_done() -> None:
    narrowed = edit()
    refused = recorded(narrowed, "d", "Person:ada", "read", "S3Prefix:facts")
    alive: list[ReferenceType[Question]] = []

    def decisions() -> Iterator[PastDecision]:
        for number in range(50):
            one = replace(refused, id=str(number), question=_Watched.of(refused.question))
            alive.append(weakref(one.question))
            yield (one,)
            del one
            assert sum(each() is not None for each in alive) <= 2

    assert replay(narrowed, decisions(), world=world_of(COMPANY, NOW)).changed_count == 50


class _Watched(Question):
    """A question that can be seen to be gone."""

    __slots__ = ("__weakref__",)

    @classmethod
    def of(cls, question: Question) -> Self:
        return cls(**{each.name: getattr(question, each.name) for each in fields(question)})


def test_only_the_first_so_many_changes_are_told_one_by_one() -> None:
    narrowed = edit()
    one = recorded(narrowed, "d", "Person:ada", "read", "S3Prefix:facts", rulebook="an-older-one")
    refused = replace(one, was=Reason(allowed=False, why="not-permitted", rules=()))
    done = replay(narrowed, ((replace(refused, id=str(number)),) for number in range(5)), shown=3)
    assert [each.id for each in done.changed] == list(done.unlike_the_record) == ["0", "1", "2"]
    assert (done.changed_count, done.unlike_count) == (5, 5)


def test_a_sample_of_what_is_out_of_reach_is_decided_all_the_same() -> None:
    narrowed = edit()
    outside = recorded(narrowed, "d", "Person:iris", "readAudit", "Platform:sluicegate")
    decisions = [(replace(outside, id=str(number)),) for number in range(1000)]
    samples = [replay(narrowed, decisions, seed=seed).sample for seed in (1, 1, 2)]
    assert samples[0] == samples[1]
    for sample in samples:
        assert 5 < sample.decided < 60
        assert (sample.rate, sample.differing) == (0.02, ())


def test_a_reach_that_is_too_small_is_found_by_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    narrowed = edit()
    one = recorded(narrowed, "d", "Person:ada", "read", "S3Prefix:facts")
    monkeypatch.setattr("policy.change.reach.Reach.holds", lambda *_: False)
    done = replay(narrowed, [(one,)], sample_rate=1.0)
    assert (done.in_reach, done.sample.decided, done.sample.differing) == (0, 1, ("d",))
    assert [each.id for each in done.changed] == ["d"]


def test_records_of_one_request_are_judged_as_each_alone() -> None:
    narrowed = edit()
    asks = [("read", "S3Prefix:facts"), ("read", "S3Prefix:secret"), ("readClear", "ColumnGroup:loans/plain"),
            ("query", "GlueTable:loans")]  # fmt: skip
    records = [
        recorded(narrowed, str(number), "Person:ada", action, resource)
        for number, (action, resource) in enumerate(asks)
    ]
    together = replay(narrowed, [tuple(records)]).changed
    alone = tuple(each for record in records for each in replay(narrowed, [(record,)]).changed)
    assert together == alone
    assert [each.id for each in together] == ["0", "3"]
