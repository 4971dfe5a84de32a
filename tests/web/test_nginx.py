"""`desk serve` behind Debian's nginx, with the site that we ship: TLS outside, plain HTTP inside."""

import http.client
import json
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import pytest

from app.web.incoming import MOST_BODY
from tests.builders import OFFLINE
from tests.waiting import children, until
from tests.web.conftest import FORM, RULES
from tests.web.proxying import PATIENCE, SITE, Proxy, free_port, nginx
from tests.web.serving import PLAIN, Serve, headers_for, started, write_rules

BODY = urlencode(PLAIN).encode()
REJECT = {"instruction": "reject", "activity_sid": OFFLINE}
SLOW = 100  # clients
CLIENTS = 4
AT_ONCE = 1.0  # seconds that a callback may take beside them


@contextmanager
def behind(folder: Path, **environment: str) -> Iterator[tuple[Serve, Proxy]]:
    """A server with this environment, and nginx before it; `{url}` stands for nginx's address."""
    port = free_port()
    settings = {name: text.format(url=f"https://localhost:{port}") for name, text in environment.items()}
    (folder / "nginx").mkdir()
    rules = write_rules(folder / "rules", RULES)
    with started(rules, **settings) as serve, nginx(folder / "nginx", port, serve.address) as proxy:
        yield serve, proxy


def ask(proxy: Proxy, path: str = "/assignment", body: bytes = BODY, **more: str) -> tuple[int, bytes]:
    """Status and body of the answer to a callback that is signed for nginx's own address."""
    connection = http.client.HTTPSConnection("localhost", proxy.port, timeout=PATIENCE, context=proxy.tls)
    with closing(connection):
        headers = headers_for(proxy.url + path) | {
            name.replace("_", "-"): text for name, text in more.items()
        }
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serve, Proxy]]:
    """One pair for most of these tests."""
    with behind(tmp_path_factory.mktemp("trusting"), TRUSTED_PROXIES="1") as pair:
        yield pair


@pytest.fixture
def proxy(trusting: tuple[Serve, Proxy]) -> Proxy:
    return trusting[1]


@pytest.mark.parametrize("path", ["/assignment", "/assignment/fallback", "/assignment?env=a%20b"])
def test_what_twilio_signed_for_nginx_holds(proxy: Proxy, path: str) -> None:
    """With TRUSTED_PROXIES=1 the service knows by which address it was called."""
    status, answer = ask(proxy, path)
    assert (status, json.loads(answer)) == (200, REJECT)


def test_what_is_signed_for_the_inner_address_does_not(trusting: tuple[Serve, Proxy]) -> None:
    """Twilio never called it."""
    serve, proxy = trusting
    inner = headers_for(f"{serve.url}/assignment")["X-Twilio-Signature"]
    assert ask(proxy, X_Twilio_Signature=inner)[0] == 403


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "Forwarded"]
)
def test_a_clients_own_forwarding_headers_are_dropped(proxy: Proxy, header: str) -> None:
    """Whatever they say, the address is the one that was called."""
    assert ask(proxy, "/assignment", BODY, **{header: "/elsewhere"})[0] == 200


def test_public_url_does_without_headers(tmp_path: Path) -> None:
    """The other way to say it."""
    with behind(tmp_path, PUBLIC_URL="{url}") as (_, proxy):
        assert ask(proxy)[0] == 200


@pytest.mark.parametrize(
    "wrong", [{}, {"TRUSTED_PROXIES": "2"}, {"PUBLIC_URL": "https://desk.example.com"}], ids=str
)
def test_a_wrong_setting_is_refused_and_named(wrong: dict[str, str], tmp_path: Path) -> None:
    """403, and the answer says which settings to look at."""
    with behind(tmp_path, **wrong) as (_, proxy):
        status, answer = ask(proxy)
        assert status == 403
        assert "PUBLIC_URL or TRUSTED_PROXIES" in json.loads(answer)["detail"]


def test_the_largest_body_and_the_next(proxy: Proxy) -> None:
    """nginx takes what the service takes, in memory, and refuses more by itself."""
    assert re.findall(r"client_(?:max_body|body_buffer)_size (\d+)k;", SITE) == [str(MOST_BODY // 1024)] * 2
    assert ask(proxy, body=b"x" * MOST_BODY)[0] == 403  # it came through, and is not signed
    assert ask(proxy, body=b"x" * (MOST_BODY + 1))[0] == 413


def test_slow_clients_never_reach_the_service(trusting: tuple[Serve, Proxy]) -> None:
    """nginx waits for the rest of a body; the service has no connection of theirs, and answers others."""
    serve, proxy = trusting
    signed = headers_for(f"{proxy.url}/assignment")["X-Twilio-Signature"]
    head = f"POST /assignment HTTP/1.1\r\nHost: localhost:{proxy.port}\r\nContent-Type: {FORM}\r\n"
    head += f"X-Twilio-Signature: {signed}\r\nContent-Length: {len(BODY)}\r\nConnection: close\r\n\r\n"
    with ExitStack() as open_ones:
        clients = [open_ones.enter_context(closing(proxy.connection())) for _ in range(SLOW)]
        for client in clients:
            client.sendall(head.encode() + BODY[:-1])
        for _ in range(10):
            began = perf_counter()
            assert ask(proxy)[0] == 200
            assert perf_counter() - began < AT_ONCE
        until(lambda: connections_to(serve.address[1]) == 0, patience=2)  # nginx gives up the slow ones later
        clients[0].sendall(BODY[-1:])
        assert clients[0].recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/", "/assignment/", "/healthz/x", "/../metrics"])
def test_nothing_else_is_reached(proxy: Proxy, path: str) -> None:
    """The metrics and the state of the rules least of all."""
    status, answer = ask(proxy, path)
    assert status in {400, 404}
    assert b"desk" not in answer


def test_of_several_machines_one_may_be_lost(tmp_path: Path, database: str) -> None:
    """Two of them on one PostgreSQL: one is killed, and each callback is answered by the other."""
    rules = write_rules(tmp_path / "rules", RULES)
    (tmp_path / "nginx").mkdir()
    options = {"DATABASE_URL": database, "TRUSTED_PROXIES": "1"}
    with (
        started(rules, **options) as first,
        started(rules, **options) as second,
        nginx(tmp_path / "nginx", free_port(), first.address, second.address) as proxy,
    ):
        assert [ask(proxy)[0] for _ in range(4)] == [200] * 4
        until(lambda: decided(first) and decided(second))
        kill(first)
        assert [ask(proxy)[0] for _ in range(20)] == [200] * 20


def test_a_release_is_rolled_out_under_load(tmp_path: Path, database: str) -> None:
    """One server after the other is stopped and started anew, and no callback fails or waits."""
    rules = write_rules(tmp_path / "rules", RULES)
    (tmp_path / "nginx").mkdir()
    ports = [free_port(), free_port()]
    options = {"DATABASE_URL": database, "TRUSTED_PROXIES": "1"}
    with ExitStack() as running, ThreadPoolExecutor(CLIENTS) as pool:
        serves = [running.enter_context(started(rules, "--port", str(port), **options)) for port in ports]
        proxy = running.enter_context(
            nginx(tmp_path / "nginx", free_port(), *(each.address for each in serves))
        )
        stop = Event()
        asking = [pool.submit(ask_until, proxy, stop) for _ in range(CLIENTS)]
        try:
            for serve, port in zip(serves, ports, strict=True):
                serve.process.send_signal(signal.SIGTERM)
                assert serve.wait() == 0
                running.enter_context(started(rules, "--port", str(port), **options))
        finally:
            stop.set()
        asked = [each for future in asking for each in future.result()]
    slowest = max(seconds for _, seconds in asked)
    print(f"{len(asked)} callbacks, the slowest took {slowest:.3f} s")  # noqa: T201  shown beside a failure
    assert {status for status, _ in asked} == {200}
    assert slowest < 2 * AT_ONCE  # the servers, nginx and their clients share the machine


def ask_until(proxy: Proxy, stop: Event) -> list[tuple[int, float]]:
    """Status and seconds of callbacks, one after the other."""
    asked = []
    while not stop.is_set():
        began = perf_counter()
        asked.append((ask(proxy)[0], perf_counter() - began))
    return asked


def kill(serve: Serve) -> None:
    """All of its processes, as a machine that is lost."""
    for pid in [serve.process.pid, *children(serve.process.pid)]:
        os.kill(pid, signal.SIGKILL)


def decided(serve: Serve) -> list[dict[str, Any]]:
    return [each for each in serve.events() if each["event"] == "decided"]


def connections_to(port: int) -> int:
    """How many connections are open at the server's end, as Linux tells."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(fields[1].endswith(f":{port:04X}") and fields[3] == "01" for fields in map(str.split, lines))
