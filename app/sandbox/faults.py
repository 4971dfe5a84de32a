"""Faults on demand: what can go wrong with REST requests and callbacks, how often, and in which order."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

RequestFault = Literal[
    "ok",
    "rate_limited",
    "server_error",
    "server_error_after",
    "unavailable",
    "slow",
    "stalled",
    "stalled_before",
    "cut_before",
    "cut_after",
]
FetchFault = Literal["ok", "rate_limited", "server_error", "unavailable", "slow", "cut_before"]
CallbackFault = Literal[
    "ok",
    "callback_twice",
    "callback_to_fallback",
    "callback_late",
    "callback_delayed",
    "callback_skewed",
]

REQUEST_FAULTS: Mapping[RequestFault, str] = {
    "rate_limited": "429 with Retry-After, nothing applied",
    "server_error": "500, nothing applied",
    "server_error_after": "500, although applied",
    "unavailable": "503 with Retry-After, nothing applied",
    "slow": "applied, and answered after the latency",
    "stalled": "applied, and answered after the stall",
    "stalled_before": "nothing applied, and the connection cut after the stall",
    "cut_before": "nothing applied, and the connection cut without an answer",
    "cut_after": "applied, and the connection cut without an answer",
}
"""What becomes of an update of a reservation."""

OF_A_FETCH: Mapping[RequestFault, FetchFault] = {
    "ok": "ok",
    "rate_limited": "rate_limited",
    "server_error": "server_error",
    "server_error_after": "server_error",
    "unavailable": "unavailable",
    "slow": "slow",
    "stalled": "ok",
    "stalled_before": "ok",
    "cut_before": "cut_before",
    "cut_after": "cut_before",
}
"""What becomes of a fetch: it applies nothing, so that before and after are one, and it is never stalled."""

CALLBACK_FAULTS: Mapping[CallbackFault, str] = {
    "callback_twice": "sent twice to the callback URL, the second a moment after the first",
    "callback_to_fallback": "sent to the fallback URL as well, although the first was answered",
    "callback_late": "the answer of the callback URL ignored as if it were late",
    "callback_delayed": "sent when the delay is over, TaskRouter's limit counts from then",
    "callback_skewed": "sent with a Timestamp that is off by the skew",
}
"""What becomes of an assignment callback; whatever is sent and answered, the first usable answer counts."""

NOTHING_APPLIED: frozenset[RequestFault] = frozenset(
    {"rate_limited", "server_error", "unavailable", "stalled_before", "cut_before"}
)
"""The faults with which an update does not reach TaskRouter."""

SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "updates": get_args(RequestFault),
    "fetches": get_args(FetchFault),
    "callbacks": get_args(CallbackFault),
}
"""What there are scripts for, and what each may hold."""

LARGEST_SKEW = 366 * 86_400
"""Seconds that a Timestamp may be off, either way."""

K = TypeVar("K", RequestFault, CallbackFault)


@dataclass(frozen=True, slots=True)
class Faults:
    """The probability of each fault, from 0 to 1: first those of REST requests, then those of callbacks.

    REST requests are updates of reservations, and fetches of reservations and tasks. A fetch is refused
    (`rate_limited`, `unavailable`, either `server_error`), slow or cut (either cut), and never stalled.

    The scripts `updates`, `fetches` and `callbacks` name the faults of the first of them in order, "ok" for
    none; the probabilities follow after each.

    `retry_after` (429 and 503) is in whole seconds. In seconds are `latency` (how long `slow` takes),
    `stall`, `delay` (from the reservation to a callback that is delayed, by the workspace's clock) and `skew`
    (added to a Timestamp; with a negative one the callback seems old).

    Raises ValueError for what is no probability, for a sum of a group above 1, for a fault that a script
    cannot hold, and for seconds out of range.
    """

    rate_limited: float = 0
    server_error: float = 0
    server_error_after: float = 0
    unavailable: float = 0
    slow: float = 0
    stalled: float = 0
    stalled_before: float = 0
    cut_before: float = 0
    cut_after: float = 0

    callback_twice: float = 0
    callback_to_fallback: float = 0
    callback_late: float = 0
    callback_delayed: float = 0
    callback_skewed: float = 0

    updates: tuple[RequestFault, ...] = ()
    fetches: tuple[FetchFault, ...] = ()
    callbacks: tuple[CallbackFault, ...] = ()

    retry_after: int = 1
    latency: float = 1
    stall: float = 30
    delay: float = 2
    skew: float = 300
    seed: int = 1

    def __post_init__(self) -> None:
        for kinds in (REQUEST_FAULTS, CALLBACK_FAULTS):
            _check_sum(self.probabilities(kinds))
        for name, known in SCRIPTS.items():
            _check_script(name, getattr(self, name), known)
        for name in ("retry_after", "latency", "stall", "delay"):
            _check_seconds(name, getattr(self, name))
        if not abs(self.skew) <= LARGEST_SKEW:
            raise ValueError(f"skew is in seconds, at most {LARGEST_SKEW} either way, not {self.skew:g}")

    def probabilities(self, kinds: Mapping[K, str]) -> dict[K, float]:
        """The probabilities of these faults, without those that never happen."""
        found = {kind: getattr(self, kind) for kind in kinds}
        return {kind: probability for kind, probability in found.items() if probability != 0}

    def held_up(self, fault: RequestFault) -> float:
        """How many seconds a request with this fault waits for what comes of it."""
        if fault == "slow":
            return self.latency
        return self.stall if fault in {"stalled", "stalled_before"} else 0


def _check_sum(probabilities: Mapping[K, float]) -> None:
    for kind, probability in probabilities.items():
        if not 0 <= probability <= 1:
            raise ValueError(f"{kind} is a probability from 0 to 1, not {probability:g}")
    # Exact, so that ten tenths are 1.
    if (total := math.fsum(probabilities.values())) > 1:
        raise ValueError(f"the probabilities of {', '.join(probabilities)} add up to {total:g}, above 1")


def _check_script(name: str, script: tuple[str, ...], known: tuple[str, ...]) -> None:
    if unknown := sorted({*script} - {*known}):
        raise ValueError(f"the script of {name} holds {', '.join(unknown)}; it may hold {', '.join(known)}")


def _check_seconds(name: str, seconds: float) -> None:
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        raise ValueError(f"{name} is in seconds, and not below 0: {seconds:g} is none")
