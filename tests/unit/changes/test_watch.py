"""Following the trail for open connections: who is told what, who is ended, and what an idle replica costs."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from jit_engine.domain.ids import SubjectId
from jit_engine.domain.subject import Person, Subject
from platform_api.authorize import ThePlatform
from platform_api.changes.kinds import Changed
from platform_api.changes.line import MOST_TOLD, Line
from platform_api.changes.news import News
from platform_api.changes.sight import Shown
from platform_api.changes.watch import MOST_BEHIND, MOST_OF_ONE, Watch
from platform_api.identity.web_session import WebSession
from platform_api.routes.errors import TooManyStreams

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DANA, SAM = SubjectId("pe_dana"), SubjectId("pe_sam")
GRANT = Changed(kind="grant", id="gr_1")


@dataclass
class Trail:
    """A trail in memory; `reads` counts what was asked of it."""

    records: list[Changed] = field(default_factory=list)
    signed_out: bool = False
    reads: int = 0

    def head(self) -> int:
        self.reads += 1
        return len(self.records)

    def between(self, after: int, upto: int) -> News:
        found = {one: seq for seq, one in enumerate(self.records, 1) if after < seq <= upto}
        return News(changed=[(seq, one) for one, seq in found.items()], signed_out=self.signed_out)


@dataclass
class Sights:
    """Who sees which kinds and ids; who is not named has left."""

    seen: dict[str, set[Changed]]
    ended: set[WebSession] = field(default_factory=set)
    time: datetime = NOW
    fails: bool = False

    def now(self) -> datetime:
        return self.time

    def subject(self, id: SubjectId) -> Subject | None:
        return Person(id=id, name="", teams=frozenset(), trainings=frozenset()) if id in self.seen else None

    def things(self, changed: Iterable[Changed]) -> list[Shown]:
        return [Shown(changed=one, action="see", thing=ThePlatform()) for one in changed]

    def seen_by(self, subject: Subject, things: Sequence[Shown], now: datetime) -> frozenset[Changed]:
        if self.fails:
            raise RuntimeError("the database is down")
        return frozenset(one.changed for one in things if one.changed in self.seen[subject.id])

    def open_among(self, sessions: Collection[WebSession], now: datetime) -> frozenset[WebSession]:
        return frozenset(sessions) - self.ended


def session_of(subject: str) -> WebSession:
    """A session that began now."""
    times = dict.fromkeys(("began_at", "rotated_at", "seen_at", "authenticated_at"), NOW)
    return WebSession(id_hash="h", issuer="i", subject=subject, ends_at=NOW + timedelta(hours=8), **times)


@pytest.fixture
def trail() -> Trail:
    return Trail(records=[Changed(kind="grant", id="gr_old")])


@pytest.fixture
def sights() -> Sights:
    return Sights(seen={DANA: {GRANT}, SAM: set()})


@pytest.fixture
def watch(trail: Trail, sights: Sights) -> Watch:
    """One whose thread looks once and then hardly ever: the tests take the turns."""
    return Watch(trail, sights, period=3600)


def opened(
    watch: Watch, subject: SubjectId = DANA, after: int | None = None, session: WebSession | None = None
) -> Line:
    """A connection to which somebody writes."""
    line = watch.open(subject, session, NOW + timedelta(hours=1), after)
    line.ring = lambda: None
    return line


def names(watch: Watch, line: Line) -> list[str]:
    """What the connection is told now, by the names of the events."""
    return [said.partition(b"event: ")[2].partition(b"\n")[0].decode() for said in watch.take(line)]


def test_who_may_see_it_is_told_and_who_may_not_hears_nothing(watch: Watch, trail: Trail) -> None:
    dana, sam = opened(watch), opened(watch, SAM)
    trail.records.append(GRANT)
    watch.turn()
    assert watch.take(dana) == [b'id: 2\nevent: changed\ndata: {"changed":[{"kind":"grant","id":"gr_1"}]}\n\n']
    assert watch.take(sam) == []


def test_the_same_is_told_once_and_only_what_is_new(watch: Watch, trail: Trail) -> None:
    dana = opened(watch)
    trail.records += [GRANT, GRANT, GRANT]
    watch.turn()
    assert names(watch, dana) == ["changed"]
    watch.turn()
    assert names(watch, dana) == []


def test_who_comes_back_is_told_what_was_missed(watch: Watch, trail: Trail) -> None:
    trail.records.append(GRANT)
    back, fresh = opened(watch, after=1), opened(watch)
    assert (back.resumed, fresh.resumed) == (True, False)
    watch.turn()
    assert (names(watch, back), names(watch, fresh)) == (["changed"], [])


@pytest.mark.parametrize("after", [-1, 99])
def test_an_id_that_the_trail_does_not_have_starts_anew(watch: Watch, after: int) -> None:
    assert not opened(watch, after=after).resumed


def test_too_much_at_once_is_not_named_one_by_one(watch: Watch, trail: Trail, sights: Sights) -> None:
    many = [Changed(kind="grant", id=f"gr_{n}") for n in range(MOST_TOLD + 1)]
    sights.seen[DANA] = set(many)
    dana = opened(watch)
    trail.records += many
    watch.turn()
    assert names(watch, dana) == ["reset"]


def test_who_is_far_behind_reads_everything_anew(watch: Watch, trail: Trail) -> None:
    dana = opened(watch)
    trail.records += [GRANT] * (MOST_BEHIND + 1)
    watch.turn()
    assert names(watch, dana) == ["reset"]


def test_a_failed_turn_tells_nothing_and_loses_nothing(watch: Watch, trail: Trail, sights: Sights) -> None:
    dana = opened(watch)
    trail.records.append(GRANT)
    sights.fails = True
    with pytest.raises(RuntimeError):
        watch.turn()
    assert names(watch, dana) == []
    sights.fails = False
    watch.turn()
    assert names(watch, dana) == ["changed"]


def test_a_session_that_ended_and_a_proof_that_is_over_end_the_connection(
    watch: Watch, trail: Trail, sights: Sights
) -> None:
    session = session_of("dana")
    line, other = opened(watch, session=session), opened(watch)
    trail.records.append(Changed(kind="grant", id="gr_9"))
    sights.ended, trail.signed_out = {session}, True
    watch.turn()
    assert (line.ended, other.ended) == ("session-ended", None)
    assert names(watch, line) == ["end"]
    sights.time = NOW + timedelta(hours=1)
    watch.turn()
    assert other.ended == "expired"
    assert watch.count() == 0


def test_who_has_left_the_directory_is_told_nothing_more(watch: Watch, trail: Trail, sights: Sights) -> None:
    dana = opened(watch)
    del sights.seen[DANA]
    trail.records.append(GRANT)
    watch.turn()
    assert names(watch, dana) == ["end"]


def test_one_person_has_so_many_connections_and_no_more(watch: Watch) -> None:
    lines = [opened(watch) for _ in range(MOST_OF_ONE)]
    with pytest.raises(TooManyStreams):
        opened(watch)
    opened(watch, SAM)
    watch.leave(lines[0])
    opened(watch)


def reached(trail: Trail, reads: int) -> None:
    """Waits until the trail was asked that often."""
    deadline = monotonic() + 10
    while trail.reads < reads:
        assert monotonic() < deadline, trail.reads
        sleep(0.01)


def test_all_connections_together_cost_one_look_a_turn(watch: Watch, trail: Trail) -> None:
    for one in (DANA, SAM, DANA):
        opened(watch, one)
    reached(trail, 4)  # one for each connection's beginning, and the thread's own first look
    for _ in range(3):
        watch.turn()
    assert trail.reads == 7


def test_it_looks_by_itself_while_somebody_listens_and_not_without_anybody(trail: Trail, sights: Sights) -> None:
    watch = Watch(trail, sights, period=0.01)
    line = opened(watch)
    reached(trail, trail.reads + 3)
    watch.leave(line)
    sleep(0.1)
    idle = trail.reads
    sleep(0.1)
    assert trail.reads == idle
    watch.leave(opened(watch))
    opened(watch)
    reached(trail, idle + 5)


def test_stopping_ends_everybody_and_lets_nobody_in(watch: Watch) -> None:
    dana = opened(watch)
    watch.stop()
    assert names(watch, dana) == ["end"]
    assert names(watch, opened(watch)) == ["end"]
