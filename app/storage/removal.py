"""Removing what is kept of people: from the journal and from the ledger alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, or_, select

from app.model import Mode, Saved
from app.storage.callbacks import PAGE, Sought
from app.storage.database import Database
from app.storage.tables import IS_PENDING, attempts, callbacks, deliveries


@dataclass(frozen=True, slots=True)
class Removed:
    """How many callbacks and deliveries; `kept` are the reservations of which both stay.

    Those are under way: their delivery is pending, or done, and the reservation has not timed out. Without
    its delivery a callback that TaskRouter repeats would be sent a second time.
    """

    callbacks: int = 0
    deliveries: int = 0
    kept: frozenset[str] = frozenset()

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(
            self.callbacks + other.callbacks, self.deliveries + other.deliveries, self.kept | other.kept
        )


class Removal:
    """Removes from a database at the time `now`, or with `dry` only counts. Methods raise StoreError."""

    def __init__(self, database: Database, now: datetime, *, dry: bool = False) -> None:
        self._database = database
        self._under_way = or_(IS_PENDING, deliveries.c.expires > now)
        self._dry = dry

    def remove(self, saved: Sequence[Saved]) -> Removed:
        """Removes callbacks with the deliveries of their reservations, in one transaction.

        Of those that were saved when it was asked for, no more than are there still.
        """
        sids = {sid for each in saved if isinstance(sid := each.params.get("ReservationSid"), str)}
        with self._database.writing() as connection:
            # What another process has in hand is locked until it is done.
            asked = select(deliveries.c.reservation_sid).where(deliveries.c.reservation_sid.in_(sids))
            ids = self._finished(connection, sids)
            kept = frozenset(connection.scalars(asked.where(self._under_way)))
            lines = [each.line for each in saved if each.params.get("ReservationSid") not in kept]
            if not self._dry:
                _remove_deliveries(connection, ids)
                connection.execute(delete(callbacks).where(callbacks.c.id.in_(lines)))
        return Removed(len(lines), len(ids), kept)

    def remove_unsaved(self, sought: Sought) -> Iterator[Removed]:
        """Removes deliveries that are sought, and whose callback is not saved; a batch after the other."""
        unsaved = (
            ~select(callbacks.c.id)
            .where(callbacks.c.reservation_sid == deliveries.c.reservation_sid)
            .exists()
        )
        asked = select(deliveries.c.id, deliveries.c.reservation_sid, self._under_way.label("stays"))
        asked = asked.where(unsaved, *_conditions(sought)).order_by(deliveries.c.id).limit(PAGE)
        last = 0
        while True:
            with self._database.writing() as connection:
                rows = connection.execute(asked.where(deliveries.c.id > last).with_for_update()).all()
                ids = [row.id for row in rows if not row.stays]
                if not self._dry:
                    _remove_deliveries(connection, ids)
            if not rows:
                return
            yield Removed(0, len(ids), frozenset(row.reservation_sid for row in rows if row.stays))
            last = rows[-1].id

    def _finished(self, connection: Connection, sids: set[str]) -> Sequence[int]:
        asked = select(deliveries.c.id).where(deliveries.c.reservation_sid.in_(sids), ~self._under_way)
        return connection.scalars(asked.with_for_update()).all()


def _remove_deliveries(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(delete(attempts).where(attempts.c.delivery_id.in_(ids)))
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))


def _conditions(sought: Sought) -> Iterator[ColumnElement[Any]]:
    """What must hold of a delivery that is sought; it has no task type and no worker."""
    columns = deliveries.c
    if sought.since is not None:
        yield columns.arrived >= sought.since
    if sought.until is not None:
        yield columns.arrived < sought.until
    if sought.rules:
        yield columns.rule.in_(sought.rules)
    if sought.task_sid is not None:
        yield columns.task_sid == sought.task_sid
    if sought.reservation_sid is not None:
        yield columns.reservation_sid == sought.reservation_sid


def has_deliveries(sought: Sought) -> bool:
    """Whether a delivery can be told to be sought without its callback."""
    by_mode = not sought.modes or Mode.POST in sought.modes
    return by_mode and not sought.task_types and sought.worker_sid is None
