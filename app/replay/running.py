"""One run over saved callbacks: each is decided again, compared and counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.errors import Unreadable
from app.model import Decision, Saved
from app.replay.again import Again, Clock, again
from app.replay.comparing import Against, Before, choice_of
from app.replay.rows import Rows
from app.replay.saved import BadLine
from app.replay.tally import EXAMPLES, Bad, Changed, Pair, Tally


class Part(NamedTuple):
    """What came of some of the callbacks, and a row for each where rows are wanted."""

    tally: Tally
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What all callbacks of a run share. `keep` is how many that changed are held as examples."""

    rules: RuleSet
    against: Against | None
    clock: Clock
    keep: int
    with_rows: bool = False

    def part(self, source: str, items: Iterable[Saved | BadLine]) -> Part:
        """Decides what was read of a source."""
        counting = _Counting(self, source)
        for item in items:
            if isinstance(item, BadLine):
                counting.bad(item)
                continue
            try:
                asked = again(item, self.clock)
            except Unreadable as error:
                counting.bad(BadLine(item.line, str(error)))
                continue
            decision = asked.decided(self.rules)
            before = self.against.before(item, asked, decision) if self.against else None
            counting.add(item, asked, decision, before)
        return Part(counting.tally, counting.rows.text() if counting.rows else "")


class _Counting:
    """The sums of one part while they grow."""

    def __init__(self, run: Run, source: str) -> None:
        self.tally = Tally(keep=run.keep)
        self.rows = Rows(source) if run.with_rows else None
        self.rules = run.rules
        self.source = source

    def bad(self, line: BadLine) -> None:
        self.tally.bad_lines += 1
        if len(self.tally.bad) < EXAMPLES:
            self.tally.bad.append(Bad(self.source, line))

    def add(self, saved: Saved, asked: Again, decision: Decision, before: Before | None) -> None:
        tally, choice = self.tally, choice_of(decision)
        tally.callbacks += 1
        tally.decided[choice] += 1
        tally.hours[_hour(asked.at), decision.rule] += 1
        if not asked.is_timed:
            tally.untimed += 1
        if before:
            pair = Pair(before.choice, choice)
            tally.compared += 1
            tally.pairs[pair] += 1
            if before.is_changed:
                self.changed(saved, asked, pair)
        if self.rows:
            scope = scope_of(asked.callback, self.rules.variables, asked.at)
            self.rows.add(saved, asked.callback, self.rules.task_type(scope), choice, before)

    def changed(self, saved: Saved, asked: Again, pair: Pair) -> None:
        self.tally.changes[pair] += 1
        if len(self.tally.examples) < self.tally.keep:
            sids = asked.callback.task_sid, asked.callback.reservation_sid
            self.tally.examples.append(Changed(self.source, saved.line, asked.at, *sids, pair, (), saved))


def _hour(at: datetime) -> datetime:
    return at - timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
