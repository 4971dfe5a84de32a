"""gunicorn's threaded worker, which no slow client can hold up, and which needs a thread for few requests.

gunicorn gives a connection a thread as soon as something of a request is there, and the thread waits for the
rest: as many half requests as there are threads, and nobody is answered any more. Here the process's one loop
takes requests in. What does not come in time, or is too large, it refuses. A callback that is whole it
answers itself, since passing it on to another thread takes as long as all else; a thread gets what may have
to wait for something, and what only gunicorn's parser can read.
"""

import errno
import logging
import selectors
import socket
import struct
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from http import HTTPStatus
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol, cast

from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import ThreadWorker

from app.metrics import Note, unnoted
from app.metrics.catalogue import NOT_TAKEN_IN, REQUESTS
from app.web.connection import Connection, Waiting, ends_of, origin_of, overdue, send_slowly, write
from app.web.failures import NOTE
from app.web.incoming import Incoming, Standing
from app.web.outgoing import Outgoing, finish, last_words
from app.web.refusals import refusal, unparsed
from app.web.usual import lasts, read_usual

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

log = logging.getLogger(__name__)

CHORES = 0.1  # seconds between what gunicorn does beside the requests
IN_TIME = 5.0  # seconds for a whole request; Twilio waits no longer for its answer
FAREWELL = 2.0  # seconds for a client to read a refusal and to stop sending
TAKING = struct.pack("ll", 5, 0)  # seconds for a client to take something of its answer
PIECE = 64 * 1024  # bytes that are read at once
DISCARDED = 2 * 1024 * 1024  # bytes that a refused client may still send
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

TOO_LARGE = {
    Standing.HEAD_TOO_LARGE: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    Standing.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


class Winding(Protocol):
    """The application of a server that has something beside its requests."""

    wind_down: Callable[[], None]


class Worker(ThreadWorker):
    """Takes requests in, and answers each when it is whole.

    What runs beside the requests is told to stop when the process is, and not when they are all answered.
    gunicorn's own refusals would repeat the request in the answer and in the log; these do not.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._coming: Waiting = {}
        self._idle: Waiting = {}
        self._leaving: Waiting = {}
        self._origin = origin_of(self.cfg)
        self._kept = float(self.cfg.keepalive)  # seconds for the next request of a connection to begin

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        cast("Winding", self.app).wind_down()

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Several turns at once: what gunicorn does in each takes as long as a turn itself."""
        until = monotonic() + CHORES
        super().wait_for_and_dispatch_events(timeout)
        while self.alive and monotonic() < until:
            super().wait_for_and_dispatch_events(CHORES)

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
        server = listener.getsockname()
        origin = self._origin | ends_of(address, server)
        conn = Connection(origin, self.cfg, client, address, server)
        self._wait(conn, self._coming, IN_TIME)
        self._on_readable(conn, client)

    def handle(self, conn: Any) -> Any:
        """Answers a request that only gunicorn can read. Runs in a thread.

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
            answer = unparsed(exc)
            self._note(answer.status)
            write(client, last_words(answer))

    def finish_request(self, conn: Any, fs: "Future[bool]") -> None:
        """Waits for the connection's next request, where a thread is done with this one and says so."""
        if not fs.cancelled() and not fs.exception() and fs.result():
            conn.sock.setblocking(False)
            self._expect_next(conn)
        else:
            self._drop(conn)

    def murder_pending(self) -> None:
        """Refuses what did not come in time. gunicorn calls it in every turn of the loop."""
        now = monotonic()
        for conn in [*overdue(self._leaving, now), *overdue(self._idle, now)]:
            self._drop(conn)
        # A process that is to stop does not wait as long.
        for conn in overdue(self._coming, now if self.alive else now + IN_TIME - FAREWELL):
            if conn.incoming.received:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._drop(conn)

    def _on_readable(self, conn: Connection, _client: socket.socket) -> None:
        try:
            piece = conn.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if conn.is_leaving:
            self._discard(conn, piece)
        else:
            self._take_in(conn, piece)

    def _take_in(self, conn: Connection, piece: bytes) -> None:
        """Goes on with a request, of which this has come."""
        incoming = conn.incoming
        if not piece and not incoming.received:
            self._drop(conn)
            return
        environ = None if incoming.received else read_usual(piece, conn.origin)
        if environ is None:
            # Where nothing more will come, the parser tells what it lacks.
            standing = incoming.add(piece) if piece else Standing.WHOLE
            if standing is not Standing.WHOLE:
                self._wait_for_more(conn, standing)
                return
            environ = read_usual(incoming.received, conn.origin)
        if environ is None:
            self._give_thread(conn, partial(self.handle, conn))
        else:
            self._answer(conn, environ)

    def _wait_for_more(self, conn: Connection, standing: Standing) -> None:
        if standing in TOO_LARGE:
            self._refuse(conn, TOO_LARGE[standing])
            return
        if conn.waiting is not self._coming:
            self._wait(conn, self._coming, IN_TIME)
        if conn.incoming.wants_continue:
            conn.incoming.wants_continue = False
            write(conn.sock, CONTINUE)

    def _answer(self, conn: Connection, environ: dict[str, Any]) -> None:
        """Answers at once, or gives a thread to an application that may have to wait."""
        outgoing = Outgoing(keeps=self._counts_one_more() and lasts(environ))
        try:
            parts = cast("WSGIApplication", self.wsgi)(environ, outgoing.start)
            text = outgoing.text(parts) if outgoing.has_begun else b""
        except Exception:
            log.exception("failed")  # the loop goes on: without it nobody is answered
            self._refuse(conn, HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        if text:
            self._send(conn, text, keeps=outgoing.keeps)
            finish(parts)
        else:
            self._give_thread(conn, partial(_answer_later, conn, outgoing, parts))

    def _counts_one_more(self) -> bool:
        """Counts a request; whether another may follow on its connection."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.alive = False
            self.log.info("Autorestarting worker after current request.")
        return self.alive and len(self._idle) < self.max_keepalived

    def _send(self, conn: Connection, text: bytes, *, keeps: bool) -> None:
        try:
            sent = conn.sock.send(text)
        except BlockingIOError:
            sent = 0
        except OSError:
            log.info("hung up")
            self._drop(conn)
            return
        if sent < len(text):
            self._give_thread(conn, partial(send_slowly, conn, text[sent:], keeps=keeps))
        elif keeps:
            self._expect_next(conn)
        else:
            self._drop(conn)

    def _give_thread(self, conn: Connection, run: Callable[[], bool]) -> None:
        self._forget(conn)
        future = self.tpool.submit(run)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _expect_next(self, conn: Connection) -> None:
        if conn.incoming.received:
            conn.incoming = Incoming()
        self._wait(conn, self._idle, self._kept)

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        """Answers, and reads on for a moment: closing before all is read would take the answer away, too."""
        log.warning("refused", extra={"fields": {"status": status, "type": f"http-{status}"}})
        self._note(status)
        write(conn.sock, last_words(refusal(status)))
        conn.is_leaving = True
        self._wait(conn, self._leaving, FAREWELL)

    def _note(self, status: int) -> None:
        note: Note = cast("Flask", self.wsgi).extensions.get(NOTE, unnoted)
        note(REQUESTS, (NOT_TAKEN_IN, f"http-{status}"))

    def _discard(self, conn: Connection, piece: bytes) -> None:
        conn.discarded += len(piece)
        if not piece or conn.discarded > DISCARDED:
            self._drop(conn)

    def _wait(self, conn: Connection, waiting: Waiting, seconds: float) -> None:
        """Waits for the client, in the place of what was waited for before."""
        if conn.waiting is None:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))
        else:
            del conn.waiting[conn]
        conn.waiting = waiting
        waiting[conn] = monotonic() + seconds

    def _forget(self, conn: Connection) -> None:
        if conn.waiting is not None:
            del conn.waiting[conn]
            conn.waiting = None
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _give_way(self) -> None:
        for waiting in (self._leaving, self._coming, self._idle):
            for conn in list(waiting)[:1]:
                self._drop(conn)
                return


def _answer_later(conn: Connection, outgoing: Outgoing, parts: Iterable[bytes]) -> bool:
    """Waits for the answer, sends it, and does what follows. Runs in a thread."""
    try:
        return send_slowly(conn, outgoing.text(parts), keeps=outgoing.keeps)
    except Exception:
        log.exception("failed")
        return send_slowly(conn, last_words(refusal(HTTPStatus.INTERNAL_SERVER_ERROR)), keeps=False)
    finally:
        finish(parts)
