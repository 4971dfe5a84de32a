"""R017: a `when` that asks for another type than the rule looks at."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems
from tests.engine.checks.one_rule import told

RULES = """\
default: {defer: later}
rules: [{name: only, task_type: support, when: type == "billing", defer: it waits}]
"""


@pytest.mark.parametrize(
    ("when", "at", "asks"),
    [
        ('type == "billing"', 8, '"billing"'),
        ('"billing" == task.type', 0, '"billing"'),
        ('type IN ["billing", "sales"]', 8, '"billing" or "sales"'),
        ('["billing"] HAS type', 0, '"billing"'),
        ("type == 5", 8, "5"),
        ('a == 1 AND (b == 2 AND type == "billing")', 31, '"billing"'),
    ],
)
def test_what_must_hold_and_asks_for_another_type(when: str, at: int, asks: str) -> None:
    """The rule never matches, since it looks at other tasks."""
    [found] = told(when, rule="task_type: [support, chat]")
    assert (found.check, found.at) == (Check.TYPE_CONTRADICTED, at)
    assert found.message == (
        f"`when`: the rule looks at tasks of type support or chat alone; this asks for {asks}"
    )
    assert "task_type" in found.hint


def test_a_type_of_vars_is_told_by_name() -> None:
    """Its value is known, and not shown."""
    [found] = told("type == vars.kind", variables="{kind: billing}", rule="task_type: support")
    assert (found.check, found.at) == (Check.TYPE_CONTRADICTED, 8)
    assert "vars.kind" in found.message
    assert "billing" not in found.message


@pytest.mark.parametrize(
    "when",
    [
        'type == "support"',
        'type IN ["billing", "support"]',
        'type == "billing" OR a == 1',
        'worker.type == "billing"',
        'NOT (type == "billing")',
    ],
)
def test_what_contradicts_nothing(when: str) -> None:
    """One of the rule's types will do, and so will another way to match."""
    found = told(when, rule="task_type: support")
    assert Check.TYPE_CONTRADICTED not in [problem.check for problem in found]


def test_a_rule_of_any_type_is_contradicted_by_none() -> None:
    """It says by its `when` alone which tasks it is for."""
    assert told('type == "billing"') == []


def test_where_the_type_is_found_elsewhere() -> None:
    """`task.type` is then an attribute as any other."""
    assert [found.check for found in problems(RULES)] == [Check.TYPE_CONTRADICTED]
    assert problems(RULES + "task_type_from: task.kind\n") == ()


def test_rules_with_errors_are_not_judged() -> None:
    """What stands in `task_type_from` may be the error."""
    checks = [found.check for found in problems(RULES + "task_type_from: a b\n")]
    assert checks == [Check.EXPRESSION]
