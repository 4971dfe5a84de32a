"""The compiled predicate says what the plain functions of `meaning` say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.expressions import compile_expression, compile_reference, parse, resolved
from app.engine.expressions.meaning import holds, value_of
from app.engine.expressions.tree import Expression, Reference
from app.engine.scope import scope_of
from app.model import Callback
from tests.builders import MONDAY_NOON, PARAMS
from tests.trees import CLOCKS, DOCUMENTS, MEETING, TASKS, VARIABLES, WRITTEN

TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(deadline=None, max_examples=600)
@given(MEETING, TASKS, TASKS, TIMES)
def test_compiled_and_plain_meaning_agree(
    tree: Expression, task: object, worker: object, now: datetime
) -> None:
    """Whatever the expression and the call, with the values of vars filled in before or looked up."""
    scope = scope_of(Callback({**PARAMS, "a": "ab", "b": ["a", "b"]}, task, worker), VARIABLES, now)
    held = holds(tree, scope)

    assert compile_expression(tree)(scope) is held
    assert compile_expression(resolved(tree, VARIABLES))(scope) is held


@settings(deadline=None, max_examples=200)
@given(WRITTEN.filter(lambda tree: "taskrouter" not in repr(tree)), DOCUMENTS, DOCUMENTS)
def test_nothing_raises(tree: Expression, task: object, worker: object) -> None:
    """No document of any shape makes an evaluation raise, plain or compiled."""
    scope = scope_of(Callback(PARAMS, task, worker), {}, MONDAY_NOON)

    assert compile_expression(tree)(scope) is holds(tree, scope)


@settings(deadline=None)
@given(CLOCKS, TIMES)
def test_a_compiled_clock(reference: Reference, now: datetime) -> None:
    """A name of the clock is read at any time and in any zone."""
    scope = scope_of(Callback(PARAMS), {}, now)

    assert compile_reference(reference)(scope) == value_of(reference, scope)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('taskrouter.in("America/New_York").currentTime == 700', True),
        ("taskrouter.in('Asia/Kolkata').currentHour == 17", True),
        ("taskrouter.in('Asia/Kolkata').currentMin == 30", True),
        ('taskrouter.in( "Pacific/Auckland" ).dayOfWeek == "tue"', True),
        ("taskrouter.in('UTC').currentTime == taskrouter.currentTime", True),
        ('phone MATCHES "^[+]1415"', True),
        ('phone MATCHES "555.*9$"', True),
        (r'phone MATCHES "^\+\d{11}$"', True),
        (r'phone MATCHES "\\d"', True),
        ('phone matches "^1"', False),
        ('age MATCHES "4"', False),
        ('missing MATCHES ""', False),
        ('name MATCHES "^Zo.$"', True),
        ('name MATCHES "(?i)^zO"', True),
        ("NOT (phone MATCHES '^[+]44')", True),
    ],
)
def test_what_twilio_does_not_have(text: str, held: bool) -> None:
    """Time zones, and regular expressions that search in texts alone."""
    task = {"phone": "+14155550199", "age": 42, "name": "Zoë"}
    scope = scope_of(Callback(PARAMS, task), {}, MONDAY_NOON)

    assert compile_expression(parse(text))(scope) is held
    assert holds(parse(text), scope) is held


def test_names_and_constants_are_never_code() -> None:
    """What stands in an expression is a value of the function that is made of it."""
    text = "\"__import__('os')\" == k0 AND task.lookup == 'v) or True #' AND scope.k1[0] != \"k2\""
    tree = parse(text)
    task = {"k0": "__import__('os')", "lookup": "v) or True #", "scope": {"k1": ["x"]}}

    assert compile_expression(tree)(scope_of(Callback(PARAMS, task), {}, MONDAY_NOON)) is True
    assert compile_expression(tree)(scope_of(Callback(PARAMS, {}), {}, MONDAY_NOON)) is False
