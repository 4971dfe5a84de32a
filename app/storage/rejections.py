"""Which reservations were rejected, by all processes: what `max_rejections` counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, text

from app.storage.database import Database
from app.storage.inserting import insert_into
from app.storage.tables import rejections


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reservation of a task that was rejected, and when."""

    task_sid: str
    reservation_sid: str
    at: datetime


class Rejections:
    """Each reservation once, in the order of a cursor. Each method raises StoreError; times are aware."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, task_sid: str, reservation_sid: str, at: datetime) -> None:
        """Adds one; a reservation that is there already stays as it is."""
        self.add_all([Rejection(task_sid, reservation_sid, at)])

    def add_all(self, added: Sequence[Rejection]) -> None:
        """Adds several at once; a reservation that is there already stays as it is."""
        if not added:
            return
        rows = [
            {"task_sid": each.task_sid, "reservation_sid": each.reservation_sid, "at": each.at}
            for each in added
        ]
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # One writer at a time, as in SQLite: so ids come in the order of commits, and who reads on
                # from the last one that was seen misses none.
                connection.execute(text("LOCK TABLE rejections IN SHARE ROW EXCLUSIVE MODE"))
            connection.execute(insert_into(rejections, connection).on_conflict_do_nothing(), rows)

    def since(self, cursor: int, limit: int) -> tuple[list[Rejection], int]:
        """What was added after the cursor, and the cursor after it; 0 is before all."""
        later = select(rejections).where(rejections.c.id > cursor).order_by(rejections.c.id).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(later).all()
        found = [Rejection(row.task_sid, row.reservation_sid, row.at) for row in rows]
        return found, rows[-1].id if rows else cursor

    def before_latest(self, number: int) -> int:
        """The cursor after which no more than so many were added."""
        with self._database.reading() as connection:
            return max(0, (connection.scalar(select(func.max(rejections.c.id))) or 0) - number)

    def purge(self, before: datetime, limit: int) -> int:
        """Removes those of earlier than that: so many, `limit` at most."""
        old = select(rejections.c.id).where(rejections.c.at < before).order_by(rejections.c.at).limit(limit)
        with self._database.writing() as connection:
            ids = connection.scalars(old.with_for_update(skip_locked=True)).all()
            connection.execute(delete(rejections).where(rejections.c.id.in_(ids)))
        return len(ids)
