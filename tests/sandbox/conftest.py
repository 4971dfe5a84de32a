"""The sandbox on a loopback port, a customer's endpoint beside it, and the real twilio library."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from app.sandbox import Served, TaskRouter, serving


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class LoopbackHttpClient(TwilioHttpClient):
    """Sends what the library means for Twilio's host to the sandbox."""

    def __init__(self, address: str) -> None:
        super().__init__(timeout=5)
        self._address = urlsplit(address)
        assert self.session
        self.session.trust_env = False

    # Whatever else the library passes on goes on as it is.
    def request(self, method: str, url: str, **rest: Any) -> Any:  # type: ignore[override]
        there = urlsplit(url)._replace(scheme=self._address.scheme, netloc=self._address.netloc)
        return super().request(method, urlunsplit(there), **rest)


@dataclass
class Endpoint:
    """A customer's callback endpoint: what it answers can be set, what it received can be read."""

    url: str
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b"{}"
    before_answer: Callable[[], object] = lambda: None
    halfway: Callable[[], object] = lambda: None
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, instruction: object) -> None:
        self.body = json.dumps(instruction).encode()


@contextmanager
def _listening() -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.received.append((dict(self.headers), body))
            here.before_answer()
            self.send_response(here.status)
            self.send_header("Content-Type", here.content_type)
            self.end_headers()
            # TaskRouter may have hung up by now.
            try:
                half = len(here.body) // 2
                self.wfile.write(here.body[:half])
                here.halfway()
                self.wfile.write(here.body[half:])
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    here = Endpoint(f"http://127.0.0.1:{server.server_port}/assignment")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with _listening() as endpoint:
        yield endpoint


@pytest.fixture
def fallback() -> Iterator[Endpoint]:
    with _listening() as endpoint:
        yield endpoint


@pytest.fixture
def taskrouter(clock: ManualClock, endpoint: Endpoint) -> TaskRouter:
    return TaskRouter(callback_url=endpoint.url, clock=clock, api_keys={"SK" + "5" * 32: "secret of the key"})


@pytest.fixture
def sandbox(taskrouter: TaskRouter) -> Iterator[Served]:
    with serving(taskrouter) as served:
        yield served


@pytest.fixture
def connect(sandbox: Served) -> Iterator[Callable[[str, str], Any]]:
    """Makes clients of the twilio library for a user name and a password."""
    opened: list[LoopbackHttpClient] = []

    def connect(username: str, password: str) -> Any:
        opened.append(LoopbackHttpClient(sandbox.address))
        client = Client(username, password, http_client=opened[-1])
        return client.taskrouter.v1.workspaces(sandbox.taskrouter.workspace_sid)

    yield connect
    for http_client in opened:
        assert http_client.session
        http_client.session.close()


@pytest.fixture
def workspace(connect: Callable[[str, str], Any], taskrouter: TaskRouter) -> Any:
    """The workspace as the twilio library sees it: `client.taskrouter.v1.workspaces(sid)`."""
    return connect(taskrouter.account_sid, taskrouter.auth_token)
