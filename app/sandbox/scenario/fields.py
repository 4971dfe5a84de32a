"""The values of a scenario's YAML that have a form of their own; each says what is wanted instead."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import ValidationError, fields

from app.sandbox.expressions import read_expression
from app.sandbox.habits import Between, Seconds
from app.sandbox.scenario.drawing import mistake_in
from app.sandbox.scenario.model import DAY, Span
from app.sandbox.tokens import ExpressionError

LONGEST = 31 * 86_400
"""Seconds."""
YEARS = range(2000, 3000)


class Minute(fields.Field[int]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        return _minute(value)


class SpanField(fields.Field[Span]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Span:
        begins, dash, ends = str(value).partition("-")
        if not dash:
            raise ValidationError('a shift is written like "08:00-16:30"')
        span = Span(_minute(begins.strip()), _minute(ends.strip()))
        if span.begins == span.ends:
            raise ValidationError('a shift ends at another time; the whole day is "00:00-24:00"')
        return span


class SecondsField(fields.Field[Seconds]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Seconds:
        if _is_number(value) and 0 <= value <= LONGEST:
            return float(value)
        limits = value.get("any_between") if isinstance(value, dict) and len(value) == 1 else None
        if isinstance(limits, list) and len(limits) == 2 and all(map(_is_number, limits)):
            lowest, highest = limits
            if 0 <= lowest <= highest <= LONGEST:
                return Between(lowest, highest)
        raise ValidationError(
            f"seconds are a number from 0 to {LONGEST}, or {{any_between: [lowest, highest]}}"
        )


class Attributes(fields.Field[dict[str, Any]]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError("attributes are a mapping of names to values")
        if mistake := mistake_in(value):
            raise ValidationError(mistake)
        return value


class Day(fields.Field[date]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            raise ValidationError("a day is written like 2027-01-04") from None
        if day.year not in YEARS:
            raise ValidationError("a day is one of the years from 2000 to 2999")
        return day


class Zone(fields.Field[ZoneInfo]):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> ZoneInfo:
        try:
            return ZoneInfo(str(value))
        except (OSError, ValueError, ZoneInfoNotFoundError):
            raise ValidationError(f"there is no time zone {value!r}; one is Europe/Berlin") from None


class ExpressionField(fields.String):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            read_expression(text)
        except ExpressionError as error:
            raise ValidationError(f"the expression cannot be read: {error}") from None
        return text


def _minute(value: Any) -> int:
    hours, colon, minutes = str(value).partition(":")
    if colon and len(hours) == len(minutes) == 2 and (hours + minutes).isdecimal() and hours.isascii():
        minute = int(hours) * 60 + int(minutes)
        if minute <= DAY and int(minutes) < 60:
            return minute
    raise ValidationError('a time of the day is written like "08:30", from "00:00" to "24:00"')


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
