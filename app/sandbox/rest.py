"""The REST side: what a client of https://taskrouter.twilio.com/v1 needs to work with reservations."""

import hmac
import threading
from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from app.sandbox import refusals
from app.sandbox.errors import INVALID_PARAMETER, RequestError
from app.sandbox.outage import Outage
from app.sandbox.paging import Row, page_of
from app.sandbox.representations import Representation, as_json, reservation_json, task_json, worker_json
from app.sandbox.resources import STATUSES, Reservation, Task, Worker
from app.sandbox.sids import is_sid
from app.sandbox.taskrouter import TaskRouter
from app.sandbox.values import whole
from app.sandbox.wire import Form, read_form
from app.sandbox.workspace import DAY

MOST_BYTES = 256 * 1024
"""The largest request body."""

_FORM = "application/x-www-form-urlencoded"
_LONGEST_TASK = 14 * DAY
_HIGHEST_PRIORITY = 2**31 - 1


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
    views = Views(taskrouter)
    tasks, workers = "/v1/Workspaces/<workspace>/Tasks", "/v1/Workspaces/<workspace>/Workers"
    reservations = f"{tasks}/<task_sid>/Reservations"
    for method, path, view in (
        ("POST", tasks, views.create_task),
        ("GET", f"{tasks}/<task_sid>", views.fetch_task),
        ("GET", reservations, views.list_reservations),
        ("GET", f"{reservations}/<sid>", views.fetch_reservation),
        ("POST", f"{reservations}/<sid>", views.update_reservation),
        ("POST", workers, views.create_worker),
        ("GET", workers, views.list_workers),
        ("GET", f"{workers}/<sid>", views.fetch_worker),
    ):
        app.add_url_rule(path, view.__name__, view, methods=[method])
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


class Views:
    """One method a route; each reads the request, asks TaskRouter, and returns the representation."""

    def __init__(self, taskrouter: TaskRouter) -> None:
        self._taskrouter = taskrouter

    def create_task(self) -> Response:
        """Add a task and reserve the worker who is idle longest, if there is one."""
        form = read_form(request.get_data())
        workflow = _first(form, "WorkflowSid")
        if workflow and not is_sid("WW", workflow):
            raise RequestError(400, INVALID_PARAMETER, "WorkflowSid must be WW and 32 hexadecimal digits")
        named = self._taskrouter.find_workflow(workflow) if workflow else None
        if workflow and named is None:
            raise RequestError(400, INVALID_PARAMETER, f"there is no Workflow {workflow}")
        task = self._taskrouter.add_task(
            _attributes(form),
            priority=_number(form, "Priority", 0, 0, _HIGHEST_PRIORITY),
            timeout=_number(form, "Timeout", DAY, 1, _LONGEST_TASK),
            workflow=named,
        )
        self._taskrouter.route(task)
        return self._one(task_json, task, 201)

    def fetch_task(self, task_sid: str) -> Response:
        """Return one task."""
        return self._one(task_json, self._task(task_sid))

    def create_worker(self) -> Response:
        """Add a worker."""
        form = read_form(request.get_data())
        name, activity = _first(form, "FriendlyName"), _first(form, "ActivitySid")
        if not name:
            raise RequestError(400, INVALID_PARAMETER, "FriendlyName is required")
        if activity and not is_sid("WA", activity):
            raise RequestError(400, INVALID_PARAMETER, "ActivitySid must be WA and 32 hexadecimal digits")
        chosen = self._taskrouter.activity(activity) if activity else None
        return self._one(worker_json, self._taskrouter.add_worker(name, _attributes(form), chosen), 201)

    def fetch_worker(self, sid: str) -> Response:
        """Return one worker."""
        worker = self._taskrouter.find_worker(sid)
        if worker is None:
            raise refusals.not_found()
        return self._one(worker_json, worker)

    def list_workers(self) -> Response:
        """Return a page of the workers."""
        return self._page("workers", self._taskrouter.workers(), worker_json)

    def fetch_reservation(self, task_sid: str, sid: str) -> Response:
        """Return one reservation."""
        return self._one(reservation_json, self._reservation(task_sid, sid))

    def list_reservations(self, task_sid: str) -> Response:
        """Return a page of a task's reservations, filtered by WorkerSid and ReservationStatus."""
        rows = self._taskrouter.reservations(self._task(task_sid))
        if status := request.args.get("ReservationStatus"):
            if status not in STATUSES:
                raise RequestError(400, INVALID_PARAMETER, f"ReservationStatus must be one of {STATUSES}")
            rows = [row for row in rows if row.status == status]
        if worker := request.args.get("WorkerSid"):
            rows = [row for row in rows if row.worker.sid == worker]
        return self._page("reservations", rows, reservation_json)

    def update_reservation(self, task_sid: str, sid: str) -> Response:
        """Apply an update, if If-Match names the reservation's version."""
        reservation = self._reservation(task_sid, sid)
        self._taskrouter.update(
            reservation, request.get_data(), _is_expected(request.headers.get("If-Match")), g.fault
        )
        return self._one(reservation_json, reservation)

    def _task(self, sid: str) -> Task:
        task = self._taskrouter.find_task(sid)
        if task is None:
            raise refusals.not_found()
        return task

    def _reservation(self, task_sid: str, sid: str) -> Reservation:
        reservation = self._taskrouter.find_reservation(sid)
        if reservation is None or reservation.task.sid != task_sid:
            raise refusals.not_found()
        return reservation

    def _root(self) -> str:
        return f"{request.host_url}v1/Workspaces/{self._taskrouter.workspace_sid}"

    def _one(
        self,
        represent: Callable[[TaskRouter, str, Any], Representation],
        resource: Reservation | Task | Worker,
        status: int = 200,
    ) -> Response:
        return as_json(represent(self._taskrouter, self._root(), resource), status, resource.version)

    def _page(
        self, key: str, rows: list[Row], represent: Callable[[TaskRouter, str, Row], Representation]
    ) -> Response:
        def one(row: Row) -> Representation:
            return represent(self._taskrouter, self._root(), row)

        return as_json(page_of(key, rows, one, request.base_url, request.args.to_dict()))


def _is_expected(if_match: str | None) -> Callable[[int], bool]:
    if if_match is None:
        return lambda _version: True
    return lambda version: request.if_match.contains(str(version))


def _first(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _number(form: Form, name: str, default: int, lowest: int, highest: int) -> int:
    number = whole(_first(form, name)) if name in form else default
    if number is None or not lowest <= number <= highest:
        raise RequestError(
            400, INVALID_PARAMETER, f"{name} must be a whole number from {lowest} to {highest}"
        )
    return number


def _attributes(form: Form) -> dict[str, Any]:
    try:
        attributes = orjson.loads(_first(form, "Attributes") or "{}")
        # Reading goes deeper than writing, and these attributes are written again into each callback.
        orjson.dumps(attributes)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise RequestError(400, INVALID_PARAMETER, f"Attributes is not JSON: {error}") from None
    if not isinstance(attributes, dict):
        raise RequestError(400, INVALID_PARAMETER, "Attributes must be a JSON object")
    return attributes
