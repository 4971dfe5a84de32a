"""Clients that stall, trickle or never read, beside callbacks that must be answered."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import pytest

from tests.web.conftest import FORM, RULES
from tests.web.serving import PATIENCE, PLAIN, Serve, headers_for, request, started, write_rules

BODY = urlencode(PLAIN).encode()
HEAD = f"POST /assignment HTTP/1.1\r\nHost: desk\r\nContent-Type: {FORM}\r\n".encode()
WITH_BODY = HEAD + b"Content-Length: 1000\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW = 200  # clients
AT_ONCE = 1.0  # seconds that a callback may take beside them


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with started(write_rules(tmp_path_factory.mktemp("slow") / "rules", RULES)) as serve:
        yield serve


@contextmanager
def clients(serve: Serve, sent: bytes, number: int = SLOW) -> Iterator[list[socket.socket]]:
    """So many clients that have sent this much of a request."""
    with ExitStack() as open_ones:
        made = [
            open_ones.enter_context(socket.create_connection(serve.address, PATIENCE)) for _ in range(number)
        ]
        for client in made:
            client.sendall(sent)
        yield made


def received(client: socket.socket) -> bytes:
    """All that comes, until the server closes."""
    answer = b""
    while piece := client.recv(65_536):
        answer += piece
    return answer


def slowest(serve: Serve, rounds: int = 20) -> float:
    """Seconds of the slowest of some callbacks, all of which are answered."""
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        assert request(serve, "/assignment", BODY, headers=headers_for(f"{serve.url}/assignment"))[0] == 200
        taken.append(perf_counter() - began)
    return max(taken)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /assi",
        HEAD,
        WITH_BODY,
        WITH_BODY + b"a=b",
        CHUNKED,
        CHUNKED + b"10\r\nabc",
        BODY,
        HEAD + b"Content-Length: 0000000000000000003\r\n\r\n",
        HEAD + b"Content-Length: 9999999999999\r\n\r\n",
        CHUNKED + b"000000000003\r\n",
        CHUNKED + b"3;" + b"x" * 100,
        HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n",
        HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 5\n\n",
    ],
    ids=lambda sent: sent[-24:].decode() or "nothing",
)
def test_half_requests_take_no_thread(serve: Serve, sent: bytes) -> None:
    """However far they came."""
    with clients(serve, sent):
        assert slowest(serve) < AT_ONCE


def test_a_trickle_takes_no_thread(serve: Serve) -> None:
    """Clients that send a byte now and then are no better than those that send none."""
    with clients(serve, WITH_BODY) as trickling:
        for _ in range(10):
            for client in trickling:
                client.sendall(b"x")
            assert slowest(serve, 2) < AT_ONCE


def test_a_request_behind_another_is_not_waited_for(serve: Serve) -> None:
    """Half of it came with the one before, which is answered; then the connection is closed."""
    whole = b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n"
    with clients(serve, whole + WITH_BODY, 40) as early:
        assert slowest(serve) < AT_ONCE
        for client in early:
            answer = received(client)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.count(b"HTTP/1.1 ") == 1


def test_nobody_is_answered_twice(serve: Serve) -> None:
    """A body of which the view needs nothing may be no HTTP."""
    with clients(serve, b"GET /nowhere HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1) as [client]:
        client.shutdown(socket.SHUT_WR)
        assert received(client).count(b"HTTP/1.1 ") == 1


def test_refused_bodies_take_no_thread(serve: Serve) -> None:
    """A body that is announced as too large is refused at once, whether it comes or not."""
    with clients(serve, HEAD + b"Content-Length: 1000000\r\n\r\nx") as large:
        assert slowest(serve) < AT_ONCE
        for client in large:
            assert client.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_what_does_not_come_in_time_is_refused(serve: Serve) -> None:
    """With 408, after five seconds; a connection that sent nothing is closed without a word."""
    began = perf_counter()
    with clients(serve, WITH_BODY, 1) as [half], clients(serve, b"", 1) as [silent]:
        assert half.recv(65_536).startswith(b"HTTP/1.1 408 ")
        assert 4 < perf_counter() - began < 9
        assert silent.recv(65_536) == b""
        half.sendall(b"x" * 1000)  # it may still send, and is not answered a second time
        assert half.recv(65_536) == b""
        assert perf_counter() - began < 12


def test_who_waits_for_a_100_gets_it(serve: Serve) -> None:
    """As curl does with a large body."""
    signed = headers_for("http://desk/assignment")["X-Twilio-Signature"].encode()
    head = HEAD + b"Connection: close\r\nExpect: 100-continue\r\nX-Twilio-Signature: " + signed
    with clients(serve, head + b"\r\nContent-Length: %d\r\n\r\n" % len(BODY), 1) as [client]:
        assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(BODY)
        answer = received(client)
        assert answer.startswith(b"HTTP/1.1 200 ")


def test_too_many_connections_make_room(tmp_path: Path) -> None:
    """More than the server holds: the slowest go, and callbacks are answered."""
    with started(write_rules(tmp_path / "rules", RULES)) as serve, clients(serve, b"POST ", 1100) as many:
        assert slowest(serve) < AT_ONCE
        assert many[0].recv(1) == b""
