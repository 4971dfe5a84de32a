"""Log lines: one JSON object each, on standard output."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson


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
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["at"] = _place(record.exc_info[2])
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:
            # The name of a file need not be UTF-8: only the standard library writes such a text.
            return json.dumps(line, default=str)


def log_to_stdout(level: str) -> None:
    """Sends every log line of this process to standard output from `level` on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It writes each request with its form, and so with the numbers in it.
    logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
    # More threads deliver than it keeps connections.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    # Of each migration it writes what it is about to do.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every part that it is made of


def _place(traceback: Any) -> str:
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else ""
