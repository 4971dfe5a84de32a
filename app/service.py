"""The use cases: where a decision meets the outside."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter

from app.delivery.courier import Courier
from app.engine.callback import read_callback
from app.engine.decide import decide
from app.engine.ruleset import RuleSet
from app.engine.timestamp import read_time
from app.engine.wire import Form, inline_form
from app.errors import ForeignAccount, Stale, StoreError
from app.model import Call, Callback, Decision, Instruction, Mode
from app.recent import Recent
from app.rulebook import Rulebook, Standing
from app.storage import Database

log = logging.getLogger(__name__)

REMEMBERED = 10_000
GRACE = timedelta(minutes=1)  # beyond the reservation's timeout, for clocks that differ

Params = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Taken:
    """All that a decision depends on: deciding again gives the same."""

    ruleset: RuleSet
    callback: Callback
    at: datetime
    rejections: int


def _nothing() -> None:
    """What there is to do after most answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON object of an answer, and what to do when it is on its way: a post follows its `{}`."""

    form: Form
    then: Callable[[], object] = _nothing


class Desk:
    """Answers assignment callbacks. `reservation_timeout` is in seconds."""

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        database: Database,
        courier: Courier,
        account_sid: str,
        reservation_timeout: int = 120,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rulebook = rulebook
        self._database = database
        self._courier = courier
        self._account_sid = account_sid
        self._oldest = timedelta(seconds=reservation_timeout) + GRACE
        self._clock = clock
        self._first: Recent[str, Taken] = Recent(REMEMBERED)
        self._rejected: Recent[str, frozenset[str]] = Recent(REMEMBERED)  # reservations by task

    def answer(self, params: Params) -> Answer:
        """The answer to a callback at its primary URL. Raises Refusal."""
        began = perf_counter()
        taken = self._take(params)
        first = self._first_of(taken)
        # A callback that is repeated, parameter for parameter, keeps its decision, whatever the time is now.
        taken = first if first.callback.params == taken.callback.params else taken
        decision = decide(taken.ruleset, taken.callback, taken.at, taken.rejections)
        self._count_rejection(taken.callback, decision)
        then: Callable[[], object] = _nothing
        if decision.mode is Mode.POST and decision.instruction:
            then = self._courier.take(_call(taken.callback, decision.instruction), decision.on_failure)
        return Answer(_answered(taken.callback, decision, began, "/assignment"), then)

    def answer_fallback(self, params: Params) -> Answer:
        """The answer at the fallback URL: always inline, unless the reservation's POST is under way or done.

        A reservation that was seen before keeps its first decision. Raises Refusal.
        """
        began = perf_counter()
        taken = self._first_of(self._take(params))
        inline = self._courier.give_inline(taken.callback.reservation_sid)
        decision = decide(taken.ruleset, taken.callback, taken.at, taken.rejections, inline=inline)
        self._count_rejection(taken.callback, decision)
        return Answer(_answered(taken.callback, decision, began, "/assignment/fallback"))

    @property
    def standing(self) -> Standing:
        """Which rules run, and what keeps newer ones from running."""
        return self._rulebook.standing

    def database_answers(self) -> bool:
        """Whether the database can be used, within a second."""
        try:
            self._database.ping()
        except StoreError:
            return False
        return True

    def _first_of(self, taken: Taken) -> Taken:
        """What was taken first of this reservation: this, where nothing was before."""
        self._first.first(taken.callback.reservation_sid, taken)
        return self._first.get(taken.callback.reservation_sid) or taken

    def _take(self, params: Params) -> Taken:
        callback = read_callback(params)
        if callback.sid("AccountSid") not in {"", self._account_sid}:
            raise ForeignAccount("the callback belongs to another account: look at TWILIO_ACCOUNT_SID")
        now = self._clock()
        sent = read_time(callback.sid("Timestamp"))
        if sent and now - sent > self._oldest:
            raise Stale("the callback is older than its reservation can be: it was sent before")
        rejected = self._rejected.get(callback.task_sid) or frozenset()
        return Taken(self._rulebook.ruleset, callback, now, len(rejected - {callback.reservation_sid}))

    def _count_rejection(self, callback: Callback, decision: Decision) -> None:
        if decision.instruction and decision.instruction.name == "reject":
            rejected = self._rejected.get(callback.task_sid) or frozenset()
            self._rejected.set(callback.task_sid, rejected | {callback.reservation_sid})


def _call(callback: Callback, instruction: Instruction) -> Call:
    return Call(callback.sid("WorkspaceSid"), callback.task_sid, callback.reservation_sid, instruction)


def _answered(callback: Callback, decision: Decision, began: float, path: str) -> Form:
    fields = {
        "path": path,
        "reservation": callback.reservation_sid,
        "task": callback.task_sid,
        "rule": decision.rule,
        "mode": decision.mode,
        "instruction": decision.instruction.name if decision.instruction else None,
        "reason": decision.reason,
        "problems": [
            {
                "rule": problem.rule,
                "check": problem.check,
                "message": problem.message,
                "twilio_code": problem.twilio_code,
            }
            for problem in decision.problems
        ],
        "rules": decision.rules_version,
        "milliseconds": round((perf_counter() - began) * 1000, 3),
    }
    log.log(logging.WARNING if decision.problems else logging.INFO, "decided", extra={"fields": fields})
    if decision.mode is Mode.REPLY and decision.instruction:
        return inline_form(decision.instruction)
    return {}
