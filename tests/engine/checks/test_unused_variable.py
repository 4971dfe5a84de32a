"""R057: vars that nothing uses."""

import pytest

from app.engine.catalogue import Check
from app.model import Location
from tests.builders import problems

RULES = """\
vars:
  used: 5
  idle: 6
default: {defer: later}
rules: [{name: only, task_type: a, defer: it waits, when: priority == vars.used}]
"""


def test_a_var_that_nothing_uses() -> None:
    """The place is that of its name."""
    [found] = problems(RULES)
    assert (found.check, found.location, found.rule) == (
        Check.UNUSED_VARIABLE,
        Location("rules.yaml", 3, 3),
        None,
    )
    assert found.message == "nothing uses the var 'idle'"


@pytest.mark.parametrize(
    "rule",
    [
        "{name: other, defer: x, when: a == vars.idle}",
        "{name: other, defer: x, when: a == vars.idle, enabled: false}",
        "{name: other, task_type: b, reply: {instruction: dequeue, timeout: '{{ vars.idle }}'}}",
        "{name: other, task_type: b, reply: {instruction: dequeue, timeout: '{{ task.a or vars.idle }}'}}",
    ],
)
def test_what_uses_a_var(rule: str) -> None:
    """A `when` and a template do, also those of a rule that is switched off."""
    assert problems(RULES.replace("rules: [", f"rules: [{rule}, ")) == ()


def test_rules_with_errors_are_not_judged() -> None:
    """What uses it may be what could not be read."""
    found = problems(RULES + "allowed_numbers: 5\n")
    assert [problem.check for problem in found] == [Check.WRONG_TYPE]
