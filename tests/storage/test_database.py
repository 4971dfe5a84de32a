"""Transactions, and how long they wait for others."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import perf_counter

import psycopg
import pytest
from sqlalchemy import text

from app.errors import StoreError
from tests.conftest import Opening
from tests.storage.rows import add, write, written


def test_what_was_written_is_read_by_others(address: str, opened: Opening) -> None:
    """A transaction ends with its block."""
    write(opened(address), "WR1")
    assert written(opened(address)) == ["WR1"]


def test_a_block_that_fails_has_written_nothing(address: str, opened: Opening) -> None:
    """Whatever ends it: the error goes on as it is, and the next write is not held up."""
    database = opened(address)

    def fail() -> None:
        with database.writing() as connection:
            add(connection, "WR1")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert written(database) == []
    write(database, "WR2")
    assert written(database) == ["WR2"]


def test_what_cannot_be_done_is_a_sentence_without_sql(address: str, opened: Opening) -> None:
    """Nor does it hold a value of the row."""
    database = opened(address)
    write(database, "WR1")
    with pytest.raises(
        StoreError, match=r"did not do what was asked \((IntegrityError|UniqueViolation)\)"
    ) as caught:
        write(database, "WR1")
    assert "rejections" not in str(caught.value)
    assert written(database) == ["WR1"]


def test_a_database_that_answers_is_up(address: str, opened: Opening) -> None:
    """Ping says nothing where all is well, again and again, after a close too."""
    database = opened(address)
    database.ping()
    database.ping()
    database.close()
    database.ping()


def test_a_locked_sqlite_file_is_given_up_soon(tmp_path: Path, opened: Opening) -> None:
    """Another process writes for long: the sentence says so, and the next write goes through after it."""
    database = opened(f"sqlite:///{tmp_path}/desk.db")
    database.ping()
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = perf_counter()
        with pytest.raises(StoreError, match="locked by another process"):
            write(database, "WR1")
        assert 0.4 < perf_counter() - began < 1
        assert written(database) == []
    write(database, "WR1")
    assert written(database) == ["WR1"]


def test_a_thread_that_writes_for_long_holds_others_up_for_a_moment(tmp_path: Path, opened: Opening) -> None:
    """They are told so, rather than wait for ever."""
    database = opened(f"sqlite:///{tmp_path}/desk.db")
    with database.writing(), pytest.raises(StoreError, match="busy with another thread"):
        database.within(5, lambda: write(database, "WR1"))
    write(database, "WR1")


def test_a_row_that_another_holds_is_given_up_soon(database: str, opened: Opening) -> None:
    """PostgreSQL waits half a second for a lock."""
    ours = opened(database)
    ours.upgrade()
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE rejections IN ACCESS EXCLUSIVE MODE")
        began = perf_counter()
        with pytest.raises(StoreError, match="waited too long for a lock"):
            write(ours, "WR1")
        assert 0.4 < perf_counter() - began < 1
    write(ours, "WR1")


def test_a_statement_that_takes_long_is_given_up(database: str, opened: Opening) -> None:
    """PostgreSQL ends it after a second."""
    ours = opened(database)
    ours.upgrade()
    began = perf_counter()
    with pytest.raises(StoreError, match="took too long"), ours.reading() as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    assert 0.9 < perf_counter() - began < 1.8
    ours.ping()
