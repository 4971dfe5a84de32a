"""Faults on demand: how often REST requests and callbacks go wrong, and in which way.

One fault at most is drawn for each request, by the seed and the order of requests alone: the same requests in
the same order meet the same faults in every run.
"""

import math
import random
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args

RequestFault = Literal[
    "ok",
    "rate_limited",
    "server_error",
    "server_error_after",
    "unavailable",
    "stalled",
    "stalled_before",
    "cut_before",
    "cut_after",
]
CallbackFault = Literal["ok", "callback_twice", "callback_to_fallback", "callback_late"]

REQUEST_FAULTS: Mapping[RequestFault, str] = {
    "rate_limited": "429 with Retry-After, nothing applied",
    "server_error": "500, nothing applied",
    "server_error_after": "500, although applied",
    "unavailable": "503 with Retry-After, nothing applied",
    "stalled": "applied, and answered after the stall",
    "stalled_before": "nothing applied, and the connection cut after the stall",
    "cut_before": "nothing applied, and the connection cut without an answer",
    "cut_after": "applied, and the connection cut without an answer",
}
"""What becomes of an update of a reservation."""

CALLBACK_FAULTS: Mapping[CallbackFault, str] = {
    "callback_twice": "sent twice to the callback URL, the second a moment after the first",
    "callback_to_fallback": "sent to the fallback URL as well, although the first was answered",
    "callback_late": "the answer of the callback URL ignored as if it were late",
}
"""What becomes of an assignment callback; whatever is sent and answered, the first usable answer counts."""

NOTHING_APPLIED: frozenset[RequestFault] = frozenset(
    {"rate_limited", "server_error", "unavailable", "stalled_before", "cut_before"}
)
"""The faults with which an update does not reach TaskRouter."""

# A fetch applies nothing, so that before and after are one, and it is never held up.
_OF_A_FETCH: Mapping[RequestFault, RequestFault] = {
    "server_error_after": "server_error",
    "cut_after": "cut_before",
    "stalled": "ok",
    "stalled_before": "ok",
}

K = TypeVar("K", RequestFault, CallbackFault)


@dataclass(frozen=True, slots=True)
class Faults:
    """The probability of each fault, from 0 to 1: first those of REST requests, then those of callbacks.

    REST requests are updates of reservations, and fetches of reservations and tasks. A fetch is refused
    (`rate_limited`, `unavailable`, either `server_error`) or cut (either cut), and never stalled.
    `script` names the faults of the first updates in order, "ok" for none; the probabilities follow after it.
    `retry_after` (429 and 503) is in whole seconds, `stall` in seconds.

    Raises ValueError for what is no probability, for a sum of a group above 1, and for an unknown fault.
    """

    rate_limited: float = 0
    server_error: float = 0
    server_error_after: float = 0
    unavailable: float = 0
    stalled: float = 0
    stalled_before: float = 0
    cut_before: float = 0
    cut_after: float = 0

    callback_twice: float = 0
    callback_to_fallback: float = 0
    callback_late: float = 0

    script: tuple[RequestFault, ...] = ()
    retry_after: int = 1
    stall: float = 30
    seed: int = 1

    def __post_init__(self) -> None:
        for kinds in (REQUEST_FAULTS, CALLBACK_FAULTS):
            self._check_sum(self.probabilities(kinds))
        if unknown := set(self.script) - set(get_args(RequestFault)):
            raise ValueError(f"the script holds unknown faults: {', '.join(sorted(unknown))}")
        if self.retry_after < 0 or not 0 <= self.stall <= threading.TIMEOUT_MAX:
            raise ValueError("retry_after and stall are seconds, and not below 0")

    def probabilities(self, kinds: Mapping[K, str]) -> dict[K, float]:
        """The probabilities of these faults, without those that never happen."""
        found = {kind: getattr(self, kind) for kind in kinds}
        return {kind: probability for kind, probability in found.items() if probability != 0}

    def _check_sum(self, probabilities: Mapping[K, float]) -> None:
        for kind, probability in probabilities.items():
            if not 0 <= probability <= 1:
                raise ValueError(f"{kind} is a probability from 0 to 1, not {probability:g}")
        # Exact, so that ten tenths are 1.
        if (total := math.fsum(probabilities.values())) > 1:
            raise ValueError(f"the probabilities of {', '.join(probabilities)} add up to {total:g}, above 1")


class Draws:
    """Draws the faults of one run. Safe across threads: each request takes the next one."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self._scripted = deque(self.faults.script)
        self._of_requests = _Lots(self.faults.probabilities(REQUEST_FAULTS), f"requests {self.faults.seed}")
        self._of_callbacks = _Lots(
            self.faults.probabilities(CALLBACK_FAULTS), f"callbacks {self.faults.seed}"
        )
        self._drawing = threading.Lock()

    def of_update(self) -> RequestFault:
        """Return what becomes of the next update."""
        with self._drawing:
            return self._scripted.popleft() if self._scripted else self._of_requests.draw("ok")

    def of_fetch(self) -> RequestFault:
        """Return what becomes of the next fetch, by the probabilities alone: a refusal, a cut, or nothing."""
        with self._drawing:
            drawn = self._of_requests.draw("ok")
        return _OF_A_FETCH.get(drawn, drawn)

    def of_callback(self) -> CallbackFault:
        """Return what becomes of the next callback."""
        with self._drawing:
            return self._of_callbacks.draw("ok")


class _Lots(Generic[K]):
    """Faults laid end to end on the line from 0 to 1, each as long as it is probable."""

    def __init__(self, probabilities: Mapping[K, float], seed: str) -> None:
        self._kinds: tuple[K, ...] = tuple(probabilities)
        self._ends = [math.fsum(list(probabilities.values())[: n + 1]) for n in range(len(probabilities))]
        # Repeatable on purpose, see Sids.
        self._random = random.Random(seed)  # noqa: S311 - see the line above

    def draw(self, otherwise: K) -> K:
        if not self._kinds:
            return otherwise
        drawn = bisect_right(self._ends, self._random.random())
        return self._kinds[drawn] if drawn < len(self._kinds) else otherwise
