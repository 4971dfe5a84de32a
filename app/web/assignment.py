"""The two URLs that a Workflow is given."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from app.service import Answer, Desk, Params
from app.web.form import read_params
from app.web.signature import Signatures

FORM = "application/x-www-form-urlencoded"


def assignment_routes(desk: Desk, signatures: Signatures) -> Blueprint:
    """AssignmentCallbackUrl and FallbackAssignmentCallbackUrl."""
    routes = Blueprint("assignment", __name__)

    def answered(answer: Callable[[Params], Answer]) -> Response:
        if request.mimetype != FORM:
            raise UnsupportedMediaType(f"send the parameters as {FORM}")
        params = read_params(request.get_data(cache=False))
        signatures.check(request, params)
        if request.content_length is None:
            # A body in chunks was cut at the limit in silence: reading on says so.
            request.stream.read(1)
        given = answer(params)
        response = Response(orjson.dumps(given.form), mimetype="application/json")
        response.call_on_close(given.then)
        return response

    @routes.post("/assignment")
    def assignment() -> Response:
        return answered(desk.answer)

    @routes.post("/assignment/fallback")
    def fallback() -> Response:
        return answered(desk.answer_fallback)

    return routes
