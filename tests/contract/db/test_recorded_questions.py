"""The recorded questions and the live grants, as a draft of the rules is tried on them."""

import gc
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from jit_engine.domain.request import Mode
from platform_api.db.decisions import Span
from platform_api.db.engine import Database
from platform_api.db.tables.decisions import DecisionRow
from platform_api.ids import new_id
from policy import Rulebook
from policy.change import Edit, NeverAsked, PastDecision, Recorded, Unreadable, edit_between, replay
from policy.ports import EVERY, Extent
from tests.contract.db.office import HOUR, Office, change_everything
from tests.fakes import world
from tests.fakes.world import ADA, LENDING, LOANS, NOW, ask

ELSEWHERE = """@id("elsewhere") @title("Elsewhere") @owner("governance-office")
permit (principal in Team::"nobody", action == Action::"read", resource in DataProduct::"nothing");"""


def read(office: Office, extent: Extent = EVERY) -> list[PastDecision]:
    return list(office.questions.recorded(extent).each)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_recorded_questions_carry_the_facts_and_the_answers_of_then(office: Office) -> None:
    office.ask(ask(LOANS), ask(LENDING), mode=Mode.PARTIAL)
    then = office.judges.rulebook
    change_everything(office)
    (found,) = read(office)
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
    assert read(office) == [(NeverAsked(id=office.last().id),) * 2]


def test_a_decision_in_another_form_is_said_to_be_unreadable(office: Office) -> None:
    office.ask()
    document = json.loads(office.text())
    office.rewritten({**document, "format": 0})
    assert read(office) == [(Unreadable(id=office.last().id),)]


def test_what_is_recorded_are_the_last_so_many_decisions_or_those_of_a_time_span(office: Office) -> None:
    for hours in range(5):
        office.ask(after=hours * HOUR)
    ids = [stored.id for stored in office.listed()]
    spans: list[tuple[Extent, list[str]]] = [
        (EVERY, ids),
        (Extent(last=3), ids[:3]),
        (Extent(last=9), ids),
        (Extent(since=NOW + HOUR, until=NOW + 3 * HOUR), ids[2:4]),
        (Extent(since=NOW + HOUR), ids[:4]),
        (Extent(until=NOW + 2 * HOUR), ids[3:]),
        (Extent(since=NOW + HOUR, last=1), ids[:1]),
        (Extent(since=datetime.min.replace(tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC)), ids),
        (Extent(since=NOW + 9 * HOUR), []),
    ]
    for extent, expected in spans:
        found = office.questions.recorded(extent)
        assert found.of == len(expected), extent
        assert [decision[0].id for decision in found.each] == expected, extent


def test_a_span_is_exact_to_the_microsecond(office: Office) -> None:
    tick = timedelta(microseconds=1)
    for ticks in range(3):
        office.ask(after=ticks * tick)
    for since, until, expected in ((0, 1, 1), (0, 2, 2), (1, 2, 1), (1, 3, 2), (2, 3, 1)):
        extent = Extent(since=NOW + since * tick, until=NOW + until * tick)
        assert office.questions.recorded(extent).of == len(read(office, extent)) == expected


def test_more_than_one_chunk_is_read_in_order(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform_api.db.decisions._CHUNK", 2)
    for hours in range(5):
        office.ask(after=hours * HOUR)
    ids = [stored.id for stored in office.listed()]
    assert [decision[0].id for decision in read(office)] == ids
    assert [decision[0].id for decision in read(office, Extent(last=3))] == ids[:3]


def test_facts_that_are_read_once_for_many_decisions_are_those_of_each(office: Office) -> None:
    for hours in range(3):
        office.ask(ask(LOANS), after=hours * HOUR)
    change_everything(office)
    for hours in (4, 5):
        office.refused(after=hours * HOUR)
    rows = [(stored, evidence) for stored, evidence in office.decisions.stream(Span())]
    assert len(rows) == 5
    for stored, evidence in rows:
        assert evidence == office.decisions.evidence(stored.id)
    assert len({id(evidence.facts) for _, evidence in rows if evidence}) < len(rows)


def test_every_decision_is_replayed_however_many_there_are(office: Office) -> None:
    many = 2_550
    copied(office, many)
    log = office.questions.recorded(EVERY)
    heard: list[tuple[str, int]] = []
    done = replay(edit(), log.each, progress=lambda *said: heard.append(said))
    assert (log.of, done.decisions, done.unreadable) == (many, many, 0)
    assert done.asked == 4 * many > 10_000
    assert heard == [("replay", number) for number in range(100, many + 1, 100)] + [("replay", many), ("grants", 0)]
    assert (done.in_reach, done.changed, done.sample.differing) == (0, (), ())
    assert done.sample.decided > 0


def test_more_decisions_take_no_more_memory(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform_api.db.decisions._CHUNK", 20)
    copied(office, 300)

    def most(last: int) -> int:
        """The most that was alive at any look; a collection empties the interpreter's own lists of freed tuples."""
        alive = [0]

        def looked_at() -> Iterator[PastDecision]:
            for place, decision in enumerate(office.questions.recorded(Extent(last=last)).each):
                if place % 20 == 19:
                    gc.collect()
                    alive.append(tracemalloc.get_traced_memory()[0])
                yield decision

        tracemalloc.start()
        try:
            assert replay(edit(), looked_at()).decisions == last
            return max(alive)
        finally:
            tracemalloc.stop()

    most(60)
    assert most(300) < 1.5 * most(60)


def copied(office: Office, many: int) -> None:
    """One decision so many times over, a second apart, written at once."""
    office.ask(ask(LOANS))
    with office.database.write() as connection:
        (row,) = connection.execute(sa.select(DecisionRow.table())).mappings()
        copies = [{**row, "id": new_id("de", NOW + timedelta(seconds=number))} for number in range(1, many)]
        connection.execute(sa.insert(DecisionRow.table()), copies)


def edit() -> Edit:
    """A rule more, about data that nobody asked for."""
    live = Rulebook(version="sample-1", text=world.RULES)
    return edit_between(live, Rulebook(version="draft", text=f"{world.RULES}\n{ELSEWHERE}"))


def test_live_grants_are_asked_about_on_today_s_facts(office: Office) -> None:
    grant = office.ask(ask(LOANS))
    office.people[ADA.id] = replace(ADA, teams=frozenset({"lending-science", "second"}))
    found = office.questions.live(NOW + HOUR)
    assert found.of == 1
    (live,) = found.each
    assert (live.id, live.holder.id) == (grant.id, ADA.id)
    assert all(office.judges.rulebook.decide(question).allowed for question in live.questions)
    mine = {entity.ref: entity for entity in live.questions[0].entities}[live.holder]
    assert {parent.id for parent in mine.parents if parent.type == "Team"} == {"lending-science", "second"}
    office.people.clear()
    assert list(office.questions.live(NOW + HOUR).each) == []
