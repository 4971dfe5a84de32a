"""Removing what is kept of people, from the journal and from the ledger."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.model import Mode, Saved, State
from app.storage import Callbacks, Database, Ledger, Removal, Removed, Sought
from app.storage.removal import has_deliveries
from app.storage.tables import attempts
from tests.builders import MONDAY_NOON as NOW
from tests.builders import parameters, promise
from tests.storage.deliveries import LEASE, OURS, attempt, record

LATER = NOW + timedelta(hours=1)
DECISION = {"rule": "night", "mode": "post", "task_type": "support"}


def save(ours: Database, *reservations: str) -> list[Saved]:
    """Saved callbacks of these reservations."""
    journal = Callbacks(ours)
    journal.add_all(
        [Saved(0, parameters(ReservationSid=sid), NOW, "/assignment", DECISION) for sid in reservations]
    )
    return list(journal.each())


def deliver(ledger: Ledger, reservation: str, state: State = State.DELIVERED, **more: object) -> None:
    """A delivery of one attempt that has ended so."""
    delivery, _ = ledger.open(promise(reservation, **more), OURS, NOW, LEASE)
    assert record(ledger, delivery, attempt(), state=state)


def left(ours: Database) -> tuple[list[object], list[str], int]:
    """The reservations of callbacks and deliveries that are there, and how many attempts."""
    with ours.reading() as connection:
        made = connection.scalar(select(func.count()).select_from(attempts))
    saved: list[object] = [each.params["ReservationSid"] for each in Callbacks(ours).each()]
    return saved, [each.promise.call.reservation_sid for each in Ledger(ours).list()], int(made or 0)


def test_a_callback_goes_with_its_delivery_and_its_attempts(ours: Database, ledger: Ledger) -> None:
    """Those that were not asked for stay."""
    first, *_ = save(ours, "WR1", "WR2")
    for sid in ("WR1", "WR2"):
        deliver(ledger, sid)
    assert Removal(ours, LATER).remove([first]) == Removed(1, 1)
    assert left(ours) == (["WR2"], ["WR2"], 1)
    assert Removal(ours, LATER).remove([]) == Removed()


def test_each_callback_of_a_reservation_counts(ours: Database, ledger: Ledger) -> None:
    """Its delivery is one."""
    deliver(ledger, "WR1", State.DEAD)
    assert Removal(ours, LATER).remove(save(ours, "WR1", "WR1")) == Removed(2, 1)
    assert left(ours) == ([], [], 0)


@pytest.mark.parametrize(
    ("state", "now"), [(State.PENDING, LATER), (State.DELIVERED, NOW + timedelta(seconds=119))]
)
def test_what_is_under_way_stays_with_its_callback(
    ours: Database, ledger: Ledger, state: State, now: datetime
) -> None:
    """A pending delivery, and one whose reservation TaskRouter may still call about."""
    if state is State.PENDING:
        ledger.open(promise("WR1"), OURS, NOW, LEASE)
    else:
        deliver(ledger, "WR1")
    saved = save(ours, "WR1", "WR2")
    assert Removal(ours, now).remove(saved) == Removed(1, 0, frozenset({"WR1"}))
    assert left(ours)[:2] == (["WR1"], ["WR1"])
    Callbacks(ours).remove([each.line for each in saved])
    assert list(Removal(ours, now).remove_unsaved(Sought())) == [Removed(0, 0, frozenset({"WR1"}))]
    assert left(ours)[:2] == ([], ["WR1"])


def test_counting_changes_nothing(ours: Database, ledger: Ledger) -> None:
    """And comes to the same."""
    saved = save(ours, "WR1")
    for sid in ("WR1", "WR2"):
        deliver(ledger, sid)
    dry = Removal(ours, LATER, dry=True)
    assert dry.remove(saved) == Removed(1, 1)
    assert list(dry.remove_unsaved(Sought())) == [Removed(0, 1)]
    assert left(ours) == (["WR1"], ["WR2", "WR1"], 2)


@pytest.mark.parametrize(
    ("sought", "gone"),
    [
        (Sought(), {"WR2", "WR3"}),
        (Sought(task_sid="WT1"), {"WR2", "WR3"}),
        (Sought(task_sid="WT2"), set()),
        (Sought(rules=["day"]), {"WR3"}),
        (Sought(reservation_sid="WR2"), {"WR2"}),
        (Sought(since=NOW), {"WR3"}),
        (Sought(until=NOW), {"WR2"}),
    ],
)
def test_deliveries_without_a_callback(
    ours: Database, ledger: Ledger, sought: Sought, gone: set[str]
) -> None:
    """By task, rule, reservation and time; one whose callback is saved is left alone."""
    save(ours, "WR1")
    deliver(ledger, "WR1")
    deliver(ledger, "WR2", arrived=NOW - LEASE)
    deliver(ledger, "WR3", rule="day")
    removed = sum(Removal(ours, LATER).remove_unsaved(sought), Removed())
    assert removed == Removed(0, len(gone))
    assert {"WR1", "WR2", "WR3"} - set(left(ours)[1]) == gone


def test_a_delivery_has_neither_worker_nor_task_type() -> None:
    """So by those none is sought; nor by a mode in which nothing is sent."""
    assert has_deliveries(Sought(modes=[Mode.REPLY, Mode.POST], task_sid="WT1"))
    for sought in (Sought(modes=[Mode.REPLY]), Sought(task_types=["sms"]), Sought(worker_sid="WK1")):
        assert not has_deliveries(sought)
