"""From tree to text."""

import pytest
from hypothesis import given, settings

from app.engine.expressions import parse, show, show_constant
from app.engine.expressions.tree import Expression
from tests.trees import WRITTEN


@settings(deadline=None, max_examples=300)
@given(WRITTEN)
def test_what_is_printed_parses_back(tree: Expression) -> None:
    """An expression printed from its tree parses to an equal tree."""
    assert parse(show(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        'task.type == "a" AND (task.b == 1 OR task.c != null)',
        "task.a > -1.5 AND task.b[0].c == true OR task.d IN []",
        'NOT (task.skills HAS "x" AND worker.sid NOT IN task.excluded)',
        '(task.a == 1 AND task.b == 2) AND task.c IN ["x", 1, null]',
        'taskrouter.in("Europe/Paris").currentTime >= 1800',
        r'task.a MATCHES "^\\d+\"$"',
        "vars.a == callback.TaskAge",
    ],
)
def test_no_more_parentheses_than_needed(text: str) -> None:
    """A text that has none too many is printed as it was written."""
    assert show(parse(text)) == text


def test_what_the_language_cannot_write() -> None:
    """An object, which an attribute may hold, is shown as JSON shows it."""
    assert show_constant({"a": [1, {"b": None}]}) == '{"a": [1, {"b": null}]}'
