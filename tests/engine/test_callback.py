"""The parameters of a request to a Callback."""

import pytest

from app.engine.callback import read_callback
from app.errors import Unreadable
from tests.builders import PARAMS, parameters

MORE_THAN_ONCE = "stands in the body more than once"


def test_attributes_are_read() -> None:
    """The two attribute documents are parsed; every parameter is kept as it came."""
    params = parameters({"type": "support"}, {"skills": ["vip"]})
    callback = read_callback(params)
    assert callback.params == params
    assert callback.task == {"type": "support"}
    assert callback.worker == {"skills": ["vip"]}


def test_unknown_parameters_are_kept() -> None:
    """What is not known is kept too, a repeated one as a list, whatever its name."""
    more: dict[str, str | list[str]] = {
        "Zebra": "1",
        "a.b": "2",
        "task_sid": "3",
        "Extra": ["b", "a"],
        "": "\x00",
    }
    assert read_callback({**parameters(), **more}).params == {**parameters(), **more}


@pytest.mark.parametrize(
    "attributes", ["", "{", "\x00", "NaN", "1e", "Infinity", "[" * 5000, "\ud800", '{"a":1}x']
)
def test_attributes_that_are_no_json(attributes: str) -> None:
    """Attributes that cannot be read are no reason to fail: nothing is known of them."""
    assert read_callback({**PARAMS, "TaskAttributes": attributes}).task is None


def test_absent_attributes() -> None:
    """Without attributes nothing is known of task and worker."""
    callback = read_callback(PARAMS)
    assert (callback.task, callback.worker) == (None, None)


@pytest.mark.parametrize("name", ["WorkspaceSid", "TaskSid", "ReservationSid"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_an_answer_needs_is_required(name: str, value: str | None) -> None:
    """Without one of these nothing could be posted; an empty one is as good as none."""
    params = {key: text for key, text in PARAMS.items() if key != name} | (
        {name: value} if value == "" else {}
    )
    with pytest.raises(Unreadable, match=f"{name} is missing"):
        read_callback(params)


@pytest.mark.parametrize("name", ["AccountSid", "WorkflowSid", "TaskQueueSid", "WorkerSid"])
@pytest.mark.parametrize("value", ["", None])
def test_the_other_sids_are_optional(name: str, value: str | None) -> None:
    """They may be absent or empty."""
    params = {key: text for key, text in PARAMS.items() if key != name} | (
        {name: value} if value == "" else {}
    )
    assert read_callback(params).sid(name) == ""


@pytest.mark.parametrize("name", [name for name in PARAMS if name.endswith("Sid")])
@pytest.mark.parametrize(
    "tail", ["", "0" * 31, "0" * 33, "g" * 32, "0" * 32 + "\n", "٠" * 32, "../" + "0" * 29]
)
def test_a_sid_is_well_formed(name: str, tail: str) -> None:
    """A SID is its prefix and 32 hexadecimal digits; the sentence names the parameter and no value."""
    value = PARAMS[name][:2] + tail
    with pytest.raises(Unreadable) as refused:
        read_callback({**PARAMS, name: value})
    assert name in str(refused.value)
    assert not tail or value not in str(refused.value)


def test_a_sid_of_another_kind() -> None:
    """The prefix tells what a SID is of."""
    with pytest.raises(Unreadable, match="TaskSid must be a SID: WT"):
        read_callback({**PARAMS, "TaskSid": PARAMS["WorkerSid"]})


@pytest.mark.parametrize("name", [*PARAMS, "TaskAttributes", "WorkerAttributes"])
def test_what_is_known_stands_once(name: str) -> None:
    """Of a repeated parameter nobody could say which value was meant."""
    with pytest.raises(Unreadable, match=f"{name} {MORE_THAN_ONCE}"):
        read_callback({**PARAMS, name: ["1", "2"]})


def test_an_event_callback() -> None:
    """Users confuse the Workspace's event callback with this one: the sentence tells them apart."""
    with pytest.raises(Unreadable, match=r"AssignmentCallbackUrl.*EventCallbackUrl"):
        read_callback({**PARAMS, "EventType": "task.created"})


@pytest.mark.parametrize(
    ("attributes", "seen"),
    [
        (r'{"type": "a", "note": "\ud83d"}', {"type": "a", "note": "?"}),
        (r'{"type": "a", "note": "\ud83d\ude00"}', {"type": "a", "note": "\U0001f600"}),
        ('{"type": "a", "n": 1e400}', {"type": "a", "n": float("inf")}),
        ('{"type": "a", "n": ' + "9" * 400 + "}", {"type": "a", "n": int("9" * 400)}),
    ],
    ids=["half an emoji", "an emoji", "a huge float", "a huge number"],
)
def test_one_odd_value_costs_nothing_else(attributes: str, seen: object) -> None:
    """JSON is read although one value of it is odd: the task's type still counts."""
    assert read_callback({**PARAMS, "TaskAttributes": attributes}).task == seen
