"""What came of many callbacks: sums, which the processes that share the work add up, and a few examples."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from app.replay.saved import BadLine

EXAMPLES = 500  # changed callbacks, and bad lines, that are held; all are counted


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
    """A callback that is decided otherwise than before, and why: a sentence for each term that differs."""

    source: str
    line: int
    at: datetime
    task_sid: str
    reservation_sid: str
    pair: Pair
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that was skipped."""

    source: str
    line: BadLine


@dataclass(slots=True)
class Tally:
    """Of one run. `decided` counts what is decided now, `pairs` every callback that there was something to
    compare with, `changes` those that are decided otherwise: where the two choices are equal, values
    of the instruction differ. `hours` counts decisions by rule in each hour (UTC) of the callbacks' time.
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
        self.hours.update(other.hours)
        self.examples += other.examples[: EXAMPLES - len(self.examples)]
        self.bad += other.bad[: EXAMPLES - len(self.bad)]
