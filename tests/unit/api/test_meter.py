"""Who is refused too often waits; nobody else does."""

import pytest

from platform_api.routes.errors import TooManyRefusals
from platform_api.routes.meter import MOST, RefusalMeter


class Clock:
    """A clock that stands."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(meter: RefusalMeter, times: int) -> None:
    """That many refusals of one caller."""
    for _ in range(times):
        meter.count("pe_1")


def test_one_less_than_the_most_is_let_through() -> None:
    meter = RefusalMeter(Clock())
    refused(meter, MOST - 1)
    meter.check("pe_1")


@pytest.mark.case("API-029")
def test_the_most_within_a_minute_has_to_wait_and_nobody_else() -> None:
    meter = RefusalMeter(Clock())
    refused(meter, MOST)
    with pytest.raises(TooManyRefusals):
        meter.check("pe_1")
    meter.check("pe_2")


def test_after_a_minute_it_is_over() -> None:
    clock = Clock()
    meter = RefusalMeter(clock)
    refused(meter, MOST)
    clock.now += 60
    meter.check("pe_1")
