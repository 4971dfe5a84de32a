"""A delivery and its attempts, as cells for people and as objects for programs: pure functions."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from app.cli.output import iso, one_line
from app.engine.masking import impersonal
from app.engine.wire import inline_form
from app.model import Attempt, Delivery, Instruction, Outcome, State

COLOURS = {
    State.PENDING: "yellow",
    State.DELIVERED: "green",
    State.SUPERSEDED: "cyan",
    State.AMBIGUOUS: "magenta",
    State.DEAD: "red",
    State.INLINE: "blue",
}
COLUMNS = ("reservation", "rule", "state", "stage", "attempts", "arrived", "last outcome")
ATTEMPT_COLUMNS = ("attempt", "stage", "kind", "began", "seconds", "outcome", "status", "code", "message")
NOTHING = "–"

Object: TypeAlias = dict[str, object]


def delivery_cells(delivery: Delivery) -> list[str]:
    """The delivery in a line, by COLUMNS."""
    return [
        one_line(delivery.promise.call.reservation_sid),
        one_line(delivery.promise.rule),
        delivery.state,
        delivery.stage,
        str(delivery.attempts),
        iso(delivery.promise.arrived, "seconds"),
        outcome_sentence(delivery),
    ]


def outcome_sentence(delivery: Delivery) -> str:
    """What the last attempt came to."""
    if delivery.outcome:
        return one_line(delivery.outcome.message)
    return {
        State.PENDING: "no attempt has ended yet",
        State.INLINE: "the answer to the callback held the instruction",
    }.get(delivery.state, NOTHING)


def delivery_pairs(delivery: Delivery) -> Iterator[tuple[str, str]]:
    """All of the delivery but its attempts: names and texts. What does not apply is left out."""
    promise, call = delivery.promise, delivery.promise.call
    yield "reservation", one_line(call.reservation_sid)
    yield "task", one_line(call.task_sid)
    yield "workspace", one_line(call.workspace_sid)
    yield "rule", one_line(f"{promise.rule} of rules {promise.rules_version}")
    yield "state", delivery.state
    yield "stage", delivery.stage
    yield "post", _instruction_text(promise.call.instruction)
    if promise.on_failure:
        yield "on failure", _instruction_text(promise.on_failure)
    yield "attempts", str(delivery.attempts)
    yield "doubt", delivery.doubt
    yield "last outcome", outcome_sentence(delivery)
    yield from _time_pairs(delivery)
    if delivery.leased_by and delivery.leased_until:
        until = iso(delivery.leased_until, "milliseconds")
        yield "in hand", one_line(f"of {delivery.leased_by} until {until}")


def attempt_cells(attempt: Attempt) -> list[str]:
    """The attempt in a line, by ATTEMPT_COLUMNS."""
    outcome = attempt.outcome
    return [
        str(attempt.number),
        attempt.stage,
        one_line(attempt.kind),
        iso(attempt.began, "milliseconds"),
        f"{(attempt.ended - attempt.began).total_seconds():.3f}",
        outcome.ending,
        _number(outcome.status),
        _number(outcome.twilio_code),
        one_line(outcome.message),
    ]


def delivery_object(delivery: Delivery) -> Object:
    """The delivery for programs; its instructions have the keys of rules, and nothing of a person."""
    promise, call = delivery.promise, delivery.promise.call
    return {
        "reservation": call.reservation_sid,
        "task": call.task_sid,
        "workspace": call.workspace_sid,
        "rule": promise.rule,
        "rules_version": promise.rules_version,
        "state": delivery.state,
        "stage": delivery.stage,
        "post": _form(call.instruction),
        "on_failure": _form(promise.on_failure) if promise.on_failure else None,
        "attempts": delivery.attempts,
        "doubt": delivery.doubt,
        "outcome": _outcome_object(delivery.outcome) if delivery.outcome else None,
        "arrived": iso(promise.arrived),
        "due": iso(delivery.due),
        "deadline": iso(promise.deadline),
        "expires": iso(promise.expires),
        "finished": _iso_or_none(delivery.finished),
        "leased_by": delivery.leased_by,
        "leased_until": _iso_or_none(delivery.leased_until),
    }


def history_object(delivery: Delivery, history: Sequence[Attempt]) -> Object:
    """The delivery with its attempts, in the order in which they were made."""
    return {**delivery_object(delivery), "history": [_attempt_object(attempt) for attempt in history]}


def _attempt_object(attempt: Attempt) -> Object:
    return {
        "number": attempt.number,
        "stage": attempt.stage,
        "kind": attempt.kind,
        "began": iso(attempt.began),
        "ended": iso(attempt.ended),
        "outcome": _outcome_object(attempt.outcome),
    }


def _outcome_object(outcome: Outcome) -> Object:
    return {
        "ending": outcome.ending,
        "message": outcome.message,
        "status": outcome.status,
        "twilio_code": outcome.twilio_code,
        "retry_after": outcome.retry_after,
    }


def _time_pairs(delivery: Delivery) -> Iterator[tuple[str, str]]:
    times = {"arrived": delivery.promise.arrived}
    if delivery.state is State.PENDING:
        times["due"] = delivery.due
    times["deadline"] = delivery.promise.deadline
    times["expires"] = delivery.promise.expires
    if delivery.finished:
        times["finished"] = delivery.finished
    yield from ((name, iso(at, "milliseconds")) for name, at in times.items())


def _form(instruction: Instruction) -> Object:
    return inline_form(impersonal(instruction))


def _instruction_text(instruction: Instruction) -> str:
    return one_line(json.dumps(_form(instruction), ensure_ascii=False))


def _iso_or_none(at: datetime | None) -> str | None:
    return iso(at) if at else None


def _number(number: int | None) -> str:
    return NOTHING if number is None else str(number)
