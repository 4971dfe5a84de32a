"""Instructions are carried out, and the calls that they make are simulated."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from app.sandbox import effects
from app.sandbox.clock import Clock, utc_now
from app.sandbox.dispatch import Dispatch
from app.sandbox.errors import InstructionError
from app.sandbox.habits import NO_HABITS, Habits, Seconds, drawn, lot_of
from app.sandbox.judge import Verdict, check_state, judge
from app.sandbox.legs import DEFAULT_TIMEOUT, LegEnd, Legs
from app.sandbox.resources import CALLS, Activity, Reservation, Status, Task, Worker
from app.sandbox.values import whole
from app.sandbox.wire import Order

_RINGING = frozenset({"conference", "dequeue"})
"""The instructions with which TaskRouter accepts for the worker, as soon as the phone is picked up."""

_FAILED: Mapping[str, int] = {"call": 40113, "redirect": 40122, "dequeue": 40133, "conference": 40145}
"""The codes of calls that cannot be made."""

_LOST: Mapping[LegEnd, str] = {
    "busy": "canceled, the worker's line is busy",
    "no_answer": "canceled, nobody answers",
}

HabitsOf = Callable[[Reservation], Habits]
"""What the worker of a reservation does without being told."""


def no_habits(_reservation: Reservation) -> Habits:
    """The habits when nothing else is said."""
    return NO_HABITS


class Execution(Dispatch):
    """A workspace that carries instructions out.

    After conference and dequeue a reservation is pending until the worker picks up, which takes `ringing`
    seconds by the clock, or nobody does: so say `legs`, and it is canceled then and its task waits again. A
    second order meanwhile makes a second call. `habits` say what workers do by themselves.
    """

    def __init__(
        self,
        *,
        legs: Legs | None = None,
        habits: HabitsOf = no_habits,
        ringing: float = 0,
        reservation_timeout: int = 120,
        clock: Clock = utc_now,
        seed: int = 1,
    ) -> None:
        super().__init__(reservation_timeout=reservation_timeout, clock=clock, seed=seed)
        self.legs = legs or Legs()
        self.habits = habits
        self.ringing = ringing

    def _carry_out(self, order: Order, reservation: Reservation) -> None:
        """Do what an order says. Raises InstructionError when it is wrong, late or cannot be done."""
        check_state(order, reservation.sid, reservation.status)
        verdict = judge(
            order,
            reservation.task.attributes,
            reservation.worker.attributes,
            of_transfer=reservation.of_transfer,
        )
        end = self._draw(order, reservation)
        now = self.clock()
        if order.instruction in _RINGING and (self.ringing or end != "answered"):
            verdict = replace(verdict, status=None)
            self._ring(reservation, end, whole(order.fields.get("timeout")) or DEFAULT_TIMEOUT, now)
        self._apply_verdict(verdict, reservation, now)
        reservation.applied.append(order.instruction)
        self._go_on(now)

    def _draw(self, order: Order, reservation: Reservation) -> LegEnd:
        if order.instruction not in CALLS:
            return "answered"
        end = self.legs.drawn(self.seed, reservation.sid, reservation.legs)
        if end == "failed":
            text = f"{order.instruction}: the call could not be made"
            raise InstructionError(_FAILED[order.instruction], text)
        return end

    def _apply_verdict(self, verdict: Verdict, reservation: Reservation, now: datetime) -> None:
        if verdict.activity_sid:
            self._move(reservation, self.activity(verdict.activity_sid), now)
        if verdict.post_work_activity_sid:
            reservation.post_work_activity = verdict.post_work_activity_sid
        if verdict.leg:
            effects.connect(verdict.leg, reservation.task, self._sids, now)
        if verdict.status:
            self._settle(reservation, verdict.status, now)
        else:
            effects.touch(reservation, now)
        reservation.outcome = verdict.outcome

    def _ring(self, reservation: Reservation, end: LegEnd, timeout: float, now: datetime) -> None:
        if self.ringing > timeout:
            end = "no_answer"
        at = now + timedelta(seconds=timeout if end == "no_answer" else self.ringing)
        reservation.ringing += 1
        # Whose time is over before is not reached any more.
        if at < reservation.deadline:
            happens = self._pick_up if end == "answered" else partial(self._hang_up, end)
            self._agenda.plan(at, partial(happens, reservation))

    def _pick_up(self, reservation: Reservation, at: datetime) -> None:
        if reservation.status == "pending":
            self._settle(reservation, "accepted", at)
            self._go_on(at)

    def _hang_up(self, end: LegEnd, reservation: Reservation, at: datetime) -> None:
        reservation.ringing -= 1
        # Another phone may ring for the same reservation.
        if reservation.status == "pending" and not reservation.ringing:
            self._end(reservation, "canceled", _LOST[end], at)
            self._go_on(at)

    def _reserve(self, task: Task, worker: Worker, now: datetime) -> Reservation:
        reservation = super()._reserve(task, worker, now)
        habits = self.habits(reservation)
        if habits.accepts_after is not None and self._lot("misses", reservation) >= habits.misses:
            self._plan(habits.accepts_after, "accepts_after", self._accept_by_hand, reservation, now)
        return reservation

    def _accept_by_hand(self, reservation: Reservation, at: datetime) -> None:
        if reservation.status == "pending" and not reservation.ringing:
            self._settle(reservation, "accepted", at)
            reservation.outcome = f"accepted by the worker ({reservation.outcome})"
            self._go_on(at)

    def _settle(self, reservation: Reservation, status: Status, at: datetime) -> None:
        super()._settle(reservation, status, at)
        talk = self.habits(reservation).talk if status == "accepted" else None
        if talk is not None:
            self._plan(talk, "talk", self._end_talk, reservation, at)

    def _end_talk(self, reservation: Reservation, at: datetime) -> None:
        if reservation.status == "accepted":
            self._settle(reservation, "wrapping", at)
            self._plan(self.habits(reservation).wrap_up, "wrap_up", self._end_work, reservation, at)

    def _end_work(self, reservation: Reservation, at: datetime) -> None:
        if reservation.status == "wrapping":
            self._settle(reservation, "completed", at)
            self._go_on(at)

    def _move(self, reservation: Reservation, activity: Activity, at: datetime) -> None:
        super()._move(reservation, activity, at)
        returns_after = self.habits(reservation).returns_after
        if returns_after is not None and not activity.available:
            back = partial(self._come_back, reservation.worker, reservation.worker.version)
            seconds = drawn(returns_after, self._lot("returns_after", reservation))
            self._agenda.plan(at + timedelta(seconds=seconds), back)

    def _come_back(self, worker: Worker, version: int, at: datetime) -> None:
        # Whoever was changed meanwhile is in other hands.
        if worker.version == version and worker.sid in self._workers:
            self._change_activity(worker, self.default_activity, at)
            self._go_on(at)

    def _plan(
        self,
        seconds: Seconds,
        habit: str,
        happens: Callable[[Reservation, datetime], None],
        reservation: Reservation,
        now: datetime,
    ) -> None:
        """Let something happen to a reservation after as many seconds as are drawn for this habit."""
        at = now + timedelta(seconds=drawn(seconds, self._lot(habit, reservation)))
        self._agenda.plan(at, partial(happens, reservation))

    def _lot(self, habit: str, reservation: Reservation) -> float:
        return lot_of(habit, self.seed, reservation.sid)
