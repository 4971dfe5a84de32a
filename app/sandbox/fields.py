"""What each instruction may carry: one table per instruction, one row per field.

A row names the field as the inline JSON does (snake_case), says what is valid and which code of Twilio's
error dictionary a wrong value brings; 20001 where there is no code of its own. Missing fields are judge.py's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.sandbox import values
from app.sandbox.errors import INVALID_PARAMETER

CONTACT = "a phone number in E.164, client:name or sip:user@host"
ACTIVITY = "an activity SID (WA and 32 hexadecimal digits)"
URL = "an absolute http or https URL"
SECONDS = "a whole number of seconds from 1 to 999"
RECORDING = "record-from-answer or do-not-record"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its inline name, the test of a value, what the test wants, and the code when it fails."""

    name: str
    valid: Callable[[object], bool]
    expects: str
    code: int = INVALID_PARAMETER


def _words(name: str, *words: str) -> Field:
    return Field(name, values.is_word(*words), " or ".join(words))


def _boolean(name: str) -> Field:
    return Field(name, values.is_boolean, "true or false")


def _events(name: str, allowed: frozenset[str], code: int = INVALID_PARAMETER) -> Field:
    expects = f"events out of {', '.join(sorted(allowed))}: inline one comma-separated string"
    return Field(name, values.are_events(allowed), expects, code)


_seconds = values.is_between(1, 999)
_record = _words("record", "record-from-answer", "do-not-record")

REJECT = (Field("activity_sid", values.is_activity, ACTIVITY, 40100),)

DEQUEUE = (
    Field("to", values.is_contact, CONTACT, 40131),
    Field("from", values.is_contact, CONTACT, 40132),
    Field("post_work_activity_sid", values.is_activity, ACTIVITY, 40130),
    _events("status_callback_events", values.CALL_EVENTS, 40134),
    Field("status_callback_url", values.is_url, URL, 40157),
    _record,
    Field("timeout", _seconds, SECONDS),
)

CALL = (
    Field("to", values.is_contact, CONTACT, 40110),
    Field("from", values.is_contact, CONTACT, 40111),
    Field("url", values.is_url, URL, 40112),
    Field("status_callback_url", values.is_url, URL, 40158),
    _boolean("accept"),
    _record,
    Field("timeout", _seconds, SECONDS),
)

REDIRECT = (
    Field("url", values.is_url, URL, 40120),
    Field("call_sid", values.is_call, "a call SID (CA and 32 hexadecimal digits)", 40121),
    _boolean("accept"),
)

CONFERENCE = (
    Field("to", values.is_contact, CONTACT, 40137),
    Field("from", values.is_contact, CONTACT, 40141),
    # 40139 has the same cause in Twilio's dictionary; 40143 is the one whose page names this parameter.
    Field("post_work_activity_sid", values.is_activity, ACTIVITY, 40143),
    Field("status_callback", values.is_url, URL, 40159),
    Field("conference_status_callback", values.is_url, URL, 40159),
    Field("recording_status_callback", values.is_url, URL, 40159),
    Field("conference_recording_status_callback", values.is_url, URL, 40159),
    Field("timeout", _seconds, SECONDS, 14233),
    _words("status_callback_method", "GET", "POST"),
    _events("status_callback_event", values.CALL_EVENTS),
    _boolean("record"),
    _boolean("muted"),
    _words("beep", "true", "false", "onEnter", "onExit"),
    _boolean("start_conference_on_enter"),
    _boolean("end_conference_on_exit"),
    _boolean("end_conference_on_customer_exit"),
    _boolean("beep_on_customer_entrance"),
    Field("wait_url", values.is_text, "a URL, or empty for silence"),
    _words("wait_method", "GET", "POST"),
    _boolean("early_media"),
    Field("max_participants", values.is_between(2, 250), "a whole number from 2 to 250"),
    _words("conference_status_callback_method", "GET", "POST"),
    _events("conference_status_callback_event", values.CONFERENCE_EVENTS),
    _words("conference_record", "true", "false", "record-from-start", "do-not-record"),
    _words("conference_trim", "trim-silence", "do-not-trim"),
    _words("recording_channels", "mono", "dual"),
    _words("recording_status_callback_method", "GET", "POST"),
    _words("conference_recording_status_callback_method", "GET", "POST"),
    _words("region", "us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1"),
    Field("sip_auth_username", values.is_text, "text"),
    Field("sip_auth_password", values.is_text, "text"),
    _words("jitter_buffer_size", "small", "medium", "large", "off"),
)

SUPERVISE = (
    Field("supervisor", values.is_supervisor, f"a worker SID, or {CONTACT}"),
    _words("supervisor_mode", "monitor", "whisper", "barge"),
)

REFUSED_BY_CONFERENCE = (
    "caller_id",
    "byoc",
    "recording_track",
    "label",
    "recording_status_callback_event",
    "conference_recording_status_callback_event",
    "coaching",
    "call_sid_to_coach",
    "call_reason",
)
"""Participant parameters that the Reservation page excludes from the conference instruction."""

FIELDS: Mapping[str, tuple[Field, ...]] = {
    "reject": REJECT,
    "dequeue": DEQUEUE,
    "call": CALL,
    "redirect": REDIRECT,
    "conference": CONFERENCE,
    "supervise": SUPERVISE,
}
