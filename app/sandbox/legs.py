"""Simulated calls: whether a worker's phone is answered."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, get_args

from app.sandbox.habits import lot_of

LegEnd = Literal["busy", "no_answer", "failed", "answered"]
"""What becomes of a leg; `failed` is a call that cannot be made, such as one to an unroutable number."""

DEFAULT_TIMEOUT = 60
"""Seconds that a phone rings when an instruction says nothing else."""


@dataclass(frozen=True, slots=True)
class Legs:
    """How calls go: the probabilities of `busy`, `no_answer` and `failed`; all others are answered.

    The same reservation has the same calls in every run with the same seed. Raises ValueError for what is no
    probability.
    """

    busy: float = 0
    no_answer: float = 0
    failed: float = 0

    def __post_init__(self) -> None:
        shares = (self.busy, self.no_answer, self.failed)
        if not all(0 <= share <= 1 for share in shares) or math.fsum(shares) > 1:
            raise ValueError("busy, no_answer and failed are probabilities, and together at most 1")

    def drawn(self, seed: int, reservation_sid: str, number: int) -> LegEnd:
        """Return what becomes of the leg of this number, counted from 0, of a reservation."""
        # By the leg and not by the order of events: that differs from run to run.
        lot = lot_of("leg", seed, reservation_sid, number)
        return _ENDS[bisect_right(list(accumulate((self.busy, self.no_answer, self.failed))), lot)]


_ENDS: tuple[LegEnd, ...] = get_args(LegEnd)
