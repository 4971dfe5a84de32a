"""The two URLs that a Workflow is given."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson
from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from app.service import Answer, Desk, Later, Params
from app.web.application import FORM, Application
from app.web.document import Document
from app.web.signature import Signatures

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Begin = Callable[[Params], Answer | Later]


def add_assignment(app: Application, desk: Desk, signatures: Signatures) -> None:
    """AssignmentCallbackUrl and FallbackAssignmentCallbackUrl."""
    _add(app, "/assignment", desk.begin, signatures)
    _add(app, "/assignment/fallback", desk.begin_fallback, signatures)


def _add(app: Application, path: str, begin: Begin, signatures: Signatures) -> None:
    """The path, by the short way and by Flask's own."""

    def answered(environ: "WSGIEnvironment", body: bytes) -> Document | Callable[[], Document]:
        answer = begin(signatures.check(environ, body))
        return _document(answer) if isinstance(answer, Answer) else lambda: _document(answer())

    def view() -> Response:
        if request.mimetype != FORM:
            raise UnsupportedMediaType(f"send the parameters as {FORM}")
        params = signatures.check(request.environ, request.get_data(cache=False))
        if request.content_length is None:
            # A body in chunks was cut at the limit in silence: reading on says so.
            request.stream.read(1)
        answer = begin(params)
        return _document(answer if isinstance(answer, Answer) else answer()).response()

    app.add_short_view(path, answered)
    app.add_url_rule(path, path, view, methods=["POST"])


def _document(answer: Answer) -> Document:
    return Document(orjson.dumps(answer.form), then=answer.then)
