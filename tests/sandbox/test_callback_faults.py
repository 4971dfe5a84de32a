"""Callbacks that come twice, at both URLs, late or with a wrong time, or whose answers are taken for late."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from app.sandbox import Faults, Reservation, TaskRouter, serving, sign
from tests.sandbox.conftest import ManualClock
from tests.waiting import until

if TYPE_CHECKING:
    from app.sandbox import CallbackFault
    from tests.sandbox.conftest import Endpoint

ACCEPT = {"instruction": "accept"}
REJECT = {"instruction": "reject", "activity_sid": "WA" + "1" * 32}


@pytest.fixture
def taskrouter(endpoint: Endpoint, fallback: Endpoint) -> TaskRouter:
    """One with a fallback URL."""
    return TaskRouter(callback_url=endpoint.url, fallback_url=fallback.url)


def assign(taskrouter: TaskRouter, **faults: Any) -> Reservation:
    taskrouter.faults = Faults(**faults)
    return taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))


def test_a_callback_comes_twice(taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint) -> None:
    """Both with the same parameters and signature; the answer is carried out once."""
    endpoint.answer(ACCEPT)
    reservation = assign(taskrouter, callback_twice=1)
    (first, body), (second, same) = endpoint.received
    assert body == same
    assert first["X-Twilio-Signature"] == second["X-Twilio-Signature"]
    assert [each.status for each in reservation.answers] == [200, 200]
    assert (reservation.applied, reservation.alerts) == (["accept"], [])
    assert fallback.received == []


def test_the_second_callback_does_not_wait_for_the_first_answer(
    taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """Both are under way at once, so that two processes may have them."""
    both = threading.Barrier(2)
    endpoint.before_answer = lambda: both.wait(4)
    assign(taskrouter, callback_twice=1)
    assert not both.broken
    assert len(endpoint.received) == 2


def test_the_first_usable_answer_counts(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Not that of the first callback: here the second is answered while the first is being thought about."""
    first = threading.Lock()

    def think() -> None:
        if first.acquire(blocking=False):
            assert until(lambda: taskrouter.reservations()[0].applied, 4)
            endpoint.answer(REJECT)

    endpoint.before_answer = think
    endpoint.answer(ACCEPT)
    reservation = assign(taskrouter, callback_twice=1)
    assert [b"reject" in each.body for each in reservation.answers] == [False, True]
    assert (reservation.status, reservation.applied) == ("accepted", ["accept"])


def test_an_unusable_first_answer_leaves_the_second_to_count(
    taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint
) -> None:
    """And the fallback URL is not asked then."""
    first = threading.Lock()

    def refuse_once() -> None:
        if first.acquire(blocking=False):
            endpoint.status = 500
        else:
            assert until(lambda: taskrouter.reservations()[0].answers, 4)
            endpoint.status = 200

    endpoint.before_answer = refuse_once
    endpoint.answer(ACCEPT)
    reservation = assign(taskrouter, callback_twice=1)
    assert [each.status for each in reservation.answers] == [500, 200]
    assert reservation.status == "accepted"
    assert fallback.received == []


def test_the_fallback_url_is_asked_as_well(
    taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint
) -> None:
    """Its answer is kept, and changes nothing."""
    endpoint.answer(ACCEPT)
    fallback.answer(REJECT)
    reservation = assign(taskrouter, callback_to_fallback=1)
    assert endpoint.received[0][1] == fallback.received[0][1]
    assert [each.url for each in reservation.answers] == [endpoint.url, fallback.url]
    assert (reservation.status, reservation.applied) == ("accepted", ["accept"])


def test_the_first_answer_is_carried_out_before_the_fallback_url_is_asked(
    taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint
) -> None:
    """Nothing waits for an answer that does not count."""
    endpoint.answer(ACCEPT)
    seen: list[str] = []
    fallback.before_answer = lambda: seen.extend(each.status for each in taskrouter.reservations())
    assign(taskrouter, callback_to_fallback=1)
    assert seen == ["accepted"]


def test_a_late_answer_is_ignored(taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint) -> None:
    """That of the fallback URL counts; what was ignored is kept."""
    endpoint.answer(ACCEPT)
    fallback.answer(REJECT)
    reservation = assign(taskrouter, callback_late=1)
    late, counted = reservation.answers
    assert (late.status, late.body) == (None, b'{"instruction": "accept"}')
    assert late.failure == "no answer within 5 s (a fault: it came, and was ignored)"
    assert counted.url == fallback.url
    assert (reservation.status, reservation.applied) == ("rejected", ["reject"])


def test_a_late_answer_without_a_fallback_url(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The reservation stays pending, and the outcome says why."""
    taskrouter.fallback_url = ""
    endpoint.answer(ACCEPT)
    reservation = assign(taskrouter, callback_late=1)
    assert (reservation.status, reservation.applied) == ("pending", [])
    assert reservation.outcome.startswith("callback failed: no answer within 5 s (a fault")


def test_closing_waits_for_the_second_callback(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """A routed callback is under way until both were answered."""
    taskrouter.faults = Faults(callback_twice=1)
    taskrouter.add_worker("Alice")
    reservation = taskrouter.route(taskrouter.add_task())
    assert taskrouter.wait_for_callbacks(10)
    assert reservation is not None
    assert len(reservation.answers) == len(endpoint.received) == 2


def delaying(endpoint: Endpoint, *script: CallbackFault, **more: Any) -> tuple[TaskRouter, ManualClock]:
    """One that meets this script, and delays by 90 seconds."""
    clock = ManualClock()
    faults = Faults(callbacks=script, delay=90)
    return TaskRouter(callback_url=endpoint.url, clock=clock, faults=faults, **more), clock


def test_a_delayed_callback_is_sent_when_the_delay_is_over(endpoint: Endpoint) -> None:
    """By the clock of the workspace, once, with the time of the reservation."""
    taskrouter, clock = delaying(endpoint, "callback_delayed")
    endpoint.answer(ACCEPT)
    taskrouter.add_worker("Alice")
    reservation = taskrouter.route(taskrouter.add_task())
    assert reservation is not None
    clock.advance(89.9)
    taskrouter.expire()
    assert taskrouter.wait_for_callbacks(10)
    assert (reservation.status, endpoint.received) == ("pending", [])
    clock.advance(0.1)
    taskrouter.expire()
    assert taskrouter.wait_for_callbacks(10)
    assert (reservation.status, len(endpoint.received)) == ("accepted", 1)
    assert reservation.callback["Timestamp"] == "2026-01-05T08:00:00Z"


def test_other_callbacks_do_not_wait_for_a_delayed_one(endpoint: Endpoint) -> None:
    """The next reservation is called back, and accepted, before it."""
    taskrouter, clock = delaying(endpoint, "callback_delayed", "ok")
    endpoint.answer(ACCEPT)
    first, second = (taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker(name)) for name in "AB")
    assert [first.status, second.status] == ["pending", "accepted"]
    clock.advance(90)
    taskrouter.expire()
    assert taskrouter.wait_for_callbacks(10)
    assert first.status == "accepted"


def test_delayed_callbacks_are_sent_in_turn(endpoint: Endpoint) -> None:
    """Where somebody else sends them, they wait like the others once they are due."""
    taskrouter, clock = delaying(endpoint, "callback_delayed", in_turn=True)
    taskrouter.add_worker("Alice")
    reservation = taskrouter.route(taskrouter.add_task())
    assert taskrouter.call_next() is None
    assert taskrouter.next_at == clock.now + timedelta(seconds=90)
    clock.advance(90)
    taskrouter.expire()
    assert taskrouter.call_next() is reservation
    assert len(endpoint.received) == 1


def test_a_delayed_callback_has_the_signature_that_was_asked_for(endpoint: Endpoint) -> None:
    """A wrong one stays wrong."""
    taskrouter, clock = delaying(endpoint, "callback_delayed")
    wrong = "0" * 32
    reservation = taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"), sign_with=wrong)
    clock.advance(90)
    taskrouter.expire()
    assert taskrouter.wait_for_callbacks(10)
    [(headers, _)] = endpoint.received
    assert headers["X-Twilio-Signature"] == sign(wrong, endpoint.url, reservation.callback)


def test_a_reservation_can_be_over_before_its_callback_comes(endpoint: Endpoint) -> None:
    """It is sent all the same, and what is answered cannot be carried out any more."""
    taskrouter, clock = delaying(endpoint, "callback_delayed")
    endpoint.answer(ACCEPT)
    reservation = taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))
    taskrouter.cancel(reservation.task)
    clock.advance(90)
    taskrouter.expire()
    assert taskrouter.wait_for_callbacks(10)
    assert len(endpoint.received) == 1
    assert (reservation.status, reservation.applied) == ("canceled", [])
    assert [alert.code for alert in reservation.alerts] == [20001]


def test_an_outage_that_ends_leaves_delays_as_they_were(endpoint: Endpoint) -> None:
    """What was drawn in it comes to pass."""
    taskrouter, clock = delaying(endpoint, "callback_delayed")
    taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))
    taskrouter.faults = None
    assert taskrouter.next_at == clock.now + timedelta(seconds=90)


def test_closing_does_not_wait_for_a_delayed_callback(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """It is not under way, and is never sent. One whose time comes while it is served is."""
    taskrouter.faults = Faults(callbacks=("callback_delayed",), delay=3600)
    with serving(taskrouter):
        taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))
        closing = monotonic()
    assert monotonic() - closing < 2
    assert endpoint.received == []
    taskrouter.faults = Faults(callbacks=("callback_delayed",), delay=0.1)
    with serving(taskrouter):
        taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Bob"))
        assert until(lambda: endpoint.received)


@pytest.mark.parametrize(("skew", "sent"), [(300, "08:05:00"), (-600, "07:50:00"), (0.5, "08:00:00")])
def test_a_skewed_callback_is_signed_with_another_time(endpoint: Endpoint, skew: float, sent: str) -> None:
    """Before or behind; all else is as ever, and the next one is on time."""
    clock = ManualClock()
    taskrouter = TaskRouter(callback_url=endpoint.url, clock=clock)
    taskrouter.faults = Faults(callbacks=("callback_skewed", "ok"), skew=skew)
    skewed, right = (taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker(name)) for name in "AB")
    assert skewed.callback["Timestamp"] == f"2026-01-05T{sent}Z"
    assert right.callback["Timestamp"] == "2026-01-05T08:00:00Z"
    assert skewed.created == right.created == clock.now
    headers, body = endpoint.received[0]
    assert dict(parse_qsl(body.decode(), keep_blank_values=True)) == skewed.callback
    assert headers["X-Twilio-Signature"] == sign(taskrouter.auth_token, endpoint.url, skewed.callback)


def test_callbacks_meet_faults_in_the_order_of_reservations(
    taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """Drawn when the reservation is made: here before any of the threads that send them may go on."""
    endpoint.answer(ACCEPT)
    script: tuple[CallbackFault, ...] = ("ok", "callback_twice", "callback_late", "callback_to_fallback")
    taskrouter.faults = Faults(callbacks=script)
    for name in "ABCD":
        taskrouter.add_worker(name)
    with taskrouter.at_once():
        made = [taskrouter.route(taskrouter.add_task()) for _ in script]
        assert [each.fault for each in made if each] == [*script]
    assert taskrouter.wait_for_callbacks(10)
    assert [len(each.answers) for each in made if each] == [1, 2, 2, 2]
    assert [bool(each.answers[0].failure) for each in made if each] == [False, False, True, False]


def test_a_reservation_without_a_callback_draws_nothing(taskrouter: TaskRouter) -> None:
    """The script goes on with the next callback."""
    taskrouter.faults = Faults(callbacks=("callback_late",))
    assert taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker("Alice")).fault == "ok"
    assert taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Bob")).fault == "callback_late"
