"""The use cases: where a decision meets the outside."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import NamedTuple, TypeAlias

from app.delivery.policy import calls_in
from app.delivery.promises import Promises
from app.delivery.rejected import Rejected
from app.engine.callback import read_callback
from app.engine.decide import decide
from app.engine.sealing import sealed
from app.engine.timestamp import read_time
from app.engine.wire import Form, inline_form
from app.errors import ForeignAccount, Stale, StoreError
from app.journal import Journal, Noted, Packed, Taken, pack, unpack
from app.metrics import Note, unnoted
from app.metrics.catalogue import ANSWERED_INLINE, DECISION_SECONDS, DECISIONS, PROBLEMS
from app.model import Call, Callback, Decision, Delivery, Mode, Promise, State
from app.recent import Recent
from app.rulebook import Rulebook, Standing
from app.storage import Database

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=1)  # beyond the reservation's timeout, for clocks that differ
BUDGET = 2.0  # seconds for an answer, of the five that Twilio waits
REMEMBERED = 10_000  # reservations; of each about a kilobyte
PROMISING = 0.8  # seconds of them that the database has
# Where the reservation's delivery stands, when an answer can hold the instruction itself.
INLINE = frozenset({State.INLINE, State.DEAD})

Params = Mapping[str, str | list[str]]


def _nothing() -> None:
    """What there is to do after most answers."""


class Turn(NamedTuple):
    """One request: at which path, since when by `perf_counter`, what came, and what is decided from (the
    first of a reservation keeps its decision). `taken` is what `decided` holds.
    """

    path: str
    began: float
    arrived: Packed
    decided: Packed
    taken: Taken


class Answer(NamedTuple):
    """The JSON object of an answer, and what to do when it is on its way: a post follows its `{}`."""

    form: Form
    then: Callable[[], object] = _nothing


Later: TypeAlias = Callable[[], Answer]
"""What gives an answer, and may wait for the database."""


class Desk:
    """Answers assignment callbacks. `reservation_timeout` is in seconds.

    `deliver` begins the first attempt of a delivery that was taken on here; `holds_back` tells whether none
    can begin before a time, since Twilio limits the rate. `journal` saves callbacks, `note` counts. In a
    rehearsal the time for a decision is that of the callback: `by_timestamp`.
    """

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        database: Database,
        promises: Promises,
        deliver: Callable[[Delivery], object],
        holds_back: Callable[[datetime], bool],
        rejected: Rejected,
        journal: Journal,
        account_sid: str,
        reservation_timeout: int = 120,
        by_timestamp: bool = False,
        note: Note = unnoted,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rulebook = rulebook
        self._database = database
        self._promises = promises
        self._deliver = deliver
        self._holds_back = holds_back
        self._account_sid = account_sid
        self._lifetime = timedelta(seconds=reservation_timeout)
        self._by_timestamp = by_timestamp
        self._clock = clock
        self._firsts: Recent[str, Packed] = Recent(REMEMBERED)  # by reservation: what was taken first of it
        self._rejected = rejected
        self._journal = journal
        self._note = note
        self._promised: Recent[str, bool] = Recent(REMEMBERED)  # by reservation: by us; else given inline

    def answer(self, params: Params) -> Answer:
        """The answer to a callback at its primary URL. May wait for the database. Raises Refusal."""
        begun = self.begin(params)
        return begun if isinstance(begun, Answer) else begun()

    def answer_fallback(self, params: Params) -> Answer:
        """The answer at the fallback URL: always inline, unless the reservation's POST is under way or done.

        A reservation that was seen before keeps its first decision. Raises Refusal.
        """
        return self.begin_fallback(params)()

    def begin(self, params: Params) -> Answer | Later:
        """The answer at the primary URL, or what gives it: this itself waits for nothing. Raises Refusal.

        An answer that is given at once is all there is to do.
        """
        began, taken = perf_counter(), self._take(params)
        turn = self._turn("/assignment", began, taken)
        # A callback that is repeated, parameter for parameter, keeps its decision, whatever the time is now.
        if turn.taken.callback.params != taken.callback.params:
            turn = turn._replace(decided=turn.arrived, taken=taken)
        decision = self._decide(turn.taken)
        if decision.mode is Mode.POST and decision.instruction:
            return partial(self._post, turn, decision)
        return self._answered(turn, decision, decision)

    def begin_fallback(self, params: Params) -> Later:
        """What gives the answer at the fallback URL. Raises Refusal."""
        began, taken = perf_counter(), self._take(params)
        return partial(self._fallback, self._turn("/assignment/fallback", began, taken))

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

    def _fallback(self, turn: Turn) -> Answer:
        taken = turn.taken
        decision = self._decide(taken)
        given = self._inline(taken) if self._may_give_inline(turn, decision) else None
        return self._answered(turn, decision, given)

    def _post(self, turn: Turn, decision: Decision) -> Answer:
        """`{}`, once the ledger has the delivery; where it cannot, the instruction stands in the answer."""
        taken, sid = turn.taken, turn.taken.callback.reservation_sid
        promise = self._promise(taken, decision)
        if promise is None:
            _log_unpromised(taken.callback, "it holds a secret that is not the value of one var")
            return self._answered(turn, decision, self._inline(taken))
        then: Callable[[], object] = _nothing
        new = False
        try:
            delivery, new = self._taken_on(promise, turn, decision)
            is_ours = delivery.state is not State.INLINE
            if new:
                then = partial(self._deliver, delivery)
        except StoreError as error:
            is_ours = self._promised.get(sid) is True
            _log_unpromised(taken.callback, str(error))
            self._note_inline(promise, is_ours=is_ours)
        self._promised.set(sid, is_ours)
        return self._answered(turn, decision, None if is_ours else self._inline(taken), then, is_saved=new)

    def _taken_on(self, promise: Promise, turn: Turn, decision: Decision) -> tuple[Delivery, bool]:
        """The reservation's delivery, and whether it is new: then the callback is saved with it.

        What an answer held is never sent as well, and what could not be sent in time is not promised.
        """
        given = self._promised.get(promise.call.reservation_sid) is False
        if given or self._holds_back(promise.deadline):
            return self._promises.give_inline(promise, _left(turn.began)), False
        saved = self._journal.saved(Noted(turn.arrived, turn.path, turn.decided, decision))
        return self._promises.take(promise, _left(turn.began), saved)

    def _may_give_inline(self, turn: Turn, decision: Decision) -> bool:
        """Whether no POST is under way or done; from now on there will be none."""
        sid = turn.taken.callback.reservation_sid
        promise = self._promise(turn.taken, decision) if decision.mode is Mode.POST else None
        try:
            if promise:
                found: Delivery | None = self._promises.give_inline(promise, _left(turn.began))
            else:
                found = self._promises.find(sid, _left(turn.began))
            is_ours = found is not None and found.state not in INLINE
        except StoreError:
            is_ours = self._promised.get(sid) is True
            self._note_inline(promise, is_ours=is_ours)
        self._promised.set(sid, is_ours)
        return not is_ours

    def _note_inline(self, promise: Promise | None, *, is_ours: bool) -> None:
        if promise and not is_ours:
            self._promises.given_inline(promise)

    def _decide(self, taken: Taken) -> Decision:
        began = perf_counter()
        decision = decide(taken.ruleset, taken.callback, taken.at, taken.rejections)
        self._note(DECISION_SECONDS, (), perf_counter() - began)
        self._note(DECISIONS, (decision.rule, decision.mode))
        if decision.problems:
            self._note(PROBLEMS, (), len(decision.problems))
        return decision

    def _inline(self, taken: Taken) -> Decision:
        return decide(taken.ruleset, taken.callback, taken.at, taken.rejections, inline=True)

    def _promise(self, taken: Taken, decision: Decision) -> Promise | None:
        """What a post promises; None where it holds a secret that cannot be kept."""
        callback, variables, given = taken.callback, taken.ruleset.variables, decision.on_failure
        instruction = sealed(decision.instruction, variables) if decision.instruction else None
        on_failure = sealed(given, variables) if given else None
        if instruction is None or (given and on_failure is None):
            return None
        expires = taken.arrived + self._lifetime
        where = callback.sid("WorkspaceSid"), callback.task_sid, callback.reservation_sid
        return Promise(
            call=Call(*where, instruction),
            on_failure=on_failure,
            rule=decision.rule,
            rules_version=decision.rules_version,
            telling=calls_in(callback.task),
            arrived=taken.arrived,
            deadline=min(expires, taken.arrived + (decision.retry_for or self._lifetime)),
            expires=expires,
        )

    def _answered(
        self,
        turn: Turn,
        decision: Decision,
        given: Decision | None,
        then: Callable[[], object] = _nothing,
        *,
        is_saved: bool = False,
    ) -> Answer:
        """The answer that holds what is `given`: the decision, or its inline form; None beside a POST."""
        is_inline = given is not None and decision.mode is Mode.POST
        if is_inline:
            self._note(ANSWERED_INLINE)
        self._count_rejection(turn.taken.callback, given or decision)
        if not is_saved:
            self._journal.note(Noted(turn.arrived, turn.path, turn.decided, decision, is_inline))
        _log_decided(turn, decision, given or decision, is_inline=is_inline)
        is_reply = given and given.mode is Mode.REPLY and given.instruction
        return Answer(inline_form(is_reply) if is_reply else {}, then)

    def _take(self, params: Params) -> Taken:
        callback = read_callback(params)
        if callback.sid("AccountSid") not in {"", self._account_sid}:
            raise ForeignAccount("the callback belongs to another account: look at TWILIO_ACCOUNT_SID")
        now = self._clock()
        sent = read_time(callback.sid("Timestamp"))
        if sent and now - sent > self._lifetime + GRACE and not self._by_timestamp:
            raise Stale("the callback is older than its reservation can be: it was sent before")
        rejections = self._rejected.count(callback.task_sid, besides=callback.reservation_sid)
        at = sent if sent and self._by_timestamp else now
        return Taken(self._rulebook.ruleset, callback, at, rejections, now)

    def _turn(self, path: str, began: float, taken: Taken) -> Turn:
        """A request that is decided from what was taken first of its reservation."""
        arrived = pack(taken)
        first = self._firsts.first(taken.callback.reservation_sid, arrived)
        return Turn(path, began, arrived, first, taken if first is arrived else unpack(first))

    def _count_rejection(self, callback: Callback, decision: Decision) -> None:
        if decision.instruction and decision.instruction.name == "reject":
            self._rejected.add(callback.task_sid, callback.reservation_sid)


def _left(began: float) -> float:
    """The seconds that the database has of an answer that began then."""
    return max(0.0, min(PROMISING, BUDGET - (perf_counter() - began)))


def _log_unpromised(callback: Callback, error: str) -> None:
    fields = {"reservation": callback.reservation_sid, "error": error}
    log.warning("answered without the ledger", extra={"fields": fields})


def _log_decided(turn: Turn, decision: Decision, given: Decision, *, is_inline: bool) -> None:
    callback = turn.taken.callback
    fields = {
        "path": turn.path,
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
            for problem in given.problems
        ],
        "rules": decision.rules_version,
        "milliseconds": round((perf_counter() - turn.began) * 1000, 3),
    }
    if is_inline:
        fields["answered"] = "inline"
    log.log(logging.WARNING if given.problems else logging.INFO, "decided", extra={"fields": fields})
