"""What is long over is removed from the database."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.errors import StoreError
from app.storage import Callbacks, Ledger, Rejections

log = logging.getLogger(__name__)

LEAST = timedelta(days=1)  # that finished deliveries are kept: their callbacks may come again
LONGEST_TASK = timedelta(days=14)  # that Twilio lets a task live, and so be rejected
PAUSE = timedelta(hours=1)
BATCH = 500


class Retention:
    """Removes saved callbacks and finished deliveries that are older than `kept`, and old rejections.

    A few at a time, whenever `keep` is called and due.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        ledger: Ledger,
        rejections: Rejections,
        kept: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._due = clock() + PAUSE  # a process that has just begun has better things to do
        self._purges = (
            (callbacks.purge, kept),
            (ledger.purge, max(kept, LEAST)),
            (rejections.purge, LONGEST_TASK),
        )

    def keep(self) -> None:
        """Removes what is over, and is due again at once where a batch was full."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + PAUSE
        for purge, kept in self._purges:
            if self._is_full(purge, now - kept):
                self._due = now

    def _is_full(self, purge: Callable[[datetime, int], int], before: datetime) -> bool:
        try:
            return purge(before, BATCH) == BATCH
        except StoreError as error:
            log.warning("nothing removed", extra={"fields": {"error": str(error)}})
            return False
