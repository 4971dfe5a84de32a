"""What is sent to a reservation, once; what is sent instead when that fails; and what is said about it."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson
import pytest

from app.delivery.courier import Courier, State
from app.logs import JsonLines
from app.model import Call, Ending, Instruction, Outcome
from tests.builders import PARAMS

NUMBER = "+14155551212"
CONFERENCE = Instruction("conference", {"from": NUMBER, "to": "sip:bob@example.com"})
REJECT = Instruction("reject", {"activity_sid": "WA" + "a" * 32})

DELIVERED = Outcome(Ending.DELIVERED, "Twilio took the update", 200)
REFUSED = Outcome(Ending.REFUSED, "Twilio answered 400 with error 40136", 400, 40136)
UNREACHABLE = Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (NewConnectionError)")
AMBIGUOUS = Outcome(Ending.AMBIGUOUS, "no whole answer came (ReadTimeout): look the reservation up")


def call(reservation: str = PARAMS["ReservationSid"]) -> Call:
    """A conference for a reservation."""
    return Call(PARAMS["WorkspaceSid"], PARAMS["TaskSid"], reservation, CONFERENCE)


@dataclass
class Answers:
    """A Transport that gives these outcomes in turn, then the last one for ever, and keeps what was sent."""

    outcomes: list[Outcome]
    sent: list[Call] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def send(self, call: Call) -> Outcome:
        self.before()
        self.sent.append(call)
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


def delivered(*outcomes: Outcome, on_failure: Instruction | None = None) -> tuple[Answers, Courier]:
    """A transport and a courier after one delivery through it."""
    transport = Answers(list(outcomes))
    courier = Courier(transport)
    courier.take(call(), on_failure)()
    courier.close()
    return transport, courier


@pytest.fixture
def held() -> Iterator[tuple[Answers, Courier, threading.Event]]:
    """A courier whose transport waits for the event."""
    go_on = threading.Event()
    transport = Answers([DELIVERED], before=lambda: go_on.wait(10))
    courier = Courier(transport)
    yield transport, courier, go_on
    go_on.set()
    courier.close()


def test_a_reservation_gets_one_update_however_often_it_is_asked_for() -> None:
    """Many threads ask at once, as when TaskRouter calls both URLs of a Workflow."""
    transport = Answers([DELIVERED])
    courier = Courier(transport)
    together = threading.Barrier(32)

    def deliver() -> None:
        together.wait()
        courier.take(call())()

    threads = [threading.Thread(target=deliver) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    courier.close()
    assert transport.sent == [call()]


def test_a_delivery_that_is_over_is_not_repeated() -> None:
    """Neither after it was taken nor after it was refused."""
    for outcome in (DELIVERED, REFUSED):
        transport, courier = delivered(outcome)
        courier.take(call(), REJECT)()
        assert transport.sent == [call()]


def test_each_reservation_gets_its_own() -> None:
    """What is sent to one keeps nothing from another."""
    transport = Answers([DELIVERED])
    courier = Courier(transport)
    calls = [call(f"WR{number:032d}") for number in range(50)]
    for each in calls:
        courier.take(each)()
    courier.close()
    assert sorted(transport.sent, key=lambda each: each.reservation_sid) == calls


def test_deliver_does_not_wait_for_the_answer(held: tuple[Answers, Courier, threading.Event]) -> None:
    """The callback is answered while the update is under way; a slow one does not hold up the next."""
    transport, courier, _ = held
    courier.take(call("WR1"))()
    courier.take(call("WR2"))()
    assert transport.sent == []
    assert courier.state("WR1") is courier.state("WR2") is State.UNDER_WAY


def test_close_finishes_what_was_taken_on(held: tuple[Answers, Courier, threading.Event]) -> None:
    """A service that is told to stop sends what it promised, more than there are threads."""
    transport, courier, go_on = held
    names = [f"WR{number}" for number in range(40)]
    for name in names:
        courier.take(call(name))()
    closing = threading.Thread(target=courier.close)
    closing.start()
    assert closing.is_alive()
    go_on.set()
    closing.join(10)
    assert {each.reservation_sid for each in transport.sent} == set(names)
    assert {courier.state(name) for name in names} == {State.DONE}


def test_a_courier_that_was_given_nothing_has_no_thread() -> None:
    """So that a server may fork after making one."""
    before = threading.active_count()
    courier = Courier(Answers([DELIVERED]))
    assert threading.active_count() == before
    assert courier.state(PARAMS["ReservationSid"]) is None
    courier.close()


@pytest.mark.parametrize(
    ("outcomes", "sent", "state"),
    [
        ([DELIVERED], [CONFERENCE], State.DONE),
        ([REFUSED, DELIVERED], [CONFERENCE, REJECT], State.DONE),
        ([UNREACHABLE, DELIVERED], [CONFERENCE, REJECT], State.DONE),
        ([REFUSED, REFUSED], [CONFERENCE, REJECT], State.DEAD),
        ([UNREACHABLE, UNREACHABLE], [CONFERENCE, REJECT], State.DEAD),
        ([AMBIGUOUS], [CONFERENCE], State.DONE),
    ],
)
def test_on_failure_is_sent_once_where_the_update_failed(
    outcomes: list[Outcome], sent: list[Instruction], state: State
) -> None:
    """To the same reservation; not where the update may have been taken."""
    transport, courier = delivered(*outcomes, on_failure=REJECT)
    assert [each.instruction for each in transport.sent] == sent
    assert {(each.workspace_sid, each.task_sid, each.reservation_sid) for each in transport.sent} == {
        (PARAMS["WorkspaceSid"], PARAMS["TaskSid"], PARAMS["ReservationSid"])
    }
    assert courier.state(PARAMS["ReservationSid"]) is state


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (DELIVERED, State.DONE),
        (REFUSED, State.DEAD),
        (UNREACHABLE, State.DEAD),
        (AMBIGUOUS, State.DONE),
    ],
)
def test_without_on_failure_one_outcome_decides(outcome: Outcome, state: State) -> None:
    """A dead delivery may be answered inline at the fallback URL; one that may have been taken may not."""
    transport, courier = delivered(outcome)
    assert len(transport.sent) == 1
    assert courier.state(PARAMS["ReservationSid"]) is state


@pytest.mark.parametrize(
    ("outcome", "level"),
    [(DELIVERED, "info"), (REFUSED, "error"), (UNREACHABLE, "error"), (AMBIGUOUS, "error")],
)
def test_each_attempt_is_one_log_line_without_personal_data(
    outcome: Outcome, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Which reservation, what was sent, what came of it; no field of the instruction."""
    caplog.set_level(logging.INFO, "app.delivery.courier")
    delivered(outcome)
    (record,) = caplog.records
    line = JsonLines().format(record)
    said = orjson.loads(line)
    assert said.pop("time")
    assert said == {
        "level": level,
        "logger": "app.delivery.courier",
        "event": "posted",
        "reservation": PARAMS["ReservationSid"],
        "task": PARAMS["TaskSid"],
        "instruction": "conference",
        "outcome": outcome.ending.value,
        "status": outcome.status,
        "twilio_code": outcome.twilio_code,
        "message": outcome.message,
    }
    assert NUMBER not in line
    assert "bob" not in line


def test_what_is_sent_instead_has_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """Both attempts can be read in the log, in order."""
    caplog.set_level(logging.INFO, "app.delivery.courier")
    delivered(REFUSED, DELIVERED, on_failure=REJECT)
    lines = [vars(record)["fields"] for record in caplog.records]
    assert [(line["instruction"], line["outcome"]) for line in lines] == [
        ("conference", "refused"),
        ("reject", "delivered"),
    ]
