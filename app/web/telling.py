"""The metrics of a process that answers no callbacks."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask
from prometheus_client import CollectorRegistry
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.errors import SettingsError
from app.settings import Secret
from app.web.failures import answer_failures
from app.web.metrics import metrics_routes

IN_TIME = 5  # seconds for a request
POLL = 0.1  # seconds between two looks at whether to stop


class Quiet(WSGIRequestHandler):
    """Writes no line about a request, and waits for none."""

    timeout = IN_TIME

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
            return make_server(host, port, app, threaded=True, request_handler=Quiet, fd=bound.fileno())
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise SettingsError(
            f"cannot listen at {host}, port {port} ({reason}): choose others with --bind and --metrics-port"
        ) from None
