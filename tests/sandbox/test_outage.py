"""An outage as the real twilio library meets it, and what TaskRouter has applied by then."""

from __future__ import annotations

import json
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import requests

# The library has no type hints of its own; the second code holds where it is configured as untyped.
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped, unused-ignore]

from app.sandbox import Faults, Reservation, TaskRouter, serving
from tests.waiting import until

if TYPE_CHECKING:
    from app.sandbox import RequestFault, Served

CALLER = "+14155551212"
URL = "https://example.com/twiml"
STALL = 0.3


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation of a caller for Alice."""
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    return taskrouter.assign(taskrouter.add_task({"call_sid": "CA" + "c" * 32}), worker)


def call(workspace: Any, reservation: Reservation) -> Any:
    """An update that leaves the reservation pending, so that it can be sent again."""
    resource = workspace.tasks(reservation.task.sid).reservations(reservation.sid)
    return resource.update(instruction="call", call_from=CALLER, call_url=URL)


def leg_in(workspace: Any, reservation: Reservation) -> bool:
    """Whether the task's attributes say that the worker was called."""
    return "worker_call_sid" in json.loads(workspace.tasks(reservation.task.sid).fetch().attributes)


def address(sandbox: Served, reservation: Reservation) -> str:
    root = f"{sandbox.address}/v1/Workspaces/{sandbox.taskrouter.workspace_sid}"
    return f"{root}/Tasks/{reservation.task.sid}/Reservations/{reservation.sid}"


def request(sandbox: Served, method: str, reservation: Reservation, **arguments: Any) -> requests.Response:
    taskrouter = sandbox.taskrouter
    account = (taskrouter.account_sid, taskrouter.auth_token)
    return requests.request(
        method, address(sandbox, reservation), auth=account, **{"timeout": 5, **arguments}
    )


@pytest.mark.parametrize(
    ("fault", "status", "code", "applied"),
    [
        ("rate_limited", 429, 20429, False),
        ("server_error", 500, 20500, False),
        ("server_error_after", 500, 20500, True),
        ("unavailable", 503, 20503, False),
    ],
)
def test_a_refused_update(
    workspace: Any,
    taskrouter: TaskRouter,
    reservation: Reservation,
    fault: RequestFault,
    status: int,
    code: int,
    applied: bool,
) -> None:
    """The library raises the status and Twilio's code; the task tells whether it was applied."""
    taskrouter.faults = Faults(updates=(fault,))
    with pytest.raises(TwilioRestException) as raised:
        call(workspace, reservation)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert leg_in(workspace, reservation) == applied
    assert reservation.legs == applied
    assert [(each.fault, each.applied) for each in reservation.updates] == [(fault, applied)]


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("rate_limited", "7"), ("unavailable", "7"), ("server_error", None), ("server_error_after", None)],
)
def test_only_429_and_503_say_when_to_come_again(
    sandbox: Served, reservation: Reservation, fault: RequestFault, seconds: str | None
) -> None:
    """In Retry-After, in whole seconds, with Twilio's error body."""
    sandbox.taskrouter.faults = Faults(updates=(fault,), retry_after=7)
    answer = request(sandbox, "POST", reservation, data={"ReservationStatus": "accepted"})
    assert answer.headers.get("Retry-After") == seconds
    assert sorted(answer.json()) == ["code", "message", "more_info", "status"]


@pytest.mark.parametrize(("fault", "applied"), [("cut_before", False), ("cut_after", True)])
def test_a_cut_connection(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation, fault: RequestFault, applied: bool
) -> None:
    """The library sees that the other side hung up, at once, and not whether the update was applied."""
    taskrouter.faults = Faults(updates=(fault,))
    with pytest.raises(requests.ConnectionError, match="Remote end closed connection without response"):
        call(workspace, reservation)
    assert leg_in(workspace, reservation) == applied
    assert [(each.fault, each.applied) for each in reservation.updates] == [(fault, applied)]


def test_a_stalled_update_is_applied_at_once_and_answered_later(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Other requests are answered in the meantime, and see that it was applied."""
    taskrouter.faults = Faults(updates=("stalled",), stall=STALL)
    answers: list[str] = []
    started = monotonic()
    thread = threading.Thread(
        target=lambda: answers.append(call(workspace, reservation).reservation_status), daemon=True
    )
    thread.start()
    assert until(lambda: leg_in(workspace, reservation))
    assert answers == []
    thread.join(10)
    assert answers == ["pending"]
    assert monotonic() - started >= STALL
    assert [(each.fault, each.applied) for each in reservation.updates] == [("stalled", True)]


def test_a_slow_update_is_applied_at_once_and_answered_after_the_latency(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """It is seen by then, and the answer is the usual one."""
    taskrouter.faults = Faults(updates=("slow",), latency=STALL, stall=3600)
    answers: list[str] = []
    started = monotonic()
    thread = threading.Thread(
        target=lambda: answers.append(call(workspace, reservation).reservation_status), daemon=True
    )
    thread.start()
    assert until(lambda: leg_in(workspace, reservation))
    assert answers == []
    thread.join(10)
    assert answers == ["pending"]
    assert monotonic() - started >= STALL
    assert [(each.fault, each.applied) for each in reservation.updates] == [("slow", True)]


def test_a_slow_fetch_tells_what_was_so_when_it_was_asked(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """It is answered, and the answer comes late."""
    taskrouter.faults = Faults(fetches=("slow",), latency=STALL)
    started = monotonic()
    assert workspace.tasks(reservation.task.sid).fetch().assignment_status == "reserved"
    assert STALL <= monotonic() - started < 5


def test_an_update_that_stalled_before_is_lost(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Nothing is applied, and after the stall there is no answer."""
    taskrouter.faults = Faults(updates=("stalled_before",), stall=STALL)
    started = monotonic()
    with pytest.raises(requests.ConnectionError, match="Remote end closed connection without response"):
        call(workspace, reservation)
    assert monotonic() - started >= STALL
    assert not leg_in(workspace, reservation)
    assert [(each.fault, each.applied) for each in reservation.updates] == [("stalled_before", False)]


@pytest.mark.parametrize(("fault", "applied"), [("slow", True), ("stalled", True), ("stalled_before", False)])
def test_a_client_that_does_not_wait_gives_up(
    sandbox: Served, reservation: Reservation, fault: RequestFault, applied: bool
) -> None:
    """It meets its own timeout, and cannot tell them apart."""
    sandbox.taskrouter.faults = Faults(updates=(fault,), latency=30, stall=30)
    with pytest.raises(requests.ReadTimeout):
        request(sandbox, "POST", reservation, data={"ReservationStatus": "accepted"}, timeout=STALL)
    assert reservation.status == ("accepted" if applied else "pending")


@pytest.mark.parametrize("fault", ["slow", "stalled", "stalled_before"])
def test_closing_ends_a_wait(taskrouter: TaskRouter, reservation: Reservation, fault: RequestFault) -> None:
    """The connection is cut then, long before the wait is over."""
    taskrouter.faults = Faults(updates=(fault,), latency=3600, stall=3600)
    failures: list[Exception] = []

    def update(served: Served) -> None:
        try:
            request(served, "POST", reservation, data={"ReservationStatus": "accepted"})
        except requests.ConnectionError as error:
            failures.append(error)

    with serving(taskrouter) as served:
        thread = threading.Thread(target=update, args=(served,), daemon=True)
        thread.start()
        assert until(lambda: reservation.updates)
        closing = monotonic()
    thread.join(10)
    assert monotonic() - closing < 2
    assert len(failures) == 1


def test_a_fault_does_not_hide_that_an_update_was_refused(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """The client cannot know, but whoever judges the run can: TaskRouter would not have it."""
    taskrouter.faults = Faults(updates=("cut_after",))
    resource = workspace.tasks(reservation.task.sid).reservations(reservation.sid)
    with pytest.raises(requests.ConnectionError):
        resource.update(instruction="call", call_from=CALLER)
    [update] = reservation.updates
    assert (update.http_status, update.code, update.fault, update.applied) == (400, 40112, "cut_after", False)


def test_an_update_that_never_arrived_settles_nothing(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """It is kept with its form and the sentence, and somebody still has to send another."""
    taskrouter.faults = Faults(updates=("unavailable",))
    with pytest.raises(TwilioRestException):
        call(workspace, reservation)
    [lost] = reservation.updates
    assert (lost.http_status, lost.code, lost.outcome) == (0, 0, "503 with Retry-After, nothing applied")
    assert b"Instruction=call" in lost.body
    assert not taskrouter.wait_until_settled(reservation, 0)
    call(workspace, reservation)
    assert taskrouter.wait_until_settled(reservation, 0)


def test_sending_again_after_a_lost_answer_rings_twice(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """What a client must not do; sending again after a refusal is harmless."""
    taskrouter.faults = Faults(updates=("rate_limited", "cut_after"))
    with pytest.raises(TwilioRestException):
        call(workspace, reservation)
    with pytest.raises(requests.ConnectionError):
        call(workspace, reservation)
    assert reservation.legs == 1
    call(workspace, reservation)
    assert reservation.legs == 2
    assert [each.fault for each in reservation.updates] == ["rate_limited", "cut_after", "ok"]


@pytest.mark.parametrize(
    ("fault", "status"), [("rate_limited", 429), ("server_error", 500), ("unavailable", 503)]
)
def test_fetches_are_refused(
    sandbox: Served, taskrouter: TaskRouter, reservation: Reservation, fault: str, status: int
) -> None:
    """Of tasks and reservations, one and all."""
    certain: dict[str, Any] = {fault: 1}
    taskrouter.faults = Faults(**certain)
    one = address(sandbox, reservation)
    all_of_a_task = one.rpartition("/")[0]
    account = (taskrouter.account_sid, taskrouter.auth_token)
    for url in (one, all_of_a_task, all_of_a_task.rpartition("/")[0]):
        assert requests.get(url, auth=account, timeout=5).status_code == status


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
def test_fetches_are_cut(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation, fault: str
) -> None:
    """Without an answer."""
    certain: dict[str, Any] = {fault: 1}
    taskrouter.faults = Faults(**certain)
    with pytest.raises(requests.ConnectionError, match="Remote end closed connection without response"):
        workspace.tasks(reservation.task.sid).fetch()


def test_tasks_and_workers_are_made_during_an_outage(workspace: Any, taskrouter: TaskRouter) -> None:
    """So that there is something to send callbacks for."""
    taskrouter.faults = Faults(cut_before=1)
    assert workspace.workers.create(friendly_name="Alice").sid.startswith("WK")
    assert workspace.tasks.create(attributes="{}").sid.startswith("WT")


def test_an_outage_ends_when_the_faults_are_taken_back(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """While the sandbox is being served."""
    taskrouter.faults = Faults(unavailable=1)
    with pytest.raises(TwilioRestException):
        call(workspace, reservation)
    taskrouter.faults = None
    assert call(workspace, reservation).reservation_status == "pending"
    assert taskrouter.faults == Faults()


def test_faults_are_drawn_in_the_order_of_requests() -> None:
    """Two sandboxes with one seed let the same updates fail."""

    def run(seed: int) -> list[str]:
        taskrouter = TaskRouter(faults=Faults(rate_limited=0.3, cut_after=0.3, seed=seed))
        reservation = taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker("Alice"))
        with serving(taskrouter) as served:
            for _ in range(12):
                try:
                    request(served, "POST", reservation, data={"ReservationStatus": "accepted"})
                except requests.ConnectionError:
                    assert reservation.updates[-1].fault == "cut_after"
        return [each.fault for each in reservation.updates]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert set(run(1)) == {"ok", "rate_limited", "cut_after"}


def test_a_stranger_draws_nothing(sandbox: Served, reservation: Reservation) -> None:
    """Who may not come in takes nothing off the script."""
    sandbox.taskrouter.faults = Faults(updates=("server_error",))
    answer = requests.post(address(sandbox, reservation), auth=("AC1", "x"), timeout=5)
    assert answer.status_code == 401
    assert request(sandbox, "POST", reservation).status_code == 500
