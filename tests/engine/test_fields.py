"""What each kind of field reads, and what it refuses."""

import pytest
from marshmallow import ValidationError

from app.engine.fields import (
    CALL_EVENTS,
    CONFERENCE_EVENTS,
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

TOKEN = "tok3n-of-a-caller"

PARAMETERS: dict[str, Parameter] = {
    "text": Text(),
    "secret": Secret(),
    "phone": PhoneNumber(),
    "contact": ContactUri(),
    "url": Url(),
    "activity": Sid("WA"),
    "timeout": Whole(1, 999),
    "flag": Flag(),
    "beep": Choice("true", "false", "onEnter", "onExit"),
    "record": Choice("record-from-answer", "do-not-record"),
    "events": Events(*CONFERENCE_EVENTS, note="and no `speaker`"),
}


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("text", "a room", "a room"),
        ("secret", "p w", "p w"),
        ("phone", "+12", "+12"),
        ("phone", "+123456789012345", "+123456789012345"),
        ("contact", "+14155551212", "+14155551212"),
        ("contact", "client:alice_smith", "client:alice_smith"),
        ("contact", "sip:alice@example.com;transport=tls", "sip:alice@example.com;transport=tls"),
        ("contact", "SIP:alice@example.com", "SIP:alice@example.com"),
        ("url", "https://example.com:8443/a?b=c#d", "https://example.com:8443/a?b=c#d"),
        ("url", "http://127.0.0.1", "http://127.0.0.1"),
        ("activity", "WA" + "aF09" * 8, "WA" + "aF09" * 8),
        ("timeout", 1, 1),
        ("timeout", 999, 999),
        ("timeout", "030", 30),
        ("flag", True, True),
        ("flag", False, False),
        ("flag", "true", True),
        ("flag", "false", False),
        ("beep", True, "true"),
        ("beep", False, "false"),
        ("beep", "onExit", "onExit"),
        ("events", ["start", "end", "start"], ("start", "end")),
        ("events", ("start",), ("start",)),
        ("events", "start, end,start", ("start", "end")),
        ("events", list(CONFERENCE_EVENTS), CONFERENCE_EVENTS),
    ],
)
def test_reads(kind: str, value: object, read: object) -> None:
    """A value of the kind becomes what TaskRouter takes."""
    result = PARAMETERS[kind].deserialize(value)

    assert result == read
    assert type(result) is type(read)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", ""),
        ("text", "  "),
        ("text", "two\nlines"),
        ("text", 7),
        ("secret", 1234),
        ("phone", "+1"),
        ("phone", "+0123456"),
        ("phone", "+1234567890123456"),
        ("phone", "+1415555١٢"),
        ("phone", "14155551212"),
        ("phone", "+1 415 555 1212"),
        ("phone", "+14155551212\n"),
        ("phone", 14155551212),
        ("contact", "alice"),
        ("contact", "client:"),
        ("contact", "client:alice smith"),
        ("contact", "sip:alice"),
        ("contact", "sip:a@b@c"),
        ("contact", ["client:alice"]),
        ("url", ""),
        ("url", "example.com"),
        ("url", "/path"),
        ("url", "ftp://example.com"),
        ("url", "https://"),
        ("url", "https://?q"),
        ("url", "https://example.com/a b"),
        ("url", "https://example.com/\n"),
        ("url", "https://exa\u00a0mple.com"),
        ("url", "https://example.com:port/"),
        ("url", "https://example.com:99999/"),
        ("url", "https://[::1/"),
        ("url", {"a": "b"}),
        ("activity", "WA" + "0" * 31),
        ("activity", "WA" + "0" * 33),
        ("activity", "WA" + "g" * 32),
        ("activity", "wa" + "0" * 32),
        ("activity", "WW" + "0" * 32),
        ("activity", 7),
        ("timeout", 0),
        ("timeout", 1000),
        ("timeout", -1),
        ("timeout", True),
        ("timeout", 30.0),
        ("timeout", "1e2"),
        ("timeout", "9" * 5000),
        ("timeout", ""),
        ("flag", "True"),
        ("flag", "yes"),
        ("flag", 1),
        ("flag", None),
        ("beep", "onenter"),
        ("beep", 1),
        ("beep", ["true"]),
        ("record", True),
        ("events", []),
        ("events", ""),
        ("events", "start,"),
        ("events", "start end"),
        ("events", ["start", "speaker"]),
        ("events", ["start", ["end"]]),
        ("events", {"start": True}),
        ("events", 5),
    ],
)
def test_refuses(kind: str, value: object) -> None:
    """A value of another kind is refused."""
    with pytest.raises(ValidationError):
        PARAMETERS[kind].deserialize(value)


@pytest.mark.parametrize("value", [f"{TOKEN}\n", [TOKEN], {TOKEN: TOKEN}])
@pytest.mark.parametrize("kind", PARAMETERS)
def test_no_message_holds_the_value(kind: str, value: object) -> None:
    """What is said of a refused value does not repeat it: it may be a caller's."""
    with pytest.raises(ValidationError) as refused:
        PARAMETERS[kind].deserialize(value)

    assert TOKEN not in str(refused.value.messages)


@pytest.mark.parametrize("kind", PARAMETERS)
def test_an_example_is_of_its_kind(kind: str) -> None:
    """The example that a hint gives would be accepted, written as YAML or as text."""
    parameter = PARAMETERS[kind]
    example = parameter.example.strip("[]")

    assert parameter.deserialize(example) is not None


def test_the_note_of_a_field_ends_its_message() -> None:
    """A conference event that TaskRouter refuses is named where it is refused."""
    with pytest.raises(ValidationError, match="hold, and no `speaker`"):
        PARAMETERS["events"].deserialize("speaker")


def test_a_kind_says_how_it_reads() -> None:
    """A field class without `read` is no kind of value."""
    with pytest.raises(NotImplementedError):
        Parameter().deserialize("x")


def test_the_missing_code_is_the_code_unless_it_differs() -> None:
    """TaskRouter has one code for most fields, and two for a few."""
    assert PhoneNumber(code=40132).missing_code == 40132
    assert PhoneNumber(code=40141, missing_code=40138).missing_code == 40138
    assert Text().missing_code is None


def test_events_are_those_that_taskrouter_sends() -> None:
    """The call has four events; the conference six, without `speaker`."""
    assert CALL_EVENTS == ("initiated", "ringing", "answered", "completed")
    assert CONFERENCE_EVENTS == ("start", "end", "join", "leave", "mute", "hold")


@pytest.mark.parametrize("value", [None, 7, [], {}, "", "+0", "tel:+14155551212", "worker:alice"])
def test_what_is_no_contact_uri(value: object) -> None:
    """A worker can be called at a number, a client or a SIP address alone."""
    assert not is_contact_uri(value)
