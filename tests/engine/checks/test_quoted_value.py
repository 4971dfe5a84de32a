"""R022: booleans and numbers that are written as text."""

import pytest

from app.engine.catalogue import Check
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    ("when", "at", "hint"),
    [
        ('x == "true"', 5, 'write true without quotes; IN [true, "true"] where the attribute can be either'),
        ('x != "false"', 5, 'write false without quotes; NOT IN [false, "false"]'),
        ('"true" == worker.x', 0, "write true without quotes"),
        ('x IN ["true", "a"]', 5, "write true without quotes"),
        ('x HAS "true"', 6, "write true without quotes"),
        ('"true" IN x', 0, "write true without quotes"),
    ],
)
def test_booleans_in_quotes(when: str, at: int, hint: str) -> None:
    """The text true is no boolean."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.QUOTED_VALUE, at)
    assert "never equals a boolean" in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
def test_digits_that_are_ordered_as_text(operator: str) -> None:
    """As text, 10 comes before 9."""
    [found] = told(f'priority {operator} "-5.5"')
    assert (found.check, found.hint) == (Check.QUOTED_VALUE, "write -5.5 without quotes")
    assert "10 comes before 9" in found.message


@pytest.mark.parametrize(
    ("when", "at"),
    [
        ('x == "5" OR x > 3', 5),
        ('x > 3 OR x == "5"', 14),
        ('x IN ["5", 6]', 5),
        ('x HAS "5" OR x HAS 6', 6),
    ],
)
def test_digits_beside_numbers(when: str, at: int) -> None:
    """Ids are often digits, so they are told only of what is compared with numbers too."""
    [found] = told(when)
    assert (found.check, found.at, found.hint) == (Check.QUOTED_VALUE, at, "write 5 without quotes")
    assert "task.x is compared with numbers too" in found.message


@pytest.mark.parametrize(
    "when",
    [
        "x == true",
        'x IN [true, "true"]',
        'x == true OR x == "true"',
        'x IN [5, "5"]',
        'x > 5 OR x > "5"',
        'x > "2026-01-01"',
        'x == "True"',
        'x CONTAINS "5"',
        'callback.Digits == "5"',
        'callback.Digits > "5"',
        'callback.Answered == "true"',
    ],
)
def test_what_is_meant_as_text(when: str) -> None:
    """Whoever asks for both knows that it can be either; a callback's own parameters are text."""
    assert told(when) == []


def test_the_values_of_vars() -> None:
    """There the quotes stand under `vars`."""
    [found] = told("x == vars.flag", variables="{flag: 'true'}")
    assert (found.check, found.at) == (Check.QUOTED_VALUE, 5)
    assert found.hint == "take the quotes off it under `vars`"
