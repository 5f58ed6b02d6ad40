"""The recorded questions and the live grants, as a draft of the rules is tried on them."""

from dataclasses import replace

import pytest

from jit_engine.domain.request import Mode
from platform_api.db.engine import Database
from policy.change.replay import NeverAsked, Recorded
from tests.contract.db.office import HOUR, Office, change_everything
from tests.fakes.world import ADA, LENDING, LOANS, NOW, ask


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_recorded_questions_carry_the_facts_and_the_answers_of_then(office: Office) -> None:
    office.ask(ask(LOANS), ask(LENDING), mode=Mode.PARTIAL)
    then = office.judges.rulebook
    change_everything(office)
    found = list(office.questions.recorded())
    asked = [record for record in found if isinstance(record, Recorded)]
    assert len(asked) == len(found) > 5
    assert {record.was.allowed for record in asked} == {True, False}
    for record in asked:
        decided = then.decide(record.question)
        assert record.was.allowed is decided.allowed
        assert record.rulebook == "sample-1"
        if not decided.allowed:
            assert record.was.why == decided.why.value
            assert {rule.id for rule in decided.rules} <= set(record.was.rules)
    assert len({id(record.question.entities) for record in asked}) == 1


def test_what_never_reached_the_rules_is_said_to_have_not(office: Office) -> None:
    office.refused(ask(LOANS), ask(LENDING), purpose="marketing")
    assert list(office.questions.recorded()) == [NeverAsked(id=office.last().id)] * 2


def test_recorded_questions_are_the_last_so_many_or_those_of_a_time_span(office: Office) -> None:
    for hours in range(5):
        office.ask(after=hours * HOUR)
    ids = [stored.id for stored in office.listed()]
    every = [record.id for record in office.questions.recorded()]
    assert list(dict.fromkeys(every)) == ids
    assert [record.id for record in office.questions.recorded(last=3)] == every[:3]
    span = office.questions.recorded(since=NOW + HOUR, until=NOW + 3 * HOUR)
    assert list(dict.fromkeys(record.id for record in span)) == ids[2:4]


def test_more_than_one_chunk_is_read_in_order(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform_api.db.decisions._CHUNK", 2)
    for hours in range(5):
        office.ask(after=hours * HOUR)
    every = [record.id for record in office.questions.recorded()]
    assert list(dict.fromkeys(every)) == [stored.id for stored in office.listed()]


def test_live_grants_are_asked_about_on_today_s_facts(office: Office) -> None:
    grant = office.ask(ask(LOANS))
    office.people[ADA.id] = replace(ADA, teams=frozenset({"lending-science", "second"}))
    (live,) = office.questions.live(NOW + HOUR)
    assert (live.id, live.holder.id) == (grant.id, ADA.id)
    assert all(office.judges.rulebook.decide(question).allowed for question in live.questions)
    mine = {entity.ref: entity for entity in live.questions[0].entities}[live.holder]
    assert {parent.id for parent in mine.parents if parent.type == "Team"} == {"lending-science", "second"}
    office.people.clear()
    assert list(office.questions.live(NOW + HOUR)) == []
