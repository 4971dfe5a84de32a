"""Times as people and Twilio write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.engine.timestamp import read_time

EVENING = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T17:30:00Z",
        "2026-11-23T17:30:00",
        "2026-11-23 12:30:00-05:00",
        "2026-11-23T17:30",
        "Mon, 23 Nov 2026 17:30:00 +0000",
        "Mon, 23 Nov 2026 17:30:00",
        "1795455000",
    ],
)
def test_a_time_is_read(text: str) -> None:
    """ISO 8601, RFC 2822 and epoch seconds; UTC where it names no zone."""
    read = read_time(text)
    assert (read, read and read.tzinfo) == (EVENING, UTC)


@pytest.mark.parametrize("text", ["", "soon", "17:30", "99999999999", "١٧٩٥٤٥٥٠٠٠", "None"])
def test_other_text_is_no_time(text: str) -> None:
    """Nothing raises, whatever it is."""
    assert read_time(text) is None


@pytest.mark.parametrize(
    ("text", "year"), [("0001-01-01T00:00:00+23:59", 2), ("9999-12-31T23:59:59-23:59", 9998)]
)
def test_a_time_has_a_date_in_every_zone(text: str, year: int) -> None:
    """One at the end of the calendar is moved nearer, so that no clock of another zone overflows."""
    read = read_time(text)
    assert read
    assert (read.year, read.tzinfo) == (year, UTC)
    assert read.astimezone(ZoneInfo("Pacific/Auckland")) == read == read.astimezone(ZoneInfo("America/Adak"))
