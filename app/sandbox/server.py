"""The sandbox on a port: a threaded WSGI server for tests, demonstrations and development on one machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from app.sandbox.page import with_page
from app.sandbox.rest import create_app
from app.sandbox.taskrouter import TaskRouter

_PATIENCE = 10.0
"""Seconds that closing waits for a callback under way: both URLs at their default limit."""

_POLL = 0.02
"""Seconds between two looks at whether to stop: what closing waits at most."""

_TICK = 0.02
"""Seconds between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Served:
    """A TaskRouter that is being served: `address` is `http://HOST:PORT`, without a slash at the end."""

    taskrouter: TaskRouter
    address: str


class _QuietHandler(WSGIRequestHandler):
    """Serves without an access log: the sandbox runs inside other programs' output."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Close it: the base class would wait for another request on a connection that a fault has cut."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        pass


@contextmanager
def serving(taskrouter: TaskRouter, host: str = "127.0.0.1", port: int = 0) -> Iterator[Served]:
    """Serve the workspace on a thread until the block ends; port 0 takes a free one.

    What is due by the clock happens although nobody asks. Leaving ends stalls, waits for callbacks under way,
    stops the server and joins its threads. Raises OSError when the port is taken.
    """
    closing = threading.Event()
    application = with_page(create_app(taskrouter, closing), taskrouter, host)
    # Bound here: werkzeug would end the whole program when the port is taken.
    with socket.create_server((host, port)) as bound:
        server = make_server(
            host,
            port,
            application,
            threaded=True,
            request_handler=_QuietHandler,
            fd=bound.fileno(),
        )
    threads = [
        threading.Thread(target=server.serve_forever, args=(_POLL,), name="sandbox", daemon=True),
        threading.Thread(target=_tick, args=(taskrouter, closing), name="sandbox clock", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield Served(taskrouter, f"http://{host}:{server.port}")
    finally:
        closing.set()
        if not taskrouter.in_turn:  # what waits for its turn waits in vain now
            taskrouter.wait_for_callbacks(_PATIENCE)
        server.shutdown()
        for thread in threads:
            thread.join()
        server.server_close()


def _tick(taskrouter: TaskRouter, closing: threading.Event) -> None:
    while not closing.wait(_TICK):
        taskrouter.expire()
