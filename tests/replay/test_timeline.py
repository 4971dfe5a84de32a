"""Decisions by rule over time."""

from datetime import timedelta

import pytest

from app.replay.charts import bars
from app.replay.tally import Tally
from app.replay.timeline import Series, Unit, timeline_of
from tests.replay.replays import MONDAY, choice, count

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("lasting", "unit", "starts"),
    [
        (HOUR, Unit.HOUR, (MONDAY, MONDAY + HOUR)),
        (72 * HOUR, Unit.HOUR, (MONDAY, MONDAY + 72 * HOUR)),
        (73 * HOUR, Unit.DAY, (MONDAY, MONDAY + 72 * HOUR)),
        (400 * 24 * HOUR, Unit.DAY, (MONDAY, MONDAY + 400 * 24 * HOUR)),
        (401 * 24 * HOUR, Unit.MONTH, (MONDAY, MONDAY.replace(year=2027, month=7))),
    ],
)
def test_a_bar_is_an_hour_day_or_month(lasting: timedelta, unit: Unit, starts: tuple[object, ...]) -> None:
    """As long as the callbacks last."""
    tally = Tally()
    count(tally, choice("a"), at=MONDAY)
    count(tally, choice("a"), at=MONDAY + lasting)
    timeline = timeline_of(tally, ["a"])
    assert (timeline.unit, timeline.starts) == (unit, starts)
    ticks = {Unit.HOUR: "instant", Unit.DAY: "instant", Unit.MONTH: "period"}
    assert bars(timeline, {})["layout"]["xaxis"]["ticklabelmode"] == ticks[unit]


def test_hours_that_were_counted_together_are_no_hours_any_more() -> None:
    """Of so many callbacks only days are known."""
    tally = Tally(span=24)
    count(tally, choice("a"))
    assert timeline_of(tally, ["a"]).unit is Unit.DAY


def test_other_rules_are_one_series() -> None:
    """In the order that is asked for, and only where there are any."""
    tally = Tally()
    for rule, number in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        count(tally, choice(rule), number=number)
    count(tally, choice("c"), at=MONDAY + HOUR, number=9)
    assert timeline_of(tally, ["b", "a", "z"]).series == (
        Series("b", (2, 0)),
        Series("a", (1, 0)),
        Series(None, (7, 9)),
    )
    assert len(timeline_of(tally, [*"abcd"]).series) == 4


def test_nothing_has_no_bar() -> None:
    """An empty file is a page too."""
    assert timeline_of(Tally(), []).starts == ()
