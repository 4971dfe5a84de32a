"""What is done for every request, whoever answers it: it has an id, and it is counted."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Any, TypeAlias

from app.logs import REQUEST
from app.metrics import Note
from app.metrics.catalogue import ANSWERED, REQUEST_SECONDS, REQUESTS
from app.web.failures import OUTCOME, TITLES

# A name of Heroku's, nginx's or Twilio's making has so many characters; the number of a phone has fewer.
ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{16,64}", re.ASCII)
HEADERS = ("HTTP_X_REQUEST_ID", "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN")
ENDPOINTS = {
    "/assignment": "assignment",
    "/assignment/fallback": "fallback",
    "/healthz": "health",
    "/readyz": "health",
    "/metrics": "metrics",
}
OTHER = "other"

Environment: TypeAlias = dict[str, Any]
Application: TypeAlias = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]


class Watched:
    """A WSGI application with `X-Request-Id` in its answers and in its log lines, each request noted."""

    def __init__(self, application: Application, note: Note) -> None:
        self._application = application
        self._note = note
        self._prefix = token_hex(6)
        self._numbers = count(1)

    def __call__(self, environ: Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = perf_counter()
        request = self._id(environ)
        REQUEST.set(request)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            endpoint = ENDPOINTS.get(environ.get("PATH_INFO", ""), OTHER)
            self._note(REQUESTS, (endpoint, environ.get(OUTCOME) or outcome(status)))
            self._note(REQUEST_SECONDS, (endpoint,), perf_counter() - began)
            headers.append(("X-Request-Id", request))
            return start_response(status, headers, exc_info)

        try:
            return _Answer(self._application(environ, start), request)
        finally:
            REQUEST.set("")

    def _id(self, environ: Environment) -> str:
        for name in HEADERS:
            sent = environ.get(name)
            if sent and ID.fullmatch(sent):
                return str(sent)
        return f"{self._prefix}-{next(self._numbers):x}"


class _Answer:
    """An answer's body, which may begin in another thread than the request did.

    When it is closed, whatever was left for then is done, and the request is over.
    """

    __slots__ = ("_body", "_request")

    def __init__(self, body: Iterable[bytes], request: str) -> None:
        self._body = body
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        REQUEST.set(self._request)
        return iter(self._body)

    def close(self) -> None:
        REQUEST.set(self._request)
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            REQUEST.set("")


def outcome(status: str) -> str:
    """The outcome of an answer that is no refusal of ours: one for each status that we give."""
    number = int(status[:3])
    if number < 300:
        return ANSWERED
    return f"http-{number}" if number in TITLES else "http-other"
