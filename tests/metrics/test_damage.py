"""Files of metrics that a power loss or a full disk left damaged."""

import logging
import os
from pathlib import Path
from struct import pack

import pytest

from app.metrics import Tally, counter, histogram
from tests.metrics.scraped import shown

PLAIN = counter("desk_plain_total", "Plain.")
SECONDS = histogram("desk_some_seconds", "Seconds.", bounds=(0.1, 1.0))


def no_keys(text: bytes) -> bytes:
    return text[:8] + bytes(len(text) - 8)


def noise(_: bytes) -> bytes:
    return os.urandom(5000)


def no_text(text: bytes) -> bytes:
    return text[:12] + b"\xff" * 16 + text[28:]


def no_json(text: bytes) -> bytes:
    return text.replace(b"[", b"(", 1)


def too_little(text: bytes) -> bytes:
    return text[:20]


def less_than_a_number(text: bytes) -> bytes:
    return text[:3]


def in_circles(text: bytes) -> bytes:
    """A length with which prometheus_client comes back to where it was."""
    return text[:8] + pack("i", -28) + text[12:]


def no_number(text: bytes) -> bytes:
    return pack("i", -1) + text[4:]


DAMAGES = (no_keys, noise, no_text, no_json, too_little, less_than_a_number, in_circles, no_number)


@pytest.fixture(params=DAMAGES, ids=lambda damage: damage.__name__)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder in which two processes have counted; the first one's counters are damaged."""
    one, two = Tally(tmp_path, (PLAIN, SECONDS)), Tally(tmp_path)
    for tally in (one, two):
        tally.note(PLAIN, (), 3)
        tally.note(SECONDS, (), 0.5)
    one.stop()
    two.stop()
    file = tmp_path / "counter_0.db"
    file.write_bytes(request.param(file.read_bytes()))
    return tmp_path


def test_a_file_of_its_own_is_begun_anew(damaged: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With one warning, and nothing else is lost."""
    for number in (1, 2):
        tally = Tally(damaged, (PLAIN, SECONDS))
        tally.note(PLAIN)
        found = shown(tally.collect())
        assert (found["desk_plain_total"], found["desk_some_seconds_count"]) == (3 + number, 2)
        tally.stop()
    assert warnings(caplog) == [
        ("a damaged file is begun anew, its counts are lost", {"file": damaged / "counter_0.db"})
    ]


def test_a_file_of_another_process_is_passed_over(damaged: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With one warning, however often they are scraped; the others are told."""
    other = Tally(damaged)
    tally = Tally(damaged, (PLAIN,))
    tally.note(PLAIN)
    for _ in range(3):
        found = shown(tally.collect())
        assert (found["desk_plain_total"], found["desk_some_seconds_count"]) == (4, 2)
    assert warnings(caplog) == [
        ("a damaged file is not told", {"file": damaged / "counter_0.db"}),
    ]
    tally.stop()
    other.stop()


def warnings(caplog: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, object]]]:
    return [
        (record.getMessage(), record.fields)  # type: ignore[attr-defined]
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]
