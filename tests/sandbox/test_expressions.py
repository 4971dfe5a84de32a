"""TaskRouter's expressions as the sandbox evaluates them, and as the product's own engine does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.expressions import compile_expression, parse
from app.engine.scope import scope_of
from app.model import Callback
from app.sandbox.comparisons import COMPARISONS
from app.sandbox.expressions import ALWAYS, DEEPEST, Scope, read_expression, read_reference
from app.sandbox.tokens import ExpressionError
from tests.builders import PARAMS

NOW = datetime(2026, 1, 5, 9, 7, tzinfo=UTC)  # a Monday
TASK: dict[str, Any] = {
    "type": "sms",
    "level": 5,
    "share": 0.5,
    "vip": True,
    "nothing": None,
    "languages": ["en", "es"],
    "levels": [1, 2.0],
    "object": {"array": ["a", "b", {"deep": "c"}]},
    "note": "it's here",
    "day": "mon",
}
WORKER: dict[str, Any] = {"skills": ["fr"], "level": 3, "contact_uri": "client:alice"}
SCOPE = Scope(TASK, {"task": TASK, "worker": WORKER}, NOW)

HOLDING = (
    "1 == 1",
    "1==1",
    "0 != 1",
    '"apple" != "orange"',
    "type = 'sms'",
    'type == "sms" and not_there == null',
    "level > 4 AND level >= 5 AND level < 6 AND level <= 5",
    "level == 5.0",
    "share < 1",
    "vip == true",
    "vip != TRUE OR nothing == null",
    "languages HAS 'en'",
    "levels HAS 2",
    "'es' IN languages",
    'language IN ["en", "es"] OR type IN ["sms"]',
    "language NOT IN ['en']",
    "type NOT IN missing",
    "type NOT IN ['call', 'chat']",
    "type CONTAINS 'm'",
    "(a == 1) OR (vip == true AND (type == 'sms'))",
    "object.array[1] == 'b' AND object.array[2].deep == 'c' AND object.array[3] == null",
    "object.array.deep == null",
    "worker.level < task.level",
    "worker.skills HAS 'fr' AND task.type == 'sms'",
    r"note == 'it\'s here'",
    r"'\d+' == '\d+'",
    "0800 == 800",
    "-1 < 0",
    "worker == null",
    "task.and == null",
    "taskrouter.currentTime == 907 AND taskrouter.currentHour == 9 AND taskrouter.currentMin == 7",
    "taskrouter.dayOfWeek == 'mon'",
    "taskrouter.dayOfWeek IN ['Sat', 'MON']",
    "taskrouter.dayOfWeek CONTAINS 'MO'",
    "[] HAS 1 OR [1, 'a', null, true] HAS true",
    "type\n==\t'sms'",
)

NOT_HOLDING = (
    "1 == 2",
    "level == '5'",
    "vip == 'true'",
    "vip == 1",
    "languages == languages",
    "object == object",
    "language == 'en'",
    "language > 1",
    "type HAS 'sms'",
    "type IN 'sms'",
    "type NOT IN 'sms'",
    "'en' NOT IN languages",
    "level CONTAINS 5",
    "channel IN []",
    "level < 'a'",
    "vip < true",
    "1 == 1 AND (1 == 2 OR 1 == 3)",
)


@pytest.mark.parametrize("text", HOLDING)
def test_what_holds(text: str) -> None:
    """Comparisons of the documentation, and of configurations in production."""
    assert read_expression(text).holds(SCOPE) is True


@pytest.mark.parametrize("text", NOT_HOLDING)
def test_what_does_not_hold(text: str) -> None:
    """Nothing is converted, and nothing raises."""
    assert read_expression(text).holds(SCOPE) is False


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("", 0, "a name or a constant is missing"),
        ("type", 4, "a comparison such as == or HAS is missing"),
        ("type ==", 7, "a name or a constant is missing"),
        ("type == 'sms' 'call'", 14, "AND, OR or the end is missing"),
        ("(type == 'sms'", 14, ") is missing"),
        ("type NOT 'sms'", 9, "IN is missing"),
        ("type ! = 'sms'", 5, "'!' has no place"),
        ("a-b == 1", 1, "'-' has no place"),
        ("type == 'sms", 8, '"\'" has no place'),
        ("a[1.5] == 1", 2, "an index is a whole number"),
        ("a[b] == 1", 2, "an index is a whole number"),
        ("a[-1] == 1", 2, "an index is a whole number"),
        ("a[1 == 1", 4, "] is missing"),
        ("a. == 1", 3, "a name is missing"),
        ("a IN [[1]]", 6, "a list holds no lists"),
        ("a IN [1 2]", 8, ", is missing"),
        ("a IN [b]", 6, "a name or a constant is missing"),
        ("taskrouter.currentTiem == 900", 23, "taskrouter. has currentTime"),
        ("taskrouter == 900", 11, "taskrouter. has currentTime"),
        ("1 == " + "9" * 500, 5, "a number has at most"),
        ("(" * (DEEPEST + 1), DEEPEST + 1, "parentheses nest deeper"),
    ],
)
def test_what_cannot_be_read(text: str, position: int, sentence: str) -> None:
    """The error names the place, and what is wrong there."""
    with pytest.raises(ExpressionError, match="at character") as raised:
        read_expression(text)
    assert (raised.value.position, sentence in raised.value.text) == (position, True)


def test_parentheses_nest_deeply() -> None:
    """As deep as is said."""
    assert read_expression("(" * DEEPEST + "1 == 1" + ")" * DEEPEST).holds(SCOPE)


def test_a_reference_alone() -> None:
    """For a known worker; it can be nothing else."""
    assert read_reference("task.object.array[0]")(SCOPE) == "a"
    assert read_reference("worker.level")(SCOPE) == 3
    with pytest.raises(ExpressionError):
        read_reference("task.type == 'sms'")


def test_always_holds() -> None:
    """The expression of a queue that takes everybody."""
    assert ALWAYS.holds(Scope())
    assert read_expression(ALWAYS.text).holds(Scope())


# --- the same language as the product's engine


def of_engine(text: str, task: object, worker: object) -> bool:
    return compile_expression(parse(text))(scope_of(Callback(PARAMS, task, worker), {}, NOW))


@pytest.mark.parametrize("text", [*HOLDING, *NOT_HOLDING])
def test_the_engine_says_the_same(text: str) -> None:
    """Two evaluators that share no line: a difference is a mistake in one of them."""
    expected = text in HOLDING
    if text == "worker == null":
        expected = of_engine(text, TASK, WORKER)  # without a dot it is an attribute of the task
    assert of_engine(text, TASK, WORKER) is expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(COMPARISONS)), VALUES, VALUES)
def test_the_engine_compares_alike(operator: str, left: object, right: object) -> None:
    """Whatever the attributes hold."""
    text = f"task.left {operator} worker.right"
    task, worker = {"left": left}, {"right": right}
    ours = read_expression(text).holds(Scope(task, {"task": task, "worker": worker}, NOW))
    assert ours is of_engine(text, task, worker)
