"""What a comparison means, whatever the attributes hold."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.expressions.compiling import compile_expression, compile_reference
from app.engine.expressions.meaning import CLOCK
from app.engine.expressions.parser import parse, parse_reference
from app.engine.scope import scope_of
from app.model import Callback
from tests.builders import MONDAY_NOON, PARAMS, callback

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "CONTAINS", "HAS", "IN", "NOT IN")


def holds(text: str, task: object = None, worker: object = None, now: datetime = MONDAY_NOON) -> bool:
    scope = scope_of(Callback(PARAMS, task, worker), {"limit": 10, "langs": ["en"]}, now)
    return compile_expression(parse(text))(scope)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("x", "x", True),
        ("x", "X", False),
        ("", "", True),
        (1, 1, True),
        (1, 1.0, True),
        (1, 2, False),
        (10**30, 10**30, True),
        (10**400, 1.5, False),
        (True, True, True),
        (True, False, False),
        (True, 1, False),
        (0, False, False),
        (1, "1", False),
        (True, "true", False),
        (None, None, True),
        (None, False, False),
        (None, 0, False),
        (None, "", False),
        (None, [], False),
        ([], [], False),
        (["a"], ["a"], False),
        (["a"], "a", False),
        ({}, {}, False),
        ({"a": 1}, {"a": 1}, False),
        ({"a": 1}, None, False),
    ],
)
def test_equality(left: object, right: object, same: bool) -> None:
    """== compares equal kinds and is false for lists and objects; != is always its negation."""
    for task in ({"left": left, "right": right}, {"left": right, "right": left}):
        assert holds("left == right", task) is same
        assert holds("left != right", task) is not same


@pytest.mark.parametrize("task", [{}, {"x": None}, {"x": {}}, None, [], "text", 5])
def test_missing_is_null(task: object) -> None:
    """A missing attribute, a missing parent and no object at all are null."""
    assert holds("x.y == null", task)
    assert not holds("x.y != null", task)
    assert holds("x.y != true", task)
    assert holds("x.y != 'z'", task)
    assert not holds("x.y == x.y.z.false", {"x": {"y": 1}})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("list[0] == 'a'", True),
        ("list[2] == null", True),
        ("list[0].deeper == null", True),
        ("list[99999999999999999999] == null", True),
        ("object.list[1].name == 'b'", True),
        ("object[0] == null", True),
        ("text[0] == null", True),
        ("list.0 == null", True),
        ("list.length == null", True),
        ("object.items == null", True),
    ],
)
def test_paths(text: str, found: bool) -> None:
    """Paths lead through objects by key and through lists by index, and nowhere else."""
    task = {"list": ["a", "b"], "object": {"list": [1, {"name": "b"}]}, "text": "abc"}
    assert holds(text, task) is found


@pytest.mark.parametrize(
    ("left", "right", "signs"),
    [
        (1, 2, {"<", "<="}),
        (2, 1.5, {">", ">="}),
        (1, 1.0, {"<=", ">="}),
        ("a", "b", {"<", "<="}),
        ("b", "a", {">", ">="}),
        ("a", "a", {"<=", ">="}),
        ("1", 2, set()),
        (1, "2", set()),
        (True, 2, set()),
        (False, True, set()),
        (None, 1, set()),
        (None, None, set()),
        ([1], [2], set()),
        ([1], 2, set()),
        (1, [2], set()),
        ({}, {"a": 1}, set()),
        (10**400, 1.5, {">", ">="}),
    ],
)
def test_order(left: object, right: object, signs: set[str]) -> None:
    """< and its kin need two numbers or two strings, else they are false."""
    task = {"left": left, "right": right}
    assert {sign for sign in ("<", "<=", ">", ">=") if holds(f"left {sign} right", task)} == signs


@pytest.mark.parametrize(
    ("left", "right", "held"),
    [
        ("abc", "b", True),
        ("abc", "", True),
        ("abc", "B", False),
        ("a1", 1, False),
        (11, 1, False),
        (["a"], "a", False),
        ("a", ["a"], False),
        (None, "a", False),
        ("null", None, False),
        ({"a": 1}, "a", False),
    ],
)
def test_contains(left: object, right: object, held: bool) -> None:
    """CONTAINS looks for a string in a string, else it is false."""
    assert holds("left CONTAINS right", {"left": left, "right": right}) is held


@pytest.mark.parametrize(
    ("value", "values", "held"),
    [
        ("a", ["a", "b"], True),
        ("c", ["a", "b"], False),
        (1, [1.0], True),
        (1, [True], False),
        (True, [1], False),
        ("1", [1], False),
        (None, [None], True),
        (None, ["a"], False),
        ("a", [], False),
        (["a"], [["a"]], False),
        ({}, [{}], False),
        ("a", "abc", False),
        ("a", None, False),
        ("a", {"a": 1}, False),
        ("a", 5, False),
    ],
)
def test_has_and_in(value: object, values: object, held: bool) -> None:
    """IN and HAS find equal scalars in a list; on anything but a list they are false."""
    task = {"value": value, "values": values}
    assert holds("value IN values", task) is held
    assert holds("values HAS value", task) is held


@pytest.mark.parametrize(
    ("task", "held"),
    [
        ({"value": "a", "values": ["b"]}, True),
        ({"value": "a", "values": ["a"]}, False),
        ({"value": "a", "values": []}, True),
        ({"value": 1, "values": [True]}, True),
        ({"value": None, "values": ["a"]}, True),
        ({"value": None, "values": [None]}, True),
        ({"values": ["a"]}, True),
        ({"value": "a"}, True),
        ({"value": "a", "values": None}, True),
        ({}, True),
        ({"value": "a", "values": "b"}, False),
        ({"value": "a", "values": 5}, False),
        ({"value": "a", "values": {}}, False),
        ({"value": ["a"], "values": ["a"]}, True),
        ({"value": ["a"], "values": [["a"]]}, True),
    ],
)
def test_not_in(task: object, held: bool) -> None:
    """NOT IN is true for a null on the left of a list, and when the right is missing."""
    assert holds("value NOT IN values", task) is held


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("1 == 1", True),
        ("'a' IN ['a', 'b']", True),
        ("a IN []", False),
        ("a NOT IN []", True),
        ("[1] == [1]", False),
        ("1 == 1 AND 1 == 2", False),
        ("1 == 1 AND 2 == 2", True),
        ("1 == 2 OR 1 == 1", True),
        ("1 == 2 OR 1 == 3", False),
        ("NOT (1 == 2)", True),
        ("NOT (1 == 1 OR 1 == 2)", False),
        ("vars.limit >= 10", True),
        ("vars.langs HAS 'en'", True),
        ("vars.other == null", True),
        ("callback.TaskAge > 9", True),
        ("callback.TaskAge == '12'", False),
        ("callback.TaskPriority == 5", True),
        ("callback.TaskQueueSid CONTAINS 'WQ'", True),
        ("callback.Unknown == null", True),
        ("worker.friendly_name == 'Alice'", True),
        ("worker.sid != task.sid", True),
    ],
)
def test_expressions(text: str, held: bool) -> None:
    """Constants, connectives and every root take part."""
    assert holds(text) is held


def test_the_worker_that_is_excluded() -> None:
    """`worker.sid NOT IN task.excluded_workers` holds until the list names the worker."""
    text = "worker.sid NOT IN task.excluded_workers"
    sid = "WK" + "0" * 31 + "1"
    assert holds(text, {})
    assert holds(text, {"excluded_workers": ["WK2"]})
    assert not holds(text, {"excluded_workers": [sid]})


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("taskrouter.currentTime == 2205", True),
        ("taskrouter.currentHour == 22", True),
        ("taskrouter.currentMin == 5", True),
        ("taskrouter.dayOfWeek == 'Sun'", True),
        ("taskrouter.dayOfWeek == 'SUN'", True),
        ("'sun' == taskrouter.dayOfWeek", True),
        ("taskrouter.dayOfWeek != 'sun'", False),
        ("taskrouter.dayOfWeek IN ['sat', 'SUN']", True),
        ("taskrouter.dayOfWeek NOT IN ['sat', 'SUN']", False),
        ("task.days HAS taskrouter.dayOfWeek", True),
        ("taskrouter.dayOfWeek IN task.days", True),
        ("taskrouter.dayOfWeek IN task.nothing", False),
        ("taskrouter.dayOfWeek CONTAINS 'su'", True),
        ("taskrouter.dayOfWeek == 7", False),
    ],
)
def test_the_clock(text: str, held: bool) -> None:
    """The clock is read in UTC, whatever zone the time came in; days compare without regard to case."""
    monday_in_tokyo = datetime(2026, 11, 23, 7, 5, tzinfo=timezone(timedelta(hours=9)))
    assert holds(text, {"days": [1, None, "sUn"]}, now=monday_in_tokyo) is held


@pytest.mark.parametrize(
    ("day", "name"),
    [(23, "Mon"), (24, "Tue"), (25, "Wed"), (26, "Thu"), (27, "Fri"), (28, "Sat"), (29, "Sun")],
)
def test_days(day: int, name: str) -> None:
    """Each day has Twilio's name."""
    assert CLOCK["dayOfWeek"](datetime(2026, 11, day, tzinfo=UTC)) == name


def test_midnight() -> None:
    """Just after midnight the time is a small integer."""
    assert holds("taskrouter.currentTime == 7", now=datetime(2026, 1, 1, 0, 7, tzinfo=UTC))


def test_a_compiled_reference() -> None:
    """A reference compiles to a function that looks it up."""
    scope = scope_of(callback({"type": "chat"}), {"limit": 10}, MONDAY_NOON)
    assert compile_reference(parse_reference("task.type"))(scope) == "chat"
    assert compile_reference(parse_reference("vars.limit"))(scope) == 10
    assert compile_reference(parse_reference("taskrouter.currentHour"))(scope) == 12


def test_lists_deeper_than_python_can_follow() -> None:
    """No depth of attributes makes a comparison raise."""
    deep: object = "Mon"
    for _ in range(5_000):
        deep = [deep]
    assert not holds("taskrouter.dayOfWeek IN task.deep", {"deep": deep})
    assert not holds("task.deep == task.other", {"deep": deep, "other": [deep]})
    assert not holds("task.deep HAS 'Mon'", {"deep": deep})


DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "Mon"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)
SIDES = (
    "a",
    "task.a[0]",
    "worker.b",
    "worker.a.b",
    "taskrouter.dayOfWeek",
    "1",
    "1.5",
    "'a'",
    "null",
    "['a', 1]",
)


@settings(deadline=None, max_examples=80)
@given(DOCUMENTS, DOCUMENTS, st.sampled_from(SIDES), st.sampled_from(SIDES))
def test_no_attributes_make_a_predicate_raise(task: object, worker: object, left: str, right: str) -> None:
    """Whatever the attributes hold, each operator says true or false, and != is the negation of ==."""
    said = {operator: holds(f"{left} {operator} {right}", task, worker) for operator in OPERATORS}
    assert {type(value) for value in said.values()} == {bool}
    assert said["!="] is not said["=="]
    assert not (said["IN"] and said["NOT IN"]) or holds(f"{left} == null", task, worker)
