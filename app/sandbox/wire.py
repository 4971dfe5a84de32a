"""The two wire forms of an instruction, read into one `Order`.

Inline: the JSON answer to a callback, keys in snake_case, several events in one comma-separated string.
REST: a form, names in CamelCase with the instruction's prefix, several events as a repeated parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from app.sandbox.errors import INVALID_PARAMETER, InstructionError, RequestError
from app.sandbox.fields import FIELDS, REFUSED_BY_CONFERENCE

Form = Mapping[str, list[str]]
"""A form's parameters: every value of a name, in the order sent."""

_PREFIXES = {"dequeue": "Dequeue", "call": "Call", "redirect": "Redirect", "conference": "", "supervise": ""}
_REPEATED = frozenset({"status_callback_events", "status_callback_event", "conference_status_callback_event"})
_STATUS_ORDERS = {
    "accepted": "accept",
    "rejected": "reject",
    "wrapping": "wrapping",
    "completed": "completed",
}
_REST_ONLY = frozenset({"wrapping", "completed"})
_MAX_PARAMETERS = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """What TaskRouter is told to do: an instruction and its fields by their inline names.

    `wrapping` and `completed` are the status updates that follow an acceptance, over REST only.
    """

    instruction: str
    fields: Mapping[str, object]
    over_rest: bool = False


def read_inline(content_type: str, body: bytes) -> Order | None:
    """Read the answer to an assignment callback; None for `{}`, which leaves the reservation pending.

    Raises InstructionError 40000 (content type), 40001 (not JSON), 40005 (no instruction), 55555 (no word).
    """
    if not is_json(content_type):
        raise InstructionError(40000, f"the answer's content type is {content_type or 'missing'}, not JSON")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InstructionError(40001, f"the answer is not JSON: {error}") from None
    if answer == {}:
        return None
    if not isinstance(answer, dict) or answer.get("instruction") is None:
        raise InstructionError(40005, "the answer holds no instruction")
    fields = {name: value for name, value in answer.items() if name != "instruction" and value is not None}
    return Order(_instruction(answer["instruction"]), fields)


def is_json(content_type: str) -> bool:
    """Tell whether a Content-Type header says JSON, whatever its parameters."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _instruction(value: object) -> str:
    if not isinstance(value, str):
        raise InstructionError(55555, f"the instruction is no word but {type(value).__name__}")
    instruction = value.lower()
    if instruction in _REST_ONLY:
        raise InstructionError(55555, f"unknown instruction: {instruction}")
    return instruction


def read_form(body: bytes) -> Form:
    """Read an application/x-www-form-urlencoded body in UTF-8. Raises RequestError 400 if it is not that."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError as error:
        raise RequestError(400, INVALID_PARAMETER, f"the form cannot be read: {error}") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def read_update(form: Form) -> Order:
    """Read the form of a POST to a Reservation. Raises InstructionError when it asks for nothing known."""
    if "Instruction" in form:
        return _read_instruction(form["Instruction"][0].lower(), form)
    if "ReservationStatus" not in form:
        raise InstructionError(INVALID_PARAMETER, "one of ReservationStatus and Instruction is required")
    status = form["ReservationStatus"][0]
    if status not in _STATUS_ORDERS:
        raise InstructionError(INVALID_PARAMETER, f"ReservationStatus cannot be set to [{status}]")
    activity = {"activity_sid": form["WorkerActivitySid"][0]} if "WorkerActivitySid" in form else {}
    return Order(_STATUS_ORDERS[status], activity if status == "rejected" else {}, over_rest=True)


def _read_instruction(instruction: str, form: Form) -> Order:
    if instruction in _STATUS_ORDERS.values():
        # Over REST these are statuses; TaskRouter knows no instruction of that name there.
        raise InstructionError(55555, f"{instruction} is no instruction over REST, use ReservationStatus")
    names = REST_NAMES.get(instruction, {})
    fields: dict[str, object] = {}
    for parameter, given in form.items():
        if field := names.get(parameter):
            fields[field] = tuple(given) if field in _REPEATED else given[0]
    return Order(instruction, fields, over_rest=True)


def _rest_name(prefix: str, field: str) -> str:
    # Dequeue's events are plural inline and singular over REST, where the parameter is repeated.
    words = field.removesuffix("s") if field == "status_callback_events" else field
    return prefix + "".join(word.capitalize() for word in words.split("_"))


def _rest_names(instruction: str) -> Mapping[str, str]:
    refused = REFUSED_BY_CONFERENCE if instruction == "conference" else ()
    known = (*(field.name for field in FIELDS[instruction]), *refused)
    return {_rest_name(_PREFIXES[instruction], name): name for name in known}


REST_NAMES: Mapping[str, Mapping[str, str]] = {name: _rest_names(name) for name in _PREFIXES}
"""For each instruction: REST parameter to inline field, such as DequeueTimeout to timeout."""
