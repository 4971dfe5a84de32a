"""Which rules can decide, and what gets the default, by sets of calls."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.expressions import parse, parse_reference
from app.engine.reachability import TOO_LONG, TOO_MANY, Gaps, UndecidedGap, gaps, reaches
from app.engine.ruleset import Action, Rule, RuleSet, Term
from app.engine.scope import scope_of
from app.engine.witness import Example, Verdict
from app.model import Callback, Location, Mode
from tests.builders import MONDAY_NOON, callback, ruleset


def rules(*whens: str, **more: Any) -> RuleSet:
    """Rules r1, r2, … for tasks of type t, with these conditions; an empty one asks nothing."""
    lines = ["default: {defer: later}", "rules:"]
    for number, when in enumerate(whens, 1):
        asked = f"when: {when!r}, " if when else ""
        lines.append(f"  - {{name: r{number}, task_type: t, {asked}defer: x}}")
    return ruleset("\n".join(lines), **more)


def covering(rules: RuleSet) -> dict[str, list[str]]:
    """The rules that cannot be reached, each with those that take its calls."""
    return {
        each.rule.name: [rule.name for rule in each.covering]
        for each in reaches(rules)
        if each.verdict is Verdict.NONE
    }


def decider(rules: RuleSet, example: Example) -> Rule | None:
    call = Callback(dict(example.callback), example.task, example.worker)
    return rules.match(scope_of(call, rules.variables, example.at))


@pytest.mark.parametrize(
    ("whens", "covered"),
    [
        (["priority > 5", "priority > 10"], {"r2": ["r1"]}),
        (["priority > 10", "priority > 5"], {}),
        (["priority >= 5", "priority > 4"], {}),
        (["k IN ['a', 'b']", "k == 'c'", "k IN ['a', 'b', 'c']"], {"r3": ["r1", "r2"]}),
        (["k IN ['a', 'b']", "k IN ['a', 'b', 'c']"], {}),
        (["", "k == 'a'"], {"r2": ["r1"]}),
        (["k == 'a'", 'k = "a" AND v == 1'], {"r2": ["r1"]}),
        (["k == 'a' OR v == 1", "v == 1", "k == 'a'"], {"r2": ["r1"], "r3": ["r1"]}),
        (["taskrouter.currentHour < 12", "taskrouter.currentTime >= 1200", ""], {"r3": ["r1", "r2"]}),
        (["taskrouter.dayOfWeek IN ['Sat', 'sun']", "taskrouter.dayOfWeek == 'SUN'"], {"r2": ["r1"]}),
        (["vip == true", "vip != true", "a == 1"], {"r3": ["r1", "r2"]}),
        (["vip == true", "vip == false", "a == 1"], {}),
        (["p < 5", "p >= 5", "p == 7"], {"r3": ["r2"]}),
        (["worker.skills HAS 'a'", "worker.skills HAS 'a' AND worker.skills HAS 'b'"], {"r2": ["r1"]}),
        (["name CONTAINS 'ann'", "name CONTAINS 'joanna'"], {"r2": ["r1"]}),
        (["NOT (k == 'a')", "k != 'a' AND v == 2", "k == 'a'"], {"r2": ["r1"]}),
        (["a == b", "a == b AND c == 1"], {"r2": ["r1"]}),
        (["type == 't'", "x == 1"], {"r2": ["r1"]}),
    ],
)
def test_rules_that_earlier_ones_cover(whens: list[str], covered: dict[str, list[str]]) -> None:
    """Whether the conditions look alike or not, and one rule takes the calls or several do together."""
    assert covering(rules(*whens)) == covered


def test_rules_of_other_types_take_nothing() -> None:
    """A rule for two types is covered by one for each, or by one for any."""
    found = ruleset("""\
        default: {defer: later}
        rules:
          - {name: a, task_type: one, defer: x}
          - {name: b, task_type: two, defer: x}
          - {name: c, task_type: [one, two], defer: x}
          - {name: d, defer: x}
          - {name: e, task_type: three, defer: x}
        """)

    assert covering(found) == {"c": ["a", "b"], "e": ["d"]}


def test_the_type_may_be_found_in_several_places() -> None:
    """The first of task_type_from that is not null."""
    found = ruleset("""\
        default: {defer: later}
        task_type_from: [task.kind, task.type]
        rules:
          - {name: a, when: kind == "chat", defer: x}
          - {name: b, task_type: chat, defer: x}
          - {name: c, task_type: chat, when: type == "chat", defer: x}
        """)

    assert covering(found) == {"c": ["b"]}
    assert [gap.example.task for gap in gaps(found).found] == [{"kind": "other"}]


def test_a_rule_that_matches_no_call_is_covered_by_none() -> None:
    """Its own terms contradict each other, or its type."""
    assert covering(rules("a == 1 AND a == 2", "type == 'u'", "taskrouter.currentHour > 23")) == {
        "r1": [],
        "r2": [],
        "r3": [],
    }


def test_what_cannot_be_decided_is_said() -> None:
    """Two regular expressions: nobody looks for a text that fits both."""
    [found] = reaches(rules("called MATCHES '^[+]44' AND called MATCHES '0123$'"))

    assert found.verdict is Verdict.UNDECIDED
    assert "MATCHES" in found.reason


def test_very_many_rules_before_one_are_too_many() -> None:
    """The search ends, and says why."""
    whens = [f"n >= {number} AND n < {number + 1}" for number in range(40)]
    last = reaches(rules(*whens, "n >= 0 AND n < 40"))[-1]

    assert (last.verdict, last.reason) == (Verdict.UNDECIDED, TOO_MANY)


def test_rules_that_nothing_tells_apart_are_asked_as_long_as_patience_lasts() -> None:
    """Earlier ranges are asked one by one; of rules that are found by a value few are, and that is free."""
    ranges = [f"n >= {number} AND n < {number + 1}" for number in range(100)]
    values = [f"k == 'k{number}'" for number in range(100)]
    found = reaches(rules(*ranges, *values), patience=500)

    first = [each.verdict for each in found].index(Verdict.UNDECIDED)
    assert 30 < first < 100
    assert {(each.verdict, each.reason) for each in found[first:100]} == {(Verdict.UNDECIDED, TOO_LONG)}
    assert {each.verdict for each in reaches(rules(*values, *ranges[:19]), patience=0)} == {Verdict.FOUND}


def test_gaps_are_shown_by_a_call() -> None:
    """For each type that has one, and for the types that no rule names."""
    found = ruleset("""\
        default: {defer: later}
        rules:
          - {name: a, task_type: support, when: 'language IN ["en", "fr"]', defer: x}
          - {name: b, task_type: sales, defer: x}
        """)

    assert [(gap.task_type, gap.example.task) for gap in gaps(found).found] == [
        ("support", {"type": "support"}),
        (None, {"type": "other"}),
    ]
    assert gaps(ruleset("default: {defer: later}\nrules: [{name: a, defer: x}]\n")) == Gaps((), ())


def test_what_nobody_can_say_of_a_type_is_no_gap_and_not_silence() -> None:
    """A type is told with the reason, among others that have a gap or have none."""
    found = gaps(
        ruleset("""\
        default: {defer: later}
        rules:
          - {name: a, task_type: sales, when: 'NOT (n MATCHES "^[+]447" AND n MATCHES "(1|2)4$")', defer: x}
          - {name: b, task_type: support, defer: x}
        """)
    )

    assert [gap.task_type for gap in found.found] == [None]
    assert [gap.task_type for gap in found.undecided] == ["sales"]
    assert "MATCHES" in found.undecided[0].reason


def test_a_type_with_very_many_rules_is_told_as_not_known() -> None:
    """The search for a call that none of them takes ends, and says why."""
    ranges = [f"n >= {number} AND n < {number + 1}" for number in range(40)]
    found = gaps(rules(*ranges, "NOT (n >= 0 AND n < 40)"))

    assert found.undecided == (UndecidedGap("t", TOO_MANY),)


WHENS = st.sampled_from(
    [
        "p > 1",
        "p > 2",
        "p <= 2",
        "p == 'a'",
        "p IN ['a', 'b']",
        "p != 'a'",
        "q == true",
        "q != true",
        "q HAS 'a'",
        "q HAS 'b'",
        "NOT (q HAS 'a')",
        "p == q",
        "p CONTAINS 'a'",
        "taskrouter.currentHour < 12",
        "taskrouter.currentTime >= 1200",
    ]
)
VALUES = st.sampled_from([None, 0, 1, 2, 3, 1.5, True, False, "a", "b", "ab", "", ["a"], ["a", "b"], []])


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.lists(WHENS, max_size=2), min_size=1, max_size=6),
    st.lists(st.tuples(VALUES, VALUES, st.integers(0, 23)), min_size=20, max_size=20),
)
def test_no_call_contradicts_what_is_said(
    whens: list[list[str]], calls: list[tuple[object, object, int]]
) -> None:
    """A rule that is called unreachable decides no call; an example is decided by its rule."""
    made = tuple(
        Rule(
            f"r{number}",
            (),
            tuple(Term(text, parse(text)) for text in terms),
            Action(Mode.DEFER, reason="x"),
            Location("rules.yaml"),
        )
        for number, terms in enumerate(whens)
    )
    given_rules = RuleSet(made, Action(Mode.DEFER, reason="x"), {}, "v", (parse_reference("type"),))
    reached = {each.rule.name: each for each in reaches(given_rules)}
    told = gaps(given_rules)
    assert all(decider(given_rules, gap.example) is None for gap in told.found)
    for each in reached.values():
        assert each.example is None or decider(given_rules, each.example) is each.rule
    for p, q, hour in calls:
        scope = scope_of(callback({"p": p, "q": q}), {}, MONDAY_NOON.replace(hour=hour))
        rule = given_rules.match(scope)
        assert rule is None or reached[rule.name].verdict is not Verdict.NONE
        assert rule or told.found or told.undecided


def test_regular_expressions_are_searched_as_long_as_patience_lasts() -> None:
    """To look for a text costs patience even where no earlier rule takes a call."""
    given_rules = rules('a MATCHES "^(x|y)z$"', 'a MATCHES "q[0-9]+"')
    assert [each.verdict for each in reaches(given_rules)] == [Verdict.FOUND] * 2
    assert [each.reason for each in reaches(given_rules, patience=1)] == ["", TOO_LONG]
