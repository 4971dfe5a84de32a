"""Rows to write and to read, where it does not matter which."""

from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from app.storage import Database
from app.storage.tables import rejections

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def add(connection: Connection, sid: str) -> None:
    connection.execute(insert(rejections).values(task_sid="WT1", reservation_sid=sid, at=NOW))


def write(database: Database, sid: str) -> None:
    with database.writing() as connection:
        add(connection, sid)


def written(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(rejections.c.reservation_sid).order_by(rejections.c.id)))
