"""A saved callback as it is decided again: what `decide` is asked, and at which time."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.engine.callback import read_callback
from app.engine.decide import decide_scope
from app.engine.ruleset import RuleSet
from app.engine.scope import Scope, scope_of
from app.engine.timestamp import read_time
from app.model import Callback, Decision, Saved
from app.replay.given import decided_at, decided_from, rejections_of


class Clock(NamedTuple):
    """`fixed` is the time of every callback, where there is one; `today` that of those without any."""

    today: datetime
    fixed: datetime | None = None


class Again(NamedTuple):
    """What `decide` is asked. Without `is_timed` the callback has no time, and that of today is taken."""

    callback: Callback
    scope: Scope
    is_timed: bool
    rejections: int

    @property
    def at(self) -> datetime:
        """The time of the decision, in UTC."""
        return self.scope.now

    def decided(self, rules: RuleSet) -> Decision:
        """What rules make of it, whatever their `vars`."""
        scope, variables = self.scope, rules.variables
        seen = scope if scope.variables is variables else scope.beside(variables)
        return decide_scope(rules, seen, self.rejections)


def again(saved: Saved, clock: Clock, variables: Mapping[str, object]) -> Again:
    """What is asked of a saved callback, as rules with these `vars` see it.

    The time is the clock's fixed one, else that of the decision, else when the callback came, else its
    Timestamp, else today's. Raises Unreadable where it is no callback, or its decision is odd.
    """
    if saved.decision:
        params, known, rejections = decided_from(saved), decided_at(saved), rejections_of(saved)
    else:  # as nearly all lines of some files, which are to be read fast
        params, known, rejections = saved.params, saved.received_at, 0
    callback = read_callback(params)
    at, is_timed = _time(known, callback, clock)
    return Again(callback, scope_of(callback, variables, at), is_timed, rejections)


def _time(known: datetime | None, callback: Callback, clock: Clock) -> tuple[datetime, bool]:
    if clock.fixed:
        return clock.fixed, True
    at = known or read_time(callback.sid("Timestamp"))
    return (at, True) if at else (clock.today, False)
