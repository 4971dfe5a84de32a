"""What TaskRouter makes of an order: pure functions from values to a `Verdict`, or InstructionError.

The codes are those of Twilio's error dictionary (https://www.twilio.com/docs/api/errors). Where one order
holds several mistakes, the first one found is reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.sandbox import values
from app.sandbox.errors import INVALID_PARAMETER, InstructionError
from app.sandbox.fields import FIELDS, REFUSED_BY_CONFERENCE
from app.sandbox.resources import Status
from app.sandbox.wire import Order

Attributes = Mapping[str, Any]

_NOT_PENDING = {"call": 40114, "redirect": 40123, "dequeue": 40135, "conference": 40136}
_CANCELED_CONFERENCE = 40144
_TARGETS = {"reject": "rejected", "wrapping": "wrapping", "completed": "completed", "supervise": "supervised"}
_EXPECTED: Mapping[str, tuple[Status, ...]] = {
    "wrapping": ("accepted",),
    "completed": ("accepted", "wrapping"),
    "supervise": ("accepted",),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an order does: the reservation's new status (None: it stays), a sentence, and what else changes.

    `activity_sid` is where the worker goes at once, `post_work_activity_sid` where after the work. `leg` is
    the call that is made to the worker: alone (`call`) or as a participant of a conference.
    """

    status: Status | None
    outcome: str
    activity_sid: str = ""
    post_work_activity_sid: str = ""
    leg: Literal["", "call", "conference"] = ""


def check_state(order: Order, reservation_sid: str, status: Status) -> None:
    """Raise InstructionError when a reservation of this status cannot take the order."""
    if order.instruction == "supervise" and status in {"pending", "canceled"}:
        raise InstructionError(40146, f"supervise is for accepted reservations, this one is {status}")
    expected = _EXPECTED.get(order.instruction, ("pending",))
    if status in expected:
        return
    code = _NOT_PENDING.get(order.instruction, INVALID_PARAMETER)
    if order.instruction == "conference" and status == "canceled":
        code = _CANCELED_CONFERENCE
    target = _TARGETS.get(order.instruction, "accepted")
    raise InstructionError(
        code,
        f"Reservation {reservation_sid} is not in expected state [{', '.join(expected)}] "
        f"and cannot be updated to [{target}]",
    )


def judge(order: Order, task: Attributes, worker: Attributes, *, of_transfer: bool = False) -> Verdict:
    """Return what TaskRouter makes of an order for a task and a worker with these attributes.

    `of_transfer` tells that another worker has the task and hands it over. Raises InstructionError: 55555 for
    an unknown instruction, else the code of the first mistake.
    """
    ruling = _RULINGS.get(order.instruction)
    if ruling is None:
        raise InstructionError(55555, f"unknown instruction: {order.instruction}")
    if of_transfer:
        _check_transfer(order, task)
    _check_fields(order)
    return ruling(order, task, worker)


def _check_transfer(order: Order, task: Attributes) -> None:
    if order.instruction in {"call", "dequeue", "redirect"}:
        raise InstructionError(40151, f"{order.instruction} is no instruction for a task being transferred")
    if order.instruction == "conference" and not (task.get("conference_sid") or task.get("conference")):
        raise InstructionError(40149, "conference: the task that is transferred has no conference_sid")


def _check_fields(order: Order) -> None:
    if order.instruction == "conference":
        for name in REFUSED_BY_CONFERENCE:
            if name in order.fields:
                raise InstructionError(INVALID_PARAMETER, f"conference: {name} is not taken by TaskRouter")
    for field in FIELDS.get(order.instruction, ()):
        if field.name in order.fields and not field.valid(order.fields[field.name]):
            raise InstructionError(field.code, f"{order.instruction}: {field.name} must be {field.expects}")


def _accept(_order: Order, _task: Attributes, _worker: Attributes) -> Verdict:
    return Verdict("accepted", "accepted")


def _reject(order: Order, _task: Attributes, _worker: Attributes) -> Verdict:
    activity = order.fields.get("activity_sid", "")
    if activity:
        return Verdict("rejected", f"rejected, worker moved to {activity}", activity_sid=str(activity))
    if not order.over_rest:
        raise InstructionError(40100, "reject: activity_sid is missing")
    return Verdict("rejected", "rejected, worker stays available")


def _dequeue(order: Order, task: Attributes, worker: Attributes) -> Verdict:
    target = _target(order, worker, 40131)
    _check_caller(order, target, missing=40132 if order.over_rest else None, invalid=40132)
    _check_ringing(order, target)
    if not task.get("call_sid"):
        raise InstructionError(40140, "dequeue: the task has no call_sid, it was not made by <Enqueue>")
    rings = f"worker's phone rings (dequeue to {target})"
    return Verdict("accepted", rings, post_work_activity_sid=_post_work(order), leg="call")


def _call(order: Order, _task: Attributes, worker: Attributes) -> Verdict:
    target = _target(order, worker, 40110)
    _check_caller(order, target, missing=40111, invalid=40111)
    _require(order, "url", 40112)
    _check_ringing(order, target)
    rings = f"worker's phone rings (call to {target})"
    if values.truth(order.fields.get("accept", False)):
        return Verdict("accepted", rings, leg="call")
    return Verdict(None, f"pending: {rings}, accept or reject is awaited", leg="call")


def _redirect(order: Order, _task: Attributes, _worker: Attributes) -> Verdict:
    _require(order, "call_sid", 40121)
    _require(order, "url", 40120)
    moved = f"caller redirected to {order.fields['url']}"
    if values.truth(order.fields.get("accept", False)):
        return Verdict("accepted", f"accepted, {moved}")
    return Verdict(None, f"pending: {moved}, accept or reject is awaited")


def _conference(order: Order, task: Attributes, worker: Attributes) -> Verdict:
    target = _target(order, worker, 40137)
    _check_caller(order, target, missing=40138, invalid=40141)
    _check_ringing(order, target)
    if not task.get("call_sid") and not task.get("outbound_to"):
        raise InstructionError(40142, "conference: the task has neither call_sid nor outbound_to")
    rings = f"worker's phone rings (conference with {target})"
    return Verdict("accepted", rings, post_work_activity_sid=_post_work(order), leg="conference")


def _supervise(order: Order, _task: Attributes, _worker: Attributes) -> Verdict:
    mode = order.fields.get("supervisor_mode")
    return Verdict(None, "accepted, a supervisor joins" + (f" ({mode})" if mode else ""))


def _wrapping(_order: Order, _task: Attributes, _worker: Attributes) -> Verdict:
    return Verdict("wrapping", "wrapping: the worker finishes additional duties")


def _completed(_order: Order, _task: Attributes, _worker: Attributes) -> Verdict:
    return Verdict("completed", "completed")


def _post_work(order: Order) -> str:
    return str(order.fields.get("post_work_activity_sid", ""))


def _target(order: Order, worker: Attributes, code: int) -> str:
    target = order.fields.get("to", worker.get("contact_uri"))
    if not isinstance(target, str) or not values.is_contact(target):
        raise InstructionError(
            code, f"{order.instruction}: no to, and the worker's attributes hold no valid contact_uri"
        )
    return target


def _check_caller(order: Order, target: str, *, missing: int | None, invalid: int) -> None:
    if "from" not in order.fields:
        if missing is not None:
            raise InstructionError(missing, f"{order.instruction}: from is missing")
        return
    # Towards the telephone network a caller ID is a verified number; clients and SIP show any address.
    if values.is_phone(target) and not values.is_phone(order.fields["from"]):
        raise InstructionError(
            invalid, f"{order.instruction}: from must be a number in E.164 to call a number"
        )


def _check_ringing(order: Order, target: str) -> None:
    seconds = values.whole(order.fields.get("timeout"))
    if seconds is not None and seconds > values.SIP_TIMEOUT and target.startswith("sip"):
        code = 14233 if order.instruction == "conference" else INVALID_PARAMETER
        raise InstructionError(
            code, f"{order.instruction}: timeout is at most {values.SIP_TIMEOUT} seconds for SIP"
        )


def _require(order: Order, name: str, code: int) -> None:
    if name not in order.fields:
        raise InstructionError(code, f"{order.instruction}: {name} is missing")


_RULINGS: Mapping[str, Callable[[Order, Attributes, Attributes], Verdict]] = {
    "accept": _accept,
    "reject": _reject,
    "dequeue": _dequeue,
    "call": _call,
    "redirect": _redirect,
    "conference": _conference,
    "supervise": _supervise,
    "wrapping": _wrapping,
    "completed": _completed,
}
