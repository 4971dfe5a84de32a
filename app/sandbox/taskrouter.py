"""TaskRouter: sends the assignment callback of each reservation, and judges answers and updates."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import orjson

from app.sandbox import callback
from app.sandbox.callback import WebhookKey
from app.sandbox.clock import Clock, utc_now
from app.sandbox.draws import Draws
from app.sandbox.errors import InstructionError, RequestError
from app.sandbox.execution import Execution, HabitsOf, no_habits
from app.sandbox.faults import NOTHING_APPLIED, REQUEST_FAULTS, Faults, RequestFault
from app.sandbox.legs import Legs
from app.sandbox.resources import Answer, Reservation, Task, Update, Worker
from app.sandbox.wire import Order, read_form, read_inline, read_update

_A_MOMENT = 0.02
"""Seconds between the two callbacks of `callback_twice`: the first is often not answered by then."""

_MOST_CALLS = 256
"""How many callbacks are under way at most; others wait for their turn."""

_READING = 1.0
"""Seconds that an update waits at most for the answer to its callback to be read."""


class TaskRouter(Execution):
    """A workspace with an account and an assignment callback.

    `callback_url` and `fallback_url` are those of the workflow that every workspace begins with, and may be
    set later: an application is often started after the sandbox.
    Callbacks are signed with the first of `auth_tokens` (one is invented when there is none); REST takes each
    of them, and each of `api_keys` (SID to secret). `answer_limit` is in real seconds. `faults` let requests
    and callbacks fail. Callbacks are sent as soon as a task has found its worker, or `in_turn`: one after the
    other by whoever calls `call_next`. Execution, Dispatch and Workspace have more.
    """

    def __init__(
        self,
        *,
        callback_url: str = "",
        fallback_url: str = "",
        account_sid: str = "",
        auth_tokens: tuple[str, ...] = (),
        api_keys: Mapping[str, str] | None = None,
        answer_limit: float = callback.LIMIT,
        faults: Faults | None = None,
        legs: Legs | None = None,
        habits: HabitsOf = no_habits,
        ringing: float = 0,
        reservation_timeout: int = 120,
        clock: Clock = utc_now,
        in_turn: bool = False,
        seed: int = 1,
    ) -> None:
        super().__init__(
            legs=legs,
            habits=habits,
            ringing=ringing,
            reservation_timeout=reservation_timeout,
            clock=clock,
            seed=seed,
        )
        self.callback_url = callback_url
        self.fallback_url = fallback_url
        self.account_sid = account_sid or self._sids.new("AC")
        self.auth_tokens = auth_tokens or (self._sids.secret(),)
        self.api_keys = dict(api_keys or {})
        self.answer_limit = answer_limit
        self.draws = Draws(faults)
        self.in_turn = in_turn
        self._asking: Reservation | None = None
        self._to_call: deque[tuple[Reservation, str | WebhookKey]] = deque()
        self._callbacks_under_way = 0
        # To start a thread takes longer than all else that happens while the workspace is locked.
        self._callers = ThreadPoolExecutor(_MOST_CALLS, "callback")

    @property
    def auth_token(self) -> str:
        """The auth token that signs callbacks."""
        return self.auth_tokens[0]

    @property
    def callback_url(self) -> str:
        """The assignment callback URL of the first workflow."""
        return self.workflow.callback_url

    @callback_url.setter
    def callback_url(self, url: str) -> None:
        self.workflow.callback_url = url

    @property
    def fallback_url(self) -> str:
        """Its fallback URL."""
        return self.workflow.fallback_url

    @fallback_url.setter
    def fallback_url(self, url: str) -> None:
        self.workflow.fallback_url = url

    @property
    def faults(self) -> Faults:
        """What goes wrong, and how often. Set it to begin an outage, drawn from its start, or to end one."""
        return self.draws.faults

    @faults.setter
    def faults(self, faults: Faults | None) -> None:
        self.draws = Draws(faults)

    def assign(self, task: Task, worker: Worker, *, sign_with: str | WebhookKey | None = None) -> Reservation:
        """Reserve the worker, send the callback, judge the answer, and return the reservation.

        The first usable answer counts, as soon as it is there: a 200 in JSON, from either URL. A fault may
        send more callbacks; their answers are kept with the reservation and change nothing. Without any
        usable answer the last one is judged. A callback that a fault delays is sent by itself later on.

        `sign_with` is another auth token (a wrong one makes a wrong signature) or a key for HMAC_SHA256.
        Raises ValueError when the task is not pending.
        """
        key = sign_with or self.auth_token
        with self._changed:
            reservation = self.reserve(task, worker)
            is_due = self._prepare(reservation, key)
        if is_due:
            self._call_back(reservation, key)
        return reservation

    def wait_until_settled(self, reservation: Reservation, seconds: float) -> bool:
        """Wait until the reservation was updated over REST or is not pending; False when time runs out."""
        with self._changed:
            return self._changed.wait_for(lambda: reservation.settled, seconds)

    def wait_for_callbacks(self, seconds: float) -> bool:
        """Wait until no callback of `route` is under way; False when time runs out."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._callbacks_under_way, seconds)

    def update(
        self,
        reservation: Reservation,
        body: bytes,
        expects: Callable[[int], bool],
        fault: RequestFault = "ok",
    ) -> None:
        """Apply the form of a POST to the reservation, and keep it whatever comes of it. One at a time.

        `expects` tells whether the reservation's version is the one that If-Match names. With a fault of
        NOTHING_APPLIED it is kept alone. Raises RequestError: 412 for another version, 400 for every mistake.
        """
        with self._changed:
            if self.in_turn:
                # It follows its answer, but may arrive here before that was read: the order must not differ.
                self._changed.wait_for(lambda: self._asking is not reservation, _READING)
            self.expire()
            if fault in NOTHING_APPLIED:
                self._keep(reservation, Update(self.clock(), body, 0, 0, REQUEST_FAULTS[fault], fault))
                return
            try:
                self._apply(reservation, body, expects)
            except RequestError as error:
                refused = Update(self.clock(), body, error.status, error.code, error.text, fault)
                self._keep(reservation, refused)
                raise
            self._keep(reservation, Update(self.clock(), body, 200, 0, reservation.outcome, fault))

    def _apply(self, reservation: Reservation, body: bytes, expects: Callable[[int], bool]) -> None:
        if not expects(reservation.version):
            raise RequestError(412, 20412, f"Reservation {reservation.sid} has another ETag by now")
        try:
            self._carry_out(read_update(read_form(body)), reservation)
        except InstructionError as error:
            raise RequestError(400, error.code, error.text) from error

    def _keep(self, reservation: Reservation, update: Update) -> None:
        reservation.updates.append(update)
        self._tell(update.at, "reservation.updated", reservation, update)
        self._changed.notify_all()

    def _offered(self, reservation: Reservation) -> None:
        if self._prepare(reservation, self.auth_token):
            self._line_up(reservation, self.auth_token)

    def _prepare(self, reservation: Reservation, key: str | WebhookKey) -> bool:
        """Say what is to be sent, and tell whether it is due; when it is delayed, plan when."""
        # Drawn here and not where it is sent: in the order of reservations, the same in every run.
        reservation.fault = self.draws.of_callback()
        reservation.callback = self._parameters(reservation)
        if reservation.fault != "callback_delayed":
            return True
        at = reservation.created + timedelta(seconds=self.faults.delay)
        self._agenda.plan(at, lambda _: self._line_up(reservation, key))
        return False

    def _line_up(self, reservation: Reservation, key: str | WebhookKey) -> None:
        self._callbacks_under_way += 1
        self._to_call.append((reservation, key))
        if not self.in_turn:
            self._callers.submit(self.call_next)

    def call_next(self) -> Reservation | None:
        """Send the next callback that waits to be sent, and judge its answer; None when none waits."""
        with self._changed:
            if not self._to_call:
                return None
            reservation, key = self._to_call.popleft()
        try:
            self._call_back(reservation, key)
        finally:
            with self._changed:
                self._callbacks_under_way -= 1
                self._changed.notify_all()
        return reservation

    def _call_back(self, reservation: Reservation, key: str | WebhookKey) -> None:
        fault, workflow = reservation.fault, reservation.task.workflow
        if workflow.callback_url:
            self._ask_primary(reservation, key)
        if workflow.fallback_url and (fault == "callback_to_fallback" or not _is_answered(reservation)):
            self._ask(reservation, workflow.fallback_url, key)
        with self._changed:
            if not _is_answered(reservation):
                self._judge_answer(reservation, reservation.answers[-1] if reservation.answers else None)

    def _ask_primary(self, reservation: Reservation, key: str | WebhookKey) -> None:
        url = reservation.task.workflow.callback_url
        if reservation.fault != "callback_twice":
            self._ask(reservation, url, key, late=reservation.fault == "callback_late")
            return
        again = threading.Timer(_A_MOMENT, self._ask, (reservation, url, key))
        again.daemon = True
        again.start()
        self._ask(reservation, url, key)
        again.join()

    def _ask(self, reservation: Reservation, url: str, key: str | WebhookKey, *, late: bool = False) -> None:
        self._asking = reservation
        answer = callback.send(url, reservation.callback, key, self.answer_limit)
        if late:
            failure = f"no answer within {self.answer_limit:g} s (a fault: it came, and was ignored)"
            answer = replace(answer, status=None, failure=failure)
        with self._changed:
            counts = callback.is_usable(answer) and not _is_answered(reservation)
            reservation.answers.append(answer)
            self._asking = None
            self._changed.notify_all()
            self._tell(self.clock(), "callback.answered", reservation, answer)
            if counts:
                self._judge_answer(reservation, answer)

    def _judge_answer(self, reservation: Reservation, answer: Answer | None) -> None:
        self.expire()
        try:
            order = self._read_answer(reservation, answer)
            if order is not None:
                self._carry_out(order, reservation)
        except InstructionError as error:
            self.alert(reservation, error.code, error.text)
            _note(reservation, f"alert {error.code}: {error.text}")
        self._changed.notify_all()

    def _read_answer(self, reservation: Reservation, answer: Answer | None) -> Order | None:
        if answer is None:
            _note(reservation, "pending: no callback URL is set, an update over REST is awaited")
            return None
        if answer.status != 200:
            _note(reservation, _refusal(answer))
            return None
        order = read_inline(answer.content_type, answer.body)
        if order is None:
            _note(reservation, "pending: {} was answered, an update over REST is awaited")
        return order

    def _parameters(self, reservation: Reservation) -> dict[str, str]:
        task, worker = reservation.task, reservation.worker
        age = int((reservation.created - task.created).total_seconds())
        skew = timedelta(seconds=self.faults.skew if reservation.fault == "callback_skewed" else 0)
        return {
            "Timestamp": (reservation.created + skew).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "AccountSid": self.account_sid,
            "WorkspaceSid": self.workspace_sid,
            "WorkflowSid": task.workflow.sid,
            "TaskQueueSid": reservation.queue.sid,
            "TaskSid": task.sid,
            "TaskAttributes": orjson.dumps(task.attributes).decode(),
            "TaskAge": str(age),
            "TaskPriority": str(task.priority),
            "WorkerSid": worker.sid,
            "WorkerName": worker.name,
            "WorkerAttributes": orjson.dumps(worker.attributes).decode(),
            "ReservationSid": reservation.sid,
        }


def _is_answered(reservation: Reservation) -> bool:
    return any(map(callback.is_usable, reservation.answers))


def _note(reservation: Reservation, outcome: str) -> None:
    # An update over REST can overtake the answer; then its outcome is the one that counts.
    if not reservation.settled:
        reservation.outcome = outcome


def _refusal(answer: Answer) -> str:
    if answer.status is None:
        return f"callback failed: {answer.failure}"
    return f"callback refused with {answer.status}"
