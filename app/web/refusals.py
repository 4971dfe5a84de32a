"""The answers to requests that are not taken in: what came is no HTTP, or too much, or too slow."""

import logging
from http import HTTPStatus

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)

from app.web.document import Document
from app.web.failures import DETAILS, problem

log = logging.getLogger(__name__)

# From gunicorn's error to HTTP status, where that is not 400.
UNPARSED: dict[type[BaseException], HTTPStatus] = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


def unparsed(error: BaseException) -> Document:
    """The answer to a request that is not HTTP, as far as gunicorn takes it."""
    status = HTTPStatus.BAD_REQUEST if isinstance(error, ParseException) else HTTPStatus.INTERNAL_SERVER_ERROR
    status = UNPARSED.get(type(error), status)
    level = logging.WARNING if status != HTTPStatus.INTERNAL_SERVER_ERROR else logging.ERROR
    log.log(level, "not parsed", extra={"fields": {"status": status, "error": type(error).__name__}})
    return problem(status, f"http-{status}", f"{status.phrase}: the request cannot be read as HTTP/1.1")


def refusal(status: HTTPStatus) -> Document:
    """The answer to a request that is not taken in."""
    return problem(status, f"http-{status}", DETAILS.get(status, status.phrase))
