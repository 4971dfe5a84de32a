"""Log lines: one JSON object each, without what an error's text may hold."""

import io
import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from app.logs import MOST, Beside, JsonLines
from tests.waiting import until


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO) -> logging.Logger:
    """A logger of its own whose lines go to `written`."""
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    log = logging.Logger("desk")
    log.addHandler(handler)
    return log


def _line(written: io.StringIO) -> dict[str, Any]:
    line, rest = written.getvalue().split("\n")
    assert rest == ""
    return dict(json.loads(line))


def test_a_line(log: logging.Logger, written: io.StringIO) -> None:
    """Time, level, logger and event come first, then the event's own fields."""
    log.info("decided", extra={"fields": {"rule": "support", "milliseconds": 1.5, "instruction": None}})
    line = _line(written)
    assert datetime.fromisoformat(line["time"]).tzinfo == UTC
    assert list(line) == ["time", "level", "logger", "event", "rule", "milliseconds", "instruction"]
    assert (line["level"], line["logger"], line["event"]) == ("info", "desk", "decided")
    assert (line["rule"], line["milliseconds"], line["instruction"]) == ("support", 1.5, None)


def test_a_line_is_one_line(log: logging.Logger, written: io.StringIO) -> None:
    """Whatever a message holds, one event stays one line."""
    log.warning("two\nlines, %s", "☎\x00\x85\u2028")
    assert _line(written)["event"] == "two\nlines, ☎\x00\x85\u2028"


def test_an_error_is_its_type_and_place(log: logging.Logger, written: io.StringIO) -> None:
    """An error's text may hold a caller's number: neither it nor a traceback is written."""
    try:
        int("caller +15558675310")
    except ValueError:
        log.exception("failed")
    line = _line(written)
    assert line["exception"] == "ValueError"
    assert line["at"].startswith(__file__)
    assert "15558675310" not in written.getvalue()


def test_the_place_is_where_it_was_raised(log: logging.Logger, written: io.StringIO) -> None:
    """Of several frames the innermost is named; an error that was never raised has no place."""

    def fail() -> None:
        raise KeyError("here")

    try:
        fail()
    except KeyError:
        log.exception("failed")
    assert _line(written)["at"].endswith(f":{fail.__code__.co_firstlineno + 1}")


def test_an_error_that_was_never_raised(log: logging.Logger, written: io.StringIO) -> None:
    """Without a traceback the place is empty."""
    log.error("failed", exc_info=KeyError("x"))
    assert (_line(written)["exception"], _line(written)["at"]) == ("KeyError", "")


def test_no_error_at_hand(log: logging.Logger, written: io.StringIO) -> None:
    """`exception` outside of any error is a plain line."""
    log.error("failed", exc_info=True)
    assert "exception" not in _line(written)


@pytest.mark.parametrize(
    "odd", ["\udcff.yaml", 2**70, {1: 2}, {"\udcff"}], ids=["text", "number", "key", "set"]
)
def test_what_cannot_be_written_is_written_all_the_same(
    log: logging.Logger, written: io.StringIO, odd: object
) -> None:
    """A name of a file that is not UTF-8 must not cost the line: logging would print a traceback."""
    log.info("read", extra={"fields": {"file": odd}})
    assert "file" in _line(written)


def test_the_process_writes_to_standard_output() -> None:
    """Every logger's lines go to standard output from the level on; the twilio library's forms never do."""
    program = """
import logging
from app.logs import log_to_stdout
from tests.waiting import until
log_to_stdout("INFO")
log_to_stdout("INFO")
logging.getLogger("any").debug("below")
logging.getLogger("any").info("above")
logging.getLogger("twilio.http_client").info("To=+15558675310")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["above"]
    assert done.stderr == ""


class Slow(io.StringIO):
    """A stream whose reader takes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.taking = threading.Event()

    def write(self, text: str) -> int:
        self.taking.wait(10)
        return super().write(text)


def record(text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("any", logging.INFO, __file__, 1, text, arguments, None)


def events(stream: io.StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in stream.getvalue().splitlines()]


def test_beside_the_requests_lines_are_written_soon_and_in_order() -> None:
    """Without anybody who asks for it; what is left is written at the end."""
    stream = io.StringIO()
    handler = Beside(stream)
    handler.handle(record("one"))
    handler.handle(record("two"))
    until(lambda: events(stream) == ["one", "two"])
    for number in range(1_000):
        handler.handle(record("%d", number))
    handler.close()
    assert events(stream)[2:] == [str(number) for number in range(1_000)]


def test_a_line_that_cannot_be_written_costs_no_other() -> None:
    """Arguments that do not fit, say."""
    stream = io.StringIO()
    handler = Beside(stream)
    handler.handle(record("%d", "no number"))
    handler.handle(record("fine"))
    handler.close()
    assert events(stream) == ["fine"]


def test_nobody_waits_for_a_slow_reader() -> None:
    """Beyond the limit lines are dropped, and the log says how many."""
    stream = Slow()
    handler = Beside(stream)
    handler.handle(record("first"))
    until(lambda: not handler.waiting)
    for _ in range(MOST + 5):
        handler.handle(record("next"))
    stream.taking.set()
    handler.close()
    written = events(stream)
    assert written.count("next") == MOST
    [told] = [json.loads(line) for line in stream.getvalue().splitlines() if "dropped" in line]
    assert (told["event"], told["level"], told["dropped"]) == ("log lines dropped", "warning", 5)


def test_a_reader_that_is_gone_ends_nothing() -> None:
    """There is nobody to tell."""
    stream = io.StringIO()
    stream.close()
    handler = Beside(stream)
    handler.handle(record("one"))
    until(lambda: not handler.waiting)
    handler.handle(record("two"))
    handler.close()
    assert handler.waiting == 0


def test_a_server_process_writes_all_before_it_ends() -> None:
    """Also what is logged with its last breath."""
    program = """
import logging
from app.logs import log_to_stdout
from tests.waiting import until
log_to_stdout("INFO", beside=True)
for number in range(300):
    logging.getLogger("any").info("%d", number)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == [str(n) for n in range(300)]
