"""The minutes of a week as the cases of one dimension: bit `i` is the `i`th minute after Monday noon."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.engine.expressions import Constant, Reference
from app.engine.expressions.meaning import CLOCK, DAYS, compare, local_time
from app.engine.expressions.tree import Comparison

DAY = 24 * 60
WEEK = 7 * DAY
FULL = (1 << WEEK) - 1

# Of a winter's and of a summer's week in which hardly a zone changes its offset.
MONDAYS = (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 7, 20, 12, tzinfo=UTC))

TIMES = [hour * 100 + minute for hour in range(24) for minute in range(60)]


def _run(start: int, end: int) -> int:
    return ((1 << (end - start)) - 1) << start


def _rotated(week: int, by: int) -> int:
    """The same minutes when counting starts `by` minutes later."""
    by %= WEEK
    return (week >> by) | (week << (WEEK - by) & FULL)


def _daily(day: int) -> int:
    """These minutes of a day, counted from midnight, on all seven days."""
    return _rotated(day * sum(1 << DAY * number for number in range(7)), DAY // 2)


# The few values that a name has, each with its minutes.
VALUES: Mapping[str, Sequence[tuple[object, int]]] = {
    "dayOfWeek": [
        (name, _rotated(_run(day * DAY, (day + 1) * DAY), DAY // 2)) for day, name in enumerate(DAYS)
    ],
    "currentHour": [(hour, _daily(_run(hour * 60, hour * 60 + 60))) for hour in range(24)],
    "currentMin": [
        (minute, _daily(sum(1 << hour * 60 + minute for hour in range(24)))) for minute in range(60)
    ],
}


def minutes(comparison: Comparison) -> int:
    """The minutes, by the clocks of its own zone, in which a comparison of the time with a constant holds."""
    left, right = comparison.left, comparison.right
    found = 0
    for value, mask in _values(comparison):
        if compare(
            comparison,
            left.value if isinstance(left, Constant) else value,
            right.value if isinstance(right, Constant) else value,
        ):
            found |= mask
    return found


def _values(comparison: Comparison) -> Iterable[tuple[object, int]]:
    sides = (comparison.left, comparison.right)
    name = next(str(side.path[0]) for side in sides if isinstance(side, Reference))
    constant = next(side.value for side in sides if isinstance(side, Constant))
    return VALUES[name] if name in VALUES else _stretches(constant)


def _stretches(value: object) -> Iterator[tuple[object, int]]:
    """The stretches of a day within which `currentTime` passes no constant, each by its first minute."""
    given = value if isinstance(value, list) else [value]
    numbers = [item for item in given if isinstance(item, int | float)]
    cuts = {cut(TIMES, number) for number in numbers for cut in (bisect_left, bisect_right)}
    starts = sorted({0, *cuts} - {DAY})
    for start, end in zip(starts, [*starts[1:], DAY], strict=True):
        yield TIMES[start], _daily(_run(start, end))


def instants(clocks: Sequence[tuple[str | None, int]]) -> Iterator[datetime]:
    """Instants, in UTC, within the minutes given for each zone; at most one for each time of the year."""
    for monday in MONDAYS if clocks else MONDAYS[:1]:
        common = FULL if clocks else 1
        for zone, mask in clocks:
            offset = _offset(zone, monday)
            common &= _rotated(mask, offset) if offset else mask
        if common:
            yield monday + timedelta(minutes=(common & -common).bit_length() - 1)


def reading(reference: Reference, instant: datetime) -> object:
    """What a name under `taskrouter` is at an instant."""
    return CLOCK[str(reference.path[0])](local_time(instant, reference.zone))


def _offset(zone: str | None, instant: datetime) -> int:
    offset = local_time(instant, zone).utcoffset() or timedelta()
    return offset // timedelta(minutes=1)
