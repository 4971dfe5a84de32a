"""The journal: what is noted is saved soon, whatever the database does meanwhile."""

import logging
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from app.engine.decide import decide
from app.engine.ruleset import RuleSet
from app.journal import Journal, Noted, Taken, pack
from app.journal.journal import LARGEST, MOST
from app.storage import Callbacks, Sought
from tests.builders import MONDAY_NOON as NOW
from tests.builders import callback, ruleset
from tests.conftest import Opening
from tests.servers import Server, frozen
from tests.storage.test_hanging import locked
from tests.waiting import until

RULES = ruleset("default: {defer: nobody knows}")
NOWHERE = "postgresql://desk@127.0.0.1:1/none"


def noted(number: int, rules: RuleSet = RULES) -> Noted:
    taken = Taken(rules, callback({"n": number}, ReservationSid=f"WR{number:032}"), NOW, 0, NOW)
    packed = pack(taken)
    return Noted(packed, "/assignment", packed, decide(rules, taken.callback, NOW))


@pytest.fixture
def start() -> Iterator[Callable[[Journal], Journal]]:
    """Starts journals, and stops them after the test."""
    started: list[Journal] = []

    def start(journal: Journal) -> Journal:
        journal.start()
        started.append(journal)
        return journal

    yield start
    for each in started:
        each.stop()


def saved(callbacks: Callbacks) -> list[object]:
    return [each.params["ReservationSid"] for each in callbacks.each(Sought())]


def numbers(*which: int) -> list[str]:
    return [f"WR{number:032}" for number in which]


def test_what_is_noted_is_saved_soon(
    address: str, opened: Opening, start: Callable[[Journal], Journal]
) -> None:
    """In order, without anybody asking for it."""
    callbacks = Callbacks(opened(address))
    journal = start(Journal(callbacks))
    journal.note(noted(1))
    journal.note(noted(2))
    until(lambda: saved(callbacks) == numbers(1, 2))
    journal.note(noted(3))
    until(lambda: saved(callbacks) == numbers(1, 2, 3))
    assert journal.waiting == journal.dropped == 0


def test_many_are_saved_in_groups(address: str, opened: Opening) -> None:
    """None is lost between two of them."""
    callbacks = Callbacks(opened(address))
    journal = Journal(callbacks)
    everyone = range(2 * LARGEST + 1)
    for number in everyone:
        journal.note(noted(number))
    assert journal.waiting == len(everyone)
    assert journal.write()
    assert saved(callbacks) == numbers(*everyone)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_more_is_noted_while_it_saves(tmp_path: Path, opened: Opening) -> None:
    """At any moment; nothing is lost, and it goes on."""
    journal = Journal(Callbacks(opened(f"sqlite:///{tmp_path}/desk.db")), keeps=True)
    one, number = noted(1), 3_000
    noting = Thread(target=lambda: [*map(journal.note, [one] * number)])
    noting.start()
    while noting.is_alive():
        assert journal.write()
    assert journal.write()
    assert journal.dropped == 0
    assert Callbacks(opened(f"sqlite:///{tmp_path}/desk.db")).count() == number


def test_what_is_left_is_saved_at_the_end(address: str, opened: Opening) -> None:
    """A process that is told to stop loses nothing."""
    callbacks = Callbacks(opened(address))
    journal = Journal(callbacks)
    journal.start()
    for number in range(500):
        journal.note(noted(number))
    journal.stop()
    assert saved(callbacks) == numbers(*range(500))


def test_what_waits_is_saved_when_the_database_is_back(
    tmp_path: Path, opened: Opening, start: Callable[[Journal], Journal]
) -> None:
    """Noting goes on meanwhile."""
    path = tmp_path / "desk.db"
    callbacks = Callbacks(opened(f"sqlite:///{path}"))
    callbacks.add_all([])
    assert saved(callbacks) == []
    journal = Journal(callbacks)
    with locked(path):
        journal.note(noted(1))
        assert not journal.write()
        journal.note(noted(2))
        assert (journal.waiting, saved(callbacks)) == (2, [])
    start(journal)
    until(lambda: saved(callbacks) == numbers(1, 2))
    assert journal.dropped == 0


def test_a_postgresql_that_hangs_loses_nothing(
    spare: Server, opened: Opening, start: Callable[[Journal], Journal]
) -> None:
    """It is tried again until it answers."""
    with spare.running() as process:
        database = opened(spare.url)
        database.upgrade()
        callbacks = Callbacks(database)
        callbacks.remove([each.line for each in callbacks.each()])
        journal = start(Journal(callbacks))
        with frozen(process):
            for number in range(3):
                journal.note(noted(number))
            until(lambda: journal.waiting == 3)
        until(lambda: saved(callbacks) == numbers(0, 1, 2))
        database.close()


def test_beyond_its_limit_it_drops_and_says_so(
    tmp_path: Path, opened: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    """Once when it begins, and with the number when the database is back."""
    path = tmp_path / "desk.db"
    callbacks = Callbacks(opened(f"sqlite:///{path}"))
    assert saved(callbacks) == []
    journal, made = Journal(callbacks), count()
    with caplog.at_level(logging.WARNING):
        with locked(path):
            for _ in range(MOST + 3):
                journal.note(noted(next(made)))
            assert not journal.write()
        assert journal.write()
    assert saved(callbacks) == numbers(*range(MOST))
    assert [record.getMessage() for record in caplog.records] == [
        "callbacks are not saved: the database does not take them",
        "callbacks not saved",
    ]
    assert caplog.records[-1].fields == {"dropped": 3}  # type: ignore[attr-defined]
    assert journal.dropped == 3


def test_without_a_database_it_ends_in_time(caplog: pytest.LogCaptureFixture, opened: Opening) -> None:
    """And says how many were not saved."""
    journal = Journal(Callbacks(opened(NOWHERE)))
    journal.start()
    journal.note(noted(1))
    with caplog.at_level(logging.WARNING):
        journal.stop()
    assert [record.getMessage() for record in caplog.records] == ["callbacks not saved"]
    assert journal.waiting == 1


def test_what_cannot_be_recorded_is_counted(
    address: str, opened: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are saved, and nothing of the callback is logged."""
    callbacks = Callbacks(opened(address))
    journal = Journal(callbacks)
    broken = noted(1)
    broken = broken._replace(decided=broken.decided._replace(params=b""))
    journal.note(broken)
    journal.note(noted(2))
    assert journal.write()
    assert saved(callbacks) == numbers(2)
    assert journal.dropped == 1
    assert "WR" not in caplog.text


def test_nothing_is_saved_where_nothing_is_kept(address: str, opened: Opening) -> None:
    """CALLBACK_RETENTION=0."""
    callbacks = Callbacks(opened(address))
    journal = Journal(callbacks, keeps=False)
    journal.note(noted(1))
    assert journal.saved(noted(1)) is None
    assert journal.write()
    assert saved(callbacks) == []
