"""Coverage, beside what `explain` says of the same calls."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.case_coverage import Coverage, Unseen
from app.engine.case_reading import read_cases
from app.engine.cases import run
from app.engine.explain import Verdict, explain
from app.engine.expressions import show
from app.engine.loading import read_rules
from app.engine.source import SourceFile

RULES = """\
default: {defer: x}
rules:
  - {name: one, task_type: a, when: "x == 1 OR NOT (y == 1)", defer: x}
  - {name: two, when: ["x == 2 AND y == 1", "z != null"], defer: x}
  - {name: three, task_type: [a, b], when: "NOT (x == 1 OR y == 2) AND z > 1", defer: x}
  - {name: four, task_type: b, defer: x}
"""
CALLS = st.fixed_dictionaries(
    {},
    optional={"type": st.sampled_from(["a", "b"]), **{key: st.integers(0, 2) for key in "xyz"}},
)


def holding(tasks: Sequence[Mapping[str, object]]) -> SourceFile:
    items = "".join(
        f"  - {{name: t{n}, task: {json.dumps(task)}, expect: {{rule: default}}}}\n"
        for n, task in enumerate(tasks)
    )
    return SourceFile("a_test.yaml", f"tests:\n{items}" if tasks else "")


@settings(deadline=None, max_examples=100)
@given(tasks=st.lists(CALLS, max_size=6))
def test_it_agrees_with_explain(tasks: list[dict[str, Any]]) -> None:
    """A rule that was reached shows what its comparisons made of the call; nothing else counts."""
    files = [SourceFile("rules.yaml", RULES), holding(tasks)]
    ruleset, _ = read_rules(files, {})
    assert ruleset
    seen = set()
    for case in read_cases(files):
        explained = explain(ruleset, case.callback, case.at)
        seen.add((explained.decision.rule, "decides"))
        for step in explained.steps:
            if step.outcome in {Verdict.MATCHED, Verdict.FAILED}:
                found = (each for term in step.terms for each in term.comparisons())
                seen |= {(step.rule, f"{show(each.expression)}: {each.held}") for each in found}
    covered = run(files, {}).coverage
    assert covered.total == 1 + 4 + 2 * 8
    assert len(covered.unseen) == covered.total - len(seen)
    assert (covered.percent == 100) == (not covered.unseen)


def test_all_can_be_seen() -> None:
    """By these tasks, and by none fewer."""
    tasks: list[dict[str, object]] = [
        {"type": "a", "x": 1},
        {"type": "a", "y": 1},
        {"type": "a", "x": 2, "y": 1, "z": 1},
        {"type": "b", "x": 1, "y": 2},
        {"type": "b", "x": 0, "y": 1, "z": 2},
    ]
    rules = SourceFile("rules.yaml", RULES)
    everything = run([rules, holding(tasks)], {}).coverage
    assert everything.unseen == ()
    for task in tasks:
        fewer = run([rules, holding([each for each in tasks if each is not task])], {}).coverage
        assert fewer.percent < 100


@pytest.mark.parametrize("process", ["yes", "no"])
def test_a_constant_that_another_environment_turns_over(process: str) -> None:
    """It was seen, whatever it is in the environment in which the tests are run."""
    rules = SourceFile(
        "rules.yaml",
        "vars: {open: '${OPEN:-yes}'}\ndefault: {defer: x}\n"
        'rules: [{name: one, when: vars.open == "yes" AND n == 1, defer: x}]\n',
    )
    tests = SourceFile(
        "a_test.yaml",
        "tests:\n"
        "  - {name: a, env: {OPEN: yes}, task: {n: 1}, expect: {rule: one}}\n"
        "  - {name: b, env: {OPEN: yes}, task: {n: 2}, expect: {rule: default}}\n",
    )
    ran = run([rules, tests], {"OPEN": process})
    assert (ran.failed, ran.coverage) == (0, Coverage(5, ()))
    (unseen, *_) = run([rules], {"OPEN": process}).coverage.unseen[1:]
    assert unseen.message == f'vars.open == "yes" is never {"true" if process == "yes" else "false"}'


def test_a_rule_that_is_switched_off_does_not_count() -> None:
    """It is as if it were not there."""
    off = "  - {name: off, enabled: false, when: x == 1, defer: x}\n"
    without, with_it = (run([SourceFile("rules.yaml", text)], {}).coverage for text in (RULES, RULES + off))
    assert without == with_it


@pytest.mark.parametrize(
    ("total", "unseen", "percent"), [(1000, 1, 99), (1000, 0, 100), (3, 1, 66), (1, 1, 0)]
)
def test_percent(total: int, unseen: int, percent: int) -> None:
    """Rounded down, so that 100 is all."""
    assert Coverage(total, (Unseen("x", "y"),) * unseen).percent == percent
