"""Saved callbacks as JSON Lines: what `saved` reads back."""

import json

import orjson

from app.model import Saved


def saved_object(saved: Saved) -> dict[str, object]:
    """The callback as an object of JSON; what was not kept with it is left out."""
    made: dict[str, object] = {}
    if saved.received_at is not None:
        made["received_at"] = saved.received_at.isoformat().replace("+00:00", "Z")
    if saved.path:
        made["path"] = saved.path
    made["params"] = saved.params
    if saved.decision is not None:
        made["decision"] = saved.decision
    return made


def saved_line(saved: Saved) -> bytes:
    """The callback in a line, with its end."""
    made = saved_object(saved)
    try:
        return orjson.dumps(made, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half of a pair, or a number beyond 64 bits
        return json.dumps(made).encode() + b"\n"
