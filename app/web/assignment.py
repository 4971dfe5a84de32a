"""The two URLs that a Workflow is given."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from app.engine.wire import Form
from app.service import Desk, Params
from app.web.signature import Signatures

FORM = "application/x-www-form-urlencoded"


def assignment_routes(desk: Desk, signatures: Signatures) -> Blueprint:
    """AssignmentCallbackUrl and FallbackAssignmentCallbackUrl."""
    routes = Blueprint("assignment", __name__)

    def answered(answer: Callable[[Params], Form]) -> Response:
        if request.mimetype != FORM:
            raise UnsupportedMediaType(f"send the parameters as {FORM}")
        signatures.check(request)
        if request.content_length is None:
            # A body in chunks was cut at the limit in silence: reading on says so.
            request.stream.read(1)
        return Response(orjson.dumps(answer(_parameters())), mimetype="application/json")

    @routes.post("/assignment")
    def assignment() -> Response:
        return answered(desk.answer)

    @routes.post("/assignment/fallback")
    def fallback() -> Response:
        return answered(desk.answer_fallback)

    return routes


def _parameters() -> Params:
    return {name: values[0] if len(values) == 1 else values for name, values in request.form.lists()}
