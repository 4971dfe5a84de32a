"""Flask, with a short way for callbacks.

What Flask does for every request - contexts, signals, a session, routing, request and response objects -
takes longer than to check, decide and answer a callback. A form that is posted to a short path goes straight
to its view; whatever else comes, or is odd, goes Flask's own way.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from flask import Flask

from app.web.document import Document
from app.web.failures import OUTCOME, failed
from app.web.incoming import MOST_BODY
from app.web.outgoing import finish

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
MOST_DIGITS = len(str(MOST_BODY))

Later: TypeAlias = Callable[[], Document]
"""What gives a document, and may wait for something."""
ShortView: TypeAlias = Callable[["WSGIEnvironment", bytes], Document | Later]
"""What makes of a request and its body a document or, where it would have to wait, what gives one."""


class Application(Flask):
    """An application whose answers begin either at once, and without waiting, or when they are iterated.

    So a server can ask it in the thread that everybody waits for, and give another thread to what is left.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self._short: dict[str, ShortView] = {}

    def add_short_view(self, path: str, view: ShortView) -> None:
        """Shortens the way of forms that are posted to the path, which Flask knows by a rule of its own."""
        self._short[path] = view

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        view = self._short.get(environ["PATH_INFO"])
        if view is None or not is_plain_form(environ):
            return _when_iterated(super().wsgi_app, environ, start_response)
        try:
            given = view(environ, environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        except Exception as error:
            given = failed(error)
        if not isinstance(given, Document):
            return _given(given, environ, start_response)
        environ[OUTCOME] = given.outcome
        start_response(given.status_line, given.headers)
        return (given.body,)


def is_plain_form(environ: "WSGIEnvironment") -> bool:
    """Whether it is a form that is posted, of a length that is told and not too much."""
    length = environ.get("CONTENT_LENGTH", "")
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ.get("CONTENT_TYPE", "").partition(";")[0] == FORM
        and len(length) <= MOST_DIGITS
        and length.isdecimal()
        and int(length) <= MOST_BODY
        and "HTTP_TRANSFER_ENCODING" not in environ
    )


def _when_iterated(
    app: "WSGIApplication", environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterator[bytes]:
    parts = app(environ, start_response)
    try:
        yield from parts
    finally:
        finish(parts)


def _given(later: Later, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
    try:
        given = later()
    except Exception as error:
        given = failed(error)
    environ[OUTCOME] = given.outcome
    start_response(given.status_line, given.headers)
    try:
        yield given.body
    finally:
        given.then()
