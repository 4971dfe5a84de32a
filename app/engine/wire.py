"""The two forms in which Twilio takes an instruction, from one table of names.

Inline: the JSON answer to the callback, snake_case, several events joined by commas.
REST: the form of a POST to the Reservation resource; in the twilio library, keyword arguments of `update`.
Source: Twilio's "Responding to an Assignment Callback" and its OpenAPI document of the Reservation resource.
"""

import re
from collections.abc import Mapping

from app.model import Instruction

Form = dict[str, object]

# Of each instruction: inline key to REST parameter. An empty name: there is no REST form.
WIRE_NAMES: Mapping[str, Mapping[str, str]] = {
    "accept": {},
    "reject": {"activity_sid": "WorkerActivitySid"},
    "dequeue": {
        "to": "DequeueTo",
        "from": "DequeueFrom",
        "post_work_activity_sid": "DequeuePostWorkActivitySid",
        "record": "DequeueRecord",
        "timeout": "DequeueTimeout",
        "status_callback_url": "DequeueStatusCallbackUrl",
        "status_callback_events": "DequeueStatusCallbackEvent",
    },
    "call": {
        "to": "CallTo",
        "from": "CallFrom",
        "url": "CallUrl",
        "accept": "CallAccept",
        "record": "CallRecord",
        "timeout": "CallTimeout",
        "status_callback_url": "CallStatusCallbackUrl",
    },
    "redirect": {"call_sid": "RedirectCallSid", "url": "RedirectUrl", "accept": "RedirectAccept"},
    "conference": {
        "to": "To",
        "from": "From",
        "timeout": "Timeout",
        "post_work_activity_sid": "PostWorkActivitySid",
        "status_callback": "StatusCallback",
        "status_callback_method": "StatusCallbackMethod",
        "status_callback_event": "StatusCallbackEvent",
        "record": "Record",
        "muted": "Muted",
        "beep": "Beep",
        "start_conference_on_enter": "StartConferenceOnEnter",
        "end_conference_on_exit": "EndConferenceOnExit",
        "end_conference_on_customer_exit": "EndConferenceOnCustomerExit",
        "beep_on_customer_entrance": "BeepOnCustomerEntrance",
        "wait_url": "WaitUrl",
        "wait_method": "WaitMethod",
        "early_media": "EarlyMedia",
        "max_participants": "MaxParticipants",
        "conference_status_callback": "ConferenceStatusCallback",
        "conference_status_callback_method": "ConferenceStatusCallbackMethod",
        "conference_status_callback_event": "ConferenceStatusCallbackEvent",
        "conference_record": "ConferenceRecord",
        "conference_trim": "ConferenceTrim",
        "recording_channels": "RecordingChannels",
        "recording_status_callback": "RecordingStatusCallback",
        "recording_status_callback_method": "RecordingStatusCallbackMethod",
        "conference_recording_status_callback": "ConferenceRecordingStatusCallback",
        "conference_recording_status_callback_method": "ConferenceRecordingStatusCallbackMethod",
        "region": "Region",
        "sip_auth_username": "SipAuthUsername",
        "sip_auth_password": "SipAuthPassword",
        "jitter_buffer_size": "JitterBufferSize",
        "room_name": "",
    },
}

# These two are no instruction over REST but a status of the reservation.
STATUSES = {"accept": "accepted", "reject": "rejected"}

# With what only an update of a reservation may ask for, and no rule: the reservation is accepted by then.
UPDATE_NAMES: Mapping[str, Mapping[str, str]] = {
    **WIRE_NAMES,
    "supervise": {"supervisor": "Supervisor", "supervisor_mode": "SupervisorMode"},
    "wrapping": {},
    "completed": {},
}
UPDATE_STATUSES = {**STATUSES, "wrapping": "wrapping", "completed": "completed"}


def rendered_object(instruction: Instruction) -> Form:
    """The instruction as rules write it, filled in; several events are a list."""
    fields = {
        key: list(value) if isinstance(value, tuple) else value for key, value in instruction.fields.items()
    }
    return {"instruction": instruction.name, **fields}


def inline_form(instruction: Instruction) -> Form:
    """The JSON object of the answer."""
    fields = {
        key: ",".join(value) if isinstance(value, tuple) else value
        for key, value in instruction.fields.items()
    }
    return {"instruction": instruction.name, **fields}


def rest_form(instruction: Instruction) -> Form:
    """Twilio's parameter names and their values; several events are a list."""
    names = UPDATE_NAMES[instruction.name]
    status = UPDATE_STATUSES.get(instruction.name)
    head: Form = {"ReservationStatus": status} if status else {"Instruction": instruction.name}
    fields = {
        names[key]: list(value) if isinstance(value, tuple) else value
        for key, value in instruction.fields.items()
        if names[key]
    }
    return head | fields


def keyword_arguments(form: Form) -> Form:
    """The same form as keyword arguments of the twilio library's `reservations(sid).update`."""
    return {keyword(name): value for name, value in form.items()}


def keyword(name: str) -> str:
    """The library's keyword for a REST parameter: `DequeueFrom` is `dequeue_from`, `From` is `from_`."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return "from_" if snake == "from" else snake
