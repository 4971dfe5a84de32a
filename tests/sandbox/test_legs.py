"""Simulated calls, and how conference and dequeue come to their end with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import Between, Habits, Legs, Reservation, TaskRouter
from app.sandbox.events import as_record
from tests.sandbox.conftest import ManualClock
from tests.sandbox.rest.test_setup import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Endpoint

CALL = "CA" + "c" * 32
CALLER = "+14155551212"
LUNCH = "WA" + "1" * 32
URL = "https://example.com/twiml"
RINGING: tuple[dict[str, Any], ...] = (
    {"instruction": "dequeue", "dequeue_from": CALLER, "dequeue_post_work_activity_sid": LUNCH},
    {"instruction": "conference", "from_": CALLER, "post_work_activity_sid": LUNCH},
)


@pytest.fixture
def task_of(workspace: Any) -> Callable[[], Any]:
    """Makes tasks of a caller over REST, as the twilio library sees them."""
    return lambda: workspace.tasks(workspace.tasks.create(attributes=f'{{"call_sid": "{CALL}"}}').sid)


def add_alice(workspace: Any) -> Any:
    made = workspace.workers.create(friendly_name="Alice", attributes='{"contact_uri": "client:alice"}')
    return workspace.workers(made.sid)


def only_reservation(task: Any) -> Any:
    (reservation,) = task.reservations.list()
    return task.reservations(reservation.sid)


@pytest.mark.parametrize("instruction", RINGING)
def test_a_call_from_ringing_to_completed(
    workspace: Any,
    taskrouter: TaskRouter,
    clock: ManualClock,
    task_of: Callable[[], Any],
    instruction: dict[str, Any],
) -> None:
    """pending while it rings, accepted, wrapping, completed; then the worker is where the order said."""
    taskrouter.ringing, taskrouter.habits = 4, lambda _: Habits(talk=180, wrap_up=30)
    alice, task = add_alice(workspace), task_of()
    reservation = only_reservation(task)
    reservation.update(**instruction)
    seen = []
    for seconds in (0, 3, 1, 179, 1, 29, 1):
        clock.advance(seconds)
        seen.append((reservation.fetch().reservation_status, task.fetch().assignment_status))
    assert seen == [
        ("pending", "reserved"),
        ("pending", "reserved"),
        ("accepted", "assigned"),
        ("accepted", "assigned"),
        ("wrapping", "wrapping"),
        ("wrapping", "wrapping"),
        ("completed", "completed"),
    ]
    assert alice.fetch().activity_sid == LUNCH


@pytest.mark.parametrize("instruction", RINGING)
@pytest.mark.parametrize(
    ("legs", "seconds", "outcome"),
    [
        (Legs(busy=1), 4, "canceled, the worker's line is busy (worker's phone rings"),
        (Legs(no_answer=1), 60, "canceled, nobody answers (worker's phone rings"),
    ],
)
def test_a_call_that_is_not_answered(
    workspace: Any,
    taskrouter: TaskRouter,
    clock: ManualClock,
    task_of: Callable[[], Any],
    instruction: dict[str, Any],
    legs: Legs,
    seconds: int,
    outcome: str,
) -> None:
    """The reservation is canceled, and the task goes on to whoever is idle longest."""
    taskrouter.ringing, taskrouter.legs = 4, legs
    add_alice(workspace)
    task = task_of()
    only_reservation(task).update(**instruction)
    clock.advance(seconds - 1)
    assert [each.reservation_status for each in task.reservations.list()] == ["pending"]
    clock.advance(1)
    assert [each.reservation_status for each in task.reservations.list()] == ["canceled", "pending"]
    assert task.fetch().assignment_status == "reserved"
    assert taskrouter.reservations()[0].outcome.startswith(outcome)


def test_the_instruction_says_how_long_it_rings(
    workspace: Any, taskrouter: TaskRouter, clock: ManualClock, task_of: Callable[[], Any]
) -> None:
    """A worker who takes longer than that is not reached."""
    taskrouter.ringing = 30
    add_alice(workspace)
    task = task_of()
    only_reservation(task).update(instruction="conference", from_=CALLER, timeout=20)
    clock.advance(19)
    assert [each.reservation_status for each in task.reservations.list()] == ["pending"]
    clock.advance(1)
    assert [each.reservation_status for each in task.reservations.list()] == ["canceled", "pending"]


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ({"instruction": "dequeue", "dequeue_from": CALLER}, 40133),
        ({"instruction": "conference", "from_": CALLER}, 40145),
        ({"instruction": "call", "call_from": CALLER, "call_url": URL, "call_accept": True}, 40113),
        ({"instruction": "redirect", "redirect_call_sid": CALL, "redirect_url": URL}, 40122),
    ],
)
def test_a_call_that_cannot_be_made(
    workspace: Any,
    taskrouter: TaskRouter,
    task_of: Callable[[], Any],
    instruction: dict[str, Any],
    code: int,
) -> None:
    """The order is refused with the code of its instruction, and the reservation stays pending."""
    taskrouter.legs = Legs(failed=1)
    add_alice(workspace)
    task = task_of()
    refused(lambda: only_reservation(task).update(**instruction), 400, code)
    assert only_reservation(task).fetch().reservation_status == "pending"
    assert task.fetch().attributes == f'{{"call_sid":"{CALL}"}}'
    only_reservation(task).update(reservation_status="accepted")


def test_a_call_that_cannot_be_made_inline_is_an_alert(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """As every mistake of an answer."""
    taskrouter.legs = Legs(failed=1)
    endpoint.answer({"instruction": "dequeue"})
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    reservation = taskrouter.assign(taskrouter.add_task({"call_sid": CALL}), worker)
    assert [each.code for each in reservation.alerts] == [40133]
    assert reservation.status == "pending"


@pytest.mark.parametrize("first", ["busy", "answered"])
def test_while_a_second_phone_rings_nothing_is_lost(
    taskrouter: TaskRouter, clock: ManualClock, first: str
) -> None:
    """The reservation ends with the last of its calls."""
    taskrouter.ringing = 4
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    reservation = taskrouter.reserve(taskrouter.add_task({"call_sid": CALL}), worker)
    taskrouter.legs = Legs(busy=1) if first == "busy" else Legs()
    order(taskrouter, reservation)
    clock.advance(1)
    taskrouter.legs = Legs(busy=1) if first != "busy" else Legs()
    order(taskrouter, reservation)
    clock.advance(3)
    taskrouter.expire()
    assert reservation.status == ("pending" if first == "busy" else "accepted")
    clock.advance(1)
    taskrouter.expire()
    assert (reservation.status, reservation.legs) == ("accepted", 2)


def order(taskrouter: TaskRouter, reservation: Reservation) -> None:
    body = f"Instruction=conference&From=%2B{CALLER[1:]}".encode()
    taskrouter.update(reservation, body, lambda _version: True)


@pytest.mark.parametrize("status", ["wrapping", "completed"])
def test_whoever_completes_by_hand_is_not_disturbed(
    workspace: Any, taskrouter: TaskRouter, clock: ManualClock, task_of: Callable[[], Any], status: str
) -> None:
    """The end of the call finds that it is over; a second wrapping is not begun."""
    taskrouter.habits = lambda _: Habits(talk=60, wrap_up=60)
    add_alice(workspace)
    task = task_of()
    reservation = only_reservation(task)
    reservation.update(instruction="conference", from_=CALLER)
    reservation.update(reservation_status=status)
    clock.advance(120)
    assert reservation.fetch().reservation_status == status


def test_a_worker_who_finished_early_is_not_finished_again(
    workspace: Any, taskrouter: TaskRouter, clock: ManualClock, task_of: Callable[[], Any]
) -> None:
    """The planned end of the work finds it completed."""
    taskrouter.habits = lambda _: Habits(talk=60, wrap_up=60)
    add_alice(workspace)
    task = task_of()
    reservation = only_reservation(task)
    reservation.update(instruction="conference", from_=CALLER)
    clock.advance(60)
    assert reservation.fetch().reservation_status == "wrapping"
    reservation.update(reservation_status="completed")
    updated = reservation.fetch().date_updated
    clock.advance(60)
    assert reservation.fetch().date_updated == updated


def test_the_seed_decides() -> None:
    """The same reservation has the same calls in every run; the shares are kept."""
    legs = Legs(busy=0.2, no_answer=0.1, failed=0.1)
    sids = [f"WR{number:032x}" for number in range(2000)]
    drawn = [legs.drawn(1, sid, 0) for sid in sids]
    assert drawn == [legs.drawn(1, sid, 0) for sid in sids]
    assert drawn != [legs.drawn(2, sid, 0) for sid in sids]
    assert drawn != [legs.drawn(1, sid, 1) for sid in sids]
    counts = Counter(drawn)
    assert 330 < counts["busy"] < 470
    assert 150 < counts["no_answer"] < 250
    assert 150 < counts["failed"] < 250
    assert Counter(Legs().drawn(1, sid, 0) for sid in sids) == {"answered": 2000}


@pytest.mark.parametrize("wrong", [{"busy": 1.1}, {"failed": -0.1}, {"busy": 0.6, "failed": 0.6}])
def test_wrong_legs_are_refused(wrong: dict[str, float]) -> None:
    """At once."""
    with pytest.raises(ValueError, match=r"probabilities|seconds"):
        Legs(**wrong)


def morning(seed: int) -> list[dict[str, object]]:
    """All that happens in an hour of calls for three workers."""
    clock = ManualClock()
    legs = Legs(busy=0.2, no_answer=0.1)
    habits = Habits(talk=Between(60, 120), wrap_up=10)
    taskrouter = TaskRouter(clock=clock, seed=seed, legs=legs, habits=lambda _: habits, ringing=5)
    happened: list[dict[str, object]] = []
    taskrouter.listen(lambda event: happened.append(as_record(event)))
    for name in ("Alice", "Bob", "Carol"):
        taskrouter.add_worker(name, {"contact_uri": "client:x"})
    for minute in range(60):
        taskrouter.route(taskrouter.add_task({"call_sid": CALL}, priority=minute % 3))
        for _ in range(6):
            for reservation in taskrouter.reservations():
                if reservation.status == "pending" and not reservation.ringing:
                    order(taskrouter, reservation)
            clock.advance(10)
    taskrouter.expire()
    return happened


def test_two_runs_with_one_seed_are_identical() -> None:
    """Event by event, with their times; another seed makes another morning."""
    first = morning(1)
    kinds = Counter(each["type"] for each in first)
    assert kinds["task.created"] == 60
    assert min(kinds["reservation.canceled"], kinds["reservation.completed"]) > 5
    assert morning(1) == first
    assert [(each["at"], each["type"]) for each in morning(2)] != [
        (each["at"], each["type"]) for each in first
    ]
