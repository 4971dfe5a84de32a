"""Reservations as a worker's client sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from twilio.base.exceptions import TwilioRestException

from app.sandbox import Faults
from tests.sandbox.rest.test_setup import refused

if TYPE_CHECKING:
    from app.sandbox import Reservation, TaskRouter


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation for Alice."""
    return taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))


def test_a_worker_accepts(workspace: Any, reservation: Reservation) -> None:
    """It is the same reservation as the task's."""
    mine = workspace.workers(reservation.worker.sid).reservations(reservation.sid)
    fetched = mine.fetch()
    assert (fetched.task_sid, fetched.reservation_status) == (reservation.task.sid, "pending")
    assert fetched.url.endswith(f"/Workers/{reservation.worker.sid}/Reservations/{reservation.sid}")
    assert mine.update(reservation_status="accepted").reservation_status == "accepted"
    of_task = workspace.tasks(reservation.task.sid).reservations(reservation.sid).fetch()
    assert of_task.reservation_status == "accepted"


def test_a_workers_reservations_are_listed(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """All of them, or those of one status, in pages."""
    taskrouter.rescind(reservation)
    again = taskrouter.reserve(taskrouter.add_task(), reservation.worker)
    taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker("Bob"))
    reservations = workspace.workers(reservation.worker.sid).reservations
    assert [each.sid for each in reservations.list(page_size=1)] == [reservation.sid, again.sid]
    assert [each.sid for each in reservations.list(reservation_status="pending")] == [again.sid]
    refused(lambda: reservations.list(reservation_status="lost"))


def test_another_workers_reservation_is_404(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """Although it exists."""
    bob = taskrouter.add_worker("Bob")
    refused(workspace.workers(bob.sid).reservations(reservation.sid).fetch, 404, 20404)


def test_faults_meet_a_workers_client_as_well(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """429 with Twilio's code; nothing is applied."""
    taskrouter.faults = Faults(updates=("rate_limited",))
    mine = workspace.workers(reservation.worker.sid).reservations(reservation.sid)
    with pytest.raises(TwilioRestException) as raised:
        mine.update(reservation_status="accepted")
    assert (raised.value.status, raised.value.code) == (429, 20429)
    assert reservation.status == "pending"


def test_if_match_holds_for_a_workers_client(workspace: Any, reservation: Reservation) -> None:
    """412 for another version."""
    mine = workspace.workers(reservation.worker.sid).reservations(reservation.sid)
    refused(lambda: mine.update(reservation_status="accepted", if_match='"7"'), 412, 20412)
    assert mine.update(reservation_status="accepted", if_match='"0"').reservation_status == "accepted"
