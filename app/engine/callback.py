"""The parameters of a request to a Callback.

Source: Twilio's page "Assignment Callback". Every parameter is kept; what is required is what an answer or a
POST needs, and what is well known must be well formed.
"""

import json
import re
from collections.abc import Mapping
from operator import itemgetter

import orjson
from marshmallow import INCLUDE, Schema, ValidationError

from app.engine.fields import Sid
from app.errors import Unreadable
from app.model import Callback

REQUIRED = ("WorkspaceSid", "TaskSid", "ReservationSid")
ATTRIBUTES = ("TaskAttributes", "WorkerAttributes")
SINGLE = (*ATTRIBUTES, "Timestamp", "TaskAge", "TaskPriority", "WorkerName")


class CallbackSchema(Schema):
    """The SIDs of an assignment callback."""

    class Meta:
        unknown = INCLUDE

    account_sid = Sid("AC", "AccountSid")
    workspace_sid = Sid("WS", "WorkspaceSid")
    workflow_sid = Sid("WW", "WorkflowSid")
    task_queue_sid = Sid("WQ", "TaskQueueSid")
    task_sid = Sid("WT", "TaskSid")
    worker_sid = Sid("WK", "WorkerSid")
    reservation_sid = Sid("WR", "ReservationSid")


_SCHEMA = CallbackSchema()
KNOWN = frozenset(str(field.data_key) for field in _SCHEMA.fields.values()) | frozenset(SINGLE)  # never lists

# All SIDs, a line each, in one look: the schema takes ten times as long to say yes.
_SIDS = {str(field.data_key): field.prefix for field in _SCHEMA.fields.values() if isinstance(field, Sid)}
_WELL_FORMED = re.compile(
    "\n".join(
        f"{prefix}[0-9a-fA-F]{{32}}" if name in REQUIRED else f"(?:{prefix}[0-9a-fA-F]{{32}})?"
        for name, prefix in _SIDS.items()
    )
)
_SIDS_OF = itemgetter(*_SIDS)


def read_callback(params: Mapping[str, str | list[str]]) -> Callback:
    """The callback. Raises Unreadable, whose sentence names the parameter and holds no value."""
    if not _is_sound(params):
        _refuse_unsound(params)
    task, worker = ATTRIBUTES
    return Callback(params, read_attributes(params.get(task)), read_attributes(params.get(worker)))


def _is_sound(params: Mapping[str, str | list[str]]) -> bool:
    """Whether `_refuse_unsound` has nothing against a callback that has every SID, as those of Twilio do."""
    if "EventType" in params:
        return False
    try:
        "".join(params.values())  # type: ignore[arg-type]  # which a list refuses, faster than it is looked for
        return _WELL_FORMED.fullmatch("\n".join(_SIDS_OF(params))) is not None
    except (KeyError, TypeError):  # there is one less, or one is no text
        return False


def _refuse_unsound(params: Mapping[str, str | list[str]]) -> None:
    if "EventType" in params:
        raise Unreadable(
            "this is an event callback: give this address to a Workflow as its AssignmentCallbackUrl, "
            "and another to the Workspace as its EventCallbackUrl"
        )
    for name in sorted(KNOWN & params.keys()):
        if isinstance(params[name], list):
            raise Unreadable(f"the parameter {name} stands in the body more than once")
    for name in REQUIRED:
        if not params.get(name):
            raise Unreadable(f"the parameter {name} is missing: this is no assignment callback")
    try:
        _SCHEMA.load({name: value for name, value in params.items() if value})
    except ValidationError as error:
        name, said = next(iter(error.messages_dict.items()))
        raise Unreadable(f"the parameter {name} {said[0]}") from None


def read_attributes(text: object) -> object:
    """The document of attributes; None where they are empty or no JSON at all, which is no failure."""
    if not isinstance(text, str):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _lenient_json(text)


def _lenient_json(text: str) -> object:
    """JSON that orjson refuses for one value: half of a cut emoji, which becomes `?`, or a huge number."""
    try:
        read = json.dumps(json.loads(text, parse_constant=_refuse), ensure_ascii=False)
        return json.loads(read.encode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
