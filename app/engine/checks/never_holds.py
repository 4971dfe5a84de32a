"""R012 never-holds (warning): a comparison that cannot hold, because its two sides are of different kinds.

The hour is a number, and a number compares with numbers alone: `taskrouter.currentHour >= "9"` is false at any
time. `0900` is text as well, since YAML numbers have no leading zero. Of a callback's own parameters TaskAge and
TaskPriority are numbers, and all others are text.

Wrong:

    rules:
      - name: evening
        when: taskrouter.currentTime >= "1800"
        defer: nobody is there

Right:

    rules:
      - name: evening
        when: taskrouter.currentTime >= 1800
        defer: nobody is there
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Constant, Operand, Reference, comparisons
from app.engine.written import Written, WrittenRule, WrittenTerm
from app.model import Level, Problem

CHECK = Check.NEVER_HOLDS
HINT = "write 900 for nine o'clock: unquoted, and without a leading zero"


def find(written: Written) -> Iterator[Problem]:
    """Comparisons of the clock with what is no number."""
    for rule in written.rules:
        for term in rule.terms:
            yield from _in_term(rule, term)


def _in_term(rule: WrittenRule, term: WrittenTerm) -> Iterator[Problem]:
    message = "`when`: the time is a number, and this compares it with another kind of value"
    for comparison in comparisons(term.resolved):
        sides = comparison.left, comparison.right
        for clock, other in (sides, reversed(sides)):
            if _is_hour(clock) and isinstance(other, Constant) and isinstance(other.value, str | bool | dict):
                yield Problem(CHECK, message, term.place(other.at), Level.WARNING, rule.name, HINT)


def _is_hour(operand: Operand) -> bool:
    return isinstance(operand, Reference) and operand.root == "taskrouter" and operand.path != ("dayOfWeek",)
