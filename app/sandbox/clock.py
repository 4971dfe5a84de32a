"""The clocks of a workspace: real time, N times faster, and one that is stepped."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

Clock = Callable[[], datetime]
"""What tells the time, in UTC."""


def utc_now() -> datetime:
    """The clock when none is given."""
    return datetime.now(UTC)


class FastClock:
    """Begins at a time, and goes `factor` times as fast as real time. Raises ValueError for no factor."""

    def __init__(self, start: datetime, factor: float) -> None:
        if not factor > 0:
            raise ValueError("a clock goes some times as fast as real time, not 0 times or back")
        self._start = start
        self._factor = factor
        self._began = monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=(monotonic() - self._began) * self._factor)


class SteppedClock:
    """Stands still until somebody moves it; never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def move(self, to: datetime) -> None:
        """Move to a time; one that is past already changes nothing."""
        self._now = max(self._now, to)

    def advance(self, seconds: float) -> None:
        """Move on by some seconds."""
        self._now += timedelta(seconds=seconds)
