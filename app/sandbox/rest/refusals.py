"""Twilio's error body, for everything that a REST request can run into: never HTML."""

from flask import Response, request
from werkzeug.exceptions import HTTPException

from app.sandbox.errors import RequestError
from app.sandbox.rest.representations import as_json

_CODES = {401: 20003, 404: 20404, 405: 20004, 412: 20412}


def refuse(status: int, code: int, text: str) -> Response:
    """Return Twilio's JSON error body: `code`, `message`, `more_info` and `status`."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return as_json({"code": code, "message": text, "more_info": more, "status": status}, status)


def not_found() -> RequestError:
    """Return Twilio's 404 for the requested path."""
    path = request.path.removeprefix("/v1")
    return RequestError(404, _CODES[404], f"The requested resource {path} was not found")


def answer_request_error(error: RequestError) -> Response:
    """Answer a refused request in Twilio's form."""
    response = refuse(error.status, error.code, error.text)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response


def answer_http_exception(error: HTTPException) -> Response:
    """Answer what the framework refuses (unknown routes, methods, too large bodies) in Twilio's form."""
    if error.code == 404:
        return answer_request_error(not_found())
    status = error.code or 500
    return refuse(status, _CODES.get(status, 20000 + status), error.name)
