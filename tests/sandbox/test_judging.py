"""What TaskRouter makes of an instruction, in both wire forms and without a network."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox.errors import InstructionError, RequestError
from app.sandbox.judge import Verdict, check_state, judge
from app.sandbox.resources import Status
from app.sandbox.wire import REST_NAMES, Order, read_form, read_inline, read_update

ACTIVITY = "WA" + "a" * 32
CALL = "CA" + "c" * 32
CALLER = "+14155551212"
URL = "https://example.com/twiml"
INBOUND = {"call_sid": CALL}
ALICE = {"contact_uri": "client:alice"}


def inline(answer: object, task: dict[str, Any] = INBOUND, worker: dict[str, Any] = ALICE) -> Verdict | None:
    order = read_inline("application/json", json.dumps(answer).encode())
    return judge(order, task, worker) if order else None


def over_rest(
    parameters: dict[str, Any], task: dict[str, Any] = INBOUND, worker: dict[str, Any] = ALICE
) -> Verdict:
    return judge(read_update(read_form(urlencode(parameters, doseq=True).encode())), task, worker)


VALID: list[tuple[dict[str, Any], Status | None, str]] = [
    ({"instruction": "accept"}, "accepted", "accepted"),
    ({"instruction": "Accept"}, "accepted", "accepted"),
    (
        {"instruction": "reject", "activity_sid": ACTIVITY},
        "rejected",
        f"rejected, worker moved to {ACTIVITY}",
    ),
    ({"instruction": "dequeue"}, "accepted", "worker's phone rings (dequeue to client:alice)"),
    (
        {
            "instruction": "dequeue",
            "to": "+15105550100",
            "from": CALLER,
            "timeout": 20,
            "record": "do-not-record",
        },
        "accepted",
        "worker's phone rings (dequeue to +15105550100)",
    ),
    (
        {
            "instruction": "dequeue",
            "status_callback_url": URL,
            "status_callback_events": "initiated, answered",
        },
        "accepted",
        "worker's phone rings (dequeue to client:alice)",
    ),
    (
        {"instruction": "dequeue", "from": "client:ivr"},
        "accepted",
        "worker's phone rings (dequeue to client:alice)",
    ),
    (
        {"instruction": "call", "from": CALLER, "url": URL, "accept": True},
        "accepted",
        "worker's phone rings (call to client:alice)",
    ),
    (
        {"instruction": "call", "from": CALLER, "url": URL},
        None,
        "pending: worker's phone rings (call to client:alice), accept or reject is awaited",
    ),
    (
        {"instruction": "redirect", "call_sid": CALL, "url": URL, "accept": "true"},
        "accepted",
        f"accepted, caller redirected to {URL}",
    ),
    (
        {"instruction": "redirect", "call_sid": CALL, "url": URL, "accept": False},
        None,
        f"pending: caller redirected to {URL}, accept or reject is awaited",
    ),
    (
        {"instruction": "conference", "from": CALLER, "to": "sip:alice@example.com", "timeout": "600"},
        "accepted",
        "worker's phone rings (conference with sip:alice@example.com)",
    ),
    (
        {
            "instruction": "conference",
            "from": CALLER,
            "end_conference_on_exit": True,
            "beep": False,
            "max_participants": 250,
            "wait_url": "",
            "conference_status_callback": URL,
            "conference_status_callback_event": "start,end",
            "room_name": "not in the documentation, but read",
            "post_work_activity_sid": None,
        },
        "accepted",
        "worker's phone rings (conference with client:alice)",
    ),
]


@pytest.mark.parametrize(("answer", "status", "outcome"), VALID)
def test_a_valid_inline_answer_is_carried_out(
    answer: dict[str, Any], status: Status | None, outcome: str
) -> None:
    """Each instruction has its status and a sentence for people."""
    verdict = inline(answer)
    assert verdict is not None
    assert (verdict.status, verdict.outcome) == (status, outcome)


def test_an_empty_object_leaves_the_reservation_pending() -> None:
    """`{}` is no order."""
    assert inline({}) is None


def dequeue(**fields: object) -> dict[str, object]:
    return {"instruction": "dequeue", **fields}


def call(**fields: object) -> dict[str, object]:
    return {"instruction": "call", "from": CALLER, "url": URL, **fields}


def redirect(**fields: object) -> dict[str, object]:
    return {"instruction": "redirect", "call_sid": CALL, "url": URL, **fields}


def conference(**fields: object) -> dict[str, object]:
    return {"instruction": "conference", "from": CALLER, **fields}


MISTAKES: list[tuple[int, dict[str, object]]] = [
    (55555, {"instruction": "transfer"}),
    (55555, {"instruction": 7}),
    (55555, {"instruction": "completed"}),
    (40100, {"instruction": "reject"}),
    (40100, {"instruction": "reject", "activity_sid": ""}),
    (40100, {"instruction": "reject", "activity_sid": "WAx"}),
    (40110, call(to="alice")),
    (40111, {"instruction": "call", "url": URL}),
    (40111, call(**{"from": "bob"})),
    (40111, call(to="+15105550100", **{"from": "client:ivr"})),
    (40112, {"instruction": "call", "from": CALLER}),
    (40112, call(url="ftp://example.com/twiml")),
    (40112, call(url="https://[half/an/address")),
    (40112, call(url="https://example.com/two words")),
    (40112, call(url=12)),
    (40158, call(status_callback_url="")),
    (20001, call(accept="perhaps")),
    (20001, call(accept=1)),
    (20001, call(record=True)),
    (40120, {"instruction": "redirect", "call_sid": CALL}),
    (40120, redirect(url="twiml")),
    (40121, {"instruction": "redirect", "url": URL}),
    (40121, redirect(call_sid="CA1")),
    (40130, dequeue(post_work_activity_sid="WA1")),
    (40131, dequeue(to="4155551212")),
    (40132, dequeue(**{"from": "4155551212"})),
    (40134, dequeue(status_callback_events="answered,hungup")),
    (40134, dequeue(status_callback_events=["answered"])),
    (40157, dequeue(status_callback_url="")),
    (20001, dequeue(timeout=1000)),
    (20001, dequeue(timeout=True)),
    (20001, dequeue(timeout="soon")),
    (20001, dequeue(to="sip:alice@example.com", timeout=601)),
    (40137, conference(to="alice")),
    (40138, {"instruction": "conference"}),
    (40141, conference(**{"from": "bob"})),
    (40143, conference(post_work_activity_sid="WA1")),
    (40159, conference(status_callback="/events")),
    (40159, conference(conference_status_callback="")),
    (14233, conference(timeout="20.5")),
    (14233, conference(to="sip:alice@example.com", timeout=601)),
    (20001, conference(conference_status_callback_event="start,speaker")),
    (20001, conference(status_callback_event=["answered"])),
    (20001, conference(max_participants=1)),
    (20001, conference(beep="onexit")),
    (20001, conference(caller_id=CALLER)),
    (20001, conference(coaching=False)),
]


@pytest.mark.parametrize(("code", "answer"), MISTAKES)
def test_each_inline_mistake_has_its_code(code: int, answer: dict[str, object]) -> None:
    """The codes are those of Twilio's error dictionary."""
    with pytest.raises(InstructionError) as raised:
        inline(answer)
    assert raised.value.code == code, raised.value.text


@pytest.mark.parametrize(
    ("code", "instruction"), [(40110, call()), (40131, dequeue()), (40137, conference())]
)
@pytest.mark.parametrize("worker", [{}, {"contact_uri": 7}, {"contact_uri": "alice"}])
def test_without_to_the_worker_must_have_a_contact_uri(
    code: int, instruction: dict[str, object], worker: dict[str, Any]
) -> None:
    """`to` comes from the worker's attributes when the instruction does not say it."""
    with pytest.raises(InstructionError, match="contact_uri") as raised:
        inline(instruction, worker=worker)
    assert raised.value.code == code


def test_dequeue_needs_a_task_made_by_enqueue() -> None:
    """40140 when the task has no call_sid."""
    with pytest.raises(InstructionError, match="call_sid") as raised:
        inline(dequeue(), task={"type": "chat"})
    assert raised.value.code == 40140


def test_conference_needs_a_call_on_the_task() -> None:
    """40142 without call_sid and outbound_to; either of them will do."""
    with pytest.raises(InstructionError) as raised:
        inline(conference(), task={})
    assert raised.value.code == 40142
    verdict = inline(conference(), task={"outbound_to": "+15105550100"})
    assert verdict is not None
    assert verdict.status == "accepted"


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("", b"{}", 40000),
        ("text/html", b"{}", 40000),
        ("application/json", b"", 40001),
        ("application/json", b"<Response/>", 40001),
        ("application/json", b'{\\"instruction\\": \\"accept\\"}', 40001),
        ("application/json", b"\xff", 40001),
        ("application/json", b'{"Instruction": "accept"}', 40005),
        ("application/json", b'{"instruction": null}', 40005),
        ("application/json", b"[]", 40005),
    ],
)
def test_an_answer_that_is_no_instruction_has_its_code(content_type: str, body: bytes, code: int) -> None:
    """40000 for the content type, 40001 for the JSON, 40005 for a missing instruction."""
    with pytest.raises(InstructionError) as raised:
        read_inline(content_type, body)
    assert raised.value.code == code


def test_the_content_type_may_have_parameters() -> None:
    """A charset does no harm."""
    order = read_inline("Application/JSON; charset=utf-8", b'{"instruction": "accept"}')
    assert order == Order("accept", {})


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"ReservationStatus": "accepted"}, "accepted"),
        ({"ReservationStatus": "rejected"}, "rejected"),
        ({"ReservationStatus": "rejected", "WorkerActivitySid": ACTIVITY}, "rejected"),
        ({"ReservationStatus": "wrapping"}, "wrapping"),
        ({"ReservationStatus": "completed"}, "completed"),
        (
            {
                "Instruction": "dequeue",
                "DequeueFrom": CALLER,
                "DequeueStatusCallbackUrl": URL,
                "DequeueStatusCallbackEvent": ["initiated", "answered"],
            },
            "accepted",
        ),
        ({"Instruction": "Call", "CallFrom": CALLER, "CallUrl": URL, "CallAccept": "true"}, "accepted"),
        ({"Instruction": "redirect", "RedirectCallSid": CALL, "RedirectUrl": URL}, None),
        (
            {
                "Instruction": "conference",
                "From": CALLER,
                "ConferenceStatusCallbackEvent": ["start", "end", "join", "leave", "mute", "hold"],
                "EndConferenceOnExit": "true",
            },
            "accepted",
        ),
    ],
)
def test_a_valid_update_is_carried_out(parameters: dict[str, Any], status: Status | None) -> None:
    """The REST form has its own names and repeats a parameter for several events."""
    assert over_rest(parameters).status == status


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        (20001, {}),
        (20001, {"ReservationStatus": "timeout"}),
        (20001, {"ReservationStatus": "Accepted"}),
        (40100, {"ReservationStatus": "rejected", "WorkerActivitySid": "WA1"}),
        (55555, {"Instruction": "accept"}),
        (55555, {"Instruction": "transfer"}),
        (40132, {"Instruction": "dequeue"}),
        (40134, {"Instruction": "dequeue", "DequeueFrom": CALLER, "DequeueStatusCallbackEvent": "speaker"}),
        (40157, {"Instruction": "dequeue", "DequeueFrom": CALLER, "DequeueStatusCallbackUrl": ""}),
        (40112, {"Instruction": "call", "CallFrom": CALLER, "url": URL}),
        (40159, {"Instruction": "conference", "From": CALLER, "RecordingStatusCallback": "nowhere"}),
        (20001, {"Instruction": "conference", "From": CALLER, "CallSidToCoach": CALL}),
        (20001, {"Instruction": "conference", "From": CALLER, "StatusCallbackEvent": "answered,completed"}),
    ],
)
def test_each_mistake_over_rest_has_its_code(code: int, parameters: dict[str, Any]) -> None:
    """The same mistakes have the same codes; some are possible over REST alone."""
    with pytest.raises(InstructionError) as raised:
        over_rest(parameters)
    assert raised.value.code == code, raised.value.text


@pytest.mark.parametrize(
    ("instruction", "parameter", "field"),
    [
        ("dequeue", "DequeuePostWorkActivitySid", "post_work_activity_sid"),
        ("dequeue", "DequeueStatusCallbackEvent", "status_callback_events"),
        ("call", "CallStatusCallbackUrl", "status_callback_url"),
        ("redirect", "RedirectCallSid", "call_sid"),
        ("conference", "PostWorkActivitySid", "post_work_activity_sid"),
        (
            "conference",
            "ConferenceRecordingStatusCallbackMethod",
            "conference_recording_status_callback_method",
        ),
        ("conference", "SipAuthPassword", "sip_auth_password"),
    ],
)
def test_rest_names_are_those_of_the_openapi_document(instruction: str, parameter: str, field: str) -> None:
    """Names are derived; these are the ones where a derivation could go wrong."""
    assert REST_NAMES[instruction][parameter] == field


@pytest.mark.parametrize(
    ("instruction", "status", "code"),
    [
        ("accept", "accepted", 20001),
        ("reject", "timeout", 20001),
        ("call", "canceled", 40114),
        ("redirect", "rescinded", 40123),
        ("dequeue", "rejected", 40135),
        ("conference", "timeout", 40136),
        ("conference", "canceled", 40144),
        ("supervise", "pending", 40146),
        ("supervise", "canceled", 40146),
        ("supervise", "completed", 20001),
        ("wrapping", "pending", 20001),
        ("completed", "rejected", 20001),
    ],
)
def test_a_status_that_cannot_take_the_order_has_its_code(
    instruction: str, status: Status, code: int
) -> None:
    """Most orders are for pending reservations; what is refused is said with the reservation's SID."""
    with pytest.raises(InstructionError) as raised:
        check_state(Order(instruction, {}), "WR1", status)
    assert raised.value.code == code


def test_the_refusal_names_the_expected_state() -> None:
    """The sentence has the form that Twilio's has."""
    with pytest.raises(InstructionError) as raised:
        check_state(Order("reject", {}), "WR1", "timeout")
    assert (
        raised.value.text
        == "Reservation WR1 is not in expected state [pending] and cannot be updated to [rejected]"
    )


def test_a_supervisor_joins_an_accepted_reservation() -> None:
    """Supervise changes nothing about the reservation."""
    order = Order("supervise", {}, over_rest=True)
    check_state(order, "WR1", "accepted")
    assert judge(order, INBOUND, ALICE).status is None


SUPERVISOR = "WK" + "b" * 32


@pytest.mark.parametrize("supervisor", [SUPERVISOR, CALLER, "client:carol", "sip:carol@example.com"])
@pytest.mark.parametrize("mode", ["monitor", "whisper", "barge"])
def test_a_supervisor_is_a_worker_or_can_be_called(supervisor: str, mode: str) -> None:
    """The OpenAPI document's SID or URI, in one of its three modes."""
    parameters = {"Instruction": "supervise", "Supervisor": supervisor, "SupervisorMode": mode}
    assert over_rest(parameters) == Verdict(None, f"accepted, a supervisor joins ({mode})")


@pytest.mark.parametrize(("name", "value"), [("Supervisor", "carol"), ("SupervisorMode", "listen")])
def test_what_supervise_does_not_take(name: str, value: str) -> None:
    """Neither another text for a person, nor another mode."""
    with pytest.raises(InstructionError, match="must be") as raised:
        over_rest({"Instruction": "supervise", name: value})
    assert raised.value.code == 20001


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
INSTRUCTIONS = st.sampled_from(["accept", "reject", "dequeue", "call", "redirect", "conference", "supervise"])
NAMES = st.sampled_from(sorted({name for fields in REST_NAMES.values() for name in fields.values()}))


@given(INSTRUCTIONS, st.dictionaries(NAMES, JSON, max_size=6), st.dictionaries(st.text(), JSON, max_size=3))
def test_any_json_is_judged_or_refused(
    instruction: str, fields: dict[str, Any], attributes: dict[str, Any]
) -> None:
    """No value of any type raises anything but InstructionError."""
    answer = json.dumps({"instruction": instruction, **fields}).encode("utf-8", "surrogatepass")
    with suppress(InstructionError):
        order = read_inline("application/json", answer)
        assert order is not None
        assert isinstance(judge(order, attributes, attributes), Verdict)


@given(st.binary(max_size=80))
def test_any_body_is_a_form_or_refused(body: bytes) -> None:
    """Bytes that are no form raise nothing but RequestError."""
    with suppress(RequestError):
        assert all(isinstance(value, str) for values in read_form(body).values() for value in values)
