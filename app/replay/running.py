"""One run over saved callbacks: each is decided again, compared and counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from app.engine.ruleset import RuleSet
from app.errors import Unreadable
from app.model import Decision, Saved
from app.replay.again import Again, Clock, again
from app.replay.comparing import Against, Before, choice_of
from app.replay.rows import Rows
from app.replay.saved import BadLine
from app.replay.tally import EXAMPLES, Bad, Changed, Choice, Pair, Tally

# What is counted together in one hour: what was decided, and before, and whether there was a time.
Outcome: TypeAlias = tuple[Choice, Before | None, bool]


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
        rules, against, clock, variables = self.rules, self.against, self.clock, self.rules.variables
        for item in items:
            if isinstance(item, BadLine):
                counting.bad(item)
                continue
            try:
                asked = again(item, clock, variables)
            except Unreadable as error:
                counting.bad(BadLine(item.line, str(error)))
                continue
            decision = asked.decided(rules)
            before = against.before(item, asked, decision) if against else None
            counting.add(item, asked, decision, before)
        return Part(counting.ended(), counting.rows.text() if counting.rows else "")


class _Counting:
    """The sums of one part while they grow."""

    def __init__(self, run: Run, source: str) -> None:
        self.tally = Tally(keep=run.keep)
        self.hours: dict[int, dict[Outcome, int]] = defaultdict(lambda: defaultdict(int))
        self.rows = Rows(source) if run.with_rows else None
        self.rules = run.rules
        self.source = source

    def bad(self, line: BadLine) -> None:
        self.tally.bad_lines += 1
        if len(self.tally.bad) < EXAMPLES:
            self.tally.bad.append(Bad(self.source, line))

    def add(self, saved: Saved, asked: Again, decision: Decision, before: Before | None) -> None:
        choice = choice_of(decision)
        at = asked.scope.now
        self.hours[at.toordinal() * 24 + at.hour][choice, before, asked.is_timed] += 1
        if before and before.is_changed and len(self.tally.examples) < self.tally.keep:
            self.example(saved, asked, Pair(before.choice, choice))
        if self.rows:
            self.rows.add(saved, asked.callback, self.rules.task_type(asked.scope), choice, before)

    def example(self, saved: Saved, asked: Again, pair: Pair) -> None:
        sids = asked.callback.task_sid, asked.callback.reservation_sid
        self.tally.examples.append(Changed(self.source, saved.line, asked.at, *sids, pair, (), saved))

    def ended(self) -> Tally:
        """The sums: callbacks of which all is equal were counted together."""
        tally, outcomes = self.tally, Counter[Outcome]()
        for hour, counted in self.hours.items():
            at = datetime.fromordinal(hour // 24).replace(hour=hour % 24, tzinfo=UTC)
            for (choice, _, _), count in counted.items():
                tally.hours[at, choice.rule] += count
            outcomes.update(counted)
        for (choice, before, is_timed), count in outcomes.items():
            tally.callbacks += count
            tally.decided[choice] += count
            tally.untimed += 0 if is_timed else count
            if before:
                self.compared(Pair(before.choice, choice), count, is_changed=before.is_changed)
        return tally

    def compared(self, pair: Pair, count: int, *, is_changed: bool) -> None:
        self.tally.compared += count
        self.tally.pairs[pair] += count
        if is_changed:
            self.tally.changes[pair] += count
