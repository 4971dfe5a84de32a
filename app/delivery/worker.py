"""Delivers what this process took on, and picks up what others left behind."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Condition, Event, Thread

from app.delivery.courier import Carried, Courier
from app.delivery.metrics import note_end, note_requests
from app.delivery.policy import RATE_LIMITED, Again, delay, limit_of
from app.delivery.promises import LEASE
from app.errors import StoreError
from app.metrics import Note, unnoted
from app.model import Delivery, Doubt, State
from app.storage import Ledger

log = logging.getLogger(__name__)

THREADS = 32
PATIENCE = 20.0  # seconds for attempts under way, when the process is to stop
POLL = 0.5  # seconds between two looks at what is due
LONGEST_REQUEST = timedelta(seconds=8)  # connecting and reading, and a little more
RECORDING = 0.5  # seconds until what became of an attempt is recorded again, when the database was away
FINE = frozenset({State.DELIVERED, State.SUPERSEDED})


class Worker:
    """Attempts of this process, each in a thread. `owner` names the process in the ledger.

    `chores` are done whenever it looks for what is due, `delivered` is told of each delivery that was,
    `note` counts.
    Threads begin with `start`, since none outlives a fork.
    """

    def __init__(
        self,
        ledger: Ledger,
        courier: Courier,
        owner: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        threads: int = THREADS,
        chores: Sequence[Callable[[], object]] = (),
        delivered: Callable[[Delivery], object] = id,
        note: Note = unnoted,
    ) -> None:
        self._ledger = ledger
        self._courier = courier
        self._owner = owner
        self._clock = clock
        self._threads = threads
        self._chores = chores
        self._delivered = delivered
        self._note = note
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="delivery")
        self._poll = Thread(target=self._run, name="deliveries", daemon=True)
        self._changed = Condition()
        self._leases: dict[int, _Lease] = {}  # by delivery, of those in hand
        self._is_lost = False  # the database
        self._closed_until: datetime | None = None  # Twilio's rate limit
        self._stopping = Event()
        self._wake = Event()

    def start(self) -> None:
        """Begins to look for deliveries that are due."""
        self._poll.start()

    def deliver(self, delivery: Delivery) -> None:
        """Begins the first attempt of a delivery that this process took on."""
        # Nothing was sent yet, which the ledger cannot tell of a process that is gone.
        self._submit(replace(delivery, doubt=Doubt.NONE))

    def wind_down(self) -> None:
        """Begins nothing more, and does not wait for what is under way."""
        self._stopping.set()
        self._wake.set()

    def stop(self, patience: float = PATIENCE) -> bool:
        """Ends when the attempts under way are made; those that have not begun are left to others.

        False where some took longer than `patience`, in seconds: they go on.
        """
        self.wind_down()
        if self._poll.is_alive():
            self._poll.join(patience)
        with self._changed:
            done = self._changed.wait_for(lambda: not self._leases, patience)
        self._pool.shutdown(wait=done)
        return done

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def holds_back(self, until: datetime) -> bool:
        """Whether Twilio's rate limit lets nothing be sent before that time."""
        return self._closed_until is not None and self._closed_until >= until

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing in hand."""
        return not self._leases

    def _run(self) -> None:
        while not self.is_stopping:
            for chore in (self._pick_up, self._renew, *self._chores):
                try:
                    chore()
                except Exception:  # the next round may go better, and without this thread there is none
                    log.exception("chore failed")
            self._wake.wait(POLL)
            self._wake.clear()

    def _pick_up(self) -> None:
        free = self._threads - len(self._leases)
        if free <= 0:
            return
        now = self._clock()
        try:
            claimed = self._ledger.claim(self._owner, now, LEASE, free)
        except StoreError as error:
            self._tell(str(error))
            return
        self._tell("")
        for delivery in claimed:
            # Its owner's lease is over, and would have lasted longer than a request.
            self._submit(replace(delivery, sent=delivery.sent or now - LONGEST_REQUEST))

    def _tell(self, error: str) -> None:
        """Says once that the database is lost, and once that it is back."""
        if error and not self._is_lost:
            log.warning("nothing is picked up", extra={"fields": {"error": error}})
        if self._is_lost and not error:
            log.info("picking up again")
        self._is_lost = bool(error)

    def _renew(self) -> None:
        """Nobody takes over what this process has in hand, however long a request takes."""
        for lease in tuple(self._leases.values()):
            lease.keep()

    def _submit(self, delivery: Delivery) -> None:
        lease = _Lease(self._ledger, delivery, self._owner, self._clock)
        with self._changed:
            self._leases[delivery.id] = lease
        try:
            # In the context of the request that promised it, whose id its log lines bear.
            self._pool.submit(copy_context().run, self._carry, delivery, lease)
        except RuntimeError:  # the pool is closed: another process will find it
            self._done(delivery)

    def _carry(self, delivery: Delivery, lease: "_Lease") -> None:
        now = self._clock()
        try:
            if self.is_stopping:
                self._give_back(delivery, now)
            elif self._closed_until and now < self._closed_until and now < limit_of(delivery):
                self._give_back(delivery, min(self._closed_until, limit_of(delivery)))
            else:
                self._attempt(delivery, lease)
        except Exception:
            log.exception("delivery failed", extra={"fields": {"reservation": _sid(delivery)}})
        finally:
            self._done(delivery)

    def _done(self, delivery: Delivery) -> None:
        with self._changed:
            self._leases.pop(delivery.id, None)
            self._changed.notify_all()
        self._wake.set()

    def _attempt(self, delivery: Delivery, lease: "_Lease") -> None:
        carried = self._courier.attempt(delivery, lease.holds)
        note_requests(self._note, carried)
        self._slow_down(delivery, carried)
        self._record(delivery, carried, lease)

    def _give_back(self, delivery: Delivery, due: datetime) -> None:
        try:
            self._ledger.release(
                delivery.id, self._owner, attempts=delivery.attempts - 1, doubt=delivery.doubt, due=due
            )
        except StoreError as error:  # when its lease is over, it is picked up all the same
            log.warning(
                "not given back", extra={"fields": {"reservation": _sid(delivery), "error": str(error)}}
            )

    def _record(self, delivery: Delivery, carried: Carried, lease: "_Lease") -> None:
        while True:
            try:
                recorded = self._write(delivery, carried)
                break
            except StoreError as error:
                problem = str(error)
            if not lease.lasts() or self._stopping.wait(RECORDING):
                fields = {"reservation": _sid(delivery), "error": problem}
                log.error("not recorded: whoever picks it up looks first", extra={"fields": fields})
                return
        if recorded:
            _log_end(delivery, carried)
            note_end(self._note, delivery, carried)
            if not isinstance(carried.step, Again) and carried.step.state is State.DELIVERED:
                self._delivered(delivery)

    def _write(self, delivery: Delivery, carried: Carried) -> bool:
        step, now = carried.step, self._clock()
        return self._ledger.record(
            delivery.id,
            self._owner,
            carried.requests,
            state=State.PENDING if isinstance(step, Again) else step.state,
            stage=step.stage if isinstance(step, Again) else delivery.stage,
            doubt=step.doubt if isinstance(step, Again) else delivery.doubt,
            due=step.at if isinstance(step, Again) else now,
            sent=carried.sent,
            outcome=step.outcome,
            finished=None if isinstance(step, Again) else now,
        )

    def _slow_down(self, delivery: Delivery, carried: Carried) -> None:
        """A rate limit is the account's: all deliveries of the process wait."""
        limited = [each.outcome for each in carried.requests if each.outcome.status == RATE_LIMITED]
        if limited:
            asked = timedelta(seconds=limited[-1].retry_after or 0)
            until = self._clock() + max(asked, delay(delivery.attempts, 1))
            with self._changed:
                self._closed_until = max(until, self._closed_until or until)


class _Lease:
    """This process's right to a delivery, renewed when a request might outlast it."""

    def __init__(self, ledger: Ledger, delivery: Delivery, owner: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._id = delivery.id
        self._owner = owner
        self._clock = clock
        self._until = delivery.leased_until or clock()

    def lasts(self) -> bool:
        return self._clock() < self._until

    def keep(self) -> None:
        """Renews it when half of it is over."""
        if self._until - self._clock() < LEASE / 2:
            self._renewed()

    def holds(self) -> bool:
        """Whether a request that begins now ends before anybody else takes the delivery over."""
        return self._clock() + LONGEST_REQUEST < self._until or self._renewed()

    def _renewed(self) -> bool:
        now = self._clock()
        try:
            renewed = self._ledger.renew(self._id, self._owner, now + LEASE)
        except StoreError:
            return False
        if renewed:
            self._until = now + LEASE
        return renewed


def _log_end(delivery: Delivery, carried: Carried) -> None:
    step = carried.step
    if isinstance(step, Again):
        return
    call = delivery.promise.call
    fields = {
        "reservation": call.reservation_sid,
        "task": call.task_sid,
        "rule": delivery.promise.rule,
        "state": step.state,
        "stage": delivery.stage,
        "attempts": delivery.attempts,
        "status": step.outcome.status,
        "twilio_code": step.outcome.twilio_code,
        "message": step.outcome.message,
    }
    level = logging.INFO if step.state in FINE else logging.ERROR
    log.log(level, "delivery ended", extra={"fields": fields})


def _sid(delivery: Delivery) -> str:
    return delivery.promise.call.reservation_sid
