"""Carries a delivery through one attempt: the requests that the policy asks for, and how it ends."""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from app.delivery.policy import (
    Again,
    End,
    Look,
    Send,
    Sight,
    after_look,
    after_send,
    cannot_send,
    first_step,
    instruction_of,
)
from app.engine.sealing import unsealed
from app.model import Attempt, Call, Delivery, Ending, Outcome

log = logging.getLogger(__name__)

SEALED = Outcome(Ending.UNREACHABLE, "a secret that it needs is no longer among the vars of the rules")
LOST = Outcome(Ending.UNREACHABLE, "it was left to another process")
LOUD = frozenset({401, 403})


class Transport(Protocol):
    """One object crosses to the outside; it never raises."""

    def send(self, call: Call) -> Outcome: ...

    def look(self, call: Call) -> Sight: ...


@dataclass(frozen=True, slots=True)
class Carried:
    """The requests of an attempt, what comes next, and when the last send began of which nothing is known."""

    requests: tuple[Attempt, ...]
    step: Again | End
    sent: datetime | None = None


class Courier:
    """Makes attempts. `variables` gives the `vars` of the rules, `chance` numbers from 0 to 1."""

    def __init__(
        self,
        transport: Transport,
        variables: Callable[[], Mapping[str, object]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._variables = variables
        self._clock = clock
        self._chance = chance

    def attempt(self, delivery: Delivery, may_send: Callable[[], bool] = lambda: True) -> Carried:
        """One attempt of a delivery: at most two looks and a send, which `may_send` is asked before."""
        instruction = unsealed(instruction_of(delivery), self._variables())
        if instruction is None:
            return Carried((), cannot_send(delivery, SEALED, self._clock()), delivery.sent)
        call = replace(delivery.promise.call, instruction=instruction)
        requests: list[Attempt] = []
        step = first_step(delivery, self._clock())
        while isinstance(step, Send | Look):
            began = self._clock()
            if isinstance(step, Send):
                if not may_send():
                    step = Again(began, delivery.doubt, LOST, delivery.stage)
                    break
                outcome = self._transport.send(call)
                if outcome.ending is Ending.AMBIGUOUS:
                    delivery = replace(delivery, sent=began)
                step = after_send(delivery, outcome, self._clock(), self._chance())
                kind = "send"
            else:
                sight = self._transport.look(call)
                outcome, kind = sight.outcome, "look"
                step = after_look(delivery, step, sight, self._clock(), self._chance())
            made = Attempt(delivery.attempts, delivery.stage, kind, began, self._clock(), outcome)
            requests.append(made)
            _log(delivery, made)
        return Carried(tuple(requests), step, delivery.sent)


def _log(delivery: Delivery, request: Attempt) -> None:
    call, outcome = delivery.promise.call, request.outcome
    fields = {
        "reservation": call.reservation_sid,
        "task": call.task_sid,
        "rule": delivery.promise.rule,
        "instruction": instruction_of(delivery).name,
        "attempt": request.number,
        "outcome": outcome.ending,
        "status": outcome.status,
        "twilio_code": outcome.twilio_code,
        "message": outcome.message,
    }
    level = logging.INFO if outcome.ending is Ending.DELIVERED else logging.WARNING
    if outcome.status in LOUD:
        level = logging.CRITICAL  # nothing at all is delivered until somebody mends the credentials
    log.log(level, "posted" if request.kind == "send" else "looked up", extra={"fields": fields})
