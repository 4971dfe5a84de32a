"""A saved callback as it is decided again: what `decide` is asked, and at which time."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.engine.callback import read_callback
from app.engine.decide import decide_scope
from app.engine.ruleset import RuleSet
from app.engine.scope import Scope, scope_of
from app.engine.timestamp import read_time
from app.errors import Unreadable
from app.model import Callback, Decision, Saved

INLINE = "inline"  # what `answered` says of a post that the answer held


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
    inline: bool

    @property
    def at(self) -> datetime:
        """The time of the decision, in UTC."""
        return self.scope.now

    def decided(self, rules: RuleSet) -> Decision:
        """What rules make of it, whatever their `vars`."""
        scope, variables = self.scope, rules.variables
        seen = scope if scope.variables is variables else scope.beside(variables)
        return decide_scope(rules, seen, self.rejections, inline=self.inline)


def again(saved: Saved, clock: Clock, variables: Mapping[str, object]) -> Again:
    """What is asked of a saved callback, as rules with these `vars` see it.

    The time is the clock's fixed one, else that of the decision, else when the callback came, else its
    Timestamp, else today's. Raises Unreadable where it is no callback, or its decision is odd.
    """
    decision = saved.decision
    if not decision:
        callback = read_callback(saved.params)
        at, is_timed = _time(saved.received_at, callback, clock)
        return Again(callback, scope_of(callback, variables, at), is_timed, 0, False)
    callback = read_callback(_params(saved.params, decision))
    at, is_timed = _time(_decided_at(decision) or saved.received_at, callback, clock)
    scope = scope_of(callback, variables, at)
    return Again(callback, scope, is_timed, rejections_of(decision), decision.get("answered") == INLINE)


def rejections_of(decision: Mapping[str, object]) -> int:
    """How often the task had been rejected by us; 0 where the decision does not say."""
    rejections = decision.get("rejections")
    return rejections if isinstance(rejections, int) and rejections > 0 else 0


def _time(known: datetime | None, callback: Callback, clock: Clock) -> tuple[datetime, bool]:
    if clock.fixed:
        return clock.fixed, True
    at = known or read_time(callback.sid("Timestamp"))
    return (at, True) if at else (clock.today, False)


def _params(
    params: Mapping[str, str | list[str]], decision: Mapping[str, object]
) -> Mapping[str, str | list[str]]:
    """Those from which the callback was decided: of a repeated one, they are the first one's."""
    first = decision.get("decided_from")
    if first is None:
        return params
    if not isinstance(first, dict) or not all(isinstance(text, str | list) for text in first.values()):
        raise Unreadable("`decision.decided_from` is no object of parameters: leave it out")
    return first


def _decided_at(decision: Mapping[str, object]) -> datetime | None:
    written = decision.get("decided_at")
    if written is None:
        return None
    at = read_time(written) if isinstance(written, str) else None
    if at is None:
        raise Unreadable("`decision.decided_at` is no time: write one such as 2026-11-23T17:30:00Z")
    return at
