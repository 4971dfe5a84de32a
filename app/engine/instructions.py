"""The six instructions: one class each with its fields and what TaskRouter asks of them beyond the fields.

Sources: Twilio's pages on the assignment callback and the Reservation resource, the OpenAPI document of the
latter, and TaskRouter's error codes.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

from marshmallow import Schema

from app.engine.catalogue import Check
from app.engine.fields import (
    CALL_EVENTS,
    CONFERENCE_EVENTS,
    MAX_SIP_TIMEOUT,
    MAX_TIMEOUT,
    Choice,
    ContactUri,
    Events,
    Flag,
    Parameter,
    PhoneNumber,
    Secret,
    Sid,
    Text,
    Url,
    Whole,
    is_contact_uri,
)
from app.engine.scope import Scope
from app.model import Mode

REPLY, POST = Mode.REPLY, Mode.POST
METHODS = ("GET", "POST")
RECORD = ("record-from-answer", "do-not-record")
REGIONS = ("us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1")
JITTER = ("small", "medium", "large", "off")


class Finding(NamedTuple):
    """What is wrong with an instruction's values: without them, since they may be a caller's."""

    check: Check
    message: str
    hint: str
    twilio_code: int | None = None


class InstructionSchema(Schema):
    """What every instruction has: its name, its parameters, and checks against the call."""

    name: ClassVar[str]
    refused: ClassVar[Mapping[str, str]] = {}  # keys that people write, and what to write instead

    def __init__(self) -> None:
        super().__init__()
        self._parameters = {
            field.data_key or name: field
            for name, field in self.fields.items()
            if isinstance(field, Parameter)
        }

        self._required = {
            mode: tuple(key for key, field in self._parameters.items() if mode in field.required_in)
            for mode in Mode
        }

    def required(self, mode: Mode) -> tuple[str, ...]:
        """The inline keys of those without which TaskRouter refuses the instruction in this mode."""
        return self._required[mode]

    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters by inline key."""
        return self._parameters

    def field_findings(self, fields: Mapping[str, object]) -> Iterator[Finding]:
        """Which of the values do not go together."""
        del fields
        return iter(())

    def call_findings(self, fields: Mapping[str, object], scope: Scope) -> Iterator[Finding]:
        """What this call lacks for the instruction."""
        del fields, scope
        return iter(())


class Accept(InstructionSchema):
    """The worker takes the task; connecting the two is left to us."""

    name = "accept"


class Reject(InstructionSchema):
    """The worker does not take the task, and moves to an activity."""

    name = "reject"

    activity_sid = Sid("WA", code=40100, required=(REPLY,))
    refused: ClassVar = {"reason": "TaskRouter keeps no reason for a rejection: remove it"}


class _Calling(InstructionSchema):
    """The instructions that call the worker."""

    missing_contact_code: ClassVar[int]

    def field_findings(self, fields: Mapping[str, object]) -> Iterator[Finding]:
        yield from _sip_timeout(fields.get("to"), fields)

    def call_findings(self, fields: Mapping[str, object], scope: Scope) -> Iterator[Finding]:
        if "to" in fields:
            return
        contact = scope.worker.get("contact_uri")
        yield from _sip_timeout(contact, fields)
        if not is_contact_uri(contact):
            yield Finding(
                Check.NOBODY_TO_CALL,
                "there is no `to`, and the worker has no contact_uri that can be called",
                "give the worker a contact_uri, or write `to`",
                self.missing_contact_code,
            )


class Dequeue(_Calling):
    """The caller, parked by <Enqueue>, is bridged to the worker."""

    name = "dequeue"
    missing_contact_code = 40131

    to = ContactUri(code=40131)
    from_ = PhoneNumber("from", code=40132, required=(POST,))
    post_work_activity_sid = Sid("WA", code=40130)
    record = Choice(*RECORD)
    timeout = Whole(1, MAX_TIMEOUT)
    status_callback_url = Url(code=40157)
    status_callback_events = Events(*CALL_EVENTS, code=40134)
    refused: ClassVar = {
        "status_callback": "write status_callback_url",
        "status_callback_event": "write status_callback_events",
    }

    def call_findings(self, fields: Mapping[str, object], scope: Scope) -> Iterator[Finding]:
        yield from super().call_findings(fields, scope)
        if not _is_text(scope.task.get("call_sid")):
            yield Finding(
                Check.NO_CALL,
                "the task has no call_sid, so it was not made by <Enqueue>",
                "dequeue works for calls alone: restrict the rule to their task types",
                40140,
            )


class Call(_Calling):
    """The worker is called, and what they hear comes from a URL."""

    name = "call"
    missing_contact_code = 40110

    to = ContactUri(code=40110)
    from_ = PhoneNumber("from", code=40111, required=(REPLY, POST))
    url = Url(code=40112, required=(REPLY, POST))
    accept = Flag()
    record = Choice(*RECORD)
    timeout = Whole(1, MAX_TIMEOUT)
    status_callback_url = Url(code=40158)
    refused: ClassVar = {
        "status_callback": "write status_callback_url",
        "status_callback_event": "TaskRouter sends `completed` alone for a call: remove it",
    }


class Redirect(InstructionSchema):
    """A call in progress goes on with another TwiML document."""

    name = "redirect"

    call_sid = Sid("CA", code=40121, required=(REPLY, POST))
    url = Url(code=40120, required=(REPLY, POST))
    accept = Flag()


class Conference(_Calling):
    """Caller and worker meet in a conference. The parameters are those of the worker's participant."""

    name = "conference"
    missing_contact_code = 40137

    to = ContactUri(code=40137)
    from_ = PhoneNumber("from", code=40141, missing_code=40138, required=(REPLY, POST))
    timeout = Whole(1, MAX_TIMEOUT, code=14233)
    post_work_activity_sid = Sid("WA", code=40139)
    status_callback = Url(code=40159)
    status_callback_method = Choice(*METHODS)
    status_callback_event = Events(*CALL_EVENTS)
    record = Flag()
    muted = Flag()
    beep = Choice("true", "false", "onEnter", "onExit")
    start_conference_on_enter = Flag()
    end_conference_on_exit = Flag()
    end_conference_on_customer_exit = Flag()
    beep_on_customer_entrance = Flag()
    wait_url = Url()
    wait_method = Choice(*METHODS)
    early_media = Flag()
    max_participants = Whole(2, 250)
    conference_status_callback = Url(code=40159)
    conference_status_callback_method = Choice(*METHODS)
    conference_status_callback_event = Events(*CONFERENCE_EVENTS, note="and no `speaker`")
    conference_record = Choice("true", "false", "record-from-start", "do-not-record")
    conference_trim = Choice("trim-silence", "do-not-trim")
    recording_channels = Choice("mono", "dual")
    recording_status_callback = Url()
    recording_status_callback_method = Choice(*METHODS)
    conference_recording_status_callback = Url()
    conference_recording_status_callback_method = Choice(*METHODS)
    region = Choice(*REGIONS)
    sip_auth_username = Text()
    sip_auth_password = Secret()
    jitter_buffer_size = Choice(*JITTER)
    room_name = Text()

    refused: ClassVar = {
        **dict.fromkeys(
            (
                "caller_id",
                "byoc",
                "recording_track",
                "label",
                "recording_status_callback_event",
                "conference_recording_status_callback_event",
                "coaching",
                "call_sid_to_coach",
                "call_reason",
            ),
            "TaskRouter refuses this participant parameter: remove it",
        ),
        "status_callback_url": "write status_callback",
        "status_callback_events": "write status_callback_event for the worker's call, "
        "conference_status_callback_event for the conference",
        "conference_name": "TaskRouter names the conference after the task: remove it",
        "conference_friendly_name": "TaskRouter names the conference after the task: remove it",
        "reject_pending_reservations": "this is no parameter of a pending reservation: remove it",
    }

    def call_findings(self, fields: Mapping[str, object], scope: Scope) -> Iterator[Finding]:
        yield from super().call_findings(fields, scope)
        if not (_is_text(scope.task.get("call_sid")) or _is_text(scope.task.get("outbound_to"))):
            yield Finding(
                Check.NO_CALL,
                "the task has neither call_sid (inbound) nor outbound_to (outbound)",
                "conference works for calls alone: restrict the rule to their task types",
                40142,
            )


def _sip_timeout(target: object, fields: Mapping[str, object]) -> Iterator[Finding]:
    timeout = fields.get("timeout")
    calls_sip = isinstance(target, str) and target.lower().startswith("sip:")
    if calls_sip and isinstance(timeout, int) and timeout > MAX_SIP_TIMEOUT:
        message = f"`timeout` is over {MAX_SIP_TIMEOUT}, the longest for a SIP address"
        yield Finding(Check.INVALID_VALUE, message, f"write {MAX_SIP_TIMEOUT} or less")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


INSTRUCTIONS: Mapping[str, InstructionSchema] = {
    schema.name: schema() for schema in (Accept, Reject, Dequeue, Call, Redirect, Conference)
}
