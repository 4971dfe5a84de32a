"""How our values stand in a column, alike in both databases."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

from app.model import Ending, Instruction, Outcome

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TUPLE = "()"
PLAIN = re.compile(r"[ !#-\[\]-~]*")  # what JSON has as it is

E = TypeVar("E", bound=StrEnum)


class Moment(TypeDecorator[datetime]):
    """A time as microseconds since 1970 in UTC: SQLite knows no times, and integers compare exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class Written(TypeDecorator[str]):
    """Any text, as JSON has it between quotes: PostgreSQL holds no NUL, and UTF-8 no half of a pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or PLAIN.fullmatch(value) else _json(value)[1:-1]

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(json.loads(f'"{value}"'))


class Document(TypeDecorator[Mapping[str, Any]]):
    """An object of JSON, as text: NUL and halves of pairs are escaped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return orjson.dumps(value).decode()
        except TypeError:  # half of a pair, or a number beyond 64 bits
            return _json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, Any] | None:
        # Not orjson, which reads a number beyond 64 bits as a float.
        return None if value is None else dict(json.loads(value))


class Named(TypeDecorator[E], Generic[E]):
    """One of an enumeration's values, by its text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)


class Instructed(TypeDecorator[Instruction]):
    """An instruction as JSON: `{"name": …, "fields": {…}}`. A tuple is `{"()": […]}`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Instruction | None, dialect: Dialect) -> str | None:
        return None if value is None else _json({"name": value.name, "fields": _tagged(dict(value.fields))})

    def process_result_value(self, value: str | None, dialect: Dialect) -> Instruction | None:
        if value is None:
            return None
        read = json.loads(value)
        return Instruction(read["name"], _untagged(read["fields"]))


class Ended(TypeDecorator[Outcome]):
    """An outcome as JSON, by the names of its fields."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Outcome | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _json(
            {
                "ending": value.ending,
                "message": value.message,
                "status": value.status,
                "twilio_code": value.twilio_code,
                "retry_after": value.retry_after,
            }
        )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Outcome | None:
        if value is None:
            return None
        read = json.loads(value)
        return Outcome(**read | {"ending": Ending(read["ending"])})


def _json(value: object) -> str:
    """JSON that people can read in the database; only what UTF-8 cannot hold is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else "".join(map(_storable, text))


def _storable(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if "\ud800" <= letter <= "\udfff" else letter


def _tagged(value: Any) -> Any:
    """The value with every tuple as `{"()": […]}`, and an object that looks like one as `{"()": {…}}`."""
    if isinstance(value, tuple):
        return {TUPLE: [_tagged(each) for each in value]}
    if isinstance(value, list):
        return [_tagged(each) for each in value]
    if not isinstance(value, dict):
        return value
    tagged = {key: _tagged(each) for key, each in value.items()}
    return {TUPLE: tagged} if tagged.keys() == {TUPLE} else tagged


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(each) for each in value]
    if not isinstance(value, dict):
        return value
    inner = value[TUPLE] if value.keys() == {TUPLE} else value
    if isinstance(inner, list):
        return tuple(_untagged(each) for each in inner)
    return {key: _untagged(each) for key, each in inner.items()}
