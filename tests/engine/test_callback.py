"""The parameters of a request to a Callback."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from app.engine.callback import CallbackSchema, read_callback
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


SIDS = [name for name in PARAMS if name.endswith("Sid")]
TAILS = st.text("0123456789abcdefABCDEFgG\n٠ ", min_size=31, max_size=33) | st.just("0" * 32)
VALUES = st.one_of(
    st.builds(lambda prefix, tail: prefix + tail, st.sampled_from(["WT", "WR", "AC", "wt", ""]), TAILS),
    st.sampled_from([*PARAMS.values(), "", "\n".join([PARAMS["TaskSid"]] * 2)]),
)


def refused_by_the_schema(params: Mapping[str, str]) -> bool:
    """What is asked of the SIDs, slowly."""
    try:
        CallbackSchema().load({name: value for name, value in params.items() if value})
    except ValidationError:
        return True
    return not all(params.get(name) for name in ("WorkspaceSid", "TaskSid", "ReservationSid"))


@settings(deadline=None, max_examples=400)
@given(st.dictionaries(st.sampled_from(SIDS), VALUES, max_size=3), st.sets(st.sampled_from(SIDS), max_size=2))
@example({}, set())
@example({"WorkflowSid": ""}, set())
def test_one_look_finds_what_the_schema_finds(changed: dict[str, str], left_out: set[str]) -> None:
    """The SIDs are read at once as they are one by one, whichever are changed or missing."""
    params = {name: value for name, value in {**PARAMS, **changed}.items() if name not in left_out}
    try:
        refused = read_callback(params) is None
    except Unreadable:
        refused = True
    assert refused is refused_by_the_schema(params)
