"""Searching saved callbacks by an expression."""

import pytest

from app.engine.search import read_search
from app.errors import ExpressionError
from app.model import Saved
from tests.builders import MONDAY_NOON, parameters

TASK = {"type": "support", "customer_value": "Gold"}
SAVED = Saved(1, parameters(TASK, {"skills": ["vip"]}, TaskAge="90"), MONDAY_NOON)


@pytest.mark.parametrize(
    "text",
    [
        'customer_value == "Gold" AND worker.skills HAS "vip"',
        "callback.TaskAge > 60",
        'worker.friendly_name == "Alice"',
        'taskrouter.currentHour == 12 AND taskrouter.dayOfWeek == "mon"',
        'taskrouter.in("America/New_York").currentHour == 7',
        'task.type MATCHES "^sup"',
    ],
)
def test_all_but_vars_can_be_asked_for(text: str) -> None:
    """As a rule sees it at the callback's own time."""
    assert read_search(text)(SAVED, MONDAY_NOON)
    assert not read_search(f"NOT ({text})")(SAVED, MONDAY_NOON)


def test_what_is_no_callback_has_parameters_alone() -> None:
    """An export of something else may hold such."""
    odd = Saved(1, {"TaskAge": "90", "TaskAttributes": '{"type": "support"}'}, MONDAY_NOON)
    assert read_search("callback.TaskAge == 90 AND task.type == null")(odd, MONDAY_NOON)


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("a == vars.b", 5, "vars belong to rules, and no rules are read here", "write the value itself"),
        (
            "taskrouter.currentTiem > 1",
            0,
            "there is no taskrouter.currentTiem",
            "did you mean 'currentTime'?",
        ),
        ("a MATCHES 1", 10, "MATCHES needs a regular expression in quotes", 'for instance MATCHES "^[+]44"'),
        (f"1 IN {[1] * 20_000}", 0, "this holds more than 20,000 comparisons and values", "shorten it"),
    ],
)
def test_what_cannot_be_asked_for(text: str, at: int, message: str, hint: str) -> None:
    """A sentence, the place in the expression, and the way out."""
    with pytest.raises(ExpressionError) as raised:
        read_search(text)
    assert (str(raised.value), raised.value.at, raised.value.hint) == (message, at, hint)
