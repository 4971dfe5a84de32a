"""What a replay came to, and how it was made: all that a report of it may tell."""

from dataclasses import dataclass
from datetime import datetime

from app.replay.tally import Tally


@dataclass(frozen=True, slots=True)
class Replayed:
    """`against` names what was compared with, for people, as `sources` name what was read and `rules_folder`
    the rules that decided. `made` is when, in UTC, and `at` the time of every callback where there was one.
    """

    tally: Tally
    rules_version: str
    against: str
    rules_folder: str
    sources: tuple[str, ...]
    made: datetime
    at: datetime | None = None

    @property
    def changed_percent(self) -> float:
        """Of those that there was something to compare with."""
        return 100 * self.tally.changed / self.tally.compared if self.tally.compared else 0.0
