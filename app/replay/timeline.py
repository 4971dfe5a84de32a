"""Decisions by rule over the time of the callbacks: by hour, by day or by month, as long as it lasts."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from app.replay.tally import Tally

HOURLY = timedelta(days=3)  # up to which hours are shown
DAILY = timedelta(days=400)


class Unit(Enum):
    """What a bar stands for."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


STARTS: Mapping[Unit, Callable[[datetime], datetime]] = {
    Unit.HOUR: lambda at: at,
    Unit.DAY: lambda at: at.replace(hour=0),
    Unit.MONTH: lambda at: at.replace(day=1, hour=0),
}


@dataclass(frozen=True, slots=True)
class Series:
    """A rule, or None for all others, and its decisions in each unit of the timeline."""

    rule: str | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`starts` are those units in which anything was decided, in UTC."""

    unit: Unit
    starts: tuple[datetime, ...]
    series: tuple[Series, ...]


def timeline_of(tally: Tally, rules: Collection[str]) -> Timeline:
    """These rules, in order, and all others together."""
    times = {at for at, _ in tally.hours}
    unit = _unit(tally, times)
    start, sums = STARTS[unit], Counter[tuple[datetime, str | None]]()
    for (at, rule), number in tally.hours.items():
        sums[start(at), rule if rule in rules else None] += number
    starts = tuple(sorted({at for at, _ in sums}))
    found = {rule for _, rule in sums}
    series = (
        Series(rule, tuple(sums[at, rule] for at in starts)) for rule in (*rules, None) if rule in found
    )
    return Timeline(unit, starts, tuple(series))


def _unit(tally: Tally, times: Collection[datetime]) -> Unit:
    lasting = max(times) - min(times) if times else timedelta()
    if lasting > DAILY:
        return Unit.MONTH
    return Unit.HOUR if lasting <= HOURLY and tally.span == 1 else Unit.DAY
