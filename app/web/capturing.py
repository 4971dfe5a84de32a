"""Requests that were refused for their signature, kept in a file for `desk doctor`.

JSON Lines: `{"received_at", "method", "scheme", "host", "port", "path", "query", "headers", "params"}`, the
address as it was seen before TRUSTED_PROXIES changed it, and of the headers those that tell which URL Twilio
called. Each line is a saved callback as well, so that `desk explain` reads it.

Anybody can send such requests: the file ends at 10 MiB, and what cannot be written is logged and forgotten.
"""

import fcntl
import json
import logging
import os
import stat
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from app.errors import Unsigned
from app.web.form import Params, read_params
from app.web.signature import Signatures

MOST_BYTES = 10 * 1024 * 1024
MOST_WAITING = 1_000  # requests that wait to be written
FAREWELL = 2.0  # seconds for the last ones
OWNER_ALONE = 0o600
TELLING = ("HTTP_X_FORWARDED_", "HTTP_X_ORIGINAL_", "HTTP_X_TWILIO_")
TELLING_ALONE = frozenset({"HTTP_HOST", "HTTP_FORWARDED", "CONTENT_TYPE"})
# Opening a pipe must not wait for somebody who reads it.
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC

log = logging.getLogger(__name__)


class Capture:
    """A file that several processes append to. It may be moved away while they do.

    A thread of its own writes, so that no request waits for a disk: `start` it in the process that keeps, and
    `stop` it in the end.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._complained = ""
        self._waiting: SimpleQueue[dict[str, object] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="capture", daemon=True)

    def prepare(self) -> None:
        """Makes the file, for its owner alone. Raises OSError where it cannot be written."""
        descriptor = self._open()
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, OWNER_ALONE)
        finally:
            os.close(descriptor)

    def start(self) -> None:
        """Begins to write what is kept."""
        self._thread.start()

    def stop(self) -> None:
        """Writes what is left, as long as the disk takes it."""
        self._waiting.put(None)
        self._thread.join(FAREWELL)

    def keep(self, environ: Mapping[str, Any], params: Params, now: datetime) -> None:
        """Has a request written, by its WSGI environment; not where too many wait already."""
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put(_record(environ, params, now))

    def _run(self) -> None:
        while record := self._waiting.get():
            self._write(json.dumps(record).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        """Appends a line. What failed is logged once."""
        try:
            complaint = "" if self._append(line) else "it is full: move it away, and the next one is begun"
        except OSError as error:
            complaint = str(error.strerror)
        if complaint and complaint != self._complained:
            log.warning("rejected request not kept", extra={"fields": {"error": complaint}})
        self._complained = complaint

    def _append(self, line: bytes) -> bool:
        """Whether there was room for it. A line that the disk took in part is taken back."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size + len(line) > self._most_bytes:
                return False
            if os.write(descriptor, line) < len(line):
                os.ftruncate(descriptor, size)
                raise OSError(0, "the disk is full")
            return True
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        return os.open(self._path, FLAGS, OWNER_ALONE)


class CapturingSignatures(Signatures):
    """Signatures that keep each request which they refuse."""

    def __init__(
        self,
        *given: Any,
        capture: Capture,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(*given)
        self._capture = capture
        self._clock = clock

    def check(self, environ: dict[str, Any], body: bytes) -> Params:
        try:
            return super().check(environ, body)
        except Unsigned:
            self._capture.keep(environ, read_params(body), self._clock())
            raise


def _record(environ: Mapping[str, Any], params: Params, now: datetime) -> dict[str, object]:
    seen = {**environ, **environ.get("werkzeug.proxy_fix.orig", {})}
    return {
        "received_at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "method": seen["REQUEST_METHOD"],
        "scheme": seen["wsgi.url_scheme"],
        "host": seen.get("HTTP_HOST") or seen["SERVER_NAME"],
        "port": seen["SERVER_PORT"],
        "path": seen["PATH_INFO"],
        "query": seen["QUERY_STRING"],
        "headers": _headers(seen),
        "params": params,
    }


def _headers(seen: Mapping[str, Any]) -> dict[str, str]:
    told = {
        name: value
        for name, value in seen.items()
        if value and (name in TELLING_ALONE or name.startswith(TELLING))
    }
    return {name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in told.items()}
