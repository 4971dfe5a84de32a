"""One attempt of a delivery: which requests it makes, how it ends, and what the log says of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.delivery.courier import LOST, SEALED, Carried, Courier
from app.delivery.policy import APPLIED, GONE_BY, SETTLING, Again, End, Sight
from app.delivery.reservations import SEEN
from app.engine.sealing import sealed
from app.model import Call, Delivery, Doubt, Instruction, Outcome, Stage, State
from tests.delivery.deliveries import (
    ACCEPT,
    CONFERENCE,
    CUT,
    NOW,
    REJECT,
    SECOND,
    TAKEN,
    UNSENT,
    delivery,
    refused,
)

PASSWORD = "hunter2hunter2"
PENDING = Sight(SEEN, "pending", {})


@dataclass
class Twilio:
    """A Transport that gives these answers in turn, and keeps what it was asked."""

    answers: list[Outcome | Sight]
    sent: list[Call] = field(default_factory=list)
    looks: int = 0

    def send(self, call: Call) -> Outcome:
        self.sent.append(call)
        answer = self.answers.pop(0)
        assert isinstance(answer, Outcome)
        return answer

    def look(self, call: Call) -> Sight:
        self.looks += 1
        answer = self.answers.pop(0)
        assert isinstance(answer, Sight)
        return answer


def attempt(given: Delivery, *answers: Outcome | Sight) -> tuple[Carried, Twilio]:
    """One attempt at NOW; every answer was asked for."""
    twilio = Twilio(list(answers))
    carried = Courier(twilio, lambda: {"password": PASSWORD}, lambda: NOW, lambda: 0.5).attempt(given)
    assert twilio.answers == []
    return carried, twilio


def kinds(carried: Carried) -> list[str]:
    return [request.kind for request in carried.requests]


def test_an_update_that_is_taken() -> None:
    """One request, and the end."""
    carried, twilio = attempt(delivery(), TAKEN)
    assert twilio.sent == [delivery().promise.call]
    assert carried.step == End(State.DELIVERED, TAKEN)
    (request,) = carried.requests
    assert (request.number, request.stage, request.kind) == (1, Stage.POST, "send")
    assert (request.began, request.ended, request.outcome) == (NOW, NOW, TAKEN)


@pytest.mark.parametrize(
    ("instruction", "answers", "requests", "step"),
    [
        (ACCEPT, [UNSENT], ["send"], Again(NOW + SECOND / 2, Doubt.NONE, UNSENT, Stage.POST)),
        (ACCEPT, [CUT, Sight(SEEN, "accepted")], ["send", "look"], End(State.DELIVERED, APPLIED)),
        (ACCEPT, [CUT, PENDING], ["send", "look"], Again(NOW + SECOND / 2, Doubt.FAILED, CUT, Stage.POST)),
        (CONFERENCE, [CUT, PENDING], ["send", "look"], Again(NOW + SETTLING, Doubt.SILENT, CUT, Stage.POST)),
        (ACCEPT, [refused(400, 40136), PENDING], ["send", "look"], End(State.DEAD, refused(400, 40136))),
        (
            ACCEPT,
            [refused(400), Sight(SEEN, "canceled")],
            ["send", "look"],
            End(State.SUPERSEDED, refused(400)),
        ),
    ],
)
def test_a_look_follows_what_leaves_doubt(
    instruction: Instruction, answers: Sequence[Outcome | Sight], requests: list[str], step: Again | End
) -> None:
    """A cut answer, or one that is final."""
    carried, _ = attempt(delivery(instruction), *answers)
    assert (kinds(carried), carried.step) == (requests, step)


def test_a_later_attempt_looks_first() -> None:
    """What an attempt before it did may be there by now; else it is sent, and looked for again."""
    doubtful = delivery(doubt=Doubt.SILENT, attempts=2)
    assert attempt(doubtful, Sight(SEEN, "timeout"))[0].step == End(State.SUPERSEDED, GONE_BY)
    carried, twilio = attempt(doubtful, PENDING, CUT, PENDING)
    assert kinds(carried) == ["look", "send", "look"]
    assert [request.number for request in carried.requests] == [2, 2, 2]
    assert len(twilio.sent) == 1


def test_on_failure_is_sent_in_its_stage() -> None:
    """The second instruction, on the same reservation."""
    carried, twilio = attempt(delivery(CONFERENCE, on_failure=REJECT, stage=Stage.ON_FAILURE), TAKEN)
    assert [call.instruction for call in twilio.sent] == [REJECT]
    assert [request.stage for request in carried.requests] == [Stage.ON_FAILURE]


def test_nothing_is_sent_when_the_time_is_over() -> None:
    """No request at all where nothing is in doubt."""
    carried, _ = attempt(delivery(deadline=NOW))
    assert (carried.requests, carried.step.outcome.message) == (
        (),
        "the time to deliver it was over before it could be sent",
    )


def test_nothing_is_sent_when_it_is_no_longer_ours() -> None:
    """Another process has the lease: it looks, and sends."""
    twilio = Twilio([PENDING])
    courier = Courier(twilio, dict, lambda: NOW)
    carried = courier.attempt(delivery(doubt=Doubt.FAILED), may_send=lambda: False)
    assert (kinds(carried), twilio.sent) == (["look"], [])
    assert carried.step == Again(NOW, Doubt.FAILED, LOST, Stage.POST)


def test_a_secret_is_filled_in_when_it_is_sent() -> None:
    """The ledger holds the name of its var alone."""
    secret = replace(CONFERENCE, fields={**CONFERENCE.fields, "sip_auth_password": PASSWORD})
    kept = sealed(secret, {"other": "x", "password": PASSWORD})
    assert kept
    assert kept.fields["sip_auth_password"] == {"var": ["password"]}
    _, twilio = attempt(delivery(kept), TAKEN)
    assert [call.instruction for call in twilio.sent] == [secret]


def test_a_secret_that_is_gone_fails_the_delivery() -> None:
    """The var was removed from the rules, or renamed: `on_failure` is sent, if there is one."""
    secret = replace(CONFERENCE, fields={**CONFERENCE.fields, "sip_auth_password": PASSWORD})
    kept = sealed(secret, {"old": PASSWORD})
    assert kept
    carried, twilio = attempt(delivery(kept))
    assert (carried.step, twilio.sent) == (End(State.DEAD, SEALED), [])
    carried, _ = attempt(delivery(kept, on_failure=REJECT))
    assert carried.step == Again(NOW, Doubt.NONE, SEALED, Stage.ON_FAILURE)


def test_the_time_of_a_send_that_was_not_answered_is_kept() -> None:
    """Later attempts wait from then on; one that was answered needs none."""
    carried, _ = attempt(delivery(CONFERENCE), CUT, Sight(CUT))
    assert (carried.sent, carried.step) == (NOW, Again(NOW + SECOND / 2, Doubt.SILENT, CUT, Stage.POST))
    earlier = NOW - 3 * SECOND
    carried, _ = attempt(delivery(CONFERENCE, doubt=Doubt.SILENT, sent=earlier), PENDING)
    assert carried.sent == earlier
    carried, _ = attempt(delivery(CONFERENCE), refused(503))
    assert carried.sent is None


def test_a_secret_that_is_no_vars_value_cannot_be_kept() -> None:
    """It was put together, or came with the call: whoever takes the promise must not make it."""
    secret = replace(CONFERENCE, fields={**CONFERENCE.fields, "sip_auth_password": PASSWORD})
    assert sealed(secret, {"half": PASSWORD[:4]}) is None


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (TAKEN, logging.INFO),
        (refused(429), logging.WARNING),
        (refused(401), logging.CRITICAL),
        (refused(403), logging.CRITICAL),
    ],
)
def test_every_request_is_logged(outcome: Outcome, level: int, caplog: pytest.LogCaptureFixture) -> None:
    """Wrong credentials are loud: nothing is delivered until they are mended."""
    with caplog.at_level(logging.INFO):
        attempt(delivery(), outcome, *[Sight(outcome)] * (level == logging.CRITICAL))
    record, *looks = caplog.records
    assert [(each.levelno, each.getMessage()) for each in looks] in ([], [(level, "looked up")])
    assert (record.levelno, record.getMessage()) == (level, "posted")
    fields = vars(record)["fields"]
    assert (fields["attempt"], fields["status"], fields["message"]) == (1, outcome.status, outcome.message)
