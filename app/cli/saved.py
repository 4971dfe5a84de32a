"""A saved callback as cells for people: pure functions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.output import iso, one_line
from app.model import Delivery, Saved

COLUMNS = ("time", "reservation", "task type", "rule", "mode", "instruction", "problems")
NOTHING = "–"


def saved_cells(saved: Saved) -> list[str]:
    """The callback in a line, by COLUMNS: nothing of the task or the worker but the task's type."""
    decision = saved.decision or {}
    return [
        iso(saved.received_at, "seconds") if saved.received_at else NOTHING,
        one_line(str(saved.params.get("ReservationSid", NOTHING))),
        *(one_line(str(decision.get(name) or NOTHING)) for name in ("task_type", "rule", "mode")),
        _instruction_name(decision),
        ", ".join(map(_problem, _problems(decision))) or NOTHING,
    ]


def saved_pairs(saved: Saved) -> Iterator[tuple[str, str]]:
    """All that was saved: names and texts. What is not there is left out."""
    if saved.received_at:
        yield "received", iso(saved.received_at, "milliseconds")
    yield "path", one_line(saved.path)
    yield from ((one_line(name), _text(value)) for name, value in saved.params.items())
    for name, value in (saved.decision or {}).items():
        if value not in (None, "", []):
            yield one_line(name.replace("_", " ")), _text(value)


def delivery_sentence(delivery: Delivery) -> str:
    """Where the reservation's delivery stands, and what shows more of it."""
    sid = delivery.promise.call.reservation_sid
    return one_line(f"{delivery.state}: see desk deliveries show {sid}")


def _instruction_name(decision: Mapping[str, Any]) -> str:
    instruction = decision.get("instruction")
    return one_line(str(instruction["instruction"])) if isinstance(instruction, dict) else NOTHING


def _problems(decision: Mapping[str, Any]) -> list[Any]:
    problems = decision.get("problems")
    return problems if isinstance(problems, list) else []


def _problem(problem: Mapping[str, Any]) -> str:
    code = f" ({problem['twilio_code']})" if problem.get("twilio_code") else ""
    return one_line(f"{problem.get('check')}{code}")


def _text(value: object) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
