"""Trying a change on a callback."""

from typing import Any

import pytest

from app.errors import Unreadable
from app.model import Callback
from app.replay.changes import CannotChange, changed, read_change
from tests.builders import callback

TASK: dict[str, Any] = {
    "type": "chat",
    "customer": {"tier": "gold"},
    "langs": ["en"],
    "name": "Bob",
    "no": None,
}


def after(*changes: str, task: object = TASK) -> Callback:
    """The callback after the changes."""
    call = callback(task, {"skills": ["en"]})
    for change in changes:
        call = changed(call, read_change(change))
    return call


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("task.priority=9", {"priority": 9}),
        ("task.priority=9.5", {"priority": 9.5}),
        ('task.type="9"', {"type": "9"}),
        ("task.type=sales call", {"type": "sales call"}),
        ("task.type=", {"type": ""}),
        ("task.type=a=b", {"type": "a=b"}),
        ("task.type=NaN", {"type": "NaN"}),
        ("task.type=null", {"type": None}),
        ("task.vip=true", {"vip": True}),
        ("task.customer.tier=silver", {"customer": {"tier": "silver"}}),
        ("task.customer.since=2020", {"customer": {"tier": "gold", "since": 2020}}),
        ("task.customer=null", {"customer": None}),
        ("task.a.b.c=1", {"a": {"b": {"c": 1}}}),
        ("task.no.b=1", {"no": {"b": 1}}),
        ('task.langs=["fr"]', {"langs": ["fr"]}),
        ("task.langs[0]=fr", {"langs": ["fr"]}),
        ("task.langs[1]=fr", {"langs": ["en", "fr"]}),
        ("task.langs[1].x=1", {"langs": ["en", {"x": 1}]}),
        (' task.type ={"a": 1}', {"type": {"a": 1}}),
    ],
)
def test_an_attribute(change: str, expected: dict[str, object]) -> None:
    """JSON, else text; objects that are missing on the way are made, and all else stays."""
    assert after(change).task == TASK | expected
    assert after(change).worker == {"skills": ["en"]}


def test_changes_follow_each_other() -> None:
    """Both documents may change; a task that is no object becomes one."""
    call = after("worker.skills[1]=vip", "task.a.b=1", "task.a.c=2", task=None)

    assert (call.task, call.worker) == ({"a": {"b": 1, "c": 2}}, {"skills": ["en", "vip"]})
    assert call.params["TaskAttributes"] == '{"a": {"b": 1, "c": 2}}'


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("callback.TaskAge=300", "300"),
        ('callback.TaskAge="300"', "300"),
        ("callback.WorkerName=Bob Smith", "Bob Smith"),
        ('callback.Extra=["a", "b"]', ["a", "b"]),
        ("callback.Extra=[]", "[]"),
        ("callback.Extra=[1]", "[1]"),
        ("callback.WorkerName=null", None),
        ("callback.NotThere=null", None),
        ("callback.Extra=a\udcff", "a?"),
    ],
)
def test_a_parameter_is_text(change: str, value: object) -> None:
    """As Twilio sends it; a list is a repeated parameter, and null takes it away."""
    name = change.partition("=")[0].removeprefix("callback.")

    assert after(change).params.get(name) == value
    assert (name in after(change).params) == (value is not None)


def test_attributes_as_a_parameter_are_read_anew() -> None:
    """They are one text in the request."""
    assert after('callback.TaskAttributes={"a": 1}').task == {"a": 1}
    assert after("callback.TaskAttributes=broken").task is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("task.type", "is no change: write one such as task.priority=9"),
        ("priority=9", "begin with task., worker. or callback."),
        ("tsk.priority=9", "begin with task., worker. or callback."),
        ("task=9", "begin with task., worker. or callback."),
        ("task.=9", "write a name such as task.type"),
        ("task.a-b=9", "write a name such as task.type"),
        ("task.a..b=9", "write a name such as task.type"),
        ("vars.limit=9", "edit the rules"),
        ("taskrouter.currentHour=9", "--at"),
        ("reservation.sid=9", "write callback.ReservationSid"),
        ("callback.a.b=9", "nothing below it"),
        ("callback.a[0]=9", "nothing below it"),
        ("task.name.first=Al", "task.name is no object: set it whole"),
        ("task.langs.first=Al", "task.langs is no object: set it whole"),
        ("task.langs[2]=fr", "task.langs has no item 2"),
        ("task.customer[0]=fr", "task.customer has no item 0"),
    ],
)
def test_a_change_that_cannot_be_made(change: str, said: str) -> None:
    """It says what to write."""
    with pytest.raises(CannotChange) as caught:
        after(change)
    assert said in str(caught.value)


def test_a_change_that_nests_too_deep() -> None:
    """Neither a long name nor a deep value ends in a traceback."""
    with pytest.raises(CannotChange, match="nest too deep"):
        after("task" + ".a" * 5_000 + "=1")
    deep = "[" * 100_000 + "]" * 100_000
    assert after(f"task.type={deep}").task == TASK | {"type": deep}


def test_what_is_no_callback_any_more() -> None:
    """The same sentence as the service has for it."""
    with pytest.raises(Unreadable, match="WorkspaceSid"):
        after("callback.WorkspaceSid=null")


def test_a_change_shows_itself() -> None:
    """The whole reference, and the value as rules write it."""
    assert str(read_change('task.a[0].b=["x", null]')) == 'task.a[0].b = ["x", null]'
