"""What workers do by themselves."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import Between, Habits, Reservation, TaskRouter
from app.sandbox.habits import drawn, lot_of

if TYPE_CHECKING:
    from tests.sandbox.conftest import ManualClock


@pytest.fixture
def taskrouter(clock: ManualClock) -> TaskRouter:
    return TaskRouter(clock=clock)


def reserved(taskrouter: TaskRouter, **habits: Any) -> Reservation:
    """A reservation of a worker with these habits, who is called by nobody."""
    its = Habits(**habits)
    taskrouter.habits = lambda _: its
    taskrouter.add_worker("Alice")
    reservation = taskrouter.route(taskrouter.add_task())
    assert reservation
    return reservation


def statuses(taskrouter: TaskRouter) -> list[str]:
    return [each.status for each in taskrouter.reservations()]


def test_a_worker_accepts_talks_and_wraps_up(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Each in its time."""
    reservation = reserved(taskrouter, accepts_after=8, talk=100, wrap_up=20)
    for seconds, before, after in (
        (8, "pending", "accepted"),
        (100, "accepted", "wrapping"),
        (20, "wrapping", "completed"),
    ):
        clock.advance(seconds - 1)
        taskrouter.expire()
        assert reservation.status == before
        clock.advance(1)
        taskrouter.expire()
        assert reservation.status == after
    assert reservation.task.status == "completed"


def test_a_worker_without_habits_waits_to_be_told(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Until time is over."""
    reservation = reserved(taskrouter)
    clock.advance(120)
    taskrouter.expire()
    assert (reservation.status, reservation.worker.activity.name) == ("timeout", "Offline")


def test_a_worker_who_misses_it_comes_back_later(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Then it is offered again."""
    reservation = reserved(taskrouter, accepts_after=8, misses=1, returns_after=60)
    clock.advance(120)
    taskrouter.expire()
    assert (reservation.status, reservation.worker.activity.name) == ("timeout", "Offline")
    clock.advance(60)
    taskrouter.expire()
    assert reservation.worker.activity.name == "Idle"
    assert reservation.worker.idle_since == clock.now


def test_a_worker_who_went_home_does_not_come_back(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Whoever was moved by hand stays there."""
    reservation = reserved(taskrouter, returns_after=60)
    clock.advance(120)
    taskrouter.move(reservation.worker, taskrouter.offline)
    clock.advance(60)
    taskrouter.expire()
    assert reservation.worker.activity.name == "Offline"


def test_a_phone_that_rings_is_answered_by_nobody_else(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """The worker's client accepts nothing meanwhile."""
    taskrouter.ringing = 20
    reservation = reserved(taskrouter, accepts_after=8)
    reservation.task.attributes["call_sid"] = "CA" + "1" * 32
    reservation.worker.attributes["contact_uri"] = "client:alice"
    taskrouter.update(reservation, b"Instruction=dequeue&DequeueFrom=%2B14155551212", lambda _: True)
    clock.advance(8)
    taskrouter.expire()
    assert statuses(taskrouter) == ["pending"]
    clock.advance(12)
    assert statuses(taskrouter) == ["accepted"]


def test_a_time_between_two_is_any_of_them() -> None:
    """As likely as each other, and the same for the same lot."""
    times = [drawn(Between(60, 120), lot_of("talk", 1, number)) for number in range(1_000)]
    assert times == [drawn(Between(60, 120), lot_of("talk", 1, number)) for number in range(1_000)]
    assert 60 <= min(times) < 62
    assert 118 < max(times) <= 120
    assert 87 < mean(times) < 93
    assert drawn(5, 0.7) == 5


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"misses": 1.5}, "misses is a probability from 0 to 1, not 1.5"),
        ({"talk": -1}, "talk is in seconds"),
        ({"wrap_up": Between(60, 30)}, "wrap_up is in seconds"),
        ({"returns_after": float("inf")}, "returns_after is in seconds"),
        ({"accepts_after": float("nan")}, "accepts_after is in seconds"),
    ],
)
def test_wrong_habits_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    """At once."""
    with pytest.raises(ValueError, match=sentence):
        Habits(**wrong)


def test_what_is_closed_is_forgotten_after_five_minutes(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """So that a day of tasks fits into memory; alerts stay."""
    reservation = reserved(taskrouter)
    taskrouter.complete(reservation.task)
    clock.advance(299)
    assert taskrouter.find_task(reservation.task.sid)
    assert taskrouter.find_reservation(reservation.sid)
    clock.now += timedelta(seconds=1)
    assert taskrouter.find_task(reservation.task.sid) is None
    assert taskrouter.find_reservation(reservation.sid) is None
    assert taskrouter.reservations(reservation.worker) == []
    assert reservation.status == "canceled"
