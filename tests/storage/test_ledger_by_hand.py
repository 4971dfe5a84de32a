"""The ledger as people see it: what is listed, retried and removed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.errors import StoreError
from app.model import Delivery, Doubt, Stage, State
from app.storage import Database, Ledger
from tests.builders import MONDAY_NOON as NOW
from tests.builders import promise
from tests.storage.deliveries import BUSY, LEASE, OURS, SECOND, THEIRS, attempt, record


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        (State.DEAD, Doubt.FAILED, Doubt.FAILED),
        (State.DEAD, Doubt.NONE, Doubt.NONE),
        (State.AMBIGUOUS, Doubt.SILENT, Doubt.NONE),
    ],
)
def test_what_was_given_up_is_retried(ledger: Ledger, state: State, before: Doubt, after: Doubt) -> None:
    """From its first stage, until the new deadline; a human who retries an ambiguous one has no doubt."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert record(
        ledger, delivery, attempt(), state=state, stage=Stage.ON_FAILURE, doubt=before, outcome=BUSY
    )
    later, deadline = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    retried = ledger.retry("WR1", later, deadline)
    assert retried == Delivery(
        id=delivery.id,
        promise=promise(deadline=deadline, expires=deadline),
        stage=Stage.POST,
        state=State.PENDING,
        attempts=1,
        doubt=after,
        due=later,
        outcome=BUSY,
    )
    [claimed] = ledger.claim(THEIRS, later, LEASE, 1)
    assert (claimed.attempts, claimed.doubt) == (2, after)
    assert ledger.retry("WR1", later, deadline) == ledger.find("WR1")


@pytest.mark.parametrize("state", [State.DELIVERED, State.SUPERSEDED, State.INLINE])
def test_what_has_ended_well_is_not_retried(ledger: Ledger, state: State) -> None:
    """It is returned as it stands, and so is one that is pending."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert ledger.retry("WR1", NOW + SECOND, NOW + LEASE) == delivery
    assert record(ledger, delivery, state=state)
    found = ledger.find("WR1")
    assert ledger.retry("WR1", NOW + SECOND, NOW + LEASE) == found
    assert ledger.find("WR1") == found


def test_what_nobody_saw_is_not_retried(ledger: Ledger) -> None:
    """A dead one may have become ambiguous since it was looked at: sending again needs another answer."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert record(ledger, delivery, state=State.AMBIGUOUS)
    found = ledger.find("WR1")
    assert ledger.retry("WR1", NOW + SECOND, NOW + LEASE, [State.DEAD]) == found
    retried = ledger.retry("WR1", NOW + SECOND, NOW + LEASE, [State.AMBIGUOUS])
    assert retried
    assert retried.state is State.PENDING


def test_what_is_not_there_is_none(ledger: Ledger) -> None:
    """Neither found nor retried."""
    assert ledger.find("WR1") is None
    assert ledger.retry("WR1", NOW, NOW + LEASE) is None
    assert ledger.history(1) == ()


def test_deliveries_are_listed_newest_first(ledger: Ledger) -> None:
    """Only as many as asked for, and only those that fit."""
    for number, (rule, task) in enumerate([("night", "WT1"), ("day", "WT1"), ("night", "WT2")]):
        call = replace(promise(f"WR{number}").call, task_sid=task)
        made = promise(rule=rule, call=call, arrived=NOW + number * SECOND)
        delivery, _ = ledger.open(made, OURS, NOW, LEASE)
        if number == 1:
            record(ledger, delivery, state=State.DEAD)

    def sids(**asked: Any) -> list[str]:
        return [each.promise.call.reservation_sid for each in ledger.list(**asked)]

    assert sids() == ["WR2", "WR1", "WR0"]
    assert sids(limit=2) == ["WR2", "WR1"]
    assert sids(states=[State.DEAD, State.AMBIGUOUS]) == ["WR1"]
    assert sids(states=[State.DEAD, State.PENDING]) == ["WR2", "WR1", "WR0"]
    assert sids(task_sid="WT1") == ["WR1", "WR0"]
    assert sids(rule="night") == ["WR2", "WR0"]
    assert sids(since=NOW + SECOND) == ["WR2", "WR1"]
    assert sids(rule="night", task_sid="WT1", states=[State.PENDING], since=NOW) == ["WR0"]


def test_what_is_long_finished_is_removed_in_batches(ledger: Ledger, ours: Database) -> None:
    """With its attempts, the oldest first; what is pending stays, however old it is."""
    ledger.open(promise("WR9"), OURS, NOW, LEASE)
    for number in range(4):
        delivery, _ = ledger.open(promise(f"WR{number}"), OURS, NOW, LEASE)
        record(ledger, delivery, attempt(), finished=NOW + number * SECOND)
    before = NOW + 3 * SECOND
    assert [ledger.purge(before, 2) for _ in range(3)] == [2, 1, 0]
    assert [each.promise.call.reservation_sid for each in ledger.list()] == ["WR3", "WR9"]
    with ours.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM attempts")) == 1


def test_a_reservation_that_was_removed_may_be_promised_anew(ledger: Ledger) -> None:
    """Nothing of it is remembered, and its number is not given again."""
    given = ledger.give_inline(promise(), NOW)
    assert ledger.purge(NOW + SECOND, 10) == 1
    delivery, is_new = ledger.open(promise(), OURS, NOW, LEASE)
    assert is_new
    assert delivery.state is State.PENDING
    assert delivery.id > given.id


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    """Nobody could say when it is."""
    with pytest.raises(StoreError):
        ledger.open(promise(), OURS, datetime(2026, 11, 23, 12, 0), LEASE)  # noqa: DTZ001
    assert ledger.list() == []


def test_another_zones_time_is_the_same_instant(ledger: Ledger, ours: Database) -> None:
    """The two databases compare times as integers."""
    ledger.open(promise(arrived=NOW.astimezone()), OURS, NOW, LEASE)
    with ours.reading() as connection:
        stored = connection.scalar(text("SELECT arrived FROM deliveries"))
    assert stored == int(NOW.timestamp()) * 1_000_000
    found = ledger.find("WR1")
    assert found
    assert found.promise.arrived == NOW
