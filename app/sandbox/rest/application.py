"""The WSGI application: every family of resources, behind basic authentication."""

import hmac
import threading

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from app.sandbox.errors import RequestError
from app.sandbox.rest import refusals
from app.sandbox.rest.activities import ActivityViews
from app.sandbox.rest.outage import Outage
from app.sandbox.rest.queues import QueueViews
from app.sandbox.rest.reservations import ReservationViews
from app.sandbox.rest.tasks import TaskViews
from app.sandbox.rest.views import Views
from app.sandbox.rest.workers import WorkerViews
from app.sandbox.rest.workflows import WorkflowViews
from app.sandbox.rest.workspaces import WorkspaceViews
from app.sandbox.taskrouter import TaskRouter

MOST_BYTES = 256 * 1024
"""The largest request body."""

FAMILIES: tuple[type[Views], ...] = (
    WorkspaceViews,
    ActivityViews,
    QueueViews,
    WorkflowViews,
    WorkerViews,
    TaskViews,
    ReservationViews,
)

_FORM = "application/x-www-form-urlencoded"


def create_app(taskrouter: TaskRouter, closing: threading.Event | None = None) -> Flask:
    """Return the WSGI application that serves this workspace over REST; `closing` ends its stalls."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    # A redirect would be answered in HTML, and Twilio has none.
    app.url_map.merge_slashes = False
    outage = Outage(taskrouter, closing or threading.Event())
    app.before_request(Gate(taskrouter).check)
    app.before_request(outage.begin)
    app.after_request(outage.end)
    app.register_error_handler(RequestError, refusals.answer_request_error)
    app.register_error_handler(HTTPException, refusals.answer_http_exception)
    for family in FAMILIES:
        for method, path, view in family(taskrouter).routes():
            app.add_url_rule(f"/v1/Workspaces{path}", view.__name__, view, methods=[method])
    return app


class Gate:
    """Lets a request in: basic authentication, the workspace, and the form of a body."""

    def __init__(self, taskrouter: TaskRouter) -> None:
        self._taskrouter = taskrouter

    def check(self) -> None:
        """Raise RequestError 401, 404 or 415 when the request may not come in."""
        if not self._knows_client():
            raise RequestError(401, 20003, "Authenticate")
        # Taken out here, as every view would otherwise have to take it and ignore it.
        arguments = request.view_args or {}
        if arguments.pop("workspace", self._taskrouter.workspace_sid) != self._taskrouter.workspace_sid:
            raise refusals.not_found()
        if request.method == "POST" and request.mimetype not in {"", _FORM}:
            raise RequestError(415, 20415, f"the body must be {_FORM}")

    def _knows_client(self) -> bool:
        given = request.authorization
        if given is None or given.type != "basic":
            return False
        known = [(self._taskrouter.account_sid, token) for token in self._taskrouter.auth_tokens]
        known += self._taskrouter.api_keys.items()
        pair = f"{given.username}:{given.password}".encode()
        return any(hmac.compare_digest(f"{name}:{secret}".encode(), pair) for name, secret in known)
