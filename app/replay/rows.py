"""A row for each callback, for a spreadsheet or a program, as CSV."""

import csv
from io import StringIO

from app.model import Callback, Saved
from app.replay.comparing import Before
from app.replay.tally import Choice

COLUMNS = (
    "source",
    "line",
    "received_at",
    "task",
    "reservation",
    "task_type",
    "rule",
    "mode",
    "instruction",
    "before_rule",
    "before_mode",
    "before_instruction",
    "changed",
)

# What a spreadsheet calculates; a caller may have chosen the task's type.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Rows:
    """The rows of one source while they grow."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._text = StringIO(newline="")
        self._writer = csv.writer(self._text)

    def add(
        self, saved: Saved, callback: Callback, task_type: str, now: Choice, before: Before | None
    ) -> None:
        """A row. The last four cells are empty where there is nothing to compare with."""
        received = saved.received_at.isoformat().replace("+00:00", "Z") if saved.received_at else ""
        self._writer.writerow(
            (
                self._source,
                saved.line,
                received,
                callback.task_sid,
                callback.reservation_sid,
                f"'{task_type}" if task_type.startswith(FORMULA) else task_type,
                *now,
                *(before.choice if before else ("", "", "")),
                str(before.is_changed).lower() if before else "",
            )
        )

    def text(self) -> str:
        return self._text.getvalue()


def heading() -> str:
    """The first row."""
    text = StringIO(newline="")
    csv.writer(text).writerow(COLUMNS)
    return text.getvalue()
