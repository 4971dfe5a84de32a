"""The kinds of value that an instruction's fields hold, as marshmallow fields.

No message repeats the value: at decision time it is a caller's, and messages are logged.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
CLIENT = re.compile(r"client:[^\s]+")
SIP_ADDRESS = re.compile(r"[Ss][Ii][Pp]:[^\s@]+@[^\s@]+")
# What needs no closer look: a name of letters, digits, hyphens and dots, with a path or without.
PLAIN_URL = re.compile(r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?:/|$)")
EVENTS_BETWEEN_COMMAS = r"^\s*(?:{0})\s*(?:,\s*(?:{0})\s*)*$"
MAX_TIMEOUT = 999
MAX_SIP_TIMEOUT = 600

CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold")

JsonSchema: TypeAlias = dict[str, Any]

# YAML 1.2, and so an editor, reads an unquoted +14155551212 as a number; `source` reads it as text.
TEXT_OR_UNQUOTED_NUMBER: Mapping[str, object] = {"type": ["string", "integer"], "minimum": 1}


def is_contact_uri(value: object) -> bool:
    """Whether a worker can be called at it: E.164, `client:name` or `sip:user@host`."""
    if not isinstance(value, str) or not value.isprintable():
        return False
    return bool(PHONE_NUMBER.fullmatch(value) or CLIENT.fullmatch(value) or SIP_ADDRESS.fullmatch(value))


class Parameter(fields.Field[Any]):
    """A parameter of an instruction.

    `code` is Twilio's error code for an invalid value, `missing_code` for a missing one where it differs.
    `required` names the modes in which TaskRouter refuses the instruction without it.
    """

    wants = "a value"
    example = ""

    def __init__(
        self,
        key: str | None = None,
        *,
        code: int | None = None,
        missing_code: int | None = None,
        required: tuple[str, ...] = (),
        note: str = "",
    ) -> None:
        super().__init__(data_key=key, error_messages={"null": "has no value: write one, or remove the key"})
        self.code = code
        self.missing_code = missing_code or code
        self.required_in = required
        self.note = note

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        # First what is right nearly always: marshmallow takes four times as long to get there.
        read = self.read(value)
        return super().deserialize(value, attr, data, **kwargs) if read is None else read

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        read = self.read(value)
        if read is None:
            raise ValidationError(self.refusal)
        return read

    @property
    def refusal(self) -> str:
        """What is said of a value of another kind."""
        return f"must be {self.wants}" + (f", {self.note}" if self.note else "")

    def read(self, value: object) -> object:
        """The value as TaskRouter takes it, None when it is not of this kind."""
        raise NotImplementedError

    def may_begin_with(self, text: str) -> bool:
        """Whether a value of this kind may begin with a text, which a template begins with."""
        return True

    def json_schema(self) -> JsonSchema:
        """JSON Schema's keywords for a constant of this kind. They refuse nothing that `read` reads.

        `errorMessage` is yaml-language-server's own: what it shows for a value of another kind.
        """
        return {**self.keywords(), "errorMessage": self.refusal}

    def keywords(self) -> JsonSchema:
        """What JSON Schema can say of this kind; a pattern is read by Python and by JavaScript."""
        raise NotImplementedError


class Text(Parameter):
    """Any text that is not empty."""

    wants = "a text on one line and not empty, in quotes where it is digits alone"
    example = "text"

    def read(self, value: object) -> object:
        return value if isinstance(value, str) and value.strip() and value.isprintable() else None

    def keywords(self) -> JsonSchema:
        return {"type": "string", "pattern": r"^.*\S.*$"}


class Secret(Text):
    """A text that is shown nowhere."""


class PhoneNumber(Parameter):
    """A number in E.164. No numbering plan is consulted."""

    wants = "a phone number in E.164: + and 2 to 15 digits"
    example = "+14155551212"

    def read(self, value: object) -> object:
        return value if isinstance(value, str) and PHONE_NUMBER.fullmatch(value) else None

    def keywords(self) -> JsonSchema:
        pattern = f"^{PHONE_NUMBER.pattern}$"
        return {**TEXT_OR_UNQUOTED_NUMBER, "pattern": pattern, "examples": [self.example]}


class ContactUri(Parameter):
    """Where a worker is called."""

    wants = "a phone number in E.164, client:name or sip:user@host"
    example = "client:alice"

    def read(self, value: object) -> object:
        return value if is_contact_uri(value) else None

    def keywords(self) -> JsonSchema:
        kinds = "|".join(kind.pattern for kind in (PHONE_NUMBER, CLIENT, SIP_ADDRESS))
        examples = ["+14155551212", "client:alice", "sip:alice@example.com"]
        return {**TEXT_OR_UNQUOTED_NUMBER, "pattern": f"^(?:{kinds})$", "examples": examples}


class Url(Parameter):
    """An absolute http or https URL."""

    wants = "a URL that begins with http:// or https:// and holds no white space"
    example = "https://example.com/twiml"

    def read(self, value: object) -> object:
        if not isinstance(value, str) or not value.isprintable() or " " in value:
            return None
        if PLAIN_URL.match(value):
            return value
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            return None
        del port  # reading it is what checks it
        return value if parts.scheme in {"http", "https"} and parts.hostname else None

    def may_begin_with(self, text: str) -> bool:
        schemes = ("http://", "https://")
        return "{" not in text and any(text.startswith(one) or one.startswith(text) for one in schemes)

    def keywords(self) -> JsonSchema:
        pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]\S*$"
        return {"type": "string", "pattern": pattern, "examples": [self.example]}


class Sid(Parameter):
    """A SID: its prefix and 32 hexadecimal digits."""

    def __init__(self, prefix: str, key: str | None = None, **settings: Any) -> None:
        super().__init__(key, **settings)
        self.prefix = prefix
        self.pattern = re.compile(prefix + "[0-9a-fA-F]{32}")
        self.wants = f"a SID: {prefix} and 32 hexadecimal digits"
        self.example = prefix + "0123456789abcdef" * 2

    def read(self, value: object) -> object:
        return value if isinstance(value, str) and self.pattern.fullmatch(value) else None

    def may_begin_with(self, text: str) -> bool:
        return text.startswith(self.prefix) or self.prefix.startswith(text)

    def keywords(self) -> JsonSchema:
        return {"type": "string", "pattern": f"^{self.pattern.pattern}$", "examples": [self.example]}


class Whole(Parameter):
    """A whole number; digits in a text are read too."""

    def __init__(self, least: int, most: int, key: str | None = None, **settings: Any) -> None:
        super().__init__(key, **settings)
        self.least, self.most = least, most
        self.wants = f"a whole number from {least} to {most}"
        self.example = str(most)

    def read(self, value: object) -> object:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if self.least <= value <= self.most else None

    def keywords(self) -> JsonSchema:
        limits = {"minimum": self.least, "maximum": self.most}
        return {"type": ["integer", "string"], **limits, "pattern": "^[0-9]{1,9}$"}


class Flag(Parameter):
    """A boolean; the texts `true` and `false` are read too."""

    wants = "true or false"
    example = "true"

    def read(self, value: object) -> object:
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value)
        return value if isinstance(value, bool) else None

    def keywords(self) -> JsonSchema:
        return {"type": ["boolean", "string"], "pattern": "^(?:true|false)$"}


class Choice(Parameter):
    """One of a few texts; a boolean is read as the text `true` or `false` where that is one of them."""

    def __init__(self, *choices: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.choices = choices
        self.wants = f"one of {', '.join(choices)}"
        self.example = choices[-1]

    def read(self, value: object) -> object:
        text = str(value).lower() if isinstance(value, bool) else value
        return text if isinstance(text, str) and text in self.choices else None

    def keywords(self) -> JsonSchema:
        return {"enum": [*self.choices, *(flag for flag in (True, False) if self.read(flag))]}


class Events(Parameter):
    """Several events: a list, or one text with commas between."""

    def __init__(self, *events: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.events = events
        self.wants = f"a list of {', '.join(events)}"
        self.example = f"[{', '.join(events[:2])}]"

    def read(self, value: object) -> object:
        items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not items:
            return None
        if not all(isinstance(item, str) and item in self.events for item in items):
            return None
        return tuple(dict.fromkeys(items))

    def keywords(self) -> JsonSchema:
        pattern = EVENTS_BETWEEN_COMMAS.format("|".join(self.events))
        items = {"enum": list(self.events)}
        return {"type": ["array", "string"], "items": items, "minItems": 1, "pattern": pattern}
