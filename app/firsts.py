"""What was taken first of each reservation, in little space."""

from datetime import datetime
from typing import NamedTuple

import orjson

from app.engine.callback import read_callback
from app.engine.ruleset import RuleSet
from app.journal import Taken
from app.recent import Recent

REMEMBERED = 10_000  # reservations; of each about a kilobyte


class _First(NamedTuple):
    """A `Taken` with its parameters as they were sent: as objects they take five times the space."""

    ruleset: RuleSet
    params: bytes
    at: datetime
    rejections: int
    arrived: datetime


class Firsts:
    """Remembers the first callback of each of the latest reservations, and from what it was decided."""

    def __init__(self) -> None:
        self._firsts: Recent[str, _First] = Recent(REMEMBERED)

    def first(self, taken: Taken) -> Taken:
        """What was taken first of this reservation: this, where nothing was before."""
        callback = taken.callback
        params = bytes(memoryview(orjson.dumps(callback.params)))  # orjson leaves three times the space
        first = self._firsts.first(callback.reservation_sid, _First(taken.ruleset, params, *taken[2:]))
        if first.params != params:
            callback = read_callback(orjson.loads(first.params))
        return Taken(first.ruleset, callback, *first[2:])
