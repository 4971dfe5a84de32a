"""The parameters of forms and queries, read into values. A reader says what it wants in a ValueError."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from app.sandbox import values
from app.sandbox.errors import INVALID_PARAMETER, RequestError
from app.sandbox.expressions import Expression, read_expression
from app.sandbox.sids import is_sid
from app.sandbox.tokens import ExpressionError
from app.sandbox.wire import Form

Reader = Callable[[str], Any]
Table = Mapping[str, tuple[str, Reader]]
"""For each parameter, such as FriendlyName: the name that its value gets, and how it is read."""

LONGEST_NAME = 240

_YES = frozenset({"true", "1", "yes"})


def invalid(text: str) -> RequestError:
    """Return Twilio's refusal of a parameter."""
    return RequestError(400, INVALID_PARAMETER, text)


def read(form: Form, table: Table) -> dict[str, Any]:
    """Return the values of those parameters of the table that were given. Raises RequestError 400."""
    found = {}
    for parameter, (name, reader) in table.items():
        if parameter in form:
            try:
                found[name] = reader(form[parameter][0])
            except ValueError as error:
                raise invalid(f"{parameter} must be {error}") from None
    return found


def require(form: Form, *parameters: str) -> None:
    """Raise RequestError 400 for the first of these that was not given."""
    for parameter in parameters:
        if not form.get(parameter, [""])[0]:
            raise invalid(f"{parameter} is required")


def refuse(form: Form, *parameters: str) -> None:
    """Raise RequestError 400 for what Twilio takes and the sandbox does not have."""
    for parameter in parameters:
        if parameter in form:
            raise invalid(f"{parameter} is not part of the sandbox")


def text(value: str) -> str:
    """Any text."""
    return value


def name(value: str) -> str:
    """A friendly name."""
    if not 0 < len(value) <= LONGEST_NAME:
        raise ValueError(f"1 to {LONGEST_NAME} characters")
    return value


def number(lowest: int, highest: int) -> Reader:
    """Make the reader of a whole number with limits, both included."""

    def reader(value: str) -> int:
        found = values.whole(value)
        if found is None or not lowest <= found <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return found

    return reader


def word(*words: str) -> Reader:
    """Make the reader of one of these words."""

    def reader(value: str) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return reader


def sid(prefix: str) -> Reader:
    """Make the reader of a SID of this kind."""

    def reader(value: str) -> str:
        if not is_sid(prefix, value):
            raise ValueError(f"{prefix} and 32 hexadecimal digits")
        return value

    return reader


def yes(value: str) -> bool:
    """Twilio's true, 1 and yes; all else is no."""
    return value.lower() in _YES


def url(value: str) -> str:
    """An http or https URL, or empty for none."""
    if value and not values.is_url(value):
        raise ValueError("an absolute http or https URL")
    return value


def expression(value: str) -> Expression:
    """An expression of TaskRouter's."""
    try:
        return read_expression(value)
    except ExpressionError as error:
        raise ValueError(f"an expression: {error}") from None


def attributes(value: str) -> dict[str, Any]:
    """A JSON object; empty text is an empty object."""
    try:
        found = orjson.loads(value or "{}")
        # Reading goes deeper than writing, and attributes are written again into each callback.
        orjson.dumps(found)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise ValueError(f"JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("a JSON object")  # noqa: TRY004 - it is a value from outside
    return found


def moment(value: str) -> datetime:
    """A time in ISO 8601; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("a time in ISO 8601") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
