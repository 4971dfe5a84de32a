"""Which rule decides: by task type, in reading order."""

import pickle
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.decide import decide
from app.engine.expressions import parse, parse_reference
from app.engine.expressions.meaning import holds
from app.engine.ruleset import Action, Rule, RuleSet, Term
from app.engine.scope import scope_of
from app.model import Location, Mode
from tests.builders import MONDAY_NOON, callback, ruleset


def rule(name: str, types: tuple[str, ...] = (), *when: str) -> Rule:
    terms = tuple(Term(text, parse(text)) for text in when)
    return Rule(name, types, terms, Action(Mode.DEFER), Location("rules.yaml"))


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


WHENS = st.sampled_from(
    [
        "x == 1",
        "x == 2",
        "x == true",
        "x IN [1, 2, null]",
        "x == 'a' AND y == 1",
        "y == 1 AND x == 'a'",
        "x == 'a' OR x == 'b'",
        "x == 'a' OR y == 'b'",
        "'b' == x AND y != 1",
        "NOT (x == 'a')",
        "x HAS 'a'",
        "x > 1",
        "x == null",
        "x == vars.a",
        "x IN vars.both",
        "y == vars.both",
        "x IN ['a', 'b'] AND x IN ['b', 'c']",
        "x == 'a' AND x == 'b'",
        "x == 'b' AND (x == 'a' OR y == 1)",
        "x IN ['a', true] AND x IN ['b', 1]",
    ]
)
VARS = {"a": "a", "both": ["a", "b"]}
VALUES = st.sampled_from([1, 2, 1.0, True, False, None, "a", "b", "c", "", ["a"], {"a": 1}])


@settings(deadline=None, max_examples=300)
@given(
    rules=st.lists(
        st.tuples(st.lists(st.sampled_from("abc"), max_size=3), st.lists(WHENS, max_size=2)), max_size=12
    ),
    task_type=st.sampled_from(["a", "b", "c", "d", None]),
    task=st.fixed_dictionaries({}, optional={"x": VALUES, "y": VALUES}),
)
def test_the_index_changes_nothing(
    rules: list[tuple[list[str], list[str]]], task_type: str | None, task: dict[str, object]
) -> None:
    """The rule found is the one that trying them one after the other finds, term by term."""
    tried = tuple(rule(f"r{n}", tuple(types), *terms) for n, (types, terms) in enumerate(rules))
    indexed = RuleSet(tried, Action(Mode.DEFER), VARS, "v", (parse_reference("type"),))
    scope = scope_of(callback({**task, "type": task_type}), VARS, MONDAY_NOON)
    expected = next(
        (
            each
            for each in tried
            if (not each.task_types or task_type in each.task_types)
            and all(holds(term.tree, scope) for term in each.when)
        ),
        None,
    )

    assert indexed.match(scope) == expected
    assert pickle.loads(pickle.dumps(indexed)).match(scope) == expected


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
    rules = tuple(rule(f"r{n}", (f"t{n}",) if n % 2 else ()) for n in range(4_000))
    tracemalloc.start()
    try:
        RuleSet(rules, Action(Mode.DEFER), {}, "v", ())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 5_000_000


def test_rules_are_found_by_what_few_of_them_share() -> None:
    """All of them take English, and each one customer: of a customer's call one rule is asked."""
    rules = tuple(
        rule(f"r{number}", (), f"lang IN ['en', 'x{number}', 'y{number}'] AND customer == 'c{number}'")
        for number in range(50)
    )
    made = RuleSet(rules, Action(Mode.DEFER), {}, "v", (parse_reference("type"),))
    scope = scope_of(callback({"lang": "en", "customer": "c7"}), {}, MONDAY_NOON)
    assert made.match(scope) is rules[7]
    assert made.asked(scope, len(rules)) == 1


def test_lists_of_nothing_find_nothing() -> None:
    """Rules that ask for one of no values are never found, and take nothing from the others."""
    rules = (rule("a", (), "lang IN []"), rule("b", (), "lang IN []"), rule("c"))
    made = RuleSet(rules, Action(Mode.DEFER), {}, "v", (parse_reference("type"),))
    assert made.match(scope_of(callback({"lang": "en"}), {}, MONDAY_NOON)) is rules[2]
