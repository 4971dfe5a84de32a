"""Sends the update of a `post` after its callback was answered, once for each reservation."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import Enum
from functools import partial
from threading import Lock
from typing import Protocol

from app.model import Call, Ending, Instruction, Outcome
from app.recent import Recent

log = logging.getLogger(__name__)

THREADS = 8
REMEMBERED = 10_000
FAILED = frozenset({Ending.REFUSED, Ending.UNREACHABLE})


class Transport(Protocol):
    """One object crosses to the outside; it never raises."""

    def send(self, call: Call) -> Outcome: ...


class State(Enum):
    """Where the delivery to a reservation stands."""

    INLINE = "given inline"
    UNDER_WAY = "under way"
    DONE = "done"
    DEAD = "dead"


class Courier:
    """Deliveries of this process. Threads begin with the first call, so that forking before is safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._states: Recent[str, State] = Recent(REMEMBERED)
        self._deciding = Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="courier")

    def take(self, call: Call, on_failure: Instruction | None = None) -> Callable[[], object]:
        """Takes a call on, and returns what sends it: nothing, where the reservation had one already."""
        with self._deciding:
            new = self._states.first(call.reservation_sid, State.UNDER_WAY)
        return partial(self._threads.submit, self._run, call, on_failure) if new else lambda: None

    def give_inline(self, reservation_sid: str) -> bool:
        """Whether an answer may hold the instruction; then nothing is sent to the reservation any more."""
        with self._deciding:
            if self._states.get(reservation_sid) in {State.UNDER_WAY, State.DONE}:
                return False
            self._states.set(reservation_sid, State.INLINE)
            return True

    def state(self, reservation_sid: str) -> State | None:
        """Where the delivery stands; None, where there is none that is remembered."""
        return self._states.get(reservation_sid)

    def close(self) -> None:
        """Ends when all that was taken on is sent."""
        self._threads.shutdown()

    def _run(self, call: Call, on_failure: Instruction | None) -> None:
        outcome = self._send(call)
        if outcome.ending in FAILED and on_failure:
            outcome = self._send(replace(call, instruction=on_failure))
        self._states.set(call.reservation_sid, State.DEAD if outcome.ending in FAILED else State.DONE)

    def _send(self, call: Call) -> Outcome:
        outcome = self._transport.send(call)
        fields = {
            "reservation": call.reservation_sid,
            "task": call.task_sid,
            "instruction": call.instruction.name,
            "outcome": outcome.ending,
            "status": outcome.status,
            "twilio_code": outcome.twilio_code,
            "message": outcome.message,
        }
        level = logging.INFO if outcome.ending is Ending.DELIVERED else logging.ERROR
        log.log(level, "posted", extra={"fields": fields})
        return outcome
