"""What is told of the journal of this process."""

from collections.abc import Callable
from datetime import UTC, datetime

from app.journal.journal import Journal
from app.metrics import Tally
from app.metrics.catalogue import JOURNAL_DROPPED, JOURNAL_LAG, JOURNAL_WAITING


def tell_of_journal(
    tally: Tally, journal: Journal, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Has the journal looked at whenever values are written down."""

    def lag() -> float:
        oldest = journal.oldest
        return max(0.0, (clock() - oldest).total_seconds()) if oldest else 0.0

    tally.poll(JOURNAL_WAITING, lambda: journal.waiting)
    tally.poll(JOURNAL_LAG, lag)
    tally.poll(JOURNAL_DROPPED, lambda: journal.dropped)
