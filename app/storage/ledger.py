"""The ledger of deliveries: what was promised, who has it in hand, and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Select, Update, case, delete, func, insert, null, or_, select, update

from app.errors import StoreError
from app.model import Attempt, Delivery, Doubt, Outcome, Promise, Saved, Stage, State
from app.storage.callbacks import forget, save
from app.storage.database import Database
from app.storage.inserting import insert_into
from app.storage.rows import attempt_columns, attempt_of, delivery_of, promise_columns
from app.storage.tables import IS_FINISHED, IS_PENDING, deliveries
from app.storage.tables import attempts as attempts_made

RETRIED = (State.DEAD, State.AMBIGUOUS)
FREE = {"leased_by": None, "leased_until": None}

Deliveries = list[Delivery]  # a method is named `list`


class Queue(NamedTuple):
    """How many deliveries are pending, and when the callback of the oldest came."""

    pending: int
    oldest: datetime | None


class Ledger:
    """The deliveries of a database, one for a reservation. Each method raises StoreError; times are aware.

    Whoever has a delivery in hand is its owner until the lease ends, and the owner alone changes it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self, promise: Promise, owner: str, now: datetime, lease: timedelta, saved: Saved | None = None
    ) -> tuple[Delivery, bool]:
        """Takes a promise on, leased to the owner, its first attempt begun; whether it was not there before.

        The callback is saved with it. Where the reservation has a delivery already, that is returned as it
        stands, and False. In the row the doubt is SILENT: whoever finds it without its owner does not know
        what was sent.
        """
        begun = {"state": State.PENDING, "attempts": 1, "doubt": Doubt.SILENT, "due": now}
        with self._database.writing() as connection:
            leased = {"leased_by": owner, "leased_until": now + lease}
            delivery, new = _only(connection, promise, {**begun, **leased})
            if new and saved:
                save(connection, [saved], delivery.id)
            return delivery, new

    def give_inline(self, promise: Promise, now: datetime) -> Delivery:
        """The reservation's delivery; where there is none, one that says that the answer holds it.

        A dead one becomes that as well, since a retry by hand would now be a second time.
        """
        given = {"state": State.INLINE, "attempts": 0, "doubt": Doubt.NONE, "due": now, "finished": now}
        with self._database.writing() as connection:
            delivery, _ = _only(connection, promise, given)
            if delivery.state is not State.DEAD:
                return delivery
            dead = update(deliveries).where(deliveries.c.id == delivery.id)
            connection.execute(dead.values(state=State.INLINE))
            return replace(delivery, state=State.INLINE)

    def withdraw(self, delivery: Delivery, owner: str, now: datetime) -> None:
        """Makes one that the owner opened too late INLINE: nothing of it was sent, or will be."""
        unsent = {"state": State.INLINE, "attempts": 0, "doubt": Doubt.NONE, "finished": now}
        with self._database.writing() as connection:
            held = connection.execute(_held(delivery.id, owner).values({**unsent, **FREE})).rowcount
            if held:
                forget(connection, delivery.promise.call.reservation_sid, delivery.id)

    def claim(self, owner: str, now: datetime, lease: timedelta, limit: int) -> Deliveries:
        """Leases what is due and in nobody's hand to the owner, the longest due first, and begins an attempt.

        `attempts` counts it already. `doubt` is what it was before; in the row it is SILENT from now on. Of
        one whose owner is gone it is not known when it was `sent`.
        """
        begun = {"attempts": deliveries.c.attempts + 1, "doubt": Doubt.SILENT}
        leased = {"leased_by": owner, "leased_until": now + lease}
        with self._database.writing() as connection:
            found = [delivery_of(row) for row in connection.execute(claimable(now, limit))]
            ids = [each.id for each in found]
            if ids:
                connection.execute(
                    update(deliveries).where(deliveries.c.id.in_(ids)).values({**begun, **leased})
                )
        return [
            replace(
                each,
                attempts=each.attempts + 1,
                sent=None if each.leased_by else each.sent,
                leased_by=owner,
                leased_until=now + lease,
            )
            for each in found
        ]

    def renew(self, delivery_id: int, owner: str, until: datetime) -> bool:
        """Leases it for longer; False where it is no longer the owner's."""
        with self._database.writing() as connection:
            renewed = connection.execute(_held(delivery_id, owner).values(leased_until=until))
            return renewed.rowcount == 1

    def record(
        self,
        delivery_id: int,
        owner: str,
        attempts: Sequence[Attempt],
        *,
        state: State,
        stage: Stage,
        doubt: Doubt,
        due: datetime,
        sent: datetime | None,
        outcome: Outcome | None,
        finished: datetime | None,
    ) -> bool:
        """Writes down what the owner did and how the delivery stands now, and ends the lease.

        False, and nothing changed, where it is no longer the owner's.
        """
        stands = {
            "state": state,
            "stage": stage,
            "doubt": doubt,
            "due": due,
            "sent": sent,
            "outcome": outcome,
            "finished": finished,
        }
        with self._database.writing() as connection:
            held = connection.execute(_held(delivery_id, owner).values({**stands, **FREE})).rowcount == 1
            if held and attempts:
                rows = [attempt_columns(delivery_id, each) for each in attempts]
                connection.execute(insert(attempts_made), rows)
            return held

    def release(self, delivery_id: int, owner: str, *, attempts: int, doubt: Doubt, due: datetime) -> bool:
        """Gives one back whose attempt was not begun after all; False where it is no longer the owner's."""
        stands = {"attempts": attempts, "doubt": doubt, "due": due}
        with self._database.writing() as connection:
            return connection.execute(_held(delivery_id, owner).values({**stands, **FREE})).rowcount == 1

    def find(self, reservation_sid: str) -> Delivery | None:
        """The reservation's delivery."""
        with self._database.reading() as connection:
            return _found(connection, reservation_sid)

    def queue(self) -> Queue:
        """How many deliveries are pending, and the oldest of them."""
        asked = select(func.count(), func.min(deliveries.c.arrived)).where(IS_PENDING)
        with self._database.reading() as connection:
            pending, oldest = connection.execute(asked).one()
        return Queue(pending, oldest)

    def history(self, delivery_id: int) -> tuple[Attempt, ...]:
        """Its attempts, in the order in which they were recorded."""
        made = select(attempts_made).where(attempts_made.c.delivery_id == delivery_id)
        with self._database.reading() as connection:
            return tuple(map(attempt_of, connection.execute(made.order_by(attempts_made.c.id))))

    def retry(
        self, reservation_sid: str, now: datetime, deadline: datetime, states: Sequence[State] = RETRIED
    ) -> Delivery | None:
        """Makes a delivery in one of these states PENDING again, from its first stage, until the deadline.

        An ambiguous one loses its doubt: a human decided to send again. One in any other state, which whoever
        decided has not seen, is returned as it stands.
        """
        again = {
            "state": State.PENDING,
            "stage": Stage.POST,
            "doubt": case(
                (deliveries.c.state == State.AMBIGUOUS, Doubt.NONE.value), else_=deliveries.c.doubt
            ),
            "due": now,
            "deadline": deadline,
            "expires": deadline,
            "finished": None,
        }
        given_up = (deliveries.c.reservation_sid == reservation_sid) & deliveries.c.state.in_(states)
        with self._database.writing() as connection:
            connection.execute(update(deliveries).where(given_up).values({**again, **FREE}))
            return _found(connection, reservation_sid)

    def purge(self, before: datetime, limit: int) -> int:
        """Removes deliveries that were finished earlier, with their attempts: so many, `limit` at most."""
        old = (
            select(deliveries.c.id)
            .where(IS_FINISHED, deliveries.c.finished < before)
            .order_by(deliveries.c.finished)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            ids = connection.scalars(old).all()
            connection.execute(delete(attempts_made).where(attempts_made.c.delivery_id.in_(ids)))
            connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))
        return len(ids)

    def list(
        self,
        *,
        states: Sequence[State] = (),
        task_sid: str | None = None,
        rule: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> Deliveries:
        """Deliveries, the newest first: those in any of these states, and whose callback came since then."""
        asked = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
        if states:
            asked = asked.where(deliveries.c.state.in_(states))
        if task_sid is not None:
            asked = asked.where(deliveries.c.task_sid == task_sid)
        if rule is not None:
            asked = asked.where(deliveries.c.rule == rule)
        if since is not None:
            asked = asked.where(deliveries.c.arrived >= since)
        with self._database.reading() as connection:
            return [delivery_of(row) for row in connection.execute(asked)]


def claimable(now: datetime, limit: int) -> Select[tuple[object, ...]]:
    """What is due and in nobody's hand, the longest due first; PostgreSQL leaves out what others claim."""
    free = or_(deliveries.c.leased_until == null(), deliveries.c.leased_until <= now)
    return (
        select(deliveries)
        .where(IS_PENDING, deliveries.c.due <= now, free)
        .order_by(deliveries.c.due, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _only(connection: Connection, promise: Promise, begun: dict[str, object]) -> tuple[Delivery, bool]:
    """The one delivery of the promise's reservation, and whether it was made now."""
    row = {**promise_columns(promise), "stage": Stage.POST, **begun}
    made = connection.execute(
        insert_into(deliveries, connection)
        .values(row)
        .on_conflict_do_nothing(index_elements=["reservation_sid"])
        .returning(*deliveries.c)
    ).first()
    if made:
        return delivery_of(made), True
    there = _found(connection, promise.call.reservation_sid)
    if not there:
        raise StoreError("the reservation's delivery was removed at this moment")
    return there, False


def _found(connection: Connection, reservation_sid: str) -> Delivery | None:
    row = connection.execute(
        select(deliveries).where(deliveries.c.reservation_sid == reservation_sid)
    ).first()
    return delivery_of(row) if row else None


def _held(delivery_id: int, owner: str) -> Update:
    """A change of a delivery that is pending and in the owner's hand; of nothing, where it is not."""
    return update(deliveries).where(
        deliveries.c.id == delivery_id, deliveries.c.leased_by == owner, IS_PENDING
    )
