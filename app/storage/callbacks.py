"""The callbacks that were saved, each with its decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select

from app.model import Mode, Saved
from app.storage.database import Database
from app.storage.many import insert_many
from app.storage.rows import saved_columns, saved_of
from app.storage.tables import callbacks

PAGE = 500  # rows that are held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which callbacks: those that all of this is true of. `until` is the first moment that is too late."""

    since: datetime | None = None
    until: datetime | None = None
    rules: Sequence[str] = ()
    modes: Sequence[Mode] = ()
    task_types: Sequence[str] = ()
    task_sid: str | None = None
    worker_sid: str | None = None
    reservation_sid: str | None = None


ALL = Sought()


class Callbacks:
    """The callbacks of a database, in the order in which they were saved. Each method raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_all(self, saved: Sequence[Saved]) -> None:
        """Adds several in one transaction; their `line` is not looked at."""
        with self._database.writing() as connection:
            save(connection, saved)

    def each(self, sought: Sought = ALL) -> Iterator[Saved]:
        """Those that are sought, the oldest first; few are held at once, and nothing is locked between."""
        last = 0
        while found := self.page(sought, last):
            yield from found
            last = found[-1].line

    def backwards(self, sought: Sought = ALL) -> Iterator[Saved]:
        """The same, the newest first."""
        before: int | None = None
        while found := self.newest(sought, PAGE, before):
            yield from found
            before = found[-1].line

    def count(self, sought: Sought = ALL) -> int:
        """How many are sought."""
        counted = select(func.count()).select_from(callbacks).where(*conditions(sought))
        with self._database.reading() as connection:
            return int(connection.scalar(counted) or 0)

    def page(self, sought: Sought, after: int, limit: int = PAGE) -> list[Saved]:
        """The next of those that are sought after a row, the oldest first."""
        asked = select(callbacks).where(callbacks.c.id > after, *conditions(sought))
        with self._database.reading() as connection:
            return [saved_of(row) for row in connection.execute(asked.order_by(callbacks.c.id).limit(limit))]

    def newest(self, sought: Sought, limit: int, before: int | None = None) -> list[Saved]:
        """The last of those that are sought, before a row where one is named; the newest first."""
        asked = select(callbacks).where(*conditions(sought))
        if before is not None:
            asked = asked.where(callbacks.c.id < before)
        with self._database.reading() as connection:
            newest = connection.execute(asked.order_by(callbacks.c.id.desc()).limit(limit))
            return [saved_of(row) for row in newest]

    def remove(self, lines: Sequence[int]) -> int:
        """Removes these: so many were there."""
        with self._database.writing() as connection:
            return connection.execute(delete(callbacks).where(callbacks.c.id.in_(lines))).rowcount

    def purge(self, before: datetime, limit: int) -> int:
        """Removes those that came earlier: so many, `limit` at most."""
        old = select(callbacks.c.id).where(callbacks.c.received_at < before)
        old = old.order_by(callbacks.c.received_at).limit(limit).with_for_update(skip_locked=True)
        with self._database.writing() as connection:
            ids = connection.scalars(old).all()
            connection.execute(delete(callbacks).where(callbacks.c.id.in_(ids)))
        return len(ids)


def save(connection: Connection, saved: Sequence[Saved], delivery_id: int | None = None) -> None:
    """Adds callbacks in the transaction that the connection is in, with the delivery that was promised."""
    if saved:
        rows = [{**saved_columns(each), "delivery_id": delivery_id} for each in saved]
        insert_many(connection, callbacks, rows)


def forget(connection: Connection, reservation_sid: str, delivery_id: int) -> None:
    """Removes the callback with which a delivery was promised: it was answered otherwise after all."""
    columns = callbacks.c
    promised = (columns.reservation_sid == reservation_sid) & (columns.delivery_id == delivery_id)
    connection.execute(delete(callbacks).where(promised))


def conditions(sought: Sought) -> Iterator[ColumnElement[Any]]:
    """What must hold of a row that is sought."""
    columns = callbacks.c
    if sought.since is not None:
        yield columns.received_at >= sought.since
    if sought.until is not None:
        yield columns.received_at < sought.until
    several = (
        (columns.rule, sought.rules),
        (columns.mode, sought.modes),
        (columns.task_type, sought.task_types),
    )
    for column, values in several:
        if values:
            yield column.in_(values)
    one = (
        (columns.task_sid, sought.task_sid),
        (columns.worker_sid, sought.worker_sid),
        (columns.reservation_sid, sought.reservation_sid),
    )
    for column, value in one:
        if value is not None:
            yield column == value
