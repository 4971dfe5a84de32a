"""What workers do by themselves, where nobody tests by hand: they accept, talk, wrap up and come back."""

import math
import random
from dataclasses import dataclass
from typing import NamedTuple


class Between(NamedTuple):
    """So many seconds, any of them as likely as the others."""

    lowest: float
    highest: float


Seconds = float | Between
"""A time that is always the same, or differs from once to once."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a worker treats a reservation, in seconds by the workspace's clock.

    `accepts_after` is when the worker accepts a reservation that is pending, without a phone that rings for
    it (None: never), and `misses` the probability of not doing so. Then worker and caller talk (`talk` None:
    until somebody ends it) and the worker wraps up. One who became unavailable because of the reservation
    is available again after `returns_after` (None: when somebody says so).

    The same reservation is treated in the same way in every run with the same seed. Raises ValueError for
    what is no probability, and for a time below 0 or the wrong way round.
    """

    accepts_after: Seconds | None = None
    misses: float = 0
    talk: Seconds | None = None
    wrap_up: Seconds = 0
    returns_after: Seconds | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.misses <= 1:
            raise ValueError(f"misses is a probability from 0 to 1, not {self.misses:g}")
        for name in ("accepts_after", "talk", "wrap_up", "returns_after"):
            lowest, highest = _limits(getattr(self, name) or 0)
            if not 0 <= lowest <= highest < math.inf:
                raise ValueError(f"{name} is in seconds, not below 0, and the lower limit comes first")


def drawn(seconds: Seconds, lot: float) -> float:
    """Return the seconds that a lot from 0 to 1 means."""
    lowest, highest = _limits(seconds)
    return lowest + (highest - lowest) * lot


def lot_of(*what: object) -> float:
    """Return a number from 0 to 1 that is the same whenever the same is drawn for, whatever else is drawn."""
    return random.Random(" ".join(map(str, what))).random()  # noqa: S311 - repeatable on purpose


def _limits(seconds: Seconds) -> Between:
    return seconds if isinstance(seconds, Between) else Between(seconds, seconds)


NO_HABITS = Habits()
"""Everything is left to REST."""
