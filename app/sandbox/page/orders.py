"""What somebody wants to be done on the page: JSON, read into values, with a sentence for each field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from app.sandbox.resources import Activity, Workflow
from app.sandbox.rest import parameters
from app.sandbox.taskrouter import TaskRouter

EXAMPLE = '{"language": "en"}'
STATUSES = ("accepted", "rejected", "wrapping", "completed")
"""What a reservation can be set to by hand."""

T = TypeVar("T")

_PRIORITY = parameters.number(0, 2**31 - 1)


class OrderError(Exception):
    """What cannot be done: `status` (HTTP), a sentence, and a sentence for each field that is wrong."""

    def __init__(self, status: int, text: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.fields = dict(fields or {})


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task that is to be made."""

    workflow: Workflow
    attributes: dict[str, Any]
    priority: int


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises OrderError."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise OrderError(400, f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise OrderError(400, "the body is no JSON object")
    return found


def read_task(given: Mapping[str, Any], taskrouter: TaskRouter) -> NewTask:
    """Read `workflow` (a SID), `attributes` (JSON as text) and `priority`. Raises OrderError for all."""
    readers: Mapping[str, Callable[[Any], Any]] = {
        "workflow": lambda sid: _find("Workflow", sid, taskrouter.find_workflow),
        "attributes": _attributes,
        "priority": _priority,
    }
    values, wrong = {}, {}
    for name, reader in readers.items():
        try:
            values[name] = reader(given.get(name, ""))
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise OrderError(400, "; ".join(wrong.values()), wrong)
    return NewTask(**values)


def read_activity(given: Mapping[str, Any], taskrouter: TaskRouter) -> Activity:
    """Read `activity`, the SID of one that there is. Raises OrderError."""
    try:
        return _find("Activity", given.get("activity", ""), taskrouter.find_activity)
    except ValueError as error:
        raise OrderError(400, str(error), {"activity": str(error)}) from None


def read_status(given: Mapping[str, Any]) -> str:
    """Read `status`, one of STATUSES. Raises OrderError."""
    status = given.get("status", "")
    if status not in STATUSES:
        text = f"the status must be one of {', '.join(STATUSES)}, not {status!r}"
        raise OrderError(400, text, {"status": text})
    return str(status)


def _attributes(value: object) -> dict[str, Any]:
    if not isinstance(value, str):
        text = f"the attributes must be text that holds a JSON object, such as {EXAMPLE}"
        raise ValueError(text)  # noqa: TRY004 - it is a value from outside
    try:
        return parameters.attributes(value)
    except ValueError as error:
        raise ValueError(f"the attributes must be {error}; try {EXAMPLE}") from None


def _priority(value: object) -> int:
    try:
        return int(_PRIORITY(str(value)))
    except ValueError as error:
        raise ValueError(f"the priority must be {error}, not {value!r}") from None


def _find(kind: str, sid: object, find: Callable[[str], T | None]) -> T:
    found = find(sid) if isinstance(sid, str) else None
    if found is None:
        raise ValueError(f"there is no {kind} {sid!r} in this workspace (any more)")
    return found
