"""Sequences of faults as the real twilio library meets them, and what TaskRouter has made of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from app.sandbox import Faults, Reservation, TaskRouter
from tests.sandbox.conftest import LoopbackHttpClient, ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox import FetchFault, Served
    from tests.sandbox.conftest import Endpoint


class Hearing(LoopbackHttpClient):
    """Keeps the status and the Retry-After of each answer."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.heard: list[tuple[int, str | None]] = []

    def request(self, method: str, url: str, **rest: Any) -> Any:  # type: ignore[override]
        answer = super().request(method, url, **rest)
        self.heard.append((answer.status_code, answer.headers.get("Retry-After")))
        return answer


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation for Alice."""
    return taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))


def accept(workspace: Any, reservation: Reservation) -> str:
    """What the library makes of accepting: the status, the status and code of a refusal, or `cut`."""
    return heard(
        lambda: (
            workspace.tasks(reservation.task.sid)
            .reservations(reservation.sid)
            .update(reservation_status="accepted")
            .reservation_status
        )
    )


def look(workspace: Any, reservation: Reservation) -> str:
    """What it makes of fetching the reservation, in the same words."""
    resource = workspace.tasks(reservation.task.sid).reservations(reservation.sid)
    return heard(lambda: resource.fetch().reservation_status)


def heard(request: Callable[[], str]) -> str:
    try:
        return request()
    except TwilioRestException as error:
        return f"{error.status} {error.code}"
    except requests.ConnectionError:
        return "cut"


def kept(reservation: Reservation) -> list[tuple[str, bool, int]]:
    """The fault of each update, whether it was applied, and the code with which it was refused."""
    return [(each.fault, each.applied, each.code) for each in reservation.updates]


def test_applied_and_cut_and_sent_again(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """The second is refused, because the reservation is no longer pending: the first was taken."""
    taskrouter.faults = Faults(updates=("cut_after", "ok"))
    assert [accept(workspace, reservation) for _ in range(2)] == ["cut", "400 20001"]
    assert kept(reservation) == [("cut_after", True, 0), ("ok", False, 20001)]
    assert (reservation.status, reservation.applied) == ("accepted", ["accept"])


def test_cut_and_not_applied_and_sent_again(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """The second is the first that arrives."""
    taskrouter.faults = Faults(updates=("cut_before", "ok"))
    assert [accept(workspace, reservation) for _ in range(2)] == ["cut", "accepted"]
    assert kept(reservation) == [("cut_before", False, 0), ("ok", True, 0)]


def test_refused_again_and_again_and_then_taken(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Each refusal leaves the reservation as it was."""
    taskrouter.faults = Faults(updates=("rate_limited", "unavailable", "server_error"))
    said = [accept(workspace, reservation) for _ in range(4)]
    assert said == ["429 20429", "503 20503", "500 20500", "accepted"]
    assert [applied for _, applied, _ in kept(reservation)] == [False, False, False, True]


def test_an_error_that_hides_that_it_was_taken(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Looking tells, where sending again would be refused."""
    taskrouter.faults = Faults(updates=("server_error_after",))
    assert accept(workspace, reservation) == "500 20500"
    assert look(workspace, reservation) == "accepted"
    assert accept(workspace, reservation) == "400 20001"


def test_whoever_looks_after_a_cut_can_be_refused_too(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Fetches have a script of their own."""
    taskrouter.faults = Faults(
        updates=("cut_after",), fetches=("unavailable", "rate_limited", "server_error", "cut_before")
    )
    assert accept(workspace, reservation) == "cut"
    said = [look(workspace, reservation) for _ in range(5)]
    assert said == ["503 20503", "429 20429", "500 20500", "cut", "accepted"]


def test_the_library_is_told_when_to_come_again(
    sandbox: Served, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Its HTTP client hears the Retry-After of 429 and 503, for updates and fetches alike."""
    script: tuple[FetchFault, ...] = ("rate_limited", "unavailable", "server_error")
    taskrouter.faults = Faults(updates=script, fetches=script, retry_after=7)
    http_client = Hearing(sandbox.address)
    client = Client(taskrouter.account_sid, taskrouter.auth_token, http_client=http_client)
    workspace = client.taskrouter.v1.workspaces(taskrouter.workspace_sid)
    for _ in script:
        accept(workspace, reservation)
        look(workspace, reservation)
    assert http_client.session
    http_client.session.close()
    assert http_client.heard == [(429, "7")] * 2 + [(503, "7")] * 2 + [(500, None)] * 2


def test_a_callback_that_comes_twice_and_a_late_one(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """In the order of reservations; behind the script all goes well."""
    endpoint.answer({"instruction": "accept"})
    taskrouter.faults = Faults(callbacks=("callback_twice", "callback_late"))
    made = [taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker(name)) for name in "ABC"]
    assert [each.fault for each in made] == ["callback_twice", "callback_late", "ok"]
    assert [each.status for each in made] == ["accepted", "pending", "accepted"]
    assert [len(each.answers) for each in made] == [2, 1, 1]


def test_two_runs_with_one_seed_are_the_same(endpoint: Endpoint) -> None:
    """Whatever the threads that send the callbacks do: each reservation meets the same fault."""
    endpoint.answer({"instruction": "accept"})
    faults = Faults(callback_twice=0.3, callback_late=0.3, callback_delayed=0.2, delay=60, seed=3)

    def run() -> list[tuple[str, int, str]]:
        clock = ManualClock()
        taskrouter = TaskRouter(callback_url=endpoint.url, faults=faults, clock=clock)
        for number in range(20):
            taskrouter.add_worker(f"worker {number}")
        for _ in range(20):
            taskrouter.route(taskrouter.add_task())
        clock.advance(60)
        taskrouter.expire()
        assert taskrouter.wait_for_callbacks(10)
        return [(each.fault, len(each.answers), each.status) for each in taskrouter.reservations()]

    first = run()
    assert first == run()
    assert {fault for fault, _, _ in first} == {"ok", "callback_twice", "callback_late", "callback_delayed"}
