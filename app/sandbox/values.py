"""Is this one value valid? Each predicate reads both wire forms: JSON values, and the strings of a form.

Limits and allowed words are those of Twilio's OpenAPI document for the Reservation resources.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from app.sandbox.sids import is_sid

CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
CONFERENCE_EVENTS = frozenset({"start", "end", "join", "leave", "mute", "hold"})
SIP_TIMEOUT = 600
"""The longest that a SIP address may ring, in seconds."""

_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_ADDRESS = re.compile(r"client:[^\s:]+|sips?:[^\s@]+@[^\s@]+")
_DIGITS = re.compile(r"[0-9]{1,9}")


def is_phone(value: object) -> bool:
    """A phone number in E.164, such as +14155551212."""
    return isinstance(value, str) and bool(_PHONE.fullmatch(value))


def is_address(value: object) -> bool:
    """A `client:name` or a `sip:user@host`."""
    return isinstance(value, str) and bool(_ADDRESS.fullmatch(value))


def is_contact(value: object) -> bool:
    """A contact URI: a phone number in E.164, `client:name` or `sip:user@host`."""
    return is_phone(value) or is_address(value)


def is_url(value: object) -> bool:
    """An absolute http or https URL."""
    if not isinstance(value, str) or re.search(r"\s", value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_activity(value: object) -> bool:
    """A well-formed activity SID."""
    return is_sid("WA", value)


def is_call(value: object) -> bool:
    """A well-formed call SID."""
    return is_sid("CA", value)


def is_supervisor(value: object) -> bool:
    """A well-formed worker SID, or whatever can be called."""
    return is_sid("WK", value) or is_contact(value)


def is_text(value: object) -> bool:
    """Any string."""
    return isinstance(value, str)


def is_boolean(value: object) -> bool:
    """JSON true and false, or these words."""
    return truth(value) is not None


def truth(value: object) -> bool | None:
    """Read true or false from either wire form; None when the value is neither."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def whole(value: object) -> int | None:
    """Read a whole number from either wire form; None when the value is none."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_between(lowest: int, highest: int) -> Callable[[object], bool]:
    """Make the predicate of a whole number with limits, both included."""

    def valid(value: object) -> bool:
        number = whole(value)
        return number is not None and lowest <= number <= highest

    return valid


def is_word(*words: str) -> Callable[[object], bool]:
    """Make the predicate of one of these words; JSON true and false count as their words."""

    def valid(value: object) -> bool:
        return (str(value).lower() if isinstance(value, bool) else value) in words

    return valid


def are_events(allowed: frozenset[str]) -> Callable[[object], bool]:
    """Make the predicate of event names: ONE comma-separated string inline, a tuple when read from a form.

    A JSON list is wrong: the inline form has no lists.
    """

    def valid(value: object) -> bool:
        if isinstance(value, str):
            return all(name.strip() in allowed for name in value.split(","))
        return isinstance(value, tuple) and all(name in allowed for name in value)

    return valid
