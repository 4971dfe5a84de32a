"""What is noted of a callback while it is answered, and what is saved of it afterwards."""

from datetime import datetime
from typing import NamedTuple

import orjson

from app.engine.callback import read_callback
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.model import Callback, Decision, Saved


class Taken(NamedTuple):
    """All that a decision depends on: deciding again gives the same.

    `at` is the time for which it is made, `arrived` when the callback came: the same, but in a rehearsal.
    """

    ruleset: RuleSet
    callback: Callback
    at: datetime
    rejections: int
    arrived: datetime


class Packed(NamedTuple):
    """A `Taken` with its parameters as JSON: many are kept, and as objects they take five times the space."""

    ruleset: RuleSet
    params: bytes
    at: datetime
    rejections: int
    arrived: datetime


class Noted(NamedTuple):
    """A callback, and what it was answered with.

    `decided` is what the decision was made from: the callback itself, or the first of its reservation, whose
    decision it keeps.
    """

    arrived: Packed
    path: str
    decided: Packed
    decision: Decision
    is_inline: bool = False  # the answer held the instruction of a post


def pack(taken: Taken) -> Packed:
    """The same in little space."""
    params = bytes(memoryview(orjson.dumps(taken.callback.params)))  # orjson leaves three times the space
    return Packed(taken.ruleset, params, *taken[2:])


def unpack(packed: Packed) -> Taken:
    """What was packed."""
    return Taken(packed.ruleset, read_callback(orjson.loads(packed.params)), *packed[2:])


def saved_of(noted: Noted, secrets: frozenset[str]) -> Saved:
    """The callback as it is saved, in a form from which it can be decided again.

    `secrets` are those of the rule set that decided. To the record of the decision come, where they apply:
    `answered`, which is `inline` for a post that the answer held; `decided_at` and `decided_from`, the time
    and the parameters of the decision, where they are not those of this callback.
    """
    arrived, decided = noted.arrived, unpack(noted.decided)
    task_type = decided.ruleset.task_type(scope_of(decided.callback, decided.ruleset.variables, decided.at))
    record = record_of(noted.decision, task_type, decided.rejections, secrets)
    if noted.is_inline:
        record["answered"] = "inline"
    if decided.at != arrived.at:
        record["decided_at"] = decided.at.isoformat().replace("+00:00", "Z")
    params = orjson.loads(arrived.params)
    if decided.callback.params != params:
        record["decided_from"] = dict(decided.callback.params)
    return Saved(0, params, arrived.at, noted.path, record)
