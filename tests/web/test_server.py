"""`desk serve` as operators start it: a process of its own, driven over real sockets."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.storage import Callbacks, Database
from app.web.form import MOST
from tests.builders import ACCOUNT, CALL_SID, OFFLINE, PARAMS
from tests.waiting import children
from tests.web.conftest import FORM, RULES, TOKEN, signature
from tests.web.serving import (
    PATIENCE,
    PLAIN,
    Serve,
    connected,
    headers_for,
    request,
    started,
    started_into,
    write_rules,
)

NUMBER = "15558675310"
KEY_SECRET = "the secret of the shared key"
REJECT = {"instruction": "reject", "activity_sid": OFFLINE}
BODY = urlencode(PLAIN).encode()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules", RULES)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """One server for most of these tests; it writes all that it can, and trusts one proxy."""
    folder = write_rules(tmp_path_factory.mktemp("serve") / "rules", RULES)
    keys = f"key1:{KEY_SECRET}"
    with started(folder, LOG_LEVEL="DEBUG", TRUSTED_PROXIES="1", TWILIO_WEBHOOK_KEYS=keys) as serve:
        yield serve


def _raw(serve: Serve, *parts: bytes, hang_up: bool = True) -> str:
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection(serve.address, PATIENCE) as connection:
        for part in parts:
            connection.sendall(part)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65_536):
            answer += received
        return answer.decode("latin-1")


def _head(serve: Serve, *lines: str, target: str = "/assignment") -> bytes:
    signed = signature(f"{serve.url}/assignment", PLAIN)
    head = [f"POST {target} HTTP/1.1", f"Host: {serve.url[7:]}", f"Content-Type: {FORM}"]
    return "\r\n".join([*head, f"X-Twilio-Signature: {signed}", "Connection: close", *lines, "", ""]).encode()


def _problem(answer: str) -> tuple[int, str]:
    head, _, body = answer.partition("\r\n\r\n")
    assert "content-type: application/problem+json" in head.lower()
    return int(head.split()[1]), json.loads(body)["detail"]


def _openssl(url: str, params: Mapping[str, str], algorithm: str, secret: str) -> str:
    if not shutil.which("openssl"):
        reason = "openssl is not installed"
        print(reason)  # noqa: T201  shown with -s and beside a failure
        pytest.skip(reason)
    text = url + "".join(name + params[name] for name in sorted(params))
    command = ["openssl", "dgst", f"-{algorithm}", "-hmac", secret, "-binary"]
    return base64.b64encode(
        subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    ).decode()


@pytest.mark.parametrize(
    ("algorithm", "secret", "more"),
    [
        ("sha1", TOKEN, {}),
        ("sha256", KEY_SECRET, {"X-Twilio-Webhooks-Signature-Settings": "key=key1,algorithm=HMAC_SHA256"}),
    ],
)
def test_a_callback_that_openssl_signed(
    serve: Serve, algorithm: str, secret: str, more: dict[str, str]
) -> None:
    """A program that shares no code with ours signs, and gets the instruction; tampered bytes are refused."""
    params = PLAIN | {
        "TaskAttributes": json.dumps({"type": "support", "call_sid": CALL_SID, "name": "Łukasz 😀"}),
        "WorkerAttributes": '{"contact_uri":"client:alice"}',
        "Empty": "",
    }
    path = "/assignment?env=a%20b"
    signed = _openssl(serve.url + path, params, algorithm, secret)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signed} | more
    body = urlencode(params).encode()
    answer = {"instruction": "dequeue", "from": "+18005550100"}
    assert request(serve, path, body, headers=headers) == (200, answer)
    for place in range(0, len(body), len(body) // 12):
        tampered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert request(serve, path, tampered, headers=headers)[0] in {400, 403}


def test_behind_a_proxy(serve: Serve) -> None:
    """With TRUSTED_PROXIES the forwarding headers tell the public URL."""
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.example.com"}
    headers = headers_for("https://desk.example.com/assignment") | forwarded
    assert request(serve, "/assignment", BODY, headers=headers) == (200, REJECT)


def test_a_header_makes_nobody_local(serve: Serve) -> None:
    """Without METRICS_TOKEN what comes through a proxy is refused, even if it says that it is from here."""
    for address in ("127.0.0.1", "203.0.113.9"):
        headers = {"X-Forwarded-For": address}
        status, answer = request(serve, "/metrics", method="GET", headers=headers)
        assert (status, answer["type"]) == (403, "urn:assignment-desk:not-local")


def test_a_connection_is_kept(serve: Serve) -> None:
    """Several callbacks may come over one connection, with a refusal between."""
    with connected(serve) as connection:
        for headers, status in (({}, 415), (headers_for(f"{serve.url}/assignment"), 200), ({}, 415)):
            connection.request("POST", "/assignment", BODY, headers)
            response = connection.getresponse()
            response.read()
            assert response.status == status


def test_a_request_in_two_pieces(serve: Serve) -> None:
    """Its head, then its body, as many proxies send it; several over one connection."""
    with socket.create_connection(serve.address, PATIENCE) as connection:
        head = _head(serve, f"Content-Length: {len(BODY)}").replace(b"Connection: close\r\n", b"")
        for _ in range(3):
            connection.sendall(head)
            connection.sendall(BODY)
            answer = connection.recv(65_536).decode()
            assert answer.startswith("HTTP/1.1 200 OK\r\nServer: gunicorn\r\n")
            assert "\r\nConnection: keep-alive\r\n" in answer
            assert json.loads(answer.rpartition("\r\n")[2]) == REJECT


def test_callbacks_that_come_too_early(serve: Serve) -> None:
    """Of two that come at once the first is answered; then the connection is closed."""
    head = _head(serve, f"Content-Length: {len(BODY)}").replace(b"Connection: close\r\n", b"")
    answer = _raw(serve, (head + BODY) * 2, hang_up=False)
    assert answer.count("HTTP/1.1 ") == answer.count("HTTP/1.1 200 ") == 1


def test_who_wants_the_connection_closed(serve: Serve) -> None:
    """It is, after the answer, which says so."""
    answer = _raw(serve, _head(serve, f"Content-Length: {len(BODY)}") + BODY, hang_up=False)
    assert answer.startswith("HTTP/1.1 200 ")
    assert "\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize("method", ["HEAD", "PUT", "GET", "BREW"])
def test_another_method(serve: Serve, method: str) -> None:
    """405 and what is allowed."""
    status, answer = request(serve, "/assignment", method=method)
    assert status == 405
    assert answer is None if method == "HEAD" else "POST" in answer["detail"]


def test_options(serve: Serve) -> None:
    """OPTIONS is no callback either; what is allowed stands in the refusal."""
    answer = _raw(serve, f"OPTIONS /assignment HTTP/1.1\r\nHost: {serve.url[7:]}\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 405 ")
    assert "Allow: POST\r\n" in answer


def test_an_absolute_target(serve: Serve) -> None:
    """A target with scheme and host is read as its path: the Host header is what was signed."""
    length = f"Content-Length: {len(BODY)}"
    answer = _raw(serve, _head(serve, length, target=f"http://elsewhere{'/assignment'}"), BODY)
    assert answer.startswith("HTTP/1.1 200 ")
    assert json.loads(answer.rpartition("\r\n")[2]) == REJECT


def test_a_percent_encoded_path(serve: Serve) -> None:
    """An encoded letter is the same letter."""
    answer = _raw(serve, _head(serve, f"Content-Length: {len(BODY)}", target="/%61ssignment"), BODY)
    assert answer.startswith("HTTP/1.1 200 ")


def test_without_a_standard_output(tmp_path: Path) -> None:
    """A service that is started without one serves, and writes no line into what it opens instead."""
    with started_into(None, write_rules(tmp_path / "rules", RULES)) as serve:
        headers = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", urlencode(PLAIN).encode(), headers=headers) == (200, REJECT)
    assert (serve.process.returncode, serve.remarks) == (0, [])


def test_many_parameters(serve: Serve) -> None:
    """Hundreds of unknown parameters are signed, read and ignored; with too many a request is refused."""
    params = PLAIN | {f"Parameter{number}": str(number) for number in range(MOST - len(PLAIN))}
    for each, status in ((params, 200), (params | {"One": "more"}, 400)):
        headers = headers_for(f"{serve.url}/assignment", each)
        answer = request(serve, "/assignment", urlencode(each).encode(), headers=headers)
        assert answer[0] == status
    assert answer[1]["type"] == "urn:assignment-desk:unreadable-callback"


def test_a_body_in_chunks(serve: Serve) -> None:
    """A proxy may send the body in chunks."""
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (100, BODY[:100], len(BODY) - 100, BODY[100:])
    answer = _raw(serve, _head(serve, "Transfer-Encoding: chunked"), chunks)
    assert answer.startswith("HTTP/1.1 200 ")


def test_a_body_in_chunks_beyond_the_limit(serve: Serve) -> None:
    """What is chunked has no length to refuse it by: it is refused when it is read, not cut in silence."""
    body = BODY + b"x" * 100_000
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert _problem(_raw(serve, _head(serve, "Transfer-Encoding: chunked"), chunk))[0] == 413


@pytest.mark.parametrize(
    ("chunks", "status"),
    [(b"zz\r\n" + BODY, 400), (b"40\r\nabc", 400), (b"3\r\nabcd\r\n0\r\n\r\n", 400), (b"0\r\n\r\n", 403)],
)
def test_chunks_that_are_none(serve: Serve, chunks: bytes, status: int) -> None:
    """A body whose chunks cannot be read is the sender's mistake, not a failure of ours."""
    assert _problem(_raw(serve, _head(serve, "Transfer-Encoding: chunked"), chunks))[0] == status


def test_a_megabyte(serve: Serve) -> None:
    """A large body is refused by its length."""
    answer = _raw(serve, _head(serve, "Content-Length: 1000000"), b"x" * 1_000_000)
    assert _problem(answer)[0] == 413


def test_an_unsigned_megabyte(serve: Serve) -> None:
    """The refusal arrives, although the body is not needed for it: a client that sends on would lose it."""
    head = (
        f"POST /assignment HTTP/1.1\r\nHost: desk\r\nContent-Type: {FORM}\r\nContent-Length: 1000000\r\n\r\n"
    )
    for _ in range(5):
        answer = _raw(serve, head.encode(), b"x" * 1_000_000)
        assert _problem(answer)[0] == 413


def test_a_truncated_body(serve: Serve) -> None:
    """Half a body has another signature."""
    answer = _raw(serve, _head(serve, f"Content-Length: {len(BODY)}"), BODY[: len(BODY) // 2])
    assert _problem(answer)[0] == 403


def test_a_slow_sender(serve: Serve) -> None:
    """A request that comes byte by byte is answered; one that stops before its end stands in nobody's way."""
    with socket.create_connection(serve.address, PATIENCE) as stopped:
        stopped.sendall(_head(serve, "Content-Length: 10")[:40])
        head = _head(serve, f"Content-Length: {len(BODY)}")
        answer = _raw(serve, *(bytes([byte]) for byte in head + BODY), hang_up=False)
    assert answer.startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("request_line", "header", "status"),
    [
        ("GET /healthz HTTP/1.1", "X-Long: " + NUMBER * 2000, 431),
        (f"GET /{NUMBER * 1000} HTTP/1.1", "X: y", 414),
        (f"+{NUMBER} what?", "X: y", 400),
        (f"GET /?caller={NUMBER} HTTP/1.1", f"+{NUMBER} : y", 400),
        (f"POST /?caller={NUMBER} HTTP/1.1", f"Content-Length: {NUMBER}x", 400),
        (f"POST /?caller={NUMBER} HTTP/1.1", f"Transfer-Encoding: {NUMBER}", 501),
        (f"POST /?caller={NUMBER} HTTP/1.1", f"Expect: {NUMBER}", 417),
    ],
    ids=["long header", "long line", "no method", "odd header", "odd length", "odd encoding", "odd wish"],
)
def test_what_the_server_itself_refuses(serve: Serve, request_line: str, header: str, status: int) -> None:
    """What is no HTTP gets a problem document too, and nothing of it is repeated or logged."""
    answer = _raw(serve, f"{request_line}\r\nHost: desk\r\n{header}\r\n\r\n".encode())
    assert _problem(answer)[0] == status
    assert NUMBER not in answer


def test_who_hangs_up_is_let_go(serve: Serve) -> None:
    """Connections that end before an answer harm nobody."""
    reset = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # linger 0 s: closing resets the connection
    for sent in (b"", b"garbage\r\n\r\n", _head(serve, "Content-Length: 10"), b"\x16\x03\x01\x02\x00"):
        with socket.create_connection(serve.address, PATIENCE) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.sendall(sent)
    assert request(serve, "/healthz", method="GET") == (200, {"status": "alive"})


def test_nothing_is_written_but_json(serve: Serve) -> None:
    """Every line on standard output is one JSON object, even at DEBUG; none holds a number that was sent."""
    before = len(serve.out)
    worker = json.dumps({"contact_uri": f"+{NUMBER}"})
    params = PLAIN | {"WorkerName": "Quackenbush", "WorkerAttributes": worker, "Unknown": NUMBER}
    path = f"/assignment?caller={NUMBER}"
    headers = headers_for(serve.url + path, params) | {"User-Agent": "Quackenbush"}
    assert request(serve, path, urlencode(params).encode(), headers=headers)[0] == 200
    _raw(serve, f"GET /{NUMBER} HTTP/1.1\r\nHost: {NUMBER}".encode())
    assert request(serve, f"/{NUMBER}?name=Quackenbush", method="GET")[0] == 404
    serve.wait_until(_logged(serve, before, "decided"))
    said = "".join(serve.out + serve.err)
    assert NUMBER not in said
    assert "Quackenbush" not in said
    assert TOKEN not in said
    assert KEY_SECRET not in said
    assert serve.remarks == []


def _logged(serve: Serve, start: int, event: str) -> Callable[[], bool]:
    """Whether this event is in the log from a place on."""
    return lambda: any(each["event"] == event for each in serve.events()[start:])


class _Twilio:
    """Takes updates of reservations; answers each when `open` is set."""

    def __init__(self) -> None:
        self.forms: list[str] = []
        self.arrived = threading.Event()
        self.open = threading.Event()
        twilio = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                twilio.forms.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                twilio.arrived.set()
                twilio.open.wait(PATIENCE)
                body = json.dumps({"sid": PARAMS["ReservationSid"]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def twilio() -> Iterator[_Twilio]:
    twilio = _Twilio()
    thread = threading.Thread(target=twilio.server.serve_forever, args=(0.02,))
    thread.start()
    yield twilio
    twilio.open.set()
    twilio.server.shutdown()
    thread.join()
    twilio.server.server_close()


def test_sigterm_ends_what_is_in_hand(rules: Path, twilio: _Twilio) -> None:
    """Asked to stop during traffic, the service answers what came, ends its POST, and exits with 0."""
    base = f"http://127.0.0.1:{twilio.server.server_port}"
    params = PLAIN | {"TaskAttributes": json.dumps({"type": "billing", "call_sid": CALL_SID})}
    body = urlencode(params).encode()
    with started(rules, TWILIO_API_BASE=base) as serve, connected(serve) as half:
        url = f"{serve.url}/assignment"
        assert request(serve, "/assignment", body, headers=headers_for(url, params)) == (200, {})
        assert twilio.arrived.wait(PATIENCE)
        half.putrequest("POST", "/assignment")
        more = {"Content-Length": str(len(BODY)), "Connection": "close"}
        for name, value in (headers_for(url) | more).items():
            half.putheader(name, value)
        half.endheaders(BODY[:50])
        # Another request after it is answered: by then the half one is being read.
        assert request(serve, "/readyz", method="GET")[0] == 200
        serve.process.send_signal(signal.SIGTERM)
        serve.wait_until(_logged(serve, 0, "Handling signal: term"))
        half.send(BODY[50:])
        response = half.getresponse()
        assert (response.status, json.loads(response.read())) == (200, REJECT)
        twilio.open.set()
        assert serve.wait() == 0
    assert len(twilio.forms) == 1
    assert "RedirectCallSid" in twilio.forms[0]
    assert [event["outcome"] for event in serve.events() if event["event"] == "posted"] == ["delivered"]
    assert saved_rules(rules) == ["billing", "default"]


def saved_rules(rules: Path) -> list[object]:
    """The rules that decided what was saved, in the order in which it was."""
    with closing(Database(f"sqlite:///{rules.parent}/desk.db")) as database:
        return [each.decision["rule"] for each in Callbacks(database).each() if each.decision]


def test_a_post_is_saved_before_its_answer(rules: Path) -> None:
    """A process that is killed at once has it all the same."""
    params = PLAIN | {"TaskAttributes": json.dumps({"type": "billing", "call_sid": CALL_SID})}
    with started(rules, TWILIO_API_BASE="http://127.0.0.1:9") as serve:
        headers = headers_for(f"{serve.url}/assignment", params)
        assert request(serve, "/assignment", urlencode(params).encode(), headers=headers) == (200, {})
        [worker] = children(serve.process.pid)
        os.kill(worker, signal.SIGKILL)
        assert saved_rules(rules) == ["billing"]


def test_nothing_is_saved_where_nothing_is_to_be(rules: Path) -> None:
    """With CALLBACK_RETENTION=0; callbacks are answered, and there is nothing to count."""
    with started(rules, CALLBACK_RETENTION="0") as serve:
        headers = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", BODY, headers=headers) == (200, REJECT)
        serve.process.send_signal(signal.SIGTERM)
        assert serve.wait() == 0
    assert saved_rules(rules) == []


def test_two_workers_say_it_once(rules: Path) -> None:
    """With WEB_CONCURRENCY several processes answer at one address, which is told once."""
    with started(rules, WEB_CONCURRENCY=" 2") as serve:
        headers = headers_for(f"{serve.url}/assignment")
        answers = [request(serve, "/assignment", BODY, headers=headers) for _ in range(6)]
        assert answers == [(200, REJECT)] * 6
        serve.process.send_signal(signal.SIGTERM)
        assert serve.wait() == 0
    assert len([line for line in serve.err if line.startswith("listening on ")]) == 1
    assert len([event for event in serve.events() if event["event"].startswith("Booting worker")]) == 2


PROGRAM = """
from flask import Flask
from app.web.server import Server

class Failing(Flask):
    def wsgi_app(self, environ, start_response):
        if environ["PATH_INFO"] == "/now":
            raise RuntimeError
        return iter(lambda: 1 / 0, None)

class Answering(Flask):
    def wsgi_app(self, environ, start_response):
        start_response("200 OK", [])
        return [b"1"]

def nothing():
    pass

server = Server(lambda: (APPLICATION("x"), nothing, nothing), "127.0.0.1", 0, 1, ("INFO", "json"))
server.cfg.set("max_requests", MOST)
server.run()
"""


@contextmanager
def serving(application: str, most: int = 0) -> Iterator[Serve]:
    """A server of one of the applications above, whose process answers so many requests."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
    program = PROGRAM.replace("APPLICATION", application).replace("MOST", str(most))
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(
        command, env=inherited, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    serve = Serve(process)
    serve.read()
    try:
        serve.wait_until(serve.is_ready_or_over)
        yield serve
    finally:
        process.send_signal(signal.SIGTERM)
        serve.wait()


def _count(serve: Serve, event: str) -> int:
    return len([each for each in serve.events() if each["event"].startswith(event)])


def test_an_application_that_fails() -> None:
    """Whatever it does with a request, the next one is answered, by the same process."""
    with serving("Failing") as serve:
        for path in ("/now", "/later", "/now"):
            status, answer = request(serve, path, b"x")
            assert (status, answer["type"]) == (500, "urn:assignment-desk:http-500")
    assert _count(serve, "failed") == 3
    assert _count(serve, "Booting worker") == 1


def test_a_process_that_answers_so_many() -> None:
    """Then another takes its place, and nobody is sent away."""
    with serving("Answering", most=2) as serve:
        assert [request(serve, "/", b"x") for _ in range(5)] == [(200, 1)] * 5
    # What came when it was about to end, it may have answered, too.
    assert _count(serve, "Autorestarting worker") >= 1
    assert _count(serve, "Booting worker") >= 2


def test_a_port_in_use(serve: Serve, rules: Path) -> None:
    """A taken port is told at once, in a sentence."""
    with started(rules, "--port", str(serve.address[1])) as second:
        assert second.wait() == 2
    [line] = second.err
    assert line.startswith(
        f"desk: cannot listen at 127.0.0.1, port {serve.address[1]} (Address already in use)"
    )
    assert "--port" in line


def test_an_address_that_is_not_ours(rules: Path) -> None:
    """So is an address that this machine does not have."""
    with started(rules, "--bind", "192.0.2.1") as serve:
        assert serve.wait() == 2
    assert [line.partition(",")[0] for line in serve.err] == ["desk: cannot listen at 192.0.2.1"]


def test_ipv6(rules: Path) -> None:
    """An IPv6 address stands in brackets in the URL that is told, and in the one that is signed."""
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").is_file():
        reason = "there is no IPv6 here"
        print(reason)  # noqa: T201  shown with -s and beside a failure
        pytest.skip(reason)
    with started(rules, "--bind", "::1") as serve:
        assert serve.url.startswith("http://[::1]:")
        with socket.create_connection(("::1", serve.address[1]), PATIENCE) as connection:
            connection.sendall(_head(serve, f"Content-Length: {len(BODY)}") + BODY)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_missing_settings(rules: Path) -> None:
    """Each variable is named, in one run, without a traceback."""
    environment = {"TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": "", "WEB_CONCURRENCY": "many"}
    with started(rules, **environment) as serve:
        assert serve.wait() == 2
    said = "".join(serve.err)
    assert all(name in said for name in environment)
    assert "Traceback" not in said
    assert serve.out == []


def test_broken_rules(tmp_path: Path) -> None:
    """Where no good rules are known, broken ones end the command with each problem and its place."""
    folder = write_rules(tmp_path / "rules", "rules: [{name: x, repli: {}}]\n")
    with started(folder) as serve:
        assert serve.wait() == 1
    assert any("rules.yaml:1:" in line and "repli" in line for line in serve.err)
    assert serve.err[-1].startswith("desk: ")
    assert "Traceback" not in "".join(serve.err)


def test_broken_rules_after_good_ones(rules: Path) -> None:
    """A restart with broken rules runs the last good ones, which the database holds, and says so."""
    with started(rules) as serve:
        version = request(serve, "/readyz", method="GET")[1]["rules"]["version"]
    assert serve.err[0] == f"rules {rules}: version {version}, 3 rules\n"
    write_rules(rules, "rules: [{name: x, repli: {}}]\n")
    with started(rules) as serve:
        assert request(serve, "/readyz", method="GET")[1]["rules"]["version"] == version
        headers = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", BODY, headers=headers) == (200, REJECT)
    running = [
        event["running"] for event in serve.events() if event["event"] == "the last good rules run instead"
    ]
    assert set(running) == {version}
    why = f"the rules in {rules} hold errors: mend them (desk check {rules})"
    assert serve.err[0] == f"rules {rules}: the last good ones run, version {version}, 3 rules: {why}\n"
    assert serve.remarks == []


def test_a_lost_database_does_not_keep_it_from_starting(rules: Path) -> None:
    """Replies inline need no database: the service starts without one, is ready, and says so."""
    (rules.parent / "file").touch()
    lost = f"sqlite:///{rules.parent}/file/desk.db"
    with started(rules, DATABASE_URL=lost, WEB_CONCURRENCY="") as serve:
        assert request(serve, "/readyz", method="GET")[1]["database"] == "down"
        headers = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", BODY, headers=headers) == (200, REJECT)
    assert "rules not kept" in [event["event"] for event in serve.events()]


def test_the_application_for_another_server(rules: Path) -> None:
    """`app.wsgi` holds the application for whoever runs it otherwise, made from the same environment."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
    program = "from app.wsgi import app; print(app.test_client().get('/readyz').get_json()['database'])"
    environment = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "RULES_DIR": str(rules),
        "DATABASE_URL": f"sqlite:///{rules.parent}/desk.db",
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=inherited | environment, capture_output=True, text=True, check=True)
    assert done.stdout == "up\n"


def test_another_server_without_settings() -> None:
    """`app.wsgi` ends with a sentence where it cannot be made."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
    command = [sys.executable, "-c", "import app.wsgi"]
    done = subprocess.run(command, env=inherited, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("desk: TWILIO_ACCOUNT_SID is not set")
    assert "Traceback" not in done.stderr
