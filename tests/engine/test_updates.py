"""What an update of a reservation may ask for: every parameter that Twilio documents, and nothing else."""

import inspect
from collections.abc import Mapping

import pytest
from twilio.rest.taskrouter.v1.workspace.task.reservation import ReservationContext

from app.engine.updates import UPDATES, Mistake, read_update, rest_parameters
from app.engine.wire import UPDATE_NAMES, UPDATE_STATUSES, keyword, rest_form
from app.model import Instruction

NUMBER = "+14155551212"
WORKER = "WK" + "a" * 32


def mistakes(name: str, **values: object) -> tuple[Mistake, ...]:
    """What is wrong with an update; `from_` stands for `from`."""
    return read_update(name, {key.rstrip("_"): value for key, value in values.items()})[1]


def test_the_table_has_every_parameter_of_the_library() -> None:
    """All that the library's `update` takes has an update that sends it, and nothing more is sent."""
    names = {wire for row in UPDATE_NAMES.values() for wire in row.values() if wire}
    known = set(inspect.signature(ReservationContext.update).parameters) - {"self", "if_match"}
    assert {keyword(name) for name in names | {"Instruction", "ReservationStatus"}} == known


@pytest.mark.parametrize("name", UPDATES)
def test_each_update_has_its_names(name: str) -> None:
    """Each parameter of a schema has a row in the table of wire names, and each row a parameter."""
    assert UPDATE_NAMES[name].keys() == UPDATES[name].parameters().keys()


def test_four_updates_are_statuses() -> None:
    """The others of a reservation's statuses come about by themselves."""
    assert set(UPDATE_STATUSES.values()) == {"accepted", "rejected", "wrapping", "completed"}
    assert rest_form(Instruction("wrapping")) == {"ReservationStatus": "wrapping"}
    assert rest_form(Instruction("completed")) == {"ReservationStatus": "completed"}


@pytest.mark.parametrize("supervisor", [WORKER, NUMBER, "client:carol", "sip:carol@example.com"])
def test_a_supervisor_is_a_worker_or_can_be_called(supervisor: str) -> None:
    """Twilio takes a SID or a URI."""
    update, wrong = read_update("supervise", {"supervisor": supervisor, "supervisor_mode": "whisper"})
    assert wrong == ()
    assert rest_form(update) == {
        "Instruction": "supervise",
        "Supervisor": supervisor,
        "SupervisorMode": "whisper",
    }


@pytest.mark.parametrize(("key", "value"), [("supervisor", "carol"), ("supervisor_mode", "listen")])
def test_what_supervise_does_not_take(key: str, value: str) -> None:
    """The message says what it must be, and repeats nothing."""
    [found] = mistakes("supervise", **{key: value})
    assert found.message.startswith(f"`{key}` must be ")
    assert value not in found.message


def test_room_name_has_no_form_over_rest() -> None:
    """It is undocumented, and goes inline alone."""
    assert "room_name" not in rest_parameters("conference")
    assert (
        mistakes("conference", from_=NUMBER, room_name="blue")[0].message == "conference takes no `room_name`"
    )


def test_all_mistakes_are_told_at_once() -> None:
    """Parameters of other updates, values that are none, and what is missing."""
    assert mistakes("call", from_="alice", wait_url="https://example.com/", timeout="1000") == (
        Mistake(
            "call takes no `wait_url`",
            "it takes `to`, `from`, `url`, `accept`, `record`, `timeout`, `status_callback_url`",
        ),
        Mistake(
            "`from` must be a phone number in E.164: + and 2 to 15 digits",
            "such as +14155551212",
        ),
        Mistake("`timeout` must be a whole number from 1 to 999", "such as 999"),
        Mistake("call needs `url`", "add `url` https://example.com/twiml"),
    )


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        (
            "conference",
            {"from": NUMBER, "status_callback_url": "https://example.com/"},
            Mistake("conference takes no `status_callback_url`", "write status_callback"),
        ),
        ("accept", {"to": NUMBER}, Mistake("accept takes no `to`", "remove it")),
        (
            "dequeue",
            {"from": NUMBER, "to": "sip:a@example.com", "timeout": "601"},
            Mistake("`timeout` is over 600, the longest for a SIP address", "write 600 or less"),
        ),
        ("dequeue", {}, Mistake("dequeue needs `from`", "add `from` +14155551212")),
    ],
)
def test_each_mistake_says_the_way_out(name: str, values: Mapping[str, object], found: Mistake) -> None:
    """In the words of the rules' own checks where there are any."""
    assert read_update(name, values)[1] == (found,)


def test_a_rejection_over_rest_needs_no_activity() -> None:
    """Nor does anything else that follows an acceptance."""
    for name in ("accept", "reject", "supervise", "wrapping", "completed"):
        assert mistakes(name) == ()
