"""Which request and which callback meets a fault, and which fault.

One at most is drawn for each, by the seed and the order alone: the same updates in the same order meet the
same faults in every run, however many fetches and callbacks come between them. So do fetches, and callbacks.
"""

import math
import random
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

from app.sandbox.faults import (
    CALLBACK_FAULTS,
    OF_A_FETCH,
    REQUEST_FAULTS,
    CallbackFault,
    Faults,
    FetchFault,
    RequestFault,
)

K = TypeVar("K", RequestFault, CallbackFault)


class Draws:
    """Draws the faults of one run. Safe across threads: each request takes the next one."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = given = faults or Faults()
        of_requests = given.probabilities(REQUEST_FAULTS)
        of_callbacks = given.probabilities(CALLBACK_FAULTS)
        self._updates = _Lots[RequestFault](given.updates, of_requests, f"updates {given.seed}")
        self._fetches = _Lots[RequestFault](given.fetches, of_requests, f"fetches {given.seed}")
        self._callbacks = _Lots[CallbackFault](given.callbacks, of_callbacks, f"callbacks {given.seed}")
        self._drawing = threading.Lock()

    def of_update(self) -> RequestFault:
        """Return what becomes of the next update."""
        with self._drawing:
            return self._updates.draw("ok")

    def of_fetch(self) -> FetchFault:
        """Return what becomes of the next fetch."""
        with self._drawing:
            return OF_A_FETCH[self._fetches.draw("ok")]

    def of_callback(self) -> CallbackFault:
        """Return what becomes of the next callback."""
        with self._drawing:
            return self._callbacks.draw("ok")


class _Lots(Generic[K]):
    """A script, then faults laid end to end on the line from 0 to 1, each as long as it is probable."""

    def __init__(self, script: tuple[K, ...], probabilities: Mapping[K, float], seed: str) -> None:
        self._script: deque[K] = deque(script)
        self._kinds: tuple[K, ...] = tuple(probabilities)
        self._ends = [math.fsum(list(probabilities.values())[: n + 1]) for n in range(len(probabilities))]
        # Repeatable on purpose, see Sids.
        self._random = random.Random(seed)  # noqa: S311 - see the line above

    def draw(self, otherwise: K) -> K:
        if self._script:
            return self._script.popleft()
        if not self._kinds:
            return otherwise
        drawn = bisect_right(self._ends, self._random.random())
        return self._kinds[drawn] if drawn < len(self._kinds) else otherwise
