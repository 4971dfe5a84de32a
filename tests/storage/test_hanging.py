"""Databases that are there and do not answer, and that come back."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from time import perf_counter

import pytest

from app.errors import StoreError
from app.model import State
from app.storage import Database, Ledger
from tests.builders import MONDAY_NOON as NOW
from tests.builders import promise
from tests.conftest import Opening
from tests.servers import Server, frozen
from tests.storage.deliveries import LEASE, OURS
from tests.storage.rows import write, written
from tests.waiting import until

Holding = Callable[[], AbstractContextManager[None]]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """A file into which another process writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def hanging(
    request: pytest.FixtureRequest, tmp_path: Path, opened: Opening
) -> Iterator[tuple[Database, Holding]]:
    """A database that was used, and what makes it hang for a while."""
    if request.param == "sqlite":
        path = tmp_path / "desk.db"
        database = opened(f"sqlite:///{path}")
        database.ping()
        yield database, lambda: locked(path)
        return
    server: Server = request.getfixturevalue("spare")
    with server.running() as process:
        database = opened(server.url)
        database.upgrade()
        with database.writing() as connection:
            for table in ("attempts", "deliveries", "rejections"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        yield database, lambda: frozen(process)
        database.close()


def tried(operation: Callable[[], object]) -> bool:
    """Whether it could be done."""
    try:
        operation()
    except StoreError:
        return False
    return True


def test_a_promise_that_was_committed_too_late_is_withdrawn(hanging: tuple[Database, Holding]) -> None:
    """Whoever waited for it has answered inline by then."""
    database, hold = hanging
    ledger = Ledger(database)
    began = perf_counter()
    with hold():
        with pytest.raises(StoreError, match=r"within 0\.2 s"):
            database.within(
                0.2,
                lambda: ledger.open(promise(), OURS, NOW, LEASE)[0],
                lambda late: ledger.withdraw(late, OURS, NOW),
            )
        assert perf_counter() - began < 0.4
        with pytest.raises(StoreError, match="a moment ago"):
            database.ping()
        assert perf_counter() - began < 0.45
    until(lambda: (found := ledger.find("WR1")) and found.state is State.INLINE)


def test_what_hung_is_used_again(hanging: tuple[Database, Holding]) -> None:
    """By the same Database, however often it was tried meanwhile."""
    database, hold = hanging
    with hold():
        until(lambda: not tried(lambda: database.within(0.05, lambda: write(database, "WR1"))))
        for _ in range(20):
            assert not tried(lambda: database.within(0.05, lambda: write(database, "WR2")))
    until(lambda: tried(lambda: database.within(0.5, lambda: write(database, "WR3"))))
    assert "WR3" in written(database)


def test_a_server_that_answers_no_more_is_given_up(spare: Server, opened: Opening) -> None:
    """By whoever waits without a bound of their own, too: workers are not stuck for ever."""
    with spare.running() as process:
        database = opened(spare.url)
        database.upgrade()
        began = perf_counter()
        with frozen(process):
            with pytest.raises(StoreError, match="does not answer"):
                written(database)
            assert perf_counter() - began < 6
        assert isinstance(written(database), list)
        database.close()


def test_a_server_that_stops_amid_a_transaction_is_given_up(spare: Server, opened: Opening) -> None:
    """Nothing of it is there: what was sent before is undone, since no COMMIT followed."""
    with spare.running() as process:
        database = opened(spare.url)
        database.upgrade()

        write(database, "amid")

        def stopped() -> None:
            with database.writing() as connection:
                connection.exec_driver_sql("DELETE FROM rejections")
                stack.enter_context(frozen(process))
                connection.exec_driver_sql("DELETE FROM attempts")

        began = perf_counter()
        with ExitStack() as stack, pytest.raises(StoreError, match="does not answer"):
            stopped()
        assert perf_counter() - began < 4
        assert "amid" in written(database)
        database.close()


def test_a_server_that_was_restarted_is_used_again(spare: Server, opened: Opening) -> None:
    """Without a new Database: its connections are gone, and it is away for a while."""
    database = opened(spare.url)
    with spare.running():
        database.upgrade()
        database.ping()
    with pytest.raises(StoreError, match="does not answer"):
        written(database)
    with pytest.raises(StoreError, match="a moment ago"):
        database.ping()
    with spare.running():
        assert isinstance(written(database), list)
        database.ping()
        database.close()


def test_a_server_that_refuses_is_told_at_once(opened: Opening) -> None:
    """The first call says so, and those after it do not even try."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    database = opened(f"postgresql://desk@127.0.0.1:{port}/desk")
    began = perf_counter()
    with pytest.raises(StoreError, match="does not answer"):
        database.ping()
    with pytest.raises(StoreError, match="a moment ago"):
        database.ping()
    assert perf_counter() - began < 0.4
    began = perf_counter()
    until(lambda: "a moment ago" not in _said(database))
    assert 0.2 < perf_counter() - began < 2


def _said(database: Database) -> str:
    with pytest.raises(StoreError) as caught:
        database.ping()
    return str(caught.value)
