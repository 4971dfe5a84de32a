"""Lengths of time and times in the past, as they are typed."""

import re
from datetime import UTC, datetime, timedelta

import click

from app.engine.format import Duration
from app.engine.timestamp import read_time

AGO = re.compile(r"([1-9][0-9]{0,4})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class TimeType(click.ParamType[datetime]):
    """A time, or `now`."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        time = datetime.now(UTC) if value == "now" else read_time(str(value))
        return time or self.fail(f"{value!r} is no time: write 2026-11-23T17:30:00Z, or now", param, ctx)


class SinceType(click.ParamType[datetime]):
    """A time, or how long ago it was."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        text = str(value)
        ago = AGO.fullmatch(text)
        if ago:
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        message = f"{text!r} is no time: write 7d, 2h, 30m or 2026-11-23T17:30:00Z"
        return read_time(text) or self.fail(message, param, ctx)


class PeriodType(click.ParamType[timedelta]):
    """A length of time, as rules have it."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        read = Duration().read(value)
        if not isinstance(read, timedelta):
            self.fail(f"{str(value)!r} is not {Duration.wants}", param, ctx)
        return read
