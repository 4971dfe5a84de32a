"""Looks at a reservation, at a TaskRouter over HTTP: what they show, and what where they show nothing."""

from collections.abc import Iterator

import pytest

from app.delivery.policy import calls_in
from app.delivery.reservations import SEEN, Reservations
from app.model import Call, Ending, Instruction
from app.sandbox import Faults, Reservation, Served, TaskRouter, serving
from app.settings import Settings, read_settings
from tests.builders import ACCOUNT, CALL_SID
from tests.delivery.deliveries import ACCEPT, CONFERENCE, DEQUEUE

TOKEN = "12345678901234567890123456789012"


def settings(address: str) -> Settings:
    environment = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE": address}
    return read_settings(environment)


@pytest.fixture
def twilio() -> Iterator[Served]:
    """A TaskRouter in which the phone rings until the clock is moved."""
    taskrouter = TaskRouter(account_sid=ACCOUNT, auth_tokens=(TOKEN,), ringing=30)
    with serving(taskrouter) as served:
        yield served


@pytest.fixture
def reservation(twilio: Served) -> Reservation:
    taskrouter = twilio.taskrouter
    worker = taskrouter.add_worker("Ada", {"contact_uri": "client:ada"})
    return taskrouter.reserve(taskrouter.add_task({"call_sid": CALL_SID}), worker)


def call(twilio: Served, reservation: Reservation, instruction: Instruction) -> Call:
    return Call(twilio.taskrouter.workspace_sid, reservation.task.sid, reservation.sid, instruction)


def test_a_pending_reservation(twilio: Served, reservation: Reservation) -> None:
    """The task's attributes are fetched where they can tell of a call."""
    reservations = Reservations(settings(twilio.address))
    sight = reservations.look(call(twilio, reservation, ACCEPT))
    assert (sight.outcome, sight.status, sight.attributes) == (SEEN, "pending", None)
    sight = reservations.look(call(twilio, reservation, DEQUEUE))
    assert (sight.outcome, sight.status, sight.attributes) == (SEEN, "pending", {"call_sid": CALL_SID})


@pytest.mark.parametrize("instruction", [CONFERENCE, DEQUEUE])
def test_a_call_that_was_made_is_seen_while_the_phone_rings(
    twilio: Served, reservation: Reservation, instruction: Instruction
) -> None:
    """The update was applied, and no answer came: the attributes tell."""
    reservations = Reservations(settings(twilio.address))
    twilio.taskrouter.faults = Faults(updates=("cut_after",))
    made = call(twilio, reservation, instruction)
    assert reservations.send(made).ending is Ending.AMBIGUOUS
    sight = reservations.look(made)
    assert sight.status == "pending"
    assert calls_in(sight.attributes).startswith("CA")


def test_a_reservation_that_was_updated(twilio: Served, reservation: Reservation) -> None:
    """Its status is all that is needed."""
    reservations = Reservations(settings(twilio.address))
    made = call(twilio, reservation, ACCEPT)
    assert reservations.send(made).ending is Ending.DELIVERED
    sight = reservations.look(made)
    assert (sight.status, sight.attributes) == ("accepted", None)


def test_a_reservation_that_is_gone(twilio: Served, reservation: Reservation) -> None:
    """404, with Twilio's code."""
    gone = Call(twilio.taskrouter.workspace_sid, reservation.task.sid, "WR" + "f" * 32, ACCEPT)
    sight = Reservations(settings(twilio.address)).look(gone)
    assert (sight.outcome.status, sight.outcome.twilio_code, sight.status) == (404, 20404, None)


def test_a_pause_that_is_asked_for(twilio: Served, reservation: Reservation) -> None:
    """`Retry-After` of a refused update or look is part of the outcome."""
    reservations = Reservations(settings(twilio.address))
    made = call(twilio, reservation, ACCEPT)
    twilio.taskrouter.faults = Faults(updates=("rate_limited",), retry_after=7)
    assert (reservations.send(made).status, reservation.applied) == (429, [])
    twilio.taskrouter.faults = Faults(rate_limited=1, retry_after=7)
    assert [reservations.send(made).retry_after, reservations.look(made).outcome.retry_after] == [7, 7]
