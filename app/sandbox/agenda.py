"""What is to happen at which time, by whatever clock the workspace has."""

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

Due = Callable[[datetime], None]
"""What happens; it is given the time for which it was planned, however late that is."""


class Agenda:
    """Plans by time; of the same time, what was planned first comes first. Not safe across threads."""

    def __init__(self) -> None:
        self._plans: list[tuple[datetime, int, Due]] = []
        self._numbers = count()

    def plan(self, at: datetime, what: Due) -> None:
        """Let something happen at a time."""
        heappush(self._plans, (at, next(self._numbers), what))

    @property
    def next_at(self) -> datetime | None:
        """The time of the next plan; None without any."""
        return self._plans[0][0] if self._plans else None

    def due(self, now: datetime) -> Iterator[tuple[datetime, Due]]:
        """Yield what is due by now, in order, and take it off; new plans come in their turn."""
        while self._plans and self._plans[0][0] <= now:
            at, _, what = heappop(self._plans)
            yield at, what
