"""What came of many callbacks: sums, which the processes that share the work add up, and a few examples."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.model import Saved
from app.replay.saved import BadLine

EXAMPLES = 500  # changed callbacks, and bad lines, that are held; all are counted
MOST_TIMES = 100_000  # of `Tally.times` that are held
HOUR = timedelta(hours=1)
DAY, WIDEST = 24, 24 * 4096  # hours
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Choice(NamedTuple):
    """What was decided, as far as it is counted. `instruction` is empty for a `defer`."""

    rule: str
    mode: str
    instruction: str


class Pair(NamedTuple):
    """What a callback was decided before, and now."""

    before: Choice
    after: Choice


@dataclass(frozen=True, slots=True)
class Changed:
    """A callback that is decided otherwise than before, and why: a sentence for each term that differs.

    `saved` is how it was kept, where that is at hand.
    """

    source: str
    line: int
    at: datetime
    task_sid: str
    reservation_sid: str
    pair: Pair
    why: tuple[str, ...] = ()
    saved: Saved | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that was skipped."""

    source: str
    line: BadLine


@dataclass(slots=True)
class Tally:
    """Of one run. `decided` counts what is decided now, `pairs` every callback that there was something to
    compare with, `changes` those that are decided otherwise: where the two choices are equal, values
    of the instruction differ. `hours` counts decisions by rule in each hour (UTC) of the callbacks' time, or
    in each `span` of so many hours where that would be too many; `keep` is how many examples are held.
    """

    callbacks: int = 0
    bad_lines: int = 0
    untimed: int = 0  # without any time: decided at today's
    compared: int = 0
    decided: Counter[Choice] = field(default_factory=Counter)
    pairs: Counter[Pair] = field(default_factory=Counter)
    changes: Counter[Pair] = field(default_factory=Counter)
    hours: Counter[tuple[datetime, str]] = field(default_factory=Counter)
    examples: list[Changed] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    span: int = 1
    keep: int = EXAMPLES

    @property
    def changed(self) -> int:
        return self.changes.total()

    def add(self, other: "Tally") -> None:
        """Adds what another process counted of later lines."""
        self.callbacks += other.callbacks
        self.bad_lines += other.bad_lines
        self.untimed += other.untimed
        self.compared += other.compared
        self.decided.update(other.decided)
        self.pairs.update(other.pairs)
        self.changes.update(other.changes)
        self._add_hours(other)
        self.examples += other.examples[: self.keep - len(self.examples)]
        self.bad += other.bad[: EXAMPLES - len(self.bad)]

    def _add_hours(self, other: "Tally") -> None:
        if other.span > self.span:
            self._widen(other.span)
        if self.span > other.span:
            other = Tally(hours=other.hours)
            other._widen(self.span)
        self.hours.update(other.hours)
        while len(self.hours) > MOST_TIMES and self.span < WIDEST:
            self._widen(self.span * 2 if self.span > 1 else DAY)

    def _widen(self, span: int) -> None:
        wider: Counter[tuple[datetime, str]] = Counter()
        for (at, rule), count in self.hours.items():
            wider[at - (at - EPOCH) % (span * HOUR), rule] += count
        self.hours, self.span = wider, span
