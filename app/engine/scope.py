"""What expressions and templates see of a callback."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from app.engine.timestamp import in_utc
from app.model import Callback

NUMBERS = ("TaskAge", "TaskPriority")

# Twilio's names for a worker, wherever its attributes do not hold them.
WORKER_FALLBACKS = {"sid": "WorkerSid", "friendly_name": "WorkerName"}


class Scope:
    """The roots of a reference, as mappings, and the time in UTC.

    An attribute document that is not a JSON object is an empty mapping here: its attributes are all null.
    `worker` and `callback` are made when they are first read, since most rules read neither.
    """

    __slots__ = ("_call", "callback", "now", "task", "variables", "worker")

    task: Mapping[str, object]
    worker: Mapping[str, object]
    callback: Mapping[str, object]

    def __init__(self, call: Callback, variables: Mapping[str, object], now: datetime) -> None:
        self._call = call
        task = call.task
        self.task = task if isinstance(task, dict) else {}
        self.variables = variables
        self.now = now

    def __getattr__(self, name: str) -> Mapping[str, object]:
        """Python asks this for what was not made yet."""
        if name == "worker":
            self.worker = made = _worker(self._call)
        elif name == "callback":
            self.callback = made = _numbered(self._call.params)
        else:
            raise AttributeError(name)
        return made

    def root(self, name: str) -> Mapping[str, object]:
        """What a reference's root stands for, but for `taskrouter`."""
        match name:
            case "task":
                return self.task
            case "worker":
                return self.worker
            case "callback":
                return self.callback
            case "vars":
                return self.variables
        raise KeyError(name)

    def beside(self, variables: Mapping[str, object]) -> "Scope":
        """What rules with other `vars` see of the same callback."""
        return Scope(self._call, variables, self.now)


def scope_of(callback: Callback, variables: Mapping[str, object], now: datetime) -> Scope:
    """What rules with these `vars` see of the callback at `now` (an aware datetime)."""
    return Scope(callback, variables, in_utc(now))


def lookup(value: object, path: tuple[str | int, ...]) -> object:
    """The value at a path of keys and indexes; None wherever the path leaves the document."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def _mapping(document: object) -> Mapping[str, object]:
    return document if isinstance(document, dict) else {}


def _worker(callback: Callback) -> Mapping[str, object]:
    # Neither here nor below a loop: it takes as long as all else.
    worker = dict(_mapping(callback.worker))
    params = callback.params
    if worker.get("sid") is None:
        worker["sid"] = params.get(WORKER_FALLBACKS["sid"])
    if worker.get("friendly_name") is None:
        worker["friendly_name"] = params.get(WORKER_FALLBACKS["friendly_name"])
    return worker


def _numbered(params: Mapping[str, str | list[str]]) -> Mapping[str, object]:
    seen: dict[str, object] = dict(params)
    age, priority = map(seen.get, NUMBERS)
    if isinstance(age, str):
        seen["TaskAge"] = _number(age)
    if isinstance(priority, str):
        seen["TaskPriority"] = _number(priority)
    return seen


@lru_cache(maxsize=10_000)
def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else text


# What is seen where there is no call: of the worker no more than that there is none.
NO_CALL = Scope(Callback({}), {}, datetime(2026, 1, 1, tzinfo=UTC))
