"""Callbacks and their answers: a row for each URL that was asked, and all of one when somebody opens it."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from app.sandbox.errors import InstructionError
from app.sandbox.page.rows import Row, moment, short
from app.sandbox.resources import Answer, Reservation, Update
from app.sandbox.wire import read_inline

_JSON_PARAMETERS = frozenset({"TaskAttributes", "WorkerAttributes"})


def callbacks_of(reservations: Iterable[Reservation]) -> Iterator[tuple[Reservation, int]]:
    """Yield each callback as its reservation and the number of its answer, in the order of these."""
    for reservation in reservations:
        for number in reversed(range(how_many(reservation))):
            yield reservation, number


def how_many(reservation: Reservation) -> int:
    """Return how many callbacks were sent for a reservation, as far as they are answered or the first."""
    return len(reservation.answers) or int(_is_under_way(reservation))


def _is_under_way(reservation: Reservation) -> bool:
    # TaskRouter writes another outcome as soon as it knows that there is no URL.
    return bool(reservation.callback) and reservation.outcome == "pending" and bool(_url(reservation))


def callback_row(reservation: Reservation, number: int) -> Row:
    """Return a callback; until it is answered `status` and `milliseconds` are None, and `failure` empty."""
    answer = reservation.answers[number] if reservation.answers else None
    return {
        "key": f"{reservation.sid}/{number}",
        "reservation": reservation.sid,
        "task": reservation.task.sid,
        "worker": reservation.worker.name,
        "at": moment(reservation.created),
        "url": answer.url if answer else _url(reservation),
        "answered": answer is not None,
        "status": answer.status if answer else None,
        "milliseconds": round(answer.milliseconds, 1) if answer else None,
        "failure": answer.failure if answer else "",
        "instruction": instruction_of(answer) if answer else "",
        "outcome": reservation.outcome,
        "updates": len(reservation.updates),
        "attributes": short(reservation.task.attributes),
    }


def instruction_of(answer: Answer) -> str:
    """Return the instruction of an answer in one word: `none` for `{}`, empty where it cannot be read."""
    if answer.status != 200:
        return ""
    try:
        order = read_inline(answer.content_type, answer.body)
    except InstructionError:
        return ""
    return order.instruction if order else "none"


def whole_callback(reservation: Reservation, number: int) -> dict[str, Any] | None:
    """Return all of a callback: parameters, answer, updates over REST. None when there is none of the number.

    JSON is indented, in parameters and in the answer.
    """
    if not 0 <= number < how_many(reservation):
        return None
    answer = reservation.answers[number] if reservation.answers else None
    return {
        "parameters": [[name, _readable(name, value)] for name, value in reservation.callback.items()],
        "answer": _whole_answer(answer) if answer else None,
        "updates": [_update(each) for each in reservation.updates],
        "outcome": reservation.outcome,
    }


def _whole_answer(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "content_type": answer.content_type,
        "body": _indented(answer.body),
        "failure": answer.failure,
    }


def _update(update: Update) -> dict[str, Any]:
    return {
        "at": moment(update.at),
        "body": update.body.decode(errors="replace"),
        "status": update.http_status,
        "code": update.code,
        "outcome": update.outcome,
        "fault": "" if update.fault == "ok" else update.fault,
    }


def _readable(name: str, value: str) -> str:
    return _indented(value.encode()) if name in _JSON_PARAMETERS else value


def _indented(body: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return body.decode(errors="replace")


def _url(reservation: Reservation) -> str:
    workflow = reservation.task.workflow
    return workflow.callback_url or workflow.fallback_url
