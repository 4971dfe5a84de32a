"""Log lines on standard output: one JSON object each, or for a terminal one text each."""

import json
import logging
import os
import re
import sys
from collections import deque
from contextvars import ContextVar
from datetime import UTC, datetime
from select import select
from threading import Event, Thread
from typing import Any, TextIO

import orjson

MOST = 5_000  # lines that wait to be written, of each about three kilobytes
GATHERING = 0.02  # seconds until what was logged is written, with what was logged meanwhile
FAREWELL = 2.0  # seconds for the last lines
PLAIN = re.compile(r"[^\s\"'=\\]+")

# The id of the request that is being answered, or whose delivery is being made; empty beside those.
REQUEST: ContextVar[str] = ContextVar("request", default="")


class JsonLines(logging.Formatter):
    """Time, level, logger and event, then the fields that the event brings in `extra={"fields": {…}}`.

    Of an exception the type and the place are written, never its text: that may hold a caller's values.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= details(record)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:
            # The name of a file need not be UTF-8: only the standard library writes such a text.
            return json.dumps(line, default=str)


class ConsoleLines(logging.Formatter):
    """The same for people: the time of day, level and event, then the details as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        """A line; what a value holds cannot look like another line, or another value."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        told = "".join(f" {name}={_shown(value)}" for name, value in details(record).items())
        return f"{time} {record.levelname.lower():8} {_printable(record.getMessage())}{told}"


def details(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says beside its event: the request, the event's fields, and an error's type and place."""
    request = getattr(record, "request", None) or REQUEST.get()
    found: dict[str, Any] = {"request": request} if request else {}
    found |= getattr(record, "fields", {})
    if record.exc_info and record.exc_info[0]:
        found["exception"] = record.exc_info[0].__name__
        found["at"] = _place(record.exc_info[2])
    return found


def _shown(value: object) -> str:
    if not isinstance(value, str):
        value = json.dumps(value, default=str) if isinstance(value, list | tuple | dict) else str(value)
    return value if PLAIN.fullmatch(value) and value.isprintable() else json.dumps(value)


def _printable(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)


def lines(form: str | None = None) -> logging.Formatter:
    """The formatter of this form, `json` or `console`; by default the one that suits standard output."""
    return ConsoleLines() if form == "console" or (form is None and sys.stdout.isatty()) else JsonLines()


class Unwaiting(logging.StreamHandler[TextIO]):
    """Writes lines at once. One that nobody takes is lost: the process has others to look after.

    A pipe that can take something takes a whole line (POSIX: PIPE_BUF).
    """

    def emit(self, record: logging.LogRecord) -> None:
        if select([], [self.stream], [], 0)[1]:
            super().emit(record)


class Beside(logging.Handler):
    """Hands lines to a thread that formats and writes them, several at once.

    Whoever reads them, and however slowly, no request waits: beyond MOST lines they are dropped, and counted.
    Of a process that is killed the lines of the last moment are lost.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._stream = stream
        self._records: deque[logging.LogRecord] = deque()
        self._came = Event()
        self._ending = Event()
        self._dropped = 0
        self._thread = Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many lines are not written yet."""
        return len(self._records)

    def createLock(self) -> None:  # noqa: N802  the standard library's name
        """None: a deque needs none, and threads that wait for one another are what this is to prevent."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._records) >= MOST:
            self._dropped += 1
            return
        record.request = REQUEST.get()  # the thread that writes is in no request
        self._records.append(record)
        if not self._came.is_set():
            self._came.set()

    def close(self) -> None:
        """Writes what is left, as long as somebody takes it."""
        self._ending.set()
        self._came.set()
        self._thread.join(FAREWELL)
        super().close()

    def _run(self) -> None:
        while not self._ending.is_set() or self._records:
            self._came.wait()
            self._ending.wait(GATHERING)
            self._came.clear()
            self._write([self._records.popleft() for _ in range(len(self._records))])

    def _write(self, records: list[logging.LogRecord]) -> None:
        lines = [*map(self._line, records)]
        dropped, self._dropped = self._dropped, 0
        if dropped:
            told = {"levelno": logging.WARNING, "levelname": "WARNING", "fields": {"dropped": dropped}}
            lines.append(
                self._line(logging.makeLogRecord({"name": __name__, "msg": "log lines dropped", **told}))
            )
        try:
            self._stream.write("".join(lines))
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads them any more
            return

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return f"{self.format(record)}\n"
        except Exception:  # arguments that do not fit their message: without this thread there is no log
            return ""


def log_to_stdout(level: str, form: str | None = None, *, beside: bool = False) -> None:
    """Sends every log line of this process to standard output from `level` on, in a form of `lines`.

    With `beside` on a thread of its own, which a process that forks afterwards would lose.
    """
    handler: logging.Handler = Beside(_own_stdout()) if beside else logging.StreamHandler(sys.stdout)
    handler.setFormatter(lines(form))
    _look_up_nothing()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It writes each request with its form, and so with the numbers in it.
    logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
    # More threads deliver than it keeps connections.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    # Of each migration it writes what it is about to do.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _own_stdout() -> TextIO:
    """Standard output as a stream that nobody else flushes: at its end, Python would wait for a reader."""
    return os.fdopen(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)


def _look_up_nothing() -> None:
    """Keeps `logging` from finding out for every line what none shows (its HOWTO, "Optimization")."""
    logging._srcfile = ""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _place(traceback: Any) -> str:
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else ""
