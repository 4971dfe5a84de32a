"""R019: lists where one value is wanted, and the other way round."""

import pytest

from app.engine.catalogue import Check
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    ("when", "at", "said", "hint"),
    [
        ('x IN "chat"', 5, 'IN wants a list, and "chat" is none', 'write ["chat"]'),
        ('x NOT IN "chat"', 9, 'NOT IN wants a list, and "chat" is none', 'write ["chat"]'),
        ("x IN 5", 5, "5 is none", "write [5]"),
        ('"skills" HAS x', 0, '"skills" is none', "write skills, or worker.skills, without quotes"),
        ('"a text" HAS x', 0, '"a text" is none', 'write ["a text"]'),
        ('taskrouter.dayOfWeek HAS "Mon"', 0, "taskrouter.dayOfWeek is none", "write == for one value"),
        ('"Mon" IN taskrouter.dayOfWeek', 9, "taskrouter.dayOfWeek is none", "write == for one value"),
        ("x IN []", 5, "this never holds", "write the values in it"),
        ("x NOT IN []", 9, "this always holds", "write the values in it"),
        ("[] HAS x", 0, "this never holds", "write the values in it"),
        ('x HAS ["a", "b"]', 6, "HAS looks for one value", "write one comparison for each value"),
        ('["a"] IN x', 0, "IN looks for one value", "write one comparison for each value"),
        ('x CONTAINS ["a"]', 11, "this is a list", "write one comparison for each value"),
        ('["a"] CONTAINS x', 0, "this is a list", "write HAS"),
    ],
)
def test_what_an_operator_of_lists_is_given(when: str, at: int, said: str, hint: str) -> None:
    """IN and NOT IN want their list on the right, HAS on the left, and CONTAINS wants none."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.LIST_WANTED, at)
    assert said in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("when", "value", "hint"),
    [
        ("x IN vars.it", "Sat", "make it a list under `vars`, or search the text: vars.it CONTAINS …"),
        ('vars.it HAS "Sat"', "'Sat,Sun'", "make it a list under `vars`"),
        ("vars.it CONTAINS x", "[Sat]", "write HAS"),
        ("x HAS vars.it", "[Sat]", "write one comparison for each value"),
    ],
)
def test_the_values_of_vars(when: str, value: str, hint: str) -> None:
    """What a var holds is known, and not shown."""
    [found] = told(when, variables=f"{{it: {value}}}")
    assert (found.check, found.at) == (Check.LIST_WANTED, when.index("vars"))
    assert "Sat" not in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("when", "value"),
    [
        ('x IN ["a"]', "1"),
        ("x IN worker.list", "1"),
        ('worker.list HAS "a"', "1"),
        ('["a"] HAS x', "1"),
        ('x CONTAINS "a"', "1"),
        ("x IN vars.it OR a == 1", "[]"),
        ("x IN vars.it OR a == 1", "null"),
        ("x IN vars.it", "[a]"),
        ("vars.it CONTAINS x", "'Sat,Sun'"),
    ],
)
def test_what_is_right(when: str, value: str) -> None:
    """A var that is an empty list, or null, is a setting."""
    used = when if "vars" in when else f"({when}) AND used == vars.it"
    assert told(used.replace("x", "task.x"), variables=f"{{it: {value}}}") == []


@pytest.mark.parametrize("value", ["{a: 1}", "5", "true"])
def test_what_is_no_text_cannot_be_searched(value: str) -> None:
    """So that is no way out of a var that is no list."""
    [found] = told("x IN vars.it", variables=f"{{it: {value}}}")
    assert (found.check, found.hint) == (Check.LIST_WANTED, "make it a list under `vars`")
