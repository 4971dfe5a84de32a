"""R016: rules that no call matches."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems
from tests.engine.checks.one_rule import told

BLOCK = 4  # behind the beginning of its line: where the text of a `when` begins


@pytest.mark.parametrize(
    "when",
    [
        'language == "en" AND language == "fr"',
        "x > 5 AND x < 5",
        "taskrouter.currentTime >= 1800 AND taskrouter.currentTime < 0900",
        "taskrouter.currentTime > 860 AND taskrouter.currentTime < 899",
        "x == null AND x.y == 1",
        "x IN null",
        "x == vars.it AND x != vars.it",
        "x == 1 AND x == 2 AND y == vars.it",
    ],
)
def test_what_no_call_makes_true(when: str) -> None:
    """Whatever `vars` hold, where it reads them."""
    found = told(when, variables="{it: 1}" if "vars" in when else "{}")
    assert [(each.check, each.at) for each in found] == [(Check.NEVER_TRUE, BLOCK)]
    assert found[0].hint == "mend it, or set `enabled: false`"


@pytest.mark.parametrize(
    ("when", "value"),
    [
        ("vars.it == true", "false"),
        ("vars.it == true AND x == 1", "null"),
        ("x IN vars.it", "[]"),
        ("taskrouter.currentTime >= vars.it", "2400"),
        ("taskrouter.currentTime < vars.it", "0"),
        ("vars.it CONTAINS taskrouter.dayOfWeek", "none"),
        ("x == 1 AND x == vars.it", "2"),
        ("x MATCHES vars.it AND vars.it == 'b'", "a"),
    ],
)
def test_what_vars_make_never_true_is_a_setting(when: str, value: str) -> None:
    """A switch that is off, a shop that never closes: another environment says something else."""
    assert told(when, variables=f"{{it: {value}}}") == []


def test_the_place_is_that_of_the_term_to_blame() -> None:
    """Of a rule whose terms exclude each other it is the first; without terms, that of the rule."""

    def line(*terms: str, types: str = "support", more: str = "") -> int:
        listed = "\n".join(f"      - {term}" for term in terms)
        when = f"    when:\n{listed}\n" if terms else ""
        [found] = problems(
            "default: {defer: later}\n"
            "rules:\n"
            f"  - name: only\n    task_type: {types}\n    defer: it waits\n{when}{more}"
        )
        assert (found.check, found.rule) == (Check.NEVER_TRUE, "only")
        return found.location.line if found.location else 0

    assert line("a == 1", "b == 1 AND b == 2", "c == 1") == 8
    assert line("a == 1", "a == 2") == 7
    assert line("a == 1", 'type != "support"') == 7
    assert line(more="task_type_from: taskrouter.currentHour\n") == 3
