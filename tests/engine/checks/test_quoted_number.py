"""R024: numbers that are written as text, where nothing tells which the attribute holds."""

import pytest

from app.engine.catalogue import Check
from app.model import Level
from tests.builders import problems
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    ("when", "at", "shown"),
    [
        ('priority == "5"', 12, '"5"'),
        ('worker.level != "-5.5"', 16, '"-5.5"'),
        ('priority IN ["1", "2"]', 12, '"1" or "2"'),
        ('priority NOT IN ["1", null, "2"]', 16, '"1" or "2"'),
        ('worker.floors HAS "123456789"', 18, '"123456789"'),
        ('"5" IN worker.floors', 0, '"5"'),
        ('"5" == task.priority', 0, '"5"'),
        ('x == "5" OR y == 5', 5, '"5"'),
        ('x == "5" OR x == null OR x == true', 5, '"5"'),
    ],
)
def test_a_number_in_quotes(when: str, at: int, shown: str) -> None:
    """It never equals the number; and that alone is said."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.QUOTED_NUMBER, at)
    assert found.message == f"`when`: {shown} is text, and never equals a number"


def test_it_is_a_note_with_the_way_out() -> None:
    """It asks nothing, since the quotes may be right."""
    [found] = problems("default: {defer: x}\nrules: [{name: a, when: priority == '5', defer: x}]\n")
    assert (found.check, found.level, found.rule) == (Check.QUOTED_NUMBER, Level.NOTE, "a")
    assert found.hint == "write 5 without quotes where task.priority is a number"


@pytest.mark.parametrize("text", ["0042", "+44", "1234567890", "12345.67890", "1e3", "1_000", "5 ", "٥", ""])
def test_what_is_no_plain_number_is_text(text: str) -> None:
    """Without quotes too, or it is too long for anything but an id."""
    assert told(f'x == "{text}"') == []


@pytest.mark.parametrize(
    "other",
    [
        'x == "B2"',
        'x IN ["0042", "7"]',
        'x HAS "1234567890"',
        'x CONTAINS "5"',
        'x MATCHES "^5"',
        'x == "5" OR task.x != "none"',
    ],
)
def test_an_attribute_that_is_plainly_text(other: str) -> None:
    """Somewhere in the rules, before or behind."""
    assert told(f'x == "5" OR {other}') == []
    assert (
        problems(f"""\
        default: {{defer: later}}
        rules:
          - {{name: a, when: 'y == 1 AND x == "5"', defer: it waits}}
          - {{name: b, when: '{other}', defer: it waits}}
        """)
        == ()
    )


@pytest.mark.parametrize(
    "when",
    [
        'x == "5" OR x == 6',
        'x IN [5, "5"]',
        'x == "5" OR x > 3',
        'x == "5" OR x > "3"',
        'callback.Digits == "5"',
    ],
)
def test_what_others_tell_and_what_is_known(when: str) -> None:
    """Beside numbers R022 tells it, or both are asked for; a callback's own parameters are text."""
    assert Check.QUOTED_NUMBER not in [each.check for each in told(when)]


@pytest.mark.parametrize(("types", "count"), [("support", 0), ("'7'", 1)])
def test_task_types_are_texts(types: str, count: int) -> None:
    """What the rules' task_type says of the type is known of it."""
    found = problems(f"""\
        default: {{defer: later}}
        rules:
          - {{name: a, when: type == "5", defer: it waits}}
          - {{name: b, task_type: {types}, defer: it waits}}
        """)
    assert [each.check for each in found] == [Check.QUOTED_NUMBER] * count


def test_it_is_told_once_for_an_attribute_and_rule() -> None:
    """Not for each comparison, nor for each item; of another attribute and in another rule again."""
    found = problems("""\
        default: {defer: later}
        rules:
          - {name: a, when: ['x == "5" OR task.x == "6"', 'x != "7" AND y == "1"'], defer: it waits}
          - {name: b, when: 'x IN ["1", "2", "3"]', defer: it waits}
        """)
    assert [(each.rule, str(each.hint)[-18:]) for each in found] == [
        ("a", "task.x is a number"),
        ("a", "task.y is a number"),
        ("b", "task.x is a number"),
    ]


def test_the_values_of_vars() -> None:
    """They are shown by name, and their quotes stand under `vars`."""
    [found] = told("x == vars.level", variables="{level: '5'}")
    assert (found.check, found.at) == (Check.QUOTED_NUMBER, 5)
    assert found.message == "`when`: vars.level is text, and never equals a number"
    assert found.hint == "take the quotes off it under `vars` where task.x is a number"


def test_it_is_told_of_a_whole_rule_set_alone() -> None:
    """A rule with an error may show that the attribute is text."""
    found = problems("""\
        default: {defer: later}
        rules:
          - {name: a, when: 'x == "5"', defer: it waits}
          - {name: b, when: 'x == "B2" AND', defer: it waits}
        """)
    assert [each.check for each in found] == [Check.EXPRESSION]
