"""A client's connection, and what is known of every request on it."""

import logging
from collections.abc import Mapping, Sequence
from itertools import takewhile
from socket import socket
from typing import Any, TypeAlias, cast

from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create
from gunicorn.util import close, write_nonblock
from gunicorn.workers.gthread import TConn

from app.web.incoming import Incoming

log = logging.getLogger(__name__)

SAMPLE = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
NOWHERE = ("", 0)
# Of the sample itself, or of what gunicorn offers to applications that send more than one answer.
OF_ONE = frozenset(
    {
        "CONTENT_LENGTH",
        "PATH_INFO",
        "QUERY_STRING",
        "RAW_URI",
        "REQUEST_METHOD",
        "gunicorn.socket",
        "wsgi.early_hints",
        "wsgi.input",
    }
)


class Connection(TConn):
    """A connection, what has come of its next request, and whether it was refused.

    `origin` is what the WSGI environment tells of it, `waiting` where it stands while the loop waits for it,
    `discarded` the bytes that were thrown away once it was refused.
    """

    def __init__(self, origin: Mapping[str, Any], *given: Any) -> None:
        super().__init__(*given)
        self.incoming = Incoming()
        self.origin = origin
        self.waiting: Waiting | None = None
        self.is_leaving = False
        self.discarded = 0

    def close(self, graceful: bool = False) -> None:
        """At once: nothing is unread, and the loop that closes has no time for gunicorn's long farewell."""
        close(self.sock)


Waiting: TypeAlias = dict[Connection, float]
"""Connections and their deadlines, the next one first."""


def origin_of(config: Config) -> dict[str, Any]:
    """What the WSGI environments of all requests have in common, as gunicorn makes them."""
    request = next(RequestParser(config, [SAMPLE], NOWHERE))
    _, environ = create(request, cast("socket", None), NOWHERE, NOWHERE, config)
    environ["wsgi.multithread"] = True
    return {name: value for name, value in environ.items() if name not in OF_ONE}


def ends_of(client: Sequence[Any], server: Sequence[Any]) -> dict[str, str]:
    """What they tell of a connection's two ends."""
    return {
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
    }


def overdue(waiting: Waiting, now: float) -> list[Connection]:
    return [conn for conn, _ in takewhile(lambda each: each[1] <= now, waiting.items())]


def send_slowly(conn: Connection, text: bytes, *, keeps: bool) -> bool:
    """Sends to a client that may be slow to take it. Runs in a thread."""
    conn.sock.setblocking(True)
    try:
        conn.sock.sendall(text)
    except OSError:
        log.info("hung up")
        return False
    return keeps


def write(client: socket, text: bytes) -> None:
    """Sends a little, as far as the client takes it at once."""
    try:
        write_nonblock(client, text)
    except OSError:
        log.info("hung up")
