"""Which rule decides: by task type, in reading order."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.decide import decide
from app.engine.ruleset import Action, Rule, RuleSet
from app.engine.scope import Scope, scope_of
from app.model import Mode
from tests.builders import MONDAY_NOON, callback, ruleset

RULES = """\
    default: {defer: later}
    rules:
      - {name: vip, when: vip == true, defer: x}
      - {name: talk, task_type: [support, sales], when: urgent == true, defer: x}
      - {name: french, when: language == "fr", defer: x}
      - {name: support, task_type: support, defer: x}
      - {name: rest, when: rest == true, defer: x}
    """


@pytest.mark.parametrize(
    ("task", "rule"),
    [
        ({"type": "support", "vip": True, "urgent": True}, "vip"),
        ({"type": "support", "urgent": True, "language": "fr"}, "talk"),
        ({"type": "sales", "urgent": True, "language": "fr"}, "talk"),
        ({"type": "support", "language": "fr"}, "french"),
        ({"type": "support", "rest": True}, "support"),
        ({"type": "sales", "rest": True}, "rest"),
        ({"type": "chat", "urgent": True, "rest": True}, "rest"),
        ({"urgent": True, "language": "fr"}, "french"),
        ({"type": "Support"}, "default"),
        ({"type": ["support"]}, "default"),
        ({"type": 7}, "default"),
        ({"type": None}, "default"),
        ({"type": ""}, "default"),
        ({}, "default"),
        ([], "default"),
        (None, "default"),
    ],
)
def test_the_first_rule_that_matches_decides(task: object, rule: str) -> None:
    """Rules of the task's type and rules of any type are tried in reading order, together."""
    assert decide(ruleset(RULES), callback(task), MONDAY_NOON).rule == rule


def always(_: Scope) -> bool:
    return True


def never(_: Scope) -> bool:
    return False


@settings(deadline=None, max_examples=60)
@given(
    types=st.lists(st.lists(st.sampled_from("abc"), max_size=3).map(tuple), max_size=8),
    holds=st.lists(st.booleans(), min_size=8, max_size=8),
    task_type=st.sampled_from(["a", "b", "c", "d", None]),
)
def test_the_index_changes_nothing(
    types: list[tuple[str, ...]], holds: list[bool], task_type: str | None
) -> None:
    """The rule found is the one that trying them one after the other finds."""
    rules = tuple(
        Rule(f"r{n}", names, (always if holds[n] else never,), Action(Mode.DEFER))
        for n, names in enumerate(types)
    )
    indexed = RuleSet(rules, Action(Mode.DEFER), {}, "v", (lambda _: task_type,))
    scope = scope_of(callback(), {}, MONDAY_NOON)
    expected = next(
        (
            rule
            for rule in rules
            if (not rule.task_types or task_type in rule.task_types) and rule.matches(scope)
        ),
        None,
    )

    assert indexed.match(scope) == expected


@pytest.mark.parametrize(
    ("task", "task_type"),
    [
        ({"kind": "a", "type": "b"}, "a"),
        ({"kind": None, "type": "b"}, "b"),
        ({"type": "b"}, "b"),
        ({"kind": "", "type": "b"}, ""),
        ({"kind": 7, "type": "b"}, ""),
        ({}, "queue"),
    ],
)
def test_the_type_is_the_first_reference_that_is_not_null(task: object, task_type: str) -> None:
    """Several references are tried in their order; a value that is no text is no type."""
    rules = ruleset("""\
        default: {defer: later}
        task_type_from: [task.kind, type, callback.TaskQueueName]
        """)
    call = callback(task, TaskQueueName="queue")

    assert rules.task_type(scope_of(call, {}, MONDAY_NOON)) == task_type


def test_a_task_without_any_type() -> None:
    """Where every reference is null, only rules of any type look at the task."""
    rules = ruleset("default: {defer: later}\ntask_type_from: worker.kind\n")

    assert rules.task_type(scope_of(callback({"type": "support"}), {}, MONDAY_NOON)) == ""


def test_a_type_named_twice_in_a_rule_counts_once() -> None:
    """`[a, a]` is `a`."""
    rules = ruleset("default: {defer: later}\nrules:\n  - {name: r, task_type: [a, a], defer: x}\n")

    assert decide(rules, callback({"type": "a"}), MONDAY_NOON).rule == "r"


def test_many_types_beside_many_rules_of_any_type() -> None:
    """The index grows with the rules, not with the product of types and rules of any type."""
    action = Action(Mode.DEFER)
    rules = tuple(Rule(f"r{n}", (f"t{n}",) if n % 2 else (), (), action) for n in range(4_000))
    tracemalloc.start()
    try:
        RuleSet(rules, action, {}, "v", ())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 5_000_000
