"""From beginning to end, against a real endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox import serving
from app.sandbox.events import as_record
from app.sandbox.scenario import play
from tests.sandbox.scenario.staging import Day

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint

BUSY = "{by_hour: {9: 60}, kinds: [{attributes: {type: sales, call_sid: {any_sid: CA}}, patience: 200}]}"
CREW = (
    "[{name: A, count: 3, attributes: {contact_uri: 'client:a'}, talk: {any_between: [60, 200]},"
    " wrap_up: 20, returns_after: 60}]"
)


def busy(endpoint: Endpoint, seed: int = 1) -> Day:
    return Day(
        seed,
        callback_url=endpoint.url,
        tasks=BUSY,
        workers=CREW,
        calls="{ringing: 5, no_answer: 0.2}",
        reservation_timeout="20",
    )


def test_two_runs_with_one_seed_are_identical(endpoint: Endpoint) -> None:
    """Event by event; another seed makes another day."""
    endpoint.answer({"instruction": "dequeue", "from": "+14155551212"})
    first, second, other = (busy(endpoint, seed) for seed in (1, 1, 2))
    records = [as_record(event) for event in first.events]
    assert records == [as_record(event) for event in second.events]
    assert [record["type"] for record in records] != [event.type for event in other.events]
    assert {record["type"] for record in records} >= {
        "task.canceled",
        "task.completed",
        "reservation.canceled",
        "callback.answered",
    }


def test_time_stands_while_a_callback_is_under_way(endpoint: Endpoint) -> None:
    """What is answered happens at the time of the reservation."""
    endpoint.answer({"instruction": "accept"})
    day = busy(endpoint)
    assert len(day.of("reservation.accepted")) > 20
    for event in day.of("reservation.accepted"):
        assert event.at == event.subject.created


def test_an_update_after_an_empty_answer_happens_at_the_same_time(endpoint: Endpoint) -> None:
    """While time stands; without one it goes on after the grace."""
    day = Day(callback_url=endpoint.url, tasks="{by_hour: {}, kinds: [{attributes: {}}]}")
    taskrouter, clock = day.taskrouter, day.clock
    with serving(taskrouter):
        pass  # its clock thread changes nothing
    clock.move(day.stage.begins)
    reservation = taskrouter.route(taskrouter.add_task())
    assert reservation

    def update() -> None:
        taskrouter.update(reservation, b"ReservationStatus=accepted", lambda _: True)

    endpoint.before_answer = update
    play(day.stage, clock, grace=5)
    assert reservation.applied == ["accept"]


def test_it_can_be_stopped() -> None:
    """At the next thing that would happen."""
    day = Day(tasks="{by_hour: {}, kinds: [{attributes: {}}]}")
    before = day.clock()
    day.taskrouter.plan(day.stage.ends, lambda _at: None)
    play(day.stage, day.clock, grace=0, stopped=lambda: True)
    assert day.clock() == before
