"""What a report says in words: for people who supervise, and do not read rules."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from app.replay.charts import NO_BREAK
from app.replay.replayed import Replayed
from app.replay.tally import Tally
from app.replay.timeline import Unit

UNIT = f"{NO_BREAK}%"
SEVERAL = 5  # sources that are named; more are counted


def headline(tally: Tally) -> str:
    """How many callbacks of which days were decided again."""
    if not tally.callbacks:
        return "No callback was decided again."
    were = "callback{} was" if tally.callbacks == 1 else "callbacks{} were"
    return f"{tally.callbacks:,} {were.format(_days(tally))} decided again."


def verdict(replayed: Replayed) -> str:
    """How many would be decided otherwise."""
    tally = replayed.tally
    if not tally.compared:
        return "There is nothing to compare them with."
    if not tally.changed:
        return f"{_them(tally)} would be decided as before: nothing changes."
    changed = f"{tally.changed:,} ({percent(tally.changed / tally.compared)})"
    of = f" of the {tally.compared:,} with an earlier decision" if tally.compared < tally.callbacks else ""
    return f"{changed}{of} would be decided otherwise."


def percent(share: float) -> str:
    """A part of one, for people: never none or all unless it is."""
    if 0 < share < 0.001:
        return f"less than 0.1{UNIT}"
    if 0.999 < share < 1:
        return f"more than 99.9{UNIT}"
    return f"{100 * share:.1f}".removesuffix(".0") + UNIT


def number(value: int) -> str:
    return f"{value:,}"


def difference(value: int) -> str:
    """A number with its sign."""
    return f"{value:+,}".replace("-", "\N{MINUS SIGN}") if value else "±0"


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return at.strftime(f"{at.day} %B {at.year}, %H:%M:%S UTC")


def start(at: datetime, unit: Unit) -> str:
    """An hour, a day or a month of the timeline."""
    if unit is Unit.MONTH:
        return at.strftime(f"%B {at.year}")
    return at.strftime(f"%a {at.day} %B {at.year}{', %H:%M' if unit is Unit.HOUR else ''}")


def sources(named: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(named) - SEVERAL
    return ", ".join(named[:SEVERAL]) + (f" and {more:,} more" if more > 0 else "")


def _them(tally: Tally) -> str:
    if tally.compared < tally.callbacks:
        return f"The {tally.compared:,} with an earlier decision"
    return "It" if tally.callbacks == 1 else "All of them"


def _days(tally: Tally) -> str:
    """The days of the callbacks, in UTC."""
    times = {at for at, _ in tally.hours}
    if not times:
        return ""
    first, last = min(times), max(times)
    if first.date() == last.date():
        return f" of {_day(last)}"
    if first.year != last.year:
        return f" of {_day(first)} – {_day(last)}"
    if first.month != last.month:
        return f" of {first.day} {first:%B} – {_day(last)}"
    return f" of {first.day}–{_day(last)}"


def _day(at: datetime) -> str:
    return at.strftime(f"{at.day} %B {at.year}")


# What the page's template may do with values.
FILTERS: Mapping[str, Callable[..., str]] = {
    "percent": percent,
    "number": number,
    "difference": difference,
    "moment": moment,
    "start": start,
}
