"""Log lines that strangers can cause, of which a flood of requests makes no flood of lines."""

import logging
from collections.abc import Callable
from time import monotonic

A_SECOND = 20  # lines of a kind that are written
LOGGERS = tuple(f"app.web.{name}" for name in ("connection", "failures", "refusals", "worker"))  # of refusals


class Sparing(logging.Filter):
    """Lets so many warnings of a kind through each second, and counts the others.

    The first line of that kind in a later second tells their number as `withheld`. Errors all come through.
    """

    def __init__(self, most: int = A_SECOND, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._seconds: dict[tuple[str, object], list[int]] = {}  # by kind: the second, and lines in it

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            return True
        fields = getattr(record, "fields", {})
        now = int(self._clock())
        # Both are texts of our own: there are as many kinds as the code has.
        counted = self._seconds.setdefault((record.msg, fields.get("type")), [now, 0])
        if counted[0] != now:
            if (withheld := counted[1] - self._most) > 0:
                record.fields = {**fields, "withheld": withheld}
            counted[:] = [now, 0]
        counted[1] += 1
        return counted[1] <= self._most


def log_sparingly() -> None:
    """From now on, for this process."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(Sparing())
