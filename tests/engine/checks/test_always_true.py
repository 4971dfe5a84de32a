"""R015: terms that every call makes true."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems
from tests.engine.checks.one_rule import told

BLOCK = 4  # behind the beginning of its line: where the text of a `when` begins


@pytest.mark.parametrize(
    "when",
    [
        "x != 5 OR x != 6",
        "NOT (x == 1 AND x == 2)",
        "taskrouter.currentHour >= 0",
        "taskrouter.currentTime < 2400",
        'taskrouter.dayOfWeek != "Sat" OR taskrouter.dayOfWeek != "Sun"',
        "x == vars.it OR x != vars.it",
        "x NOT IN null",
    ],
)
def test_what_every_call_makes_true(when: str) -> None:
    """Of any values, and of none; also where `vars` are read, and it does not matter what they hold."""
    used = when if "vars" in when else f"({when})"
    found = told(used, variables="{it: 1}" if "vars" in when else "{}")
    assert [(each.check, each.at) for each in found] == [(Check.ALWAYS_TRUE, BLOCK)]
    assert found[0].message == "`when`: every call makes this true"


@pytest.mark.parametrize(
    ("when", "value"),
    [
        ("vars.it == true", "true"),
        ("vars.it != true", "null"),
        ("x NOT IN vars.it", "[]"),
        ("taskrouter.currentTime >= vars.it", "0"),
        ("NOT (vars.it CONTAINS taskrouter.dayOfWeek)", "none"),
    ],
)
def test_what_vars_make_true_is_a_setting(when: str, value: str) -> None:
    """A switch that is on, a list without exceptions: another environment says something else."""
    assert told(when, variables=f"{{it: {value}}}") == []


@pytest.mark.parametrize(
    "when",
    [
        "worker.paused != true",
        "x != 5",
        "NOT (x == 1)",
        "x != null OR y == 1",
        "x < 5 OR x >= 5",
        "worker.sid NOT IN task.excluded",
        'x CONTAINS ""',
    ],
)
def test_what_some_calls_make_false(when: str) -> None:
    """What differs from a value need not be there; `x < 5 OR x >= 5` asks for a number."""
    assert told(when) == []


def test_each_term_of_a_list_is_looked_at() -> None:
    """The place is that of the term which asks nothing."""
    [found] = problems("""\
        default: {defer: later}
        rules:
          - name: only
            when:
              - x == 1
              - y != 5 OR y != 6
            defer: it waits
        """)
    assert found.location is not None
    assert (found.check, found.rule) == (Check.ALWAYS_TRUE, "only")
    assert (found.location.line, found.location.column) == (6, 9)
