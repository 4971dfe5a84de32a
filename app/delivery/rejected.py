"""How often tasks were rejected, by all processes together: what `max_rejections` counts.

TaskRouter offers a rejected task again at once, and cancels it after 1,000 rejections (Twilio's page on the
Reservation resource).
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from app.delivery.policy import instruction_of
from app.errors import StoreError
from app.model import Delivery
from app.recent import Recent
from app.storage import Rejection, Rejections

log = logging.getLogger(__name__)

REMEMBERED = 10_000  # tasks
BATCH = 1_000
BATCHES = 5  # at most at once: deliveries wait for the same thread
LATEST = 50_000  # that a process which begins reads: a task is offered again soon, or not at all


class Rejected:
    """Reservations that were rejected, by task. Counting asks no database: `exchange` keeps it up to date.

    With the database gone, what this process rejected itself is counted.
    """

    def __init__(
        self, rejections: Rejections, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._rejections = rejections
        self._clock = clock
        self._by_task: Recent[str, frozenset[str]] = Recent(REMEMBERED)
        self._untold: deque[Rejection] = deque(maxlen=REMEMBERED)
        self._cursor: int | None = None  # until the database has answered once

    def count(self, task_sid: str, besides: str) -> int:
        """How many reservations of the task were rejected, besides this one."""
        return len((self._by_task.get(task_sid) or frozenset()) - {besides})

    def add(self, task_sid: str, reservation_sid: str) -> None:
        """Notes one; other processes learn of it with the next exchange."""
        if self._note(task_sid, reservation_sid):
            self._untold.append(Rejection(task_sid, reservation_sid, self._clock()))

    def delivered(self, delivery: Delivery) -> None:
        """Notes a rejection that was delivered: `on_failure` may be one."""
        if instruction_of(delivery).name == "reject":
            self.add(delivery.promise.call.task_sid, delivery.promise.call.reservation_sid)

    def exchange(self) -> None:
        """Tells what this process rejected, and learns what others did. Not called by several threads."""
        untold = list(self._untold)
        try:
            self._rejections.add_all(untold)
            for _ in untold:
                self._untold.popleft()
            for _ in range(BATCHES):
                if not self._learn():
                    break
        except StoreError as error:
            log.debug("rejections not exchanged", extra={"fields": {"error": str(error)}})

    def _learn(self) -> bool:
        """Whether there may be more to learn."""
        if self._cursor is None:
            self._cursor = self._rejections.before_latest(LATEST)
        found, self._cursor = self._rejections.since(self._cursor, BATCH)
        for each in found:
            self._note(each.task_sid, each.reservation_sid)
        return len(found) == BATCH

    def _note(self, task_sid: str, reservation_sid: str) -> bool:
        known = self._by_task.get(task_sid) or frozenset()
        self._by_task.set(task_sid, known | {reservation_sid})
        return reservation_sid not in known
