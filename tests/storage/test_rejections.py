"""Rejections, as other processes read them."""

import threading
from datetime import timedelta

import pytest

from app.errors import StoreError
from app.storage import Database, Rejection, Rejections
from tests.builders import MONDAY_NOON as NOW
from tests.conftest import Opening
from tests.storage.processes import outputs
from tests.storage.rows import add

SECOND = timedelta(seconds=1)


@pytest.fixture
def rejections(ours: Database) -> Rejections:
    return Rejections(ours)


def rejected(number: int) -> Rejection:
    return Rejection("WT1", f"WR{number}", NOW + number * SECOND)


def test_what_was_added_is_read_on_from_a_cursor(
    rejections: Rejections, address: str, opened: Opening
) -> None:
    """In order, in pieces, by another process; where nothing is new the cursor stays."""
    other = Rejections(opened(address))
    assert other.since(0, 10) == ([], 0)
    rejections.add("WT1", "WR0", NOW)
    rejections.add_all([rejected(1), rejected(2)])
    first, cursor = other.since(0, 2)
    assert first == [rejected(0), rejected(1)]
    second, cursor = other.since(cursor, 2)
    assert second == [rejected(2)]
    assert other.since(cursor, 2) == ([], cursor)
    rejections.add_all([])
    rejections.add_all([rejected(3)])
    assert other.since(cursor, 2)[0] == [rejected(3)]


def test_a_cursor_may_begin_before_the_latest(rejections: Rejections) -> None:
    """So that who begins need not read all there ever was."""
    assert rejections.before_latest(2) == 0
    rejections.add_all([rejected(n) for n in range(5)])
    assert rejections.before_latest(9) == 0
    assert rejections.since(rejections.before_latest(2), 10)[0] == [rejected(3), rejected(4)]


def test_a_reservation_counts_once(rejections: Rejections) -> None:
    """Whoever adds it again, in whichever batch."""
    rejections.add_all([rejected(1), rejected(1)])
    rejections.add_all([rejected(2), rejected(1)])
    rejections.add("WT1", "WR1", NOW + 9 * SECOND)
    assert rejections.since(0, 10)[0] == [rejected(1), rejected(2)]


def test_what_is_old_is_removed(rejections: Rejections) -> None:
    """And a cursor stays good, even where all was removed."""
    rejections.add_all([rejected(n) for n in range(3)])
    _, cursor = rejections.since(0, 10)
    assert rejections.purge(NOW + 2 * SECOND, 9) == 2
    assert rejections.since(0, 10)[0] == [rejected(2)]
    assert rejections.purge(NOW + 3 * SECOND, 9) == 1
    rejections.add_all([rejected(4)])
    assert rejections.since(cursor, 10)[0] == [rejected(4)]


ADDING = """
for number in range(40):
    sids = [f"WR{sys.argv[2]}-{number}-{n}" for n in range(3)]
    rejections.add_all([Rejection("WT1", sid, datetime.now(UTC)) for sid in sids])
"""
PREPARING = """
from datetime import UTC, datetime
from app.storage import Database, Rejection, Rejections
rejections = Rejections(Database(sys.argv[1]))
"""


def test_a_cursor_misses_nothing_that_others_add(address: str, rejections: Rejections) -> None:
    """While three processes write, one that reads on and on sees every row."""
    done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        cursor = 0
        while True:
            is_last = done.is_set()
            found, cursor = rejections.since(cursor, 1000)
            seen.extend(each.reservation_sid for each in found)
            if is_last:
                break

    reader = threading.Thread(target=read)
    reader.start()
    try:
        outputs(PREPARING, ADDING, [(address, name) for name in ("left", "middle", "right")])
    finally:
        done.set()
        reader.join()
    assert len(seen) == len(set(seen)) == 3 * 40 * 3


def test_who_adds_waits_for_whoever_adds(ours: Database, address: str, opened: Opening) -> None:
    """An id that was given first would else be seen last; nobody waits for long."""
    with ours.writing() as connection:
        add(connection, "WR0")
        with pytest.raises(StoreError, match="lock"):
            Rejections(opened(address)).add("WT1", "WR1", NOW)
        assert Rejections(opened(address)).since(0, 10) == ([], 0)
    Rejections(opened(address)).add("WT1", "WR1", NOW)
    found, _ = Rejections(opened(address)).since(0, 10)
    assert [each.reservation_sid for each in found] == ["WR0", "WR1"]
