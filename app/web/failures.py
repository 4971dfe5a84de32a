"""Every request that gets no answer gets a problem document (RFC 9457) which holds nothing of the request."""

import logging
from functools import lru_cache

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from app.errors import ForeignAccount, NotLocal, Refusal, Stale, Unreadable, Unsigned, WrongToken
from app.web.document import Document

log = logging.getLogger(__name__)

# From error to HTTP status and the stable end of the problem's `type`.
REFUSALS: dict[type[Refusal], tuple[int, str]] = {
    Unsigned: (403, "unsigned"),
    ForeignAccount: (403, "foreign-account"),
    Stale: (403, "stale"),
    Unreadable: (400, "unreadable-callback"),
    NotLocal: (403, "not-local"),
    WrongToken: (401, "wrong-token"),
}
NOTE = "desk.note"  # the name of an application's Note among its extensions
OUTCOME = "desk.outcome"  # where a request's environment says why it was refused
CHALLENGE = 'Bearer realm="metrics"'  # what a 401 asks for; RFC 6750 wants a parameter
TITLES = {
    400: "The request cannot be read",
    401: "The request needs a token",
    403: "The request is refused",
    404: "There is nothing here",
    405: "The method is not allowed",
    408: "The request came too slowly",
    413: "The body is larger than 64 KiB",
    415: "The content type is not supported",
    431: "The headers are larger than 32 KiB",
    500: "Something of ours failed",
}
DETAILS = {
    404: "the callback URL ends in /assignment, its fallback in /assignment/fallback",
    405: "callbacks are sent with POST: choose it in the Workflow; all else is read with GET",
    408: "a request must be there within five seconds",
    413: "an assignment callback is far smaller",
}


def answer_failures(app: Flask) -> None:
    """Registers the answers with the application."""

    @app.errorhandler(Exception)
    def failure(error: Exception) -> Response:
        document = failed(error)
        request.environ[OUTCOME] = document.outcome
        return document.response()


def failed(error: Exception) -> Document:
    """The answer to a request that raised this, which is logged where it is not the sender's doing alone."""
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, HTTPException):
        return _refused_by_http(error)
    log.error("failed", exc_info=error)
    return problem(500, "failure", "it is in the log; TaskRouter goes on with the fallback URL")


def _refused(error: Refusal) -> Document:
    status, name = REFUSALS[type(error)]
    reason = str(error)
    log.warning("refused", extra={"fields": {"status": status, "type": name, "reason": reason}})
    more = (("WWW-Authenticate", CHALLENGE),) if status == 401 else ()
    return problem(status, name, reason, more)._replace(outcome=name)


def _refused_by_http(error: HTTPException) -> Document:
    status = error.code or 500
    ours = error.description if status == 415 else None
    detail = DETAILS.get(status) or ours or TITLES.get(status, error.name)
    more = tuple((name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"})
    return problem(status, f"http-{status}", detail, more)


@lru_cache(maxsize=256)  # a flood of requests that are refused is a flood of the same
def problem(status: int, name: str, detail: str, more: tuple[tuple[str, str], ...] = ()) -> Document:
    """A problem document; `type` is a name that stays."""
    document = {
        "type": f"urn:assignment-desk:{name}",
        "title": TITLES.get(status, "The request failed"),
        "status": status,
        "detail": detail,
    }
    return Document(orjson.dumps(document), "application/problem+json", status, more)
