"""Callbacks that come twice, at both URLs, or whose answers are taken for late."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import Faults, Reservation, TaskRouter
from tests.waiting import until

if TYPE_CHECKING:
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
