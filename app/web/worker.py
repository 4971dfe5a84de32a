"""gunicorn's threaded worker, which no slow client can hold up.

gunicorn gives a connection a thread as soon as something of a request is there, and the thread waits for the
rest: as many half requests as there are threads, and nobody is answered any more. Here the process's one loop
takes requests in, and a thread gets one that is whole. What does not come in time, or is too large, is
refused by the loop.
"""

import errno
import logging
import selectors
import socket
import struct
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from itertools import takewhile
from time import monotonic
from types import FrameType
from typing import Any, Protocol, TypeAlias, cast

from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.parser import RequestParser
from gunicorn.util import close, write_nonblock
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.web.document import Document
from app.web.failures import DETAILS, problem
from app.web.incoming import Incoming, Standing

log = logging.getLogger(__name__)

IN_TIME = 5.0  # seconds for a whole request; Twilio waits no longer for its answer
FAREWELL = 2.0  # seconds for a client to read a refusal and to stop sending
TAKING = struct.pack("ll", 5, 0)  # seconds for a client to take something of its answer
PIECE = 64 * 1024  # bytes that are read at once
DISCARDED = 2 * 1024 * 1024  # bytes that a refused client may still send
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# From gunicorn's error to HTTP status, where that is not 400.
UNPARSED: dict[type[BaseException], HTTPStatus] = {
    LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
TOO_LARGE = {
    Standing.HEAD_TOO_LARGE: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    Standing.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


class Winding(Protocol):
    """The application of a server that has something beside its requests."""

    wind_down: Callable[[], None]


class Connection(TConn):
    """A connection, what has come of its next request, and how much was thrown away once it was refused."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.incoming = Incoming()
        self.discarded = 0

    def close(self, graceful: bool = False) -> None:
        """At once: nothing is unread, and the loop that closes has no time for gunicorn's long farewell."""
        close(self.sock)


Waiting: TypeAlias = dict[Connection, float]
"""Connections and their deadlines, the next one first."""


class Worker(ThreadWorker):
    """Takes requests in, and gives each to a thread when it is whole.

    What runs beside the requests is told to stop when the process is, and not when they are all answered.
    gunicorn's own refusals would repeat the request in the answer and in the log; these do not.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._coming: Waiting = {}
        self._leaving: Waiting = {}

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        cast("Winding", self.app).wind_down()

    def accept(self, listener: socket.socket) -> None:
        """Takes a connection. Where there are too many, the one that has been slow for longest gives way."""
        if self.nr_conns >= self.worker_connections - 1:
            self._give_way()
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                self._give_way()
            elif error.errno not in {errno.EAGAIN, errno.ECONNABORTED}:
                raise
            return
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TAKING)
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, client, address, listener.getsockname()))

    def enqueue_req(self, conn: Any) -> None:
        """Takes the connection's next request in."""
        conn.incoming = Incoming()
        conn.sock.setblocking(False)
        standing = self._receive(conn)
        if standing is Standing.COMING:
            self._wait(conn, self._coming, IN_TIME, self._read_on)
        else:
            self._settle(conn, standing)

    def handle(self, conn: Any) -> Any:
        """Answers a request that is whole, and says whether another may follow. Runs in a thread.

        The parser gets no more than what came: whatever it makes of it, no thread waits for a client. A
        request that came too early is not answered: no client of ours sends such.
        """
        conn.initialized = True
        conn.sock.setblocking(True)
        conn.parser = RequestParser(self.cfg, [conn.incoming.request], conn.client)
        return super().handle(conn) and not conn.parser.unreader.buf.getvalue()

    def handle_request(self, req: Any, conn: Any) -> Any:
        result = super().handle_request(req, conn)
        req.is_answered = True
        return result

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answers, but not a second time: what the view did not read of a body may be no HTTP."""
        if not getattr(req, "is_answered", False):
            _send(client, unparsed(exc))

    def murder_pending(self) -> None:
        """Refuses what did not come in time. gunicorn calls it in every turn of the loop."""
        super().murder_pending()
        now = monotonic()
        for conn in _overdue(self._leaving, now):
            self._drop(conn, self._leaving)
        # A process that is to stop does not wait as long.
        for conn in _overdue(self._coming, now if self.alive else now + IN_TIME - FAREWELL):
            if conn.incoming.received:
                self._forget(conn, self._coming)
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._drop(conn, self._coming)

    def _read_on(self, conn: Connection, _client: socket.socket) -> None:
        standing = self._receive(conn)
        if standing is not Standing.COMING:
            self._forget(conn, self._coming)
            self._settle(conn, standing)

    def _receive(self, conn: Connection) -> Standing:
        """How far the request is with what has come meanwhile."""
        try:
            piece = conn.sock.recv(PIECE)
        except BlockingIOError:
            return Standing.COMING
        except OSError:
            piece = b""
        if not piece:
            return Standing.WHOLE  # nothing more will come: the parser tells what it lacks
        standing = conn.incoming.add(piece)
        if conn.incoming.wants_continue:
            conn.incoming.wants_continue = False
            _write(conn.sock, CONTINUE)
        return standing

    def _settle(self, conn: Connection, standing: Standing) -> None:
        if standing in TOO_LARGE:
            self._refuse(conn, TOO_LARGE[standing])
        else:
            super().enqueue_req(conn)

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        """Answers, and reads on for a moment: closing before all is read would take the answer away, too."""
        log.warning("refused", extra={"fields": {"status": status, "type": f"http-{status}"}})
        _send(conn.sock, refusal(status))
        self._wait(conn, self._leaving, FAREWELL, self._discard)

    def _discard(self, conn: Connection, _client: socket.socket) -> None:
        try:
            piece = conn.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        conn.discarded += len(piece)
        if not piece or conn.discarded > DISCARDED:
            self._drop(conn, self._leaving)

    def _wait(self, conn: Connection, waiting: Waiting, seconds: float, then: Any) -> None:
        waiting[conn] = monotonic() + seconds
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(then, conn))

    def _forget(self, conn: Connection, waiting: Waiting) -> None:
        del waiting[conn]
        self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection, waiting: Waiting) -> None:
        self._forget(conn, waiting)
        self.nr_conns -= 1
        conn.close()

    def _give_way(self) -> None:
        for waiting in (self._leaving, self._coming):
            for conn in list(waiting)[:1]:
                self._drop(conn, waiting)
                return


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


def _overdue(waiting: Waiting, now: float) -> list[Connection]:
    return [conn for conn, _ in takewhile(lambda each: each[1] <= now, waiting.items())]


def _send(client: socket.socket, answer: Document) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    _write(client, f"HTTP/1.1 {answer.status_line}\r\nConnection: close\r\n{head}\r\n".encode() + answer.body)


def _write(client: socket.socket, text: bytes) -> None:
    try:
        write_nonblock(client, text)
    except OSError:
        log.info("hung up")
