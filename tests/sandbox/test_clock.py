"""The clocks of a workspace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.sandbox.clock import FastClock, SteppedClock, utc_now
from tests.waiting import until

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_fast_clock_runs_from_its_start() -> None:
    """A hundred thousand times as fast: a minute is over as soon as one looks."""
    clock = FastClock(NOON, 100_000)
    assert clock() >= NOON
    until(lambda: clock() > NOON + timedelta(minutes=1))


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_a_clock_does_not_stand_or_go_back(factor: float) -> None:
    """Such a factor is refused."""
    with pytest.raises(ValueError, match="not 0 times or back"):
        FastClock(NOON, factor)


def test_a_stepped_clock_stands_until_it_is_moved() -> None:
    """And moves forward alone."""
    clock = SteppedClock(NOON)
    assert clock() == clock() == NOON
    clock.move(NOON + timedelta(seconds=5))
    clock.move(NOON)
    clock.advance(2)
    assert clock() == NOON + timedelta(seconds=7)


def test_the_usual_clock_is_aware() -> None:
    """Of its time zone, UTC."""
    assert utc_now().tzinfo is UTC
