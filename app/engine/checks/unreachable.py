"""R014 unreachable (warning): a rule that decides no call, since earlier rules take all that it matches.

The first rule that matches decides. Whatever matches this rule matches one of those before it as well:
`priority > 5` takes what `priority > 10` would, and two rules for parts of a list take the whole list. Move
the rule before the ones that are named, or remove it. This is found by sets of calls, so the conditions need
not look alike, and several rules may cover one together.

Wrong:

    rules:
      - name: urgent
        task_type: support
        when: priority > 5
        defer: the next agent takes it
      - name: very-urgent
        task_type: support
        when: priority > 10
        defer: the supervisor takes it

Right:

    rules:
      - name: very-urgent
        task_type: support
        when: priority > 10
        defer: the supervisor takes it
      - name: urgent
        task_type: support
        when: priority > 5
        defer: the next agent takes it
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.ruleset import Rule
from app.engine.witness import Verdict
from app.engine.written import Written
from app.model import Level, Problem

CHECK = Check.UNREACHABLE


def find(written: Written) -> Iterator[Problem]:
    """Rules whose calls are all taken."""
    for rule, reach in written.reaches:
        if reach.verdict is Verdict.NONE and reach.covering:
            taking = _named(reach.covering)
            message = f"it can never be reached: {taking} before it"
            hint = "move it up, or remove it"
            yield Problem(CHECK, message, rule.node.location, Level.WARNING, rule.name, hint)


def _named(rules: tuple[Rule, ...]) -> str:
    *others, last = (repr(rule.name) for rule in rules)
    if others:
        return f"{', '.join(others)} and {last} together take all its calls"
    return f"{last} takes all its calls"
