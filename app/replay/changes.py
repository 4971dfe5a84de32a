"""Trying a change: a saved callback with another attribute or parameter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.callback import ATTRIBUTES, read_callback
from app.engine.expressions import Reference, parse_reference, show_constant, show_operand
from app.errors import ExpressionError
from app.model import Callback

DOCUMENTS: Mapping[str, str] = dict(zip(("task", "worker"), ATTRIBUTES, strict=True))
ROOTS = (*DOCUMENTS, "callback")
# What looks like a root, and cannot be changed here.
ELSEWHERE = {
    "vars": "vars belong to the rules: set the environment that they read, or edit the rules",
    "taskrouter": "the time is an option: --at 2026-11-23T17:30:00Z",
    "reservation": "write callback.ReservationSid",
}


class CannotChange(ValueError):
    """A change that cannot be read, or not be made; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Change:
    """A reference below task, worker or callback, and its new value."""

    reference: Reference
    value: Any

    def __str__(self) -> str:
        return f"{show_operand(self.reference)} = {show_constant(self.value)}"


def read_change(text: str) -> Change:
    """The change that `task.priority=9` is: the value is JSON, and where it is none, text."""
    # A shell may hand over bytes that are no UTF-8.
    name, equals, written = text.encode(errors="replace").decode().partition("=")
    name = name.strip()
    root = name.partition(".")[0]
    if not equals:
        raise CannotChange(f"{text!r} is no change: write one such as task.priority=9")
    if root in ELSEWHERE:
        raise CannotChange(f"{name} cannot be set: {ELSEWHERE[root]}")
    if root not in ROOTS or "." not in name:
        raise CannotChange(f"{name!r} cannot be set: begin with task., worker. or callback.")
    try:
        reference = parse_reference(name)
    except ExpressionError as error:
        raise CannotChange(f"{error}: {error.hint}") from None
    if root == "callback":
        return Change(reference, _parameter(reference, written))
    return Change(reference, _json(written))


def changed(callback: Callback, change: Change) -> Callback:
    """The callback with the change made in its parameters.

    Raises CannotChange where the way to the place is barred, and Unreadable where it is no callback any more.
    """
    root, path = change.reference.root, change.reference.path
    params = dict(callback.params)
    if root in DOCUMENTS:
        document = callback.task if root == "task" else callback.worker
        try:
            whole = json.dumps(_set(document if isinstance(document, dict) else {}, path, change.value, root))
        except RecursionError:
            raise CannotChange(f"{root} would nest too deep") from None
        params[DOCUMENTS[root]] = whole
    elif change.value is None:
        params.pop(str(path[0]), None)
    else:
        params[str(path[0])] = change.value
    return read_callback(params)


def _set(place: object, path: tuple[str | int, ...], value: object, name: str) -> object:
    """The document with a value at a path; objects that are missing on the way are made."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(place) if isinstance(place, list) else []
        if not isinstance(place, list) or step > len(items):
            raise CannotChange(f"{name} has no item {step}: set the whole list, {name}='[…]'")
        inner = items[step] if step < len(items) else None
        items[step : step + 1] = [_set(inner, rest, value, f"{name}[{step}]")]
        return items
    if place is not None and not isinstance(place, dict):
        raise CannotChange(f"{name} is no object: set it whole, {name}='{{…}}'")
    keys = place or {}
    return {**keys, step: _set(keys.get(step), rest, value, f"{name}.{step}")}


def _parameter(reference: Reference, written: str) -> str | list[str] | None:
    """A parameter is text as it stands; a list of texts is a repeated one, null none at all."""
    if len(reference.path) > 1 or not isinstance(reference.path[0], str):
        raise CannotChange("a parameter is a text: write callback.NAME, and nothing below it")
    read = _json(written)
    if read is None or (isinstance(read, list) and read and all(isinstance(item, str) for item in read)):
        return read
    return read if isinstance(read, str) else written


def _json(written: str) -> Any:
    try:
        return json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return written


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
