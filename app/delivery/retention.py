"""What is long over is removed from the database."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.errors import StoreError
from app.storage import Ledger, Rejections

log = logging.getLogger(__name__)

KEPT = timedelta(days=30)  # finished deliveries
LONGEST_TASK = timedelta(days=14)  # that Twilio lets a task live, and so be rejected
PAUSE = timedelta(hours=1)
BATCH = 500


class Retention:
    """Removes finished deliveries and old rejections, a few at a time, whenever `keep` is called and due."""

    def __init__(
        self,
        ledger: Ledger,
        rejections: Rejections,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger = ledger
        self._rejections = rejections
        self._clock = clock
        self._due = clock() + PAUSE  # a process that has just begun has better things to do

    def keep(self) -> None:
        """Removes what is over, and is due again at once where a batch was full."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + PAUSE
        try:
            self._rejections.purge(now - LONGEST_TASK)
            if self._ledger.purge(now - KEPT, BATCH) == BATCH:
                self._due = now
        except StoreError as error:
            log.warning("nothing removed", extra={"fields": {"error": str(error)}})
