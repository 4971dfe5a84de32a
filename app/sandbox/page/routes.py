"""The page over HTTP: its files, the state as JSON, and what can be done by hand. It stands beside REST."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from app.sandbox.errors import RequestError
from app.sandbox.page.callbacks import whole_callback
from app.sandbox.page.gate import Gate, protect
from app.sandbox.page.orders import OrderError, read_activity, read_object, read_status, read_task
from app.sandbox.page.rows import moment
from app.sandbox.page.state import CALLBACKS, state_of
from app.sandbox.resources import Task
from app.sandbox.rest import parameters
from app.sandbox.taskrouter import TaskRouter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_CALLBACKS = 5000
MOST_BYTES = 256 * 1024
"""The largest body of a POST."""

_STATIC = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = frozenset(each.name for each in _STATIC.iterdir() if each.suffix in _TYPES)
_CLOCK = "Sandbox-Clock"
"""The header that tells the sandbox's time: the body of the state is the same until something happens."""

_number = parameters.number(0, MOST_CALLBACKS)


def with_page(rest: "WSGIApplication", taskrouter: TaskRouter, host: str = "127.0.0.1") -> "WSGIApplication":
    """Return an application that serves the page at `/` and below `/page/`, and all else as `rest` does."""
    page = create_page(taskrouter, host)

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        mine = path in {"", "/", "/favicon.ico"} or path.startswith("/page/")
        return (page if mine else rest)(environ, start_response)

    return serve


def create_page(taskrouter: TaskRouter, host: str = "127.0.0.1") -> Flask:
    """Return the WSGI application of the page alone; `host` is where it listens."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.before_request(Gate(host).check)
    app.after_request(protect)
    app.register_error_handler(OrderError, lambda error: _refuse(error.status, error.text, error.fields))
    app.register_error_handler(RequestError, lambda error: _refuse(error.status, error.text))
    app.register_error_handler(HTTPException, lambda error: _refuse(error.code or 500, error.name))
    views = Views(taskrouter)
    for method, path, view in views.routes():
        app.add_url_rule(path, view.__name__, view, methods=[method])
    return app


class Views:
    """Reads a request, asks TaskRouter, and answers in JSON."""

    def __init__(self, taskrouter: TaskRouter) -> None:
        self._taskrouter = taskrouter

    def routes(self) -> Iterable[tuple[str, str, Callable[..., Response]]]:
        """Return method, path and view of each route."""
        return (
            ("GET", "/", self.index),
            ("GET", "/favicon.ico", self.icon),
            ("GET", "/page/<name>", self.file),
            ("GET", "/page/state", self.state),
            ("GET", "/page/callbacks/<sid>/<int:number>", self.callback),
            ("POST", "/page/tasks", self.create_task),
            ("POST", "/page/workers/<sid>/activity", self.move_worker),
            ("POST", "/page/reservations/<sid>", self.update_reservation),
        )

    def index(self) -> Response:
        """Return the page."""
        return _file("index.html")

    def icon(self) -> Response:
        """Return its icon where browsers look for one."""
        return _file("icon.svg")

    def file(self, name: str) -> Response:
        """Return a file of the page."""
        if name not in _FILES:
            raise _unknown(f"file {name!r}")
        return _file(name)

    def state(self) -> Response:
        """Return what there is now, or 304 while it is what the client has; `callbacks` limits these."""
        body = orjson.dumps(state_of(self._taskrouter, _callbacks()))
        answer = Response(body, mimetype="application/json")
        answer.set_etag(blake2b(body, digest_size=16).hexdigest())
        answer.headers["Cache-Control"] = "no-store"
        answer.headers[_CLOCK] = moment(self._taskrouter.clock())
        answer.make_conditional(request)
        return answer

    def callback(self, sid: str, number: int) -> Response:
        """Return all of a callback."""
        with self._taskrouter.at_once():
            reservation = self._taskrouter.find_recent(sid)
            whole = whole_callback(reservation, number) if reservation else None
        if whole is None:
            raise _unknown(f"callback {sid}/{number}")
        return _as_json(whole)

    def create_task(self) -> Response:
        """Make a task and let it into its workflow."""
        new = read_task(read_object(request.get_data()), self._taskrouter)
        with self._taskrouter.at_once():
            task = self._taskrouter.add_task(new.attributes, new.priority, workflow=new.workflow)
            self._taskrouter.route(task)
            return _as_json({"task": task.sid, "told": self._tell(task)}, 201)

    def move_worker(self, sid: str) -> Response:
        """Put a worker into another activity."""
        activity = read_activity(read_object(request.get_data()), self._taskrouter)
        worker = self._taskrouter.find_worker(sid)
        if worker is None:
            raise _unknown(f"worker {sid}")
        self._taskrouter.move(worker, activity)
        return _as_json({"worker": sid, "told": f"{worker.name} is {activity.name}"})

    def update_reservation(self, sid: str) -> Response:
        """Set a reservation's status, as a client does over REST."""
        status = read_status(read_object(request.get_data()))
        reservation = self._taskrouter.find_reservation(sid)
        if reservation is None:
            raise _unknown(f"reservation {sid}")
        form = urlencode({"ReservationStatus": status}).encode()
        self._taskrouter.update(reservation, form, lambda _version: True)
        return _as_json({"reservation": sid, "told": f"{sid} is {status}"})

    def _tell(self, task: Task) -> str:
        reservations = self._taskrouter.reservations(task)
        if reservations:
            return f"{task.sid} is reserved for {reservations[-1].worker.name}"
        if task.status == "canceled":
            return f"{task.sid} is canceled: {task.reason}"
        return f"{task.sid} waits in {task.queue.name}"


def _callbacks() -> int:
    try:
        return int(_number(request.args.get("callbacks", str(CALLBACKS))))
    except ValueError as error:
        raise OrderError(400, f"callbacks must be {error}") from None


def _file(name: str) -> Response:
    file = _STATIC / name
    answer = Response(file.read_bytes(), mimetype=_TYPES[file.suffix])
    # Asked for again each time, and not sent again: another version of the sandbox shows its own page.
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _unknown(what: str) -> OrderError:
    return OrderError(404, f"there is no {what} (any more)")


def _as_json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")


def _refuse(status: int, text: str, fields: dict[str, str] | None = None) -> Response:
    return _as_json({"error": text, "fields": fields or {}}, status)
