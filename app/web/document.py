"""What is sent back: a small document, with all that HTTP wants to know of it."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from flask import Response

JSON = "application/json"


def _nothing() -> None:
    """What there is to do after most documents."""


class Document(NamedTuple):
    """A body and its headers; `then` is done when it is on its way, `outcome` how a refusal is counted."""

    body: bytes
    mimetype: str = JSON
    status: int = 200
    more: tuple[tuple[str, str], ...] = ()
    then: Callable[[], object] = _nothing
    outcome: str = ""

    @property
    def status_line(self) -> str:
        """`200 OK`, as WSGI wants it."""
        return _status_line(self.status)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers, as WSGI wants them."""
        return [("Content-Type", self.mimetype), ("Content-Length", str(len(self.body))), *self.more]

    def response(self) -> Response:
        """The same for Flask."""
        response = Response(self.body, self.status_line, self.headers)
        response.call_on_close(self.then)
        return response


@cache  # there are few
def _status_line(status: int) -> str:
    return Response(status=status).status
