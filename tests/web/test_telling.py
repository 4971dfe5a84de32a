"""The port of `desk worker` for metrics, beside clients that take their time."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

import pytest
from prometheus_client import CollectorRegistry, Gauge
from werkzeug.serving import BaseWSGIServer

from app.web.telling import MOST, telling
from tests.waiting import until
from tests.web.serving import PATIENCE

HEAD = b"GET /metrics HTTP/1.1\r\nHost: desk\r\n"


@pytest.fixture
def server() -> Iterator[BaseWSGIServer]:
    registry = CollectorRegistry()
    Gauge("desk_some", "Some.", registry=registry)
    with telling(registry, None, "127.0.0.1", 0) as server:
        yield server


def scraped(server: BaseWSGIServer) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def connected(server: BaseWSGIServer, sent: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    client.sendall(sent)
    return client


def drip(client: socket.socket, seconds: float) -> None:
    """Sends a byte now and then, until the server has closed, or for so long."""
    client.settimeout(0.2)
    began = perf_counter()
    while perf_counter() - began < seconds:
        try:
            client.sendall(b"x")
            if not client.recv(65_536):
                return
        except TimeoutError:
            continue
        except OSError:
            return


def handlers() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GE",
        HEAD,
        HEAD + b"X: ",
        HEAD + b"Content-Length: 100000\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    ],
    ids=("nothing", "a part of a line", "no end", "a part of a header", "no body", "no chunk"),
)
def test_who_drips_has_five_seconds(server: BaseWSGIServer, sent: bytes) -> None:
    """However far the request came."""
    began = perf_counter()
    with connected(server, sent) as client:
        drip(client, PATIENCE)
        assert perf_counter() - began < 8
    until(lambda: not handlers())


def test_a_scrape_beside_a_hundred_that_drip(server: BaseWSGIServer) -> None:
    """It is answered at once; and only so many connections are held."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(server, HEAD)) for _ in range(100)]
        for client in clients:
            threading.Thread(target=drip, args=(client, PATIENCE)).start()
        for _ in range(10):
            began = perf_counter()
            assert "\ndesk_some 0.0\n" in scraped(server)
            assert perf_counter() - began < 1
            assert 0 < handlers() <= MOST
    until(lambda: not handlers())


def test_scrapes_that_come_together(server: BaseWSGIServer) -> None:
    """As many as connections are held are all answered."""
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(scraped(server))) for _ in range(MOST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == MOST
    assert all("\ndesk_some 0.0\n" in answer for answer in answers)


def test_a_body_is_not_waited_for(server: BaseWSGIServer) -> None:
    """The answer comes without it."""
    with connected(server, HEAD + b"Content-Length: 100000\r\n\r\nx") as client:
        began = perf_counter()
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert perf_counter() - began < 2
