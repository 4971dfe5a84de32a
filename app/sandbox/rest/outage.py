"""An outage as a REST client meets it: refusals, answers that keep it waiting, and connections that break."""

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flask import Response, g, request

from app.sandbox.faults import RequestFault
from app.sandbox.rest.refusals import refuse
from app.sandbox.taskrouter import TaskRouter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

UPDATES = frozenset({"update_reservation", "update_worker_reservation"})
FETCHES = frozenset(
    {
        "fetch_reservation",
        "list_reservations",
        "fetch_worker_reservation",
        "list_worker_reservations",
        "fetch_task",
    }
)
"""The routes that faults are drawn for."""

_REFUSALS: Mapping[RequestFault, tuple[int, int, str]] = {
    "rate_limited": (429, 20429, "Too Many Requests"),
    "server_error": (500, 20500, "Internal Server Error"),
    "server_error_after": (500, 20500, "Internal Server Error"),
    "unavailable": (503, 20503, "Service Unavailable"),
}
_WITH_RETRY_AFTER = frozenset({429, 503})
_CUT: frozenset[RequestFault] = frozenset({"stalled_before", "cut_before", "cut_after"})


class Cut(Response):
    """No answer at all: the server drops the connection."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Raise what a broken connection raises; nothing was sent by then."""
        raise ConnectionAbortedError


class Outage:
    """Draws the fault of a request before it is served, and makes of the answer what the fault leaves of it.

    A wait ends when `closing` is set, and the connection is cut then.
    """

    def __init__(self, taskrouter: TaskRouter, closing: threading.Event) -> None:
        self._taskrouter = taskrouter
        self._closing = closing

    def begin(self) -> None:
        """Draw the request's fault; `g.fault` holds it then."""
        draws = self._taskrouter.draws
        if request.endpoint in UPDATES:
            g.fault, g.faults = draws.of_update(), draws.faults
        elif request.endpoint in FETCHES:
            g.fault, g.faults = draws.of_fetch(), draws.faults

    def end(self, answer: Response) -> Response:
        """Return what the client gets in place of the answer: often the answer itself."""
        fault: RequestFault = g.get("fault", "ok")
        if fault == "ok":
            return answer
        if fault in _REFUSALS:
            return self._refuse(fault)
        seconds = g.faults.held_up(fault)
        closed = seconds > 0 and self._closing.wait(seconds)
        return Cut() if closed or fault in _CUT else answer

    def _refuse(self, fault: RequestFault) -> Response:
        status, code, text = _REFUSALS[fault]
        answer = refuse(status, code, text)
        if status in _WITH_RETRY_AFTER:
            answer.headers["Retry-After"] = str(g.faults.retry_after)
        return answer
