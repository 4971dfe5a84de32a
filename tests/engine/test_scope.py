"""What expressions and templates see of a callback."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.engine.scope import lookup, scope_of
from app.model import Callback
from tests.builders import MONDAY_NOON, callback


@pytest.mark.parametrize(
    ("worker", "sid", "name"),
    [
        ({}, "WK" + "0" * 31 + "1", "Alice"),
        (None, "WK" + "0" * 31 + "1", "Alice"),
        ([1], "WK" + "0" * 31 + "1", "Alice"),
        ({"sid": None, "friendly_name": None}, "WK" + "0" * 31 + "1", "Alice"),
        ({"sid": "own", "friendly_name": "Bob"}, "own", "Bob"),
        ({"sid": "", "friendly_name": False}, "", False),
    ],
)
def test_worker_fallbacks(worker: object, sid: object, name: object) -> None:
    """The callback's WorkerSid and WorkerName stand in for attributes that are missing or null."""
    seen = scope_of(callback(worker=worker), {}, MONDAY_NOON).worker
    assert (seen["sid"], seen["friendly_name"]) == (sid, name)


def test_worker_without_parameters() -> None:
    """Without the parameters the fallbacks are null, and the attributes stay as they came."""
    attributes = {"skills": ["a"]}
    seen = scope_of(Callback({}, worker=attributes), {}, MONDAY_NOON).worker
    assert seen == {"skills": ["a"], "sid": None, "friendly_name": None}
    assert attributes == {"skills": ["a"]}


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("12", 12),
        ("0", 0),
        ("007", 7),
        ("9" * 19, 10**19 - 1),
        ("9" * 20, "9" * 20),
        ("9" * 5_000, "9" * 5_000),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("", ""),
        (" 1", " 1"),
        ("²", "²"),
        ("٣", "٣"),
        (["1", "2"], ["1", "2"]),
    ],
)
@pytest.mark.parametrize("name", ["TaskAge", "TaskPriority"])
def test_numbers_of_the_callback(name: str, value: str | list[str], seen: object) -> None:
    """TaskAge and TaskPriority are numbers when they are all digits."""
    assert scope_of(Callback({name: value}), {}, MONDAY_NOON).callback == {name: seen}


def test_other_parameters_are_text() -> None:
    """No other parameter is made a number."""
    assert scope_of(Callback({"WorkerName": "12"}), {}, MONDAY_NOON).callback == {"WorkerName": "12"}


@pytest.mark.parametrize("document", [None, [], "text", 5, True])
def test_documents_that_are_no_objects(document: object) -> None:
    """Attributes that are no JSON object are as if empty."""
    assert scope_of(Callback({}, task=document), {}, MONDAY_NOON).task == {}


def test_the_time_is_utc() -> None:
    """The time is turned to UTC, and the vars are handed on."""
    noon_in_delhi = datetime(2026, 11, 23, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    scope = scope_of(callback(), {"a": 1}, noon_in_delhi)
    assert scope.now.tzinfo is UTC
    assert (scope.now.hour, scope.now.minute) == (6, 30)
    assert scope.variables == {"a": 1}


def test_other_vars_beside() -> None:
    """Rules with other vars see the same callback."""
    scope = scope_of(callback({"a": 1}, {"b": 2}, TaskAge="7"), {"v": 1}, MONDAY_NOON)
    other = scope.beside({"v": 2})
    assert (scope.variables, other.variables) == ({"v": 1}, {"v": 2})
    assert (other.task, other.worker, other.callback, other.now) == (
        scope.task,
        scope.worker,
        scope.callback,
        scope.now,
    )


@pytest.mark.parametrize("root", ["task", "worker", "callback", "vars"])
def test_roots(root: str) -> None:
    """A root is named as references name it, and is made once."""
    scope = scope_of(callback({"a": 1}), {"v": 1}, MONDAY_NOON)
    assert scope.root(root) is scope.root(root)
    assert scope.root(root) is getattr(scope, "variables" if root == "vars" else root)


def test_there_is_no_other_root() -> None:
    """Neither by a name of references nor of Python."""
    scope = scope_of(callback(), {}, MONDAY_NOON)
    with pytest.raises(KeyError):
        scope.root("taskrouter")
    with pytest.raises(AttributeError):
        _ = scope.nothing


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), {"a": [1, {"b": None}], "0": "key"}),
        (("a", 0), 1),
        (("a", 1, "b"), None),
        (("a", 2), None),
        (("a", "0"), None),
        (("0",), "key"),
        ((0,), None),
        (("a", 0, "x", 1, "y"), None),
        (("keys",), None),
    ],
)
def test_lookup(path: tuple[str | int, ...], value: object) -> None:
    """A path leads by keys through objects and by indexes through lists, to null everywhere else."""
    assert lookup({"a": [1, {"b": None}], "0": "key"}, path) == value
