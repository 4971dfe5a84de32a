"""Sends the update of a `post` after its callback was answered, once for each reservation."""

import logging
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Protocol

from app.model import Call, Ending, Instruction, Outcome
from app.recent import Recent

log = logging.getLogger(__name__)

THREADS = 8
REMEMBERED = 10_000


class Transport(Protocol):
    """One object crosses to the outside; it never raises."""

    def send(self, call: Call) -> Outcome: ...


class State(Enum):
    """Where the delivery to a reservation stands."""

    UNDER_WAY = "under way"
    DONE = "done"
    DEAD = "dead"


class Courier:
    """Deliveries of this process. Threads begin with the first call, so that forking before is safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._states: Recent[str, State] = Recent(REMEMBERED)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="courier")

    def deliver(self, call: Call, on_failure: Instruction | None = None) -> None:
        """Sends the call soon, unless its reservation had one already."""
        if self._states.first(call.reservation_sid, State.UNDER_WAY):
            self._threads.submit(self._run, call, on_failure)

    def state(self, reservation_sid: str) -> State | None:
        """Where the delivery stands; None, where there is none that is remembered."""
        return self._states.get(reservation_sid)

    def close(self) -> None:
        """Ends when all that was taken on is sent."""
        self._threads.shutdown()

    def _run(self, call: Call, on_failure: Instruction | None) -> None:
        outcome = self._send(call)
        failed = outcome.ending in {Ending.REFUSED, Ending.UNREACHABLE}
        if failed and on_failure:
            instead = Call(call.workspace_sid, call.task_sid, call.reservation_sid, on_failure)
            failed = self._send(instead).ending is not Ending.DELIVERED
        self._states.set(call.reservation_sid, State.DEAD if failed else State.DONE)

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
