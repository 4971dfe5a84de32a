"""Deliveries and outcomes for tests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.model import Call, Delivery, Doubt, Ending, Instruction, Outcome, Promise, Stage, State
from tests import builders
from tests.builders import MONDAY_NOON

NOW = MONDAY_NOON
SECOND = timedelta(seconds=1)
ACCEPT = Instruction("accept")
REJECT = Instruction("reject", {"activity_sid": "WA" + "0" * 32})
CONFERENCE = Instruction("conference", {"from": "+18005550100"})
DEQUEUE = Instruction("dequeue", {"from": "+18005550100"})
CALL = Instruction("call", {"from": "+18005550100", "url": "https://example.com/"})
REDIRECT = Instruction("redirect", {"call_sid": "CA" + "0" * 32, "url": "https://example.com/"})
LEAVING = (ACCEPT, REJECT, replace(CALL, fields={**CALL.fields, "accept": True}),
           replace(REDIRECT, fields={**REDIRECT.fields, "accept": True}))  # fmt: skip
STAYING = (CONFERENCE, DEQUEUE, CALL, replace(CALL, fields={**CALL.fields, "accept": False}), REDIRECT)


def promise(instruction: Instruction = ACCEPT, number: int = 1, **more: Any) -> Promise:
    """A promise that came at NOW: 30 s for the post, 120 s until the reservation times out."""
    workspace, task, reservation = (f"{kind}{number:032d}" for kind in ("WS", "WT", "WR"))
    call = Call(workspace, task, reservation, instruction)
    return builders.promise(**{"call": call, "rule": "only", "deadline": NOW + 30 * SECOND, **more})


def delivery(instruction: Instruction = ACCEPT, **more: Any) -> Delivery:
    """A delivery in its first attempt. What a promise has may be given as well."""
    of_promise = {name: more.pop(name) for name in list(more) if name in Promise.__dataclass_fields__}
    given: dict[str, Any] = {
        "id": 1,
        "promise": promise(instruction, **of_promise),
        "stage": Stage.POST,
        "state": State.PENDING,
        "attempts": 1,
        "doubt": Doubt.NONE,
        "due": NOW,
    }
    return Delivery(**{**given, **more})


def refused(status: int, code: int | None = None, retry_after: float | None = None) -> Outcome:
    return Outcome(Ending.REFUSED, f"Twilio answered {status}", status, code, retry_after)


TAKEN = Outcome(Ending.DELIVERED, "Twilio took the update", 200)
UNSENT = Outcome(Ending.UNREACHABLE, "Twilio cannot be reached")
CUT = Outcome(Ending.AMBIGUOUS, "the connection was cut")
