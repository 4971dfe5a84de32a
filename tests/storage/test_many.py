"""Many rows at once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect, select
from sqlalchemy.dialects import sqlite

from app.model import Mode
from app.storage import Database
from app.storage.columns import Written
from app.storage.many import MOST_VALUES, insert_many
from app.storage.tables import callbacks
from tests.builders import MONDAY_NOON as NOW
from tests.conftest import Opening


@pytest.fixture
def database(address: str, opened: Opening) -> Database:
    return opened(address)


def row(number: int) -> dict[str, object]:
    return {
        "received_at": NOW + timedelta(microseconds=number),
        "path": "/assignment",
        "params": {"n": str(number), "name": "Łukasz \ud800\0"},
        "decision": {"rule": "x"},
        "task_sid": f"WT{number}",
        "reservation_sid": 'a "quoted" \\ one\0',
        "worker_sid": "",
        "task_type": "é\ud800",
        "rule": "x",
        "mode": Mode.REPLY,
        "delivery_id": None,
    }


@pytest.mark.parametrize("count", [1, 2, MOST_VALUES // 11, MOST_VALUES // 11 + 1, 1_000])
def test_rows_are_as_they_were_given(database: Database, count: int) -> None:
    """However many, in their order, and whatever their texts hold."""
    rows = [row(number) for number in range(count)]
    with database.writing() as connection:
        insert_many(connection, callbacks, rows)
    with database.reading() as connection:
        found = connection.execute(select(callbacks).order_by(callbacks.c.id)).mappings().all()
    assert [{name: each[name] for name in rows[0]} for each in found] == rows


@given(st.text())
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    """Most of them stand in the database as they are."""
    dialect: Dialect = sqlite.dialect()
    written = Written().process_bind_param(text, dialect)
    assert Written().process_result_value(written, dialect) == text
    assert Written().process_bind_param("plain-1 [a]", dialect) == "plain-1 [a]"
