"""The six instructions: what TaskRouter would report of each, found when rules are read or used.

The codes are TaskRouter's own.
"""

import pytest

from app.engine.catalogue import Check
from app.engine.decide import decide
from app.engine.instructions import INSTRUCTIONS
from app.model import Decision, Level, Location, Mode, Problem
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, problems, ruleset

HEADER = """\
default: {defer: nobody answers}
rules:
  - name: only
"""

VALID = {
    "reject": {"activity_sid": OFFLINE},
    "dequeue": {"from": '"+18001231234"', "to": "client:alice"},
    "call": {"from": '"+18001231234"', "to": "client:alice", "url": "https://example.com/a"},
    "redirect": {"call_sid": CALL_SID, "url": "https://example.com/a"},
    "conference": {"from": '"+18001231234"', "to": "client:alice"},
}

# Instruction, key, a value that TaskRouter refuses, and the code that it reports.
INVALID = [
    ("reject", "activity_sid", "WA12", 40100),
    ("call", "to", "alice", 40110),
    ("call", "from", "18001231234", 40111),
    ("call", "url", "example.com/answer", 40112),
    ("call", "status_callback_url", '""', 40158),
    ("redirect", "url", "ftp://example.com", 40120),
    ("redirect", "call_sid", "CA12", 40121),
    ("dequeue", "post_work_activity_sid", "Offline", 40130),
    ("dequeue", "to", "tel:+14155551212", 40131),
    ("dequeue", "from", "support", 40132),
    ("dequeue", "status_callback_events", "ringing,hangup", 40134),
    ("dequeue", "status_callback_url", '""', 40157),
    ("conference", "to", "alice", 40137),
    ("conference", "from", "client:support", 40141),
    ("conference", "post_work_activity_sid", "Offline", 40139),
    ("conference", "status_callback", "example.com", 40159),
    ("conference", "conference_status_callback", '""', 40159),
    ("dequeue", "record", "record-from-ringing", None),
    ("dequeue", "timeout", "1000", None),
    ("call", "record", '"true"', None),
    ("call", "timeout", "0", None),
    ("call", "accept", "perhaps", None),
    ("redirect", "accept", "perhaps", None),
    ("conference", "timeout", "1000", 14233),
    ("conference", "status_callback_method", "PUT", None),
    ("conference", "status_callback_event", "start", None),
    ("conference", "record", "record-from-start", None),
    ("conference", "muted", "perhaps", None),
    ("conference", "beep", "on-enter", None),
    ("conference", "start_conference_on_enter", "perhaps", None),
    ("conference", "end_conference_on_exit", "perhaps", None),
    ("conference", "end_conference_on_customer_exit", "perhaps", None),
    ("conference", "beep_on_customer_entrance", "onEnter", None),
    ("conference", "wait_url", "music", None),
    ("conference", "wait_method", "get", None),
    ("conference", "early_media", "perhaps", None),
    ("conference", "max_participants", "251", None),
    ("conference", "max_participants", "1", None),
    ("conference", "conference_status_callback_method", "PUT", None),
    ("conference", "conference_status_callback_event", "speaker", None),
    ("conference", "conference_record", "always", None),
    ("conference", "conference_trim", "trim", None),
    ("conference", "recording_channels", "stereo", None),
    ("conference", "recording_status_callback", "example.com", None),
    ("conference", "recording_status_callback_method", "PUT", None),
    ("conference", "conference_recording_status_callback", "example.com", None),
    ("conference", "conference_recording_status_callback_method", "PUT", None),
    ("conference", "region", "mars1", None),
    ("conference", "sip_auth_username", '""', None),
    ("conference", "sip_auth_password", '""', None),
    ("conference", "jitter_buffer_size", "huge", None),
    ("conference", "room_name", '""', None),
]


def rule(instruction: str, more: dict[str, str], mode: str = "reply") -> str:
    fields = {**VALID.get(instruction, {}), **more}
    lines = [f"      {key}: {value}" for key, value in fields.items()]
    return "\n".join([f"{HEADER}    {mode}:", f"      instruction: {instruction}", *lines, ""])


def without(instruction: str, key: str, mode: str = "reply") -> str:
    return "".join(
        line for line in rule(instruction, {}, mode).splitlines(keepends=True) if f" {key}:" not in line
    )


def errors(text: str) -> list[Problem]:
    return [problem for problem in problems(text) if problem.level is Level.ERROR]


def taken(text: str, task: object = None, worker: object = None, *, inline: bool = False) -> Decision:
    return decide(ruleset(text), callback(task, worker), MONDAY_NOON, inline=inline)


def place(text: str, value: str) -> Location:
    """Where the last `value` of a text stands."""
    lines = text[: text.rindex(value)].split("\n")
    return Location("rules.yaml", len(lines), len(lines[-1]) + 1)


@pytest.mark.parametrize(("instruction", "key", "value", "code"), INVALID)
def test_a_constant_is_refused_when_rules_are_read(
    instruction: str, key: str, value: str, code: int | None
) -> None:
    """A value that TaskRouter would refuse is an error where it stands, with TaskRouter's code."""
    text = rule(instruction, {key: value})
    [found] = errors(text)

    assert (found.check, found.twilio_code, found.rule) == (Check.INVALID_PARAMETER, code, "only")
    assert found.location == place(text, value)
    assert f"`{key}`" in found.message
    assert found.hint is not None
    assert f"for instance {key}:" in found.hint


@pytest.mark.parametrize(("instruction", "key", "value", "code"), INVALID)
def test_a_filled_in_value_is_refused_when_it_is_used(
    instruction: str, key: str, value: str, code: int | None
) -> None:
    """The same value out of a task's attributes gives the default, with the problem and TaskRouter's code."""
    text = rule(instruction, {key: '"{{ task.value }}"'})
    task = {"value": value.strip('"'), "call_sid": CALL_SID}
    decision = taken(text, task)
    [found] = decision.problems

    assert (decision.rule, decision.mode, decision.instruction) == ("default", Mode.DEFER, None)
    assert (found.check, found.twilio_code, found.rule) == (Check.INVALID_VALUE, code, "only")
    assert f"`{key}`" in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("instruction", "key", "mode", "code"),
    [
        ("reject", "activity_sid", "reply", 40100),
        ("call", "from", "reply", 40111),
        ("call", "url", "reply", 40112),
        ("redirect", "url", "reply", 40120),
        ("redirect", "call_sid", "reply", 40121),
        ("dequeue", "from", "post", 40132),
        ("conference", "from", "reply", 40138),
        ("call", "from", "post", 40111),
        ("call", "url", "post", 40112),
        ("redirect", "url", "post", 40120),
        ("redirect", "call_sid", "post", 40121),
        ("conference", "from", "post", 40138),
    ],
)
def test_a_required_key_is_missed_when_rules_are_read(
    instruction: str, key: str, mode: str, code: int
) -> None:
    """An instruction without a key that TaskRouter requires is an error, with TaskRouter's code."""
    [found] = errors(without(instruction, key, mode))

    assert (found.check, found.twilio_code) == (Check.MISSING_PARAMETER, code)
    assert found.location == Location("rules.yaml", 5, 7)
    assert f"{instruction} needs `{key}`" in found.message
    assert (found.hint or "").startswith(f"add {key}: ")


@pytest.mark.parametrize(
    ("instruction", "key", "code"),
    [
        ("call", "from", 40111),
        ("redirect", "call_sid", 40121),
        ("dequeue", "from", 40132),
        ("conference", "from", 40138),
    ],
)
def test_a_null_is_a_missing_value(instruction: str, key: str, code: int) -> None:
    """What a task's attributes do not hold cannot be filled in: the code is that of a missing value."""
    text = rule(instruction, {key: '"{{ task.value }}"'})
    [found] = taken(text, {"call_sid": CALL_SID}).problems

    assert (found.check, found.twilio_code) == (Check.TEMPLATE_UNFILLED, code)


@pytest.mark.parametrize(("instruction", "key"), [("dequeue", "from"), ("reject", "activity_sid")])
def test_what_one_of_the_forms_does_not_need(instruction: str, key: str) -> None:
    """`from` of dequeue is optional inline, `activity_sid` of reject over REST."""
    mode = "reply" if instruction == "dequeue" else "post"

    assert [each for each in problems(without(instruction, key, mode)) if each.level is Level.ERROR] == []


@pytest.mark.parametrize(
    ("instruction", "code"), [("dequeue", 40131), ("call", 40110), ("conference", 40137)]
)
def test_somebody_must_be_called(instruction: str, code: int) -> None:
    """Without `to` the worker's contact_uri is called; without one that can be, the default decides."""
    text = without(instruction, "to")
    nobody: list[object] = [{}, {"contact_uri": ""}, {"contact_uri": "alice"}, {"contact_uri": 7}, [], None]
    for worker in nobody:
        decision = taken(text, {"call_sid": CALL_SID}, worker)
        [found] = decision.problems
        assert decision.rule == "default"
        assert (found.check, found.twilio_code, found.rule) == (Check.NOBODY_TO_CALL, code, "only")

    for contact in ("client:alice", "+14155551212", "sip:alice@example.com"):
        decision = taken(text, {"call_sid": CALL_SID}, {"contact_uri": contact})
        assert (decision.rule, decision.problems) == ("only", ())


@pytest.mark.parametrize("task", [None, [], {}, {"call_sid": ""}, {"call_sid": None}, {"call_sid": 7}])
def test_dequeue_and_conference_are_for_calls(task: object) -> None:
    """A task without `call_sid` was not made by a call: 40140 for dequeue, 40142 for conference."""
    for instruction, code in (("dequeue", 40140), ("conference", 40142)):
        decision = taken(rule(instruction, {}), task)
        [found] = decision.problems
        assert decision.rule == "default"
        assert (found.check, found.twilio_code, found.rule) == (Check.NO_CALL, code, "only")


def test_conference_takes_outbound_tasks() -> None:
    """An outbound task has `outbound_to` instead of `call_sid`: enough for conference, not for dequeue."""
    task = {"outbound_to": "+14155551212"}

    assert taken(rule("conference", {}), task).rule == "only"
    assert taken(rule("dequeue", {}), task).problems[0].twilio_code == 40140


def test_all_that_a_call_lacks_is_told_at_once() -> None:
    """A conference for a chat task and a worker without contact_uri has both problems."""
    found = taken(without("conference", "to"), {}, {}).problems

    assert [problem.check for problem in found] == [Check.NOBODY_TO_CALL, Check.NO_CALL]


@pytest.mark.parametrize("instruction", ["dequeue", "call", "conference"])
def test_a_sip_address_rings_ten_minutes_at_most(instruction: str) -> None:
    """Over 600 seconds are refused for a SIP address: when rules are read, or when the address is known."""
    sip = {"to": "sip:alice@example.com", "timeout": "601"}
    [found] = errors(rule(instruction, sip))
    assert (found.check, found.location) == (Check.INVALID_PARAMETER, Location("rules.yaml", 5, 7))
    assert errors(rule(instruction, {**sip, "timeout": "600"})) == []
    assert errors(rule(instruction, {**sip, "to": "client:alice"})) == []

    task = {"call_sid": CALL_SID, "timeout": 601}
    worker = {"contact_uri": "SIP:alice@example.com"}
    template = {"timeout": '"{{ task.timeout }}"'}
    for text in (
        without(instruction, "to") + "      timeout: 601\n",
        rule(instruction, {**template, "to": "sip:alice@example.com"}),
        rule(instruction, {"timeout": "601", "to": '"{{ worker.contact_uri }}"'}),
    ):
        [found] = taken(text, task, worker).problems
        assert found.check is Check.INVALID_VALUE
        assert "600" in found.message


@pytest.mark.parametrize(
    ("instruction", "key", "hint"),
    [
        ("dequeue", "callTo", "did you mean 'to'?"),
        ("dequeue", "callFrom", "did you mean 'from'?"),
        ("dequeue", "dequeueFrom", "did you mean 'from'?"),
        ("dequeue", "statusCallback", "did you mean 'status_callback_url'?"),
        ("dequeue", "status_callback", "write status_callback_url"),
        ("dequeue", "status_callback_event", "write status_callback_events"),
        ("dequeue", "form", "did you mean 'from'?"),
        ("call", "callTo", "did you mean 'to'?"),
        ("call", "callFrom", "did you mean 'from'?"),
        ("call", "callUrl", "did you mean 'url'?"),
        ("call", "statusCallback", "did you mean 'status_callback_url'?"),
        ("call", "status_callback", "write status_callback_url"),
        ("call", "status_callback_event", "remove it"),
        ("redirect", "callSid", "did you mean 'call_sid'?"),
        ("redirect", "redirectUrl", "did you mean 'url'?"),
        ("reject", "reason", "remove it"),
        ("reject", "activitySid", "did you mean 'activity_sid'?"),
        ("reject", "reject_pending_reservations", "known are activity_sid, instruction"),
        ("accept", "activity_sid", "known are instruction"),
        ("conference", "callTo", "did you mean 'to'?"),
        ("conference", "callFrom", "did you mean 'from'?"),
        ("conference", "statusCallback", "did you mean 'status_callback'?"),
        ("conference", "endConferenceOnExit", "did you mean 'end_conference_on_exit'?"),
        ("conference", "status_callback_url", "write status_callback"),
        ("conference", "status_callback_events", "status_callback_event for the worker's call"),
        ("conference", "status_callback_events", "conference_status_callback_event for the conference"),
        ("conference", "conference_name", "remove it"),
        ("conference", "conference_friendly_name", "remove it"),
        ("conference", "reject_pending_reservations", "remove it"),
        ("conference", "caller_id", "remove it"),
        ("conference", "byoc", "remove it"),
        ("conference", "recording_track", "remove it"),
        ("conference", "label", "remove it"),
        ("conference", "recording_status_callback_event", "remove it"),
        ("conference", "conference_recording_status_callback_event", "remove it"),
        ("conference", "coaching", "remove it"),
        ("conference", "call_sid_to_coach", "remove it"),
        ("conference", "call_reason", "remove it"),
    ],
)
def test_keys_that_people_write_by_mistake(instruction: str, key: str, hint: str) -> None:
    """A key that TaskRouter does not take is an error at the key, and says what to write instead."""
    text = rule(instruction, {key: "x"})
    [found] = errors(text)

    assert (found.check, found.location) == (Check.UNKNOWN_PARAMETER, place(text, f"{key}: x"))
    assert repr(key) in found.message
    assert hint in (found.hint or "")


def test_every_parameter_has_a_value_that_is_refused_above() -> None:
    """The table of refused values leaves no parameter of any instruction out."""
    tried = {(instruction, key) for instruction, key, _, _ in INVALID}

    assert tried == {(name, key) for name, schema in INSTRUCTIONS.items() for key in schema.parameters()}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_every_example_is_valid(name: str) -> None:
    """What the hint `for instance …` shows is accepted by the same field."""
    for parameter in INSTRUCTIONS[name].parameters().values():
        assert parameter.deserialize(parameter.example.strip("[]")) is not None
