"""The Configuration of a Workflow: Twilio's JSON, as the console exports it, read into a `Routing`.

    {"task_routing": {
        "filters": [{"filter_friendly_name": "…", "expression": "type == 'sms'",
                     "targets": [{"queue": "WQ…", "expression": "worker.level > 3", "priority": 5,
                                  "timeout": 60, "order_by": "worker.level DESC", "skip_if": "1==1",
                                  "known_worker_sid": "task.agent"}]}],
        "default_filter": {"queue": "WQ…"}}}

Numbers may stand in quotes. Other keys are left to Twilio. Source: "Workflows Overview" and the pages on
known workers, worker ordering and worker presence of Twilio's documentation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from app.sandbox.expressions import ALWAYS, Expression, Value, read_expression, read_reference
from app.sandbox.sids import is_sid
from app.sandbox.tokens import ExpressionError
from app.sandbox.values import whole

LONGEST_STEP = 14 * 86_400
"""The longest timeout of a target, in seconds: that of a task."""

Read = TypeVar("Read")


class ConfigurationError(Exception):
    """A configuration that TaskRouter refuses; the sentence says where and why."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """One part of order_by: `value` of a worker, the lowest first unless `descending`."""

    value: Value
    descending: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A step on a task's way: the queue, which of its workers, and for how many seconds (None: no end).

    `priority` None leaves the task its own. `known_worker` names the one worker to take, by SID or, with
    `by_name`, by friendly name.
    """

    queue_sid: str
    expression: Expression = ALWAYS
    priority: int | None = None
    timeout: int | None = None
    order_by: tuple[Ordering, ...] = ()
    skip_if: Expression | None = None
    known_worker: Value | None = None
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """The way of the tasks for which its expression holds."""

    name: str
    expression: Expression
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Routing:
    """A whole configuration: the first filter that holds shows the way, and the default ends it."""

    filters: tuple[Filter, ...] = ()
    default: Target | None = None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target, the default's included."""
        found = tuple(target for each in self.filters for target in each.targets)
        return (*found, self.default) if self.default else found


def read_configuration(text: str) -> Routing:
    """Read the JSON of a Workflow. Raises ConfigurationError at the first mistake."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"Configuration is not JSON: {error}") from None
    routing = _object(_object(document, "Configuration").get("task_routing"), "task_routing")
    filters = tuple(
        _filter(each, f"filters[{number}]") for number, each in enumerate(_list(routing, "filters"))
    )
    default = routing.get("default_filter")
    if not filters and default is None:
        raise ConfigurationError("task_routing has neither filters nor a default_filter")
    return Routing(filters, None if default is None else _target(default, "default_filter"))


def _filter(value: object, where: str) -> Filter:
    given = _object(value, where)
    name = given.get("filter_friendly_name") or given.get("friendly_name") or ""
    targets = tuple(
        _target(each, f"{where}.targets[{number}]") for number, each in enumerate(_list(given, "targets"))
    )
    if not targets:
        raise ConfigurationError(f"{where}.targets is missing or empty")
    if "expression" not in given:
        raise ConfigurationError(f"{where}.expression is missing")
    return Filter(str(name), _read(given, "expression", where, read_expression) or ALWAYS, targets)


def _target(value: object, where: str) -> Target:
    given = _object(value, where)
    queue = given.get("queue")
    if not is_sid("WQ", queue):
        raise ConfigurationError(f"{where}.queue must be WQ and 32 hexadecimal digits")
    known, named = (f"known_worker_{what}" for what in ("sid", "friendly_name"))
    return Target(
        queue_sid=str(queue),
        expression=_read(given, "expression", where, read_expression) or ALWAYS,
        priority=_number(given, "priority", where, 0, 2**31 - 1),
        timeout=_number(given, "timeout", where, 1, LONGEST_STEP),
        order_by=_read(given, "order_by", where, _orderings) or (),
        skip_if=_read(given, "skip_if", where, read_expression),
        known_worker=_read(given, known, where, read_reference) or _read(given, named, where, read_reference),
        by_name=not given.get(known) and bool(given.get(named)),
    )


def _orderings(text: str) -> tuple[Ordering, ...]:
    return tuple(_ordering(part.split()) for part in text.split(","))


def _ordering(words: list[str]) -> Ordering:
    direction = words[1].upper() if len(words) == 2 else "ASC"
    if len(words) not in {1, 2} or direction not in {"ASC", "DESC"}:
        raise ExpressionError("a worker's attribute and ASC or DESC are wanted", 0)
    return Ordering(read_reference(words[0]), direction == "DESC")


def _read(given: Mapping[str, Any], key: str, where: str, read: Callable[[str], Read]) -> Read | None:
    text = given.get(key)
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise ConfigurationError(f"{where}.{key} must be text")
    try:
        return read(text)
    except ExpressionError as error:
        raise ConfigurationError(f"{where}.{key} cannot be read: {error}") from None


def _number(given: Mapping[str, Any], key: str, where: str, lowest: int, highest: int) -> int | None:
    value = given.get(key)
    if value is None or value == "":
        return None
    number = whole(value)
    if number is None or not lowest <= number <= highest:
        raise ConfigurationError(f"{where}.{key} must be a whole number from {lowest} to {highest}")
    return number


def _list(given: Mapping[str, Any], key: str) -> list[object]:
    found = given.get(key) or []
    if not isinstance(found, list):
        raise ConfigurationError(f"{key} must be a list")
    return found


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where} must be a JSON object")
    return value
