"""Twilio's two forms of an instruction, the REST form as the installed library sends it."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.taskrouter.v1.workspace.task.reservation import ReservationContext

from app.engine.decide import decide
from app.engine.instructions import INSTRUCTIONS
from app.engine.wire import STATUSES, WIRE_NAMES, inline_form, keyword, keyword_arguments, rest_form
from app.model import Instruction, Mode
from tests.builders import ACCOUNT, CALL_SID, MONDAY_NOON, OFFLINE, PARAMS, callback, ruleset

HEADER = "default: {defer: nobody answers}\nrules:\n  - name: only\n"

ACCEPT = "    post: {instruction: accept}\n"

REJECT = f"    post: {{instruction: reject, activity_sid: {OFFLINE}}}\n"

DEQUEUE = f"""\
    post:
      instruction: dequeue
      to: "+14155551212"
      from: "+18001231234"
      post_work_activity_sid: {OFFLINE}
      record: record-from-answer
      timeout: 15
      status_callback_url: https://example.com/dequeue?a=b&c=d
      status_callback_events: [answered, completed]
"""

CALL = """\
    post:
      instruction: call
      to: client:alice
      from: "+18001231234"
      url: https://example.com/answer
      accept: true
      record: do-not-record
      timeout: 999
      status_callback_url: https://example.com/call
"""

REDIRECT = f"""\
    post:
      instruction: redirect
      call_sid: {CALL_SID}
      url: https://example.com/voicemail
      accept: false
"""

CONFERENCE = f"""\
    post:
      instruction: conference
      to: sip:alice@example.com
      from: "+18001231234"
      timeout: 600
      post_work_activity_sid: {OFFLINE}
      status_callback: https://example.com/worker
      status_callback_method: GET
      status_callback_event: initiated, ringing
      record: false
      muted: true
      beep: onEnter
      start_conference_on_enter: true
      end_conference_on_exit: true
      end_conference_on_customer_exit: false
      beep_on_customer_entrance: true
      wait_url: https://example.com/music
      wait_method: POST
      early_media: false
      max_participants: 2
      conference_status_callback: https://example.com/conference
      conference_status_callback_method: POST
      conference_status_callback_event: [start, end, join, leave, mute, hold]
      conference_record: record-from-start
      conference_trim: do-not-trim
      recording_channels: dual
      recording_status_callback: https://example.com/recording
      recording_status_callback_method: GET
      conference_recording_status_callback: https://example.com/recordings
      conference_recording_status_callback_method: POST
      region: ie1
      sip_auth_username: alice
      sip_auth_password: a+b c&d
      jitter_buffer_size: small
"""

BODIES = {
    ACCEPT: "ReservationStatus=accepted",
    REJECT: "ReservationStatus=rejected&WorkerActivitySid=WA0123456789abcdef0123456789abcdef",
    DEQUEUE: "Instruction=dequeue"
    "&DequeueTo=%2B14155551212"
    "&DequeueFrom=%2B18001231234"
    "&DequeuePostWorkActivitySid=WA0123456789abcdef0123456789abcdef"
    "&DequeueRecord=record-from-answer"
    "&DequeueTimeout=15"
    "&DequeueStatusCallbackUrl=https%3A%2F%2Fexample.com%2Fdequeue%3Fa%3Db%26c%3Dd"
    "&DequeueStatusCallbackEvent=answered"
    "&DequeueStatusCallbackEvent=completed",
    CALL: "Instruction=call"
    "&CallTo=client%3Aalice"
    "&CallFrom=%2B18001231234"
    "&CallUrl=https%3A%2F%2Fexample.com%2Fanswer"
    "&CallAccept=true"
    "&CallRecord=do-not-record"
    "&CallTimeout=999"
    "&CallStatusCallbackUrl=https%3A%2F%2Fexample.com%2Fcall",
    REDIRECT: "Instruction=redirect"
    "&RedirectCallSid=CA00000000000000000000000000000001"
    "&RedirectUrl=https%3A%2F%2Fexample.com%2Fvoicemail"
    "&RedirectAccept=false",
    CONFERENCE: "Instruction=conference"
    "&To=sip%3Aalice%40example.com"
    "&From=%2B18001231234"
    "&Timeout=600"
    "&PostWorkActivitySid=WA0123456789abcdef0123456789abcdef"
    "&StatusCallback=https%3A%2F%2Fexample.com%2Fworker"
    "&StatusCallbackMethod=GET"
    "&StatusCallbackEvent=initiated"
    "&StatusCallbackEvent=ringing"
    "&Record=false"
    "&Muted=true"
    "&Beep=onEnter"
    "&StartConferenceOnEnter=true"
    "&EndConferenceOnExit=true"
    "&EndConferenceOnCustomerExit=false"
    "&BeepOnCustomerEntrance=true"
    "&WaitUrl=https%3A%2F%2Fexample.com%2Fmusic"
    "&WaitMethod=POST"
    "&EarlyMedia=false"
    "&MaxParticipants=2"
    "&ConferenceStatusCallback=https%3A%2F%2Fexample.com%2Fconference"
    "&ConferenceStatusCallbackMethod=POST"
    "&ConferenceStatusCallbackEvent=start"
    "&ConferenceStatusCallbackEvent=end"
    "&ConferenceStatusCallbackEvent=join"
    "&ConferenceStatusCallbackEvent=leave"
    "&ConferenceStatusCallbackEvent=mute"
    "&ConferenceStatusCallbackEvent=hold"
    "&ConferenceRecord=record-from-start"
    "&ConferenceTrim=do-not-trim"
    "&RecordingChannels=dual"
    "&RecordingStatusCallback=https%3A%2F%2Fexample.com%2Frecording"
    "&RecordingStatusCallbackMethod=GET"
    "&ConferenceRecordingStatusCallback=https%3A%2F%2Fexample.com%2Frecordings"
    "&ConferenceRecordingStatusCallbackMethod=POST"
    "&Region=ie1"
    "&SipAuthUsername=alice"
    "&SipAuthPassword=a%2Bb+c%26d"
    "&JitterBufferSize=small",
}


class Loopback(TwilioHttpClient):
    """The library's client, with a server of ours in the place of Twilio's."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=5)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().request(
            method, url.replace("https://taskrouter.twilio.com", self.base), *args, **kwargs
        )


@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server on a loopback port, and the path and body of each POST that reached it."""
    received: list[tuple[str, str]] = []

    class Reservations(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Reservations) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", received
        finally:
            server.shutdown()
            thread.join()


def decided(rule: str) -> Instruction:
    call = callback({"call_sid": CALL_SID}, {"contact_uri": "client:alice"})
    instruction = decide(ruleset(HEADER + rule), call, MONDAY_NOON).instruction
    assert instruction is not None
    return instruction


def by_name(body: str) -> list[str]:
    """The pairs of a form, still encoded; the library has its own order, but keeps that of equal names."""
    return sorted(body.split("&"), key=lambda pair: pair.partition("=")[0])


@pytest.mark.parametrize(("rule", "body"), BODIES.items(), ids=WIRE_NAMES)
def test_the_library_sends_what_twilio_documents(rule: str, body: str) -> None:
    """Every field of an instruction leaves the library under Twilio's name and in Twilio's notation."""
    sids = (PARAMS["WorkspaceSid"], PARAMS["TaskSid"], PARAMS["ReservationSid"])
    with listening() as (base, received):
        http = Loopback(base)
        taskrouter = Client(ACCOUNT, "secret", http_client=http).taskrouter.v1
        reservation = taskrouter.workspaces(sids[0]).tasks(sids[1]).reservations(sids[2])
        arguments: dict[str, Any] = keyword_arguments(rest_form(decided(rule)))
        reservation.update(**arguments)
        assert http.session is not None
        http.session.close()

    [(path, sent)] = received
    assert path == "/v1/Workspaces/{}/Tasks/{}/Reservations/{}".format(*sids)
    assert by_name(sent) == by_name(body)


def test_the_bodies_above_show_every_rest_parameter() -> None:
    """No field with a REST form is missing in the comparison with the library."""
    sent = {pair.partition("=")[0] for body in BODIES.values() for pair in body.split("&")}
    names = {name for names in WIRE_NAMES.values() for name in names.values() if name}

    assert sent == names | {"Instruction", "ReservationStatus"}


def test_the_library_knows_every_keyword() -> None:
    """Whatever we may hand to `update` is one of its parameters."""
    names = {name for names in WIRE_NAMES.values() for name in names.values() if name}
    known = inspect.signature(ReservationContext.update).parameters.keys()

    assert {keyword(name) for name in names | {"Instruction", "ReservationStatus"}} <= known


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_table_names_exactly_the_parameters(name: str) -> None:
    """Each parameter of a schema has a row in the table of wire names, and each row a parameter."""
    assert WIRE_NAMES[name].keys() == INSTRUCTIONS[name].parameters().keys()


def test_the_table_has_every_instruction() -> None:
    """Six instructions have wire names; two of them are a status of the reservation over REST."""
    assert list(WIRE_NAMES) == ["accept", "reject", "dequeue", "call", "redirect", "conference"]
    assert STATUSES == {"accept": "accepted", "reject": "rejected"}


@pytest.mark.parametrize(
    ("rule", "inline"),
    [
        (ACCEPT, {"instruction": "accept"}),
        (REJECT, {"instruction": "reject", "activity_sid": OFFLINE}),
        (
            DEQUEUE,
            {
                "instruction": "dequeue",
                "to": "+14155551212",
                "from": "+18001231234",
                "post_work_activity_sid": OFFLINE,
                "record": "record-from-answer",
                "timeout": 15,
                "status_callback_url": "https://example.com/dequeue?a=b&c=d",
                "status_callback_events": "answered,completed",
            },
        ),
        (
            CALL,
            {
                "instruction": "call",
                "to": "client:alice",
                "from": "+18001231234",
                "url": "https://example.com/answer",
                "accept": True,
                "record": "do-not-record",
                "timeout": 999,
                "status_callback_url": "https://example.com/call",
            },
        ),
        (
            REDIRECT,
            {
                "instruction": "redirect",
                "call_sid": CALL_SID,
                "url": "https://example.com/voicemail",
                "accept": False,
            },
        ),
        (
            CONFERENCE,
            {
                "instruction": "conference",
                "to": "sip:alice@example.com",
                "from": "+18001231234",
                "timeout": 600,
                "post_work_activity_sid": OFFLINE,
                "status_callback": "https://example.com/worker",
                "status_callback_method": "GET",
                "status_callback_event": "initiated,ringing",
                "record": False,
                "muted": True,
                "beep": "onEnter",
                "start_conference_on_enter": True,
                "end_conference_on_exit": True,
                "end_conference_on_customer_exit": False,
                "beep_on_customer_entrance": True,
                "wait_url": "https://example.com/music",
                "wait_method": "POST",
                "early_media": False,
                "max_participants": 2,
                "conference_status_callback": "https://example.com/conference",
                "conference_status_callback_method": "POST",
                "conference_status_callback_event": "start,end,join,leave,mute,hold",
                "conference_record": "record-from-start",
                "conference_trim": "do-not-trim",
                "recording_channels": "dual",
                "recording_status_callback": "https://example.com/recording",
                "recording_status_callback_method": "GET",
                "conference_recording_status_callback": "https://example.com/recordings",
                "conference_recording_status_callback_method": "POST",
                "region": "ie1",
                "sip_auth_username": "alice",
                "sip_auth_password": "a+b c&d",
                "jitter_buffer_size": "small",
            },
        ),
    ],
    ids=WIRE_NAMES,
)
def test_the_inline_form(rule: str, inline: dict[str, object]) -> None:
    """The JSON answer has the keys of the rule; several events are one text with commas."""
    form = inline_form(decided(rule))

    assert form == inline
    assert list(form) == list(inline)


def test_room_name_goes_inline_alone() -> None:
    """The undocumented `room_name` has no name over REST, and is left out there."""
    instruction = Instruction("conference", {"from": "+18001231234", "room_name": "blue"})

    assert inline_form(instruction)["room_name"] == "blue"
    assert rest_form(instruction) == {"Instruction": "conference", "From": "+18001231234"}


def test_a_rejection_over_rest_needs_no_activity() -> None:
    """Without `activity_sid` the worker stays where they are, and the parameter is not sent."""
    rules = ruleset(HEADER + "    post: {instruction: reject}\n")
    decision = decide(rules, callback(), MONDAY_NOON)

    assert decision.mode is Mode.POST
    assert decision.instruction is not None
    assert rest_form(decision.instruction) == {"ReservationStatus": "rejected"}
