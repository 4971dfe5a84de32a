"""What metrics tell of the journal."""

from datetime import timedelta
from pathlib import Path

from app.journal import Journal
from app.journal.metrics import tell_of_journal
from app.metrics import Tally
from app.storage import Callbacks
from tests.builders import MONDAY_NOON
from tests.conftest import Opening
from tests.journal.test_journal import NOWHERE, noted
from tests.metrics.scraped import shown


def test_how_far_it_is_behind(tmp_path: Path, opened: Opening) -> None:
    """How many wait, since when, and how many were dropped."""
    journal, tally = Journal(Callbacks(opened(NOWHERE))), Tally(tmp_path)
    tell_of_journal(tally, journal, lambda: MONDAY_NOON + timedelta(seconds=9))

    def told() -> tuple[float, ...]:
        found = shown(tally.collect())
        names = ("desk_journal_waiting", "desk_journal_lag_seconds", "desk_journal_dropped_total")
        return tuple(found[name] for name in names)

    assert told() == (0, 0, 0)
    journal.note(noted(1))
    assert told() == (1, 9, 0)
    assert not journal.write()
    assert told() == (1, 9, 0), "it was taken up, and is not saved"
    journal.dropped = 4
    assert told() == (1, 9, 4)
    tally.stop()
