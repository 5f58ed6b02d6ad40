"""One time for API and workers: the database's, measured now and then."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from platform_api.db.clock import EVERY, DatabaseClock
from platform_api.db.engine import Database
from platform_api.db.errors import ClockAstray, StoreUnavailable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Around:
    """A machine whose clock differs from the database's, which takes a while to answer."""

    passed: float = 0.0
    offset: timedelta = timedelta(0)
    takes: float = 0.0
    down: bool = False
    measured: list[datetime] = field(default_factory=list)

    def database(self) -> datetime:
        """Tells the time in the middle of its answer."""
        if self.down:
            raise StoreUnavailable(why="gone")
        self.passed += self.takes / 2
        self.measured.append(NOON + timedelta(seconds=self.passed))
        self.passed += self.takes / 2
        return self.measured[-1]

    def clock(self) -> DatabaseClock:
        """The clock under test."""
        return DatabaseClock(
            database=self.database,
            system=lambda: NOON + timedelta(seconds=self.passed) + self.offset,
            monotonic=lambda: self.passed,
        )


def test_the_time_is_the_databases_however_long_it_takes_to_tell_it() -> None:
    around = Around(offset=40 * SECOND, takes=3.0)
    clock = around.clock()
    assert clock() == NOON + 3 * SECOND
    around.passed += 10
    assert clock() == NOON + 13 * SECOND


def test_it_is_measured_once_in_a_while() -> None:
    around = Around()
    clock = around.clock()
    for _ in range(59):
        clock()
        around.passed += 1
    assert len(around.measured) == 59 // EVERY.seconds + 1


@pytest.mark.parametrize("offset", [-61 * SECOND, 61 * SECOND])
def test_a_clock_that_is_far_off_gives_no_time(offset: timedelta) -> None:
    with pytest.raises(ClockAstray, match="61 s"):
        Around(offset=offset).clock()()


def test_what_was_measured_too_long_ago_is_not_used_when_the_database_is_gone() -> None:
    around = Around()
    clock = around.clock()
    clock()
    around.down = True
    around.passed += EVERY.total_seconds() - 1
    clock()
    around.passed += 1
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            clock()
    around.down = False
    assert clock() == NOON + EVERY


def test_a_time_that_comes_too_late_is_none() -> None:
    with pytest.raises(StoreUnavailable, match="to tell its time"):
        Around(takes=5.1).clock()()


def test_the_machines_own_clock_may_be_set_without_the_time_moving() -> None:
    around = Around()
    clock = around.clock()
    clock()
    around.offset = timedelta(days=-1)
    around.passed += 1
    assert clock() == NOON + SECOND


def test_it_tells_a_real_databases_time(database: Database) -> None:
    from time import monotonic

    clock = DatabaseClock(database=database.now, system=lambda: datetime.now(UTC), monotonic=monotonic)
    before = database.now()
    assert before - SECOND <= clock() <= database.now() + SECOND
