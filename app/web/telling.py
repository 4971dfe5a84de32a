"""The metrics of a process that answers no callbacks."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Thread
from time import monotonic
from typing import Any

from flask import Flask
from prometheus_client import CollectorRegistry
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler

from app.errors import SettingsError
from app.settings import Secret
from app.web.failures import answer_failures
from app.web.metrics import metrics_routes

IN_TIME = 5.0  # seconds for a request
ANSWERED = 15.0  # seconds for its answer
MOST = 16  # connections at once
GOING = 1.0  # seconds for one that gives way
POLL = 0.1  # seconds between two looks at whether to stop, and at who takes too long


class Patient(ThreadedWSGIServer):
    """Holds a few connections, each for a while: the oldest gives way to one more."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """As werkzeug's."""
        super().__init__(*given, **named)
        self._deadlines: dict[socket.socket, float] = {}  # the oldest connection first
        self._changed = Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Gives the connection a thread, if there is room for it."""
        with self._changed:
            if len(self._deadlines) >= MOST:
                _end(next(iter(self._deadlines)))
            has_room = self._changed.wait_for(lambda: len(self._deadlines) < MOST, GOING)
            if has_room:
                self._deadlines[request] = monotonic() + IN_TIME
        if has_room:
            super().process_request(request, client_address)
        else:
            super().shutdown_request(request)

    def heard(self, connection: socket.socket) -> None:
        """The request is there; what comes behind it is not waited for."""
        with self._changed:
            self._deadlines[connection] = monotonic() + ANSWERED
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    def service_actions(self) -> None:
        """Ends the connections that take too long; their threads do the rest."""
        with self._changed:
            for connection, deadline in self._deadlines.items():
                if deadline < monotonic():
                    _end(connection)

    def shutdown_request(self, request: Any) -> None:
        """Closes the connection, which makes room for another."""
        super().shutdown_request(request)
        with self._changed:
            self._deadlines.pop(request, None)
            self._changed.notify_all()


class Quiet(WSGIRequestHandler):
    """Writes no line about a request, and waits for no body."""

    timeout = IN_TIME

    def parse_request(self) -> bool:
        """Reads the head, which is all of a request here."""
        is_one = super().parse_request()
        self.server.heard(self.connection)  # type: ignore[attr-defined]  # it is a Patient one
        return is_one

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  werkzeug's name
        """Nothing."""


@contextmanager
def telling(
    registry: CollectorRegistry, token: Secret | None, host: str, port: int
) -> Iterator[BaseWSGIServer]:
    """Answers at /metrics alone, on threads of its own, to the block's end. Raises SettingsError."""
    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.register_blueprint(metrics_routes(registry, token))
    answer_failures(app)
    server = _listening(app, host, port)
    thread = Thread(target=server.serve_forever, args=(POLL,), name="metrics server", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listening(app: Flask, host: str, port: int) -> BaseWSGIServer:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # Bound here: werkzeug would end the whole program when the port is taken.
        with socket.create_server((host, port), family=family) as bound:
            return Patient(host, port, app, Quiet, fd=bound.fileno())
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise SettingsError(
            f"cannot listen at {host}, port {port} ({reason}): choose others with --bind and --metrics-port"
        ) from None


def _end(connection: socket.socket) -> None:
    """Whoever reads from it or writes to it is done."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
