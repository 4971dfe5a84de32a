"""Times as people and Twilio write them."""

from datetime import UTC, datetime

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


@pytest.mark.parametrize(
    "text", ["", "soon", "17:30", "99999999999", "0001-01-01T00:00:00+14:00", "١٧٩٥٤٥٥٠٠٠", "None"]
)
def test_other_text_is_no_time(text: str) -> None:
    """Nothing raises, whatever it is."""
    assert read_time(text) is None
