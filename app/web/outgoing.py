"""An answer on its way out: from what WSGI is told of it to bytes."""

from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from time import time
from typing import Any

from app.web.document import Document


class Outgoing:
    """The answer to one request; `keeps` tells whether another may follow on its connection."""

    __slots__ = ("_headers", "_status", "_written", "keeps")

    def __init__(self, *, keeps: bool) -> None:
        self.keeps = keeps
        self._status: str | None = None
        self._headers: list[tuple[str, str]] = []
        self._written: list[bytes] = []

    @property
    def has_begun(self) -> bool:
        """Whether the application has said how it answers."""
        return self._status is not None

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        """WSGI's `start_response`. Nothing is sent before all is there, so it may be called again."""
        self._status, self._headers = status, headers
        return self._written.append

    def text(self, parts: Iterable[bytes]) -> bytes:
        """All that is to be sent. Waits for the parts; whoever calls it closes them."""
        body = b"".join((*self._written, *parts))
        if self._status is None:
            raise RuntimeError("the application did not begin its answer")
        told = [*self._headers]
        if not any(name.lower() == "content-length" for name, _ in told):
            told.append(("Content-Length", str(len(body))))
        return _head(self._status, told, keeps=self.keeps) + body


def finish(parts: Iterable[bytes]) -> None:
    """Tells the application that its answer was sent, as far as it wants to know."""
    close = getattr(parts, "close", None)
    if close:
        close()


def last_words(document: Document) -> bytes:
    """The document as the last answer on a connection."""
    return _head(document.status_line, document.headers, keeps=False) + document.body


def _head(status: str, headers: Iterable[tuple[str, str]], *, keeps: bool) -> bytes:
    lasting = "keep-alive" if keeps else "close"
    lines = [
        f"HTTP/1.1 {status}\r\nServer: gunicorn\r\nDate: {_date(int(time()))}\r\nConnection: {lasting}\r\n",
        *(f"{name}: {value}\r\n" for name, value in headers),
        "\r\n",
    ]
    return "".join(lines).encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
