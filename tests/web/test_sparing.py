"""A flood of requests is no flood of lines."""

import logging
from typing import Any

import pytest

from app.web import connection, failures, refusals, worker
from app.web.sparing import LOGGERS, Sparing


class Clock:
    """Seconds, moved by hand."""

    now = 100.5

    def __call__(self) -> float:
        return self.now


def line(kind: str = "unsigned", level: int = logging.WARNING, event: str = "refused") -> logging.LogRecord:
    fields = {"status": 403, "type": kind}
    return logging.makeLogRecord({"msg": event, "levelno": level, "fields": fields})


def fields(record: logging.LogRecord) -> dict[str, Any]:
    return dict(record.__dict__["fields"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sparing(clock: Clock) -> Sparing:
    return Sparing(3, clock)


def test_so_many_a_second(sparing: Sparing, clock: Clock) -> None:
    """No more are written; in the next second as many again, the first of which tells how many were not."""
    assert [sparing.filter(line()) for _ in range(5)] == [True] * 3 + [False] * 2
    clock.now = 101
    after = [line() for _ in range(4)]
    assert [sparing.filter(each) for each in after] == [True] * 3 + [False]
    assert [fields(each).get("withheld") for each in after[:2]] == [2, None]
    clock.now = 500
    later = line()
    assert sparing.filter(later)
    assert fields(later) == {"status": 403, "type": "unsigned", "withheld": 1}


def test_a_second_with_few_withholds_none(sparing: Sparing, clock: Clock) -> None:
    """Then there is nothing to tell."""
    assert sparing.filter(line())
    clock.now = 101
    after = line()
    assert sparing.filter(after)
    assert "withheld" not in fields(after)


def test_each_kind_has_its_own(sparing: Sparing) -> None:
    """A flood of one hides no other."""
    assert [sparing.filter(line()) for _ in range(4)][-1] is False
    assert sparing.filter(line("stale"))
    assert sparing.filter(line(event="not parsed"))
    assert sparing.filter(logging.makeLogRecord({"msg": "hung up", "levelno": logging.INFO}))


def test_errors_all_come_through(sparing: Sparing) -> None:
    """No stranger can cause one."""
    assert [sparing.filter(line(level=logging.ERROR)) for _ in range(9)] == [True] * 9


def test_the_loggers_are_those_of_what_is_refused() -> None:
    """By name, so that none is missed when a module is renamed."""
    assert {each.log.name for each in (connection, failures, refusals, worker)} == set(LOGGERS)
