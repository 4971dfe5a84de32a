"""R018: comparisons of two constants."""

import pytest

from app.engine.catalogue import Check
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    ("when", "at", "said", "hint"),
    [
        ("1 == 1", 0, "always holds", "leave it out"),
        ("1 == 2", 0, "never holds", "to switch the rule off, write enabled: false"),
        ('"a" == "a"', 0, "always holds", "leave it out"),
        ('"a b" == "c d"', 0, "never holds", "to switch the rule off"),
        ("a == 1 OR 1 IN [1]", 10, "always holds", "leave it out"),
        ('NOT ("a b" HAS "x")', 5, "never holds", "to switch the rule off"),
        ('[] == "x y"', 0, "never holds", "to switch the rule off"),
    ],
)
def test_what_holds_always_or_never(when: str, at: int, said: str, hint: str) -> None:
    """No call makes a difference."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.CONSTANTS_COMPARED, at)
    assert said in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("when", "at", "hint"),
    [
        ('"skills" HAS "english"', 0, "write skills, or worker.skills, without quotes"),
        ("'worker.skills' HAS 'english'", 0, "write worker.skills without quotes"),
        ('"en" IN "worker.languages"', 8, "write worker.languages without quotes"),
        ('"task.language" NOT IN ["en"]', 0, "write task.language without quotes"),
        ('["en"] HAS "worker.language"', 11, "write worker.language without quotes"),
        ('"type" == "support"', 0, "write type, or worker.type, without quotes"),
    ],
)
def test_a_reference_in_quotes(when: str, at: int, hint: str) -> None:
    """In quotes a name is text: what was meant is the side where the operator wants an attribute."""
    [found] = told(when)
    assert (found.check, found.at, found.hint) == (Check.CONSTANTS_COMPARED, at, hint)
    assert "in quotes is text" in found.message


def test_a_var_is_a_setting() -> None:
    """What `vars` holds may be another value tomorrow."""
    assert told('vars.mode == "night" OR a == 1', variables="{mode: day}") == []
