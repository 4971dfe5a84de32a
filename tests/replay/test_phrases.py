"""What a report says in words."""

from datetime import UTC, datetime, timedelta

import pytest

from app.replay.charts import NO_BREAK
from app.replay.phrases import headline, moment, percent, sources, start, verdict
from app.replay.tally import Tally
from app.replay.timeline import Unit
from tests.replay.replays import MONDAY, choice, count, replayed

DAY, NIGHT = choice("day"), choice("night")


def of(*times: datetime) -> Tally:
    tally = Tally()
    for at in times:
        count(tally, DAY, at=at)
    return tally


def compared(known: int, changed: int, unknown: int = 0) -> Tally:
    tally = Tally()
    count(tally, DAY, DAY, known - changed)
    count(tally, DAY, NIGHT, changed)
    count(tally, DAY, None, unknown)
    return tally


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (MONDAY, "2 callbacks of 1 June 2026 were decided again."),
        (MONDAY + timedelta(days=6), "2 callbacks of 1–7 June 2026 were decided again."),
        (MONDAY + timedelta(days=30), "2 callbacks of 1 June – 1 July 2026 were decided again."),
        (MONDAY + timedelta(days=365), "2 callbacks of 1 June 2026 – 1 June 2027 were decided again."),
    ],
)
def test_days_are_named_as_people_do(last: datetime, said: str) -> None:
    """What two days share is said once."""
    assert headline(of(MONDAY, last)) == said


def test_one_callback_and_none() -> None:
    """Each has a sentence of its own."""
    assert headline(of(MONDAY)) == "1 callback of 1 June 2026 was decided again."
    assert headline(Tally()) == "No callback was decided again."
    assert headline(Tally(callbacks=2)) == "2 callbacks were decided again."


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (compared(4812, 37), "37 (0.8 %) would be decided otherwise."),
        (compared(100, 37, 20), "37 (37 %) of the 100 with an earlier decision would be decided otherwise."),
        (compared(100, 0), "All of them would be decided as before: nothing changes."),
        (compared(1, 0), "It would be decided as before: nothing changes."),
        (compared(9, 0, 1), "The 9 with an earlier decision would be decided as before: nothing changes."),
        (compared(0, 0, 5), "There is nothing to compare them with."),
    ],
)
def test_the_verdict_says_of_how_many(tally: Tally, said: str) -> None:
    """A share is one of those that there was something to compare with."""
    assert verdict(replayed(tally)).replace(NO_BREAK, " ") == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (0.0000001, "less than 0.1 %"),
        (0.001, "0.1 %"),
        (0.5, "50 %"),
        (0.99999, "more than 99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_none_or_all_only_where_it_is(share: float, said: str) -> None:
    """One callback of a million is not 0 %."""
    assert percent(share).replace(NO_BREAK, " ") == said


def test_many_sources_are_counted() -> None:
    """The first five are named."""
    assert sources(["a", "b"]) == "a, b"
    assert sources([*"abcdefg"]) == "a, b, c, d, e and 2 more"


def test_times_are_those_of_utc() -> None:
    """To what a bar stands for, and to the second."""
    at = datetime(2026, 6, 3, 14, 5, 9, tzinfo=UTC)
    assert moment(at) == "3 June 2026, 14:05:09 UTC"
    assert [start(at, unit) for unit in Unit] == ["Wed 3 June 2026, 14:05", "Wed 3 June 2026", "June 2026"]
