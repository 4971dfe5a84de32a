"""Log lines: one JSON object each, or one for people, without what an error's text may hold."""

import io
import json
import logging
import os
import pty
import subprocess
import sys
import threading
from contextlib import suppress
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

import pytest

from app.logs import MOST, REQUEST, Beside, ConsoleLines, JsonLines, Unwaiting
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


def test_a_line_that_nobody_takes_is_lost() -> None:
    """What writes at once waits as little; later lines are written again."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as pipe, os.fdopen(writing, "w") as stream:
        handler = Unwaiting(stream)
        handler.setFormatter(JsonLines())
        handler.handle(record("first"))
        os.set_blocking(writing, False)
        with suppress(BlockingIOError):
            while os.write(writing, b"\n" * 4096):
                pass
        handler.handle(record("lost"))
        written = pipe.read(1024 * 1024)
        handler.handle(record("next"))
        written += pipe.read(4096)
    assert [json.loads(line)["event"] for line in written.splitlines() if line] == ["first", "next"]


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


# --- The request's id


def test_a_line_of_a_request_bears_its_id(log: logging.Logger, written: io.StringIO) -> None:
    """Behind the event; a line beside all requests has none."""

    def answer() -> None:
        REQUEST.set("8f14e45fceea167a")
        log.info("decided", extra={"fields": {"rule": "support"}})

    copy_context().run(answer)
    log.info("beside")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert list(lines[0]) == ["time", "level", "logger", "event", "request", "rule"]
    assert lines[0]["request"] == "8f14e45fceea167a"
    assert "request" not in lines[1]


def test_the_id_crosses_to_the_thread_that_writes() -> None:
    """Which is in no request, or in another."""
    stream = io.StringIO()
    handler = Beside(stream)

    def answer(number: int) -> None:
        REQUEST.set(f"request {number}")
        handler.handle(record("%d", number))

    for number in range(3):
        copy_context().run(answer, number)
    handler.handle(record("3"))
    handler.close()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line.get("request") for line in lines] == ["request 0", "request 1", "request 2", None]


# --- For people


@pytest.fixture
def console(written: io.StringIO) -> logging.Logger:
    """A logger of its own whose lines go to `written` in the form for terminals."""
    handler = logging.StreamHandler(written)
    handler.setFormatter(ConsoleLines())
    log = logging.Logger("desk")
    log.addHandler(handler)
    return log


def _text(written: io.StringIO) -> str:
    line, rest = written.getvalue().split("\n")
    assert rest == ""
    time, text = line.split(" ", 1)
    assert datetime.strptime(time, "%H:%M:%S")  # noqa: DTZ007  the time of day alone
    return text


def test_a_line_for_people(console: logging.Logger, written: io.StringIO) -> None:
    """The time of day, level and event, then each detail."""
    fields = {"rule": "night", "milliseconds": 0.118, "instruction": None, "problems": [{"check": "D003"}]}
    console.warning("decided", extra={"fields": fields})
    told = _text(written)
    assert told.startswith("warning  decided rule=night milliseconds=0.118 instruction=None problems=")
    assert told.endswith(r'="[{\"check\": \"D003\"}]"')


@pytest.mark.parametrize(
    "odd",
    [
        "two\nlines",
        "a=b",
        'quo"te',
        "",
        "sp ace",
        "\x1b[31mred",
        "\u2028",
        "\x85",
        "\udcff",
        "☎\r",
        "back\\slash",
    ],
)
def test_a_value_forges_nothing(console: logging.Logger, written: io.StringIO, odd: str) -> None:
    """Neither a line, nor another detail, nor the terminal's colours; and it can be read back."""
    console.info("decided", extra={"fields": {"rule": odd, "mode": "reply"}})
    text = _text(written)
    assert text.isprintable()
    quoted = text.removeprefix("info     decided rule=").removesuffix(" mode=reply")
    assert json.loads(quoted) == odd


@pytest.mark.parametrize("plain", ["night", "+18005550100", "grüße", "WR01", "a,b;c"])
def test_a_plain_value_is_written_as_it_is(console: logging.Logger, written: io.StringIO, plain: str) -> None:
    """Without quotes, which only cost the eye."""
    console.info("decided", extra={"fields": {"rule": plain}})
    assert _text(written) == f"info     decided rule={plain}"


def test_an_event_forges_nothing(console: logging.Logger, written: io.StringIO) -> None:
    """gunicorn's own lines may hold anything."""
    console.info("two\nlines")
    assert _text(written) == 'info     "two\\nlines"'


def test_an_error_for_people(console: logging.Logger, written: io.StringIO) -> None:
    """Its type and place, never its text."""
    try:
        int("caller +15558675310")
    except ValueError:
        console.exception("failed")
    assert f"failed exception=ValueError at={__file__}:" in written.getvalue()
    assert "15558675310" not in written.getvalue()


LOGS = """
import logging, sys
from app.logs import log_to_stdout
log_to_stdout("INFO", sys.argv[1] or None)
logging.getLogger("any").info("begun")
"""


@pytest.mark.parametrize(("form", "is_json"), [("json", True), ("console", False), ("", True)])
def test_the_form_of_lines(form: str, is_json: bool) -> None:
    """As it is chosen; where nobody chose, JSON for a program that reads."""
    done = subprocess.run([sys.executable, "-c", LOGS, form], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{") == is_json
    assert "begun" in done.stdout


def test_on_a_terminal_lines_are_for_people() -> None:
    """Where nobody chose."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", LOGS, ""], stdout=theirs) as running:
        os.close(theirs)
        assert running.wait(20) == 0
    said = os.read(ours, 1000).decode()
    os.close(ours)
    assert "info     begun" in said
    assert "{" not in said
