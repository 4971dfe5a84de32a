"""R014: rules whose calls earlier ones take. How that is found is told in test_reachability."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems

BEFORE = "default: {defer: later}\nrules:\n"


def found(*rules: str) -> list[tuple[str, str | None, int, str]]:
    text = BEFORE + "".join(f"  - {{{rule}, defer: x}}\n" for rule in rules)
    return [
        (each.check, each.rule, each.location.line if each.location else 0, each.message)
        for each in problems(text)
    ]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (["name: a", "name: b, when: x == 1"], {"b": "'a' takes all its calls before it"}),
        (["name: a", "name: b, task_type: t", "name: c"], {"b": "'a' takes", "c": "'a' takes"}),
        (["name: a, when: x == 1", "name: b, when: x == 1"], {"b": "'a' takes all its calls before it"}),
        (
            ["name: a, task_type: s", "name: b, task_type: t", "name: c, task_type: [t, s]"],
            {"c": "'a' and 'b' together take all its calls before it"},
        ),
        (
            [
                "name: a, when: x == 1",
                "name: b, when: x == 2",
                "name: c, when: x == 3",
                "name: d, when: 'x IN [1, 2, 3]'",
            ],
            {"d": "'a', 'b' and 'c' together take all its calls before it"},
        ),
    ],
)
def test_the_rules_that_take_its_calls_are_named(rules: list[str], told: dict[str, str]) -> None:
    """At the rule that cannot be reached."""
    lines = {rule.split(",")[0].removeprefix("name: "): number for number, rule in enumerate(rules, 3)}
    problems_found = found(*rules)
    assert {rule: line for _, rule, line, _ in problems_found} == {name: lines[name] for name in told}
    for check, rule, _, message in problems_found:
        assert check == Check.UNREACHABLE
        assert message.startswith("it can never be reached: ")
        assert told[str(rule)] in message


@pytest.mark.parametrize(
    "rules",
    [
        ["name: a, when: x == 1", "name: b"],
        ["name: a, task_type: t", "name: b"],
        ["name: a, task_type: t", "name: b, task_type: [t, s]"],
        ["name: a, when: worker.paused == true", "name: b, when: worker.paused != true"],
        ["name: a, enabled: false", "name: b, when: x == 1"],
        ["name: a, when: x > 10", "name: b, when: x > 5"],
    ],
)
def test_rules_that_are_left_some_calls(rules: list[str]) -> None:
    """The special before the general; and a rule that is switched off takes nothing."""
    assert found(*rules) == []
