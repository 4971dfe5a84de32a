"""One update over REST, through the real twilio library and real HTTP: what arrives, what comes back."""

import logging
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import orjson
import pytest

from app.delivery.courier import Courier
from app.delivery.reservations import Reservations
from app.model import Call, Ending, Instruction, Outcome
from app.sandbox import Reservation, Served, TaskRouter, serving
from app.settings import Settings, read_settings
from tests.builders import ACCOUNT, PARAMS
from tests.delivery.deliveries import NOW, delivery
from tests.delivery.listening import answer, closed_port, listening

NUMBER = "+14155551212"
CALL = "CA" + "c" * 32
ACTIVITY = "WA" + "a" * 32
KEY_SID = "SK" + "5" * 32
ACCEPT = Instruction("accept")
FULL_CALL = Instruction("call", {"to": NUMBER, "from": NUMBER, "url": "https://example.com/whisper"})


def settings(base: str = "", **more: str) -> Settings:
    """Settings for an API at this address."""
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token", "TWILIO_API_BASE": base}
    return read_settings(known | more)


def call(instruction: Instruction = ACCEPT) -> Call:
    """An update of a reservation that no sandbox knows."""
    return Call(PARAMS["WorkspaceSid"], PARAMS["TaskSid"], PARAMS["ReservationSid"], instruction)


def send(base: str, instruction: Instruction = ACCEPT, **more: str) -> Outcome:
    """What becomes of one update, with short timeouts."""
    return Reservations(settings(base, **more), connect_timeout=0.3, read_timeout=0.3).send(call(instruction))


# --- At the sandbox


@pytest.fixture
def taskrouter() -> TaskRouter:
    """A TaskRouter that knows an API key, too."""
    return TaskRouter(account_sid=ACCOUNT, auth_tokens=("token",), api_keys={KEY_SID: "secret"})


@pytest.fixture
def sandbox(taskrouter: TaskRouter) -> Iterator[Served]:
    """The TaskRouter on a loopback port."""
    with serving(taskrouter) as served:
        yield served


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation of a caller for a worker without a telephone of their own."""
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    return taskrouter.reserve(taskrouter.add_task({"call_sid": CALL}), worker)


def send_to(
    sandbox: Served, reservation: Reservation, instruction: Instruction = ACCEPT, **more: str
) -> Outcome:
    """What becomes of an update of this reservation."""
    sids = (sandbox.taskrouter.workspace_sid, reservation.task.sid, reservation.sid)
    return Reservations(settings(sandbox.address, **more)).send(Call(*sids, instruction))


FORMS: tuple[tuple[Instruction, Mapping[str, list[str]], str], ...] = (
    (ACCEPT, {"ReservationStatus": ["accepted"]}, "accepted"),
    (
        Instruction("reject", {"activity_sid": ACTIVITY}),
        {"ReservationStatus": ["rejected"], "WorkerActivitySid": [ACTIVITY]},
        "rejected",
    ),
    (Instruction("reject"), {"ReservationStatus": ["rejected"]}, "rejected"),
    (
        Instruction(
            "dequeue",
            {
                "to": "client:bob",
                "from": NUMBER,
                "post_work_activity_sid": ACTIVITY,
                "record": "record-from-answer",
                "timeout": 30,
                "status_callback_url": "https://example.com/events?a=1&b=2",
                "status_callback_events": ("answered", "completed"),
            },
        ),
        {
            "Instruction": ["dequeue"],
            "DequeueTo": ["client:bob"],
            "DequeueFrom": [NUMBER],
            "DequeuePostWorkActivitySid": [ACTIVITY],
            "DequeueRecord": ["record-from-answer"],
            "DequeueTimeout": ["30"],
            "DequeueStatusCallbackUrl": ["https://example.com/events?a=1&b=2"],
            "DequeueStatusCallbackEvent": ["answered", "completed"],
        },
        "accepted",
    ),
    (
        Instruction(
            "call",
            {
                "to": "sip:bob@example.com",
                "from": NUMBER,
                "url": "https://example.com/whisper",
                "accept": True,
                "record": "do-not-record",
                "timeout": 20,
                "status_callback_url": "https://example.com/events",
            },
        ),
        {
            "Instruction": ["call"],
            "CallTo": ["sip:bob@example.com"],
            "CallFrom": [NUMBER],
            "CallUrl": ["https://example.com/whisper"],
            "CallAccept": ["true"],
            "CallRecord": ["do-not-record"],
            "CallTimeout": ["20"],
            "CallStatusCallbackUrl": ["https://example.com/events"],
        },
        "accepted",
    ),
    (
        Instruction("redirect", {"call_sid": CALL, "url": "https://example.com/é", "accept": False}),
        {
            "Instruction": ["redirect"],
            "RedirectCallSid": [CALL],
            "RedirectUrl": ["https://example.com/é"],
            "RedirectAccept": ["false"],
        },
        "pending",
    ),
    (
        Instruction(
            "conference",
            {
                "to": "client:bob",
                "from": NUMBER,
                "timeout": 20,
                "early_media": False,
                "end_conference_on_customer_exit": True,
                "max_participants": 3,
                "beep": "onEnter",
                "conference_status_callback": "https://example.com/conference",
                "conference_status_callback_event": ("start", "end"),
                "status_callback_event": ("answered",),
                "sip_auth_password": "not in any log",
            },
        ),
        {
            "Instruction": ["conference"],
            "To": ["client:bob"],
            "From": [NUMBER],
            "Timeout": ["20"],
            "EarlyMedia": ["false"],
            "EndConferenceOnCustomerExit": ["true"],
            "MaxParticipants": ["3"],
            "Beep": ["onEnter"],
            "ConferenceStatusCallback": ["https://example.com/conference"],
            "ConferenceStatusCallbackEvent": ["start", "end"],
            "StatusCallbackEvent": ["answered"],
            "SipAuthPassword": ["not in any log"],
        },
        "accepted",
    ),
)


@pytest.mark.parametrize(("instruction", "form", "status"), FORMS, ids=[each[0].name for each in FORMS])
def test_each_instruction_arrives_as_documented(
    instruction: Instruction,
    form: Mapping[str, list[str]],
    status: str,
    sandbox: Served,
    reservation: Reservation,
) -> None:
    """Twilio's names, lower-case booleans, events as a repeated parameter; TaskRouter does as told."""
    assert send_to(sandbox, reservation, instruction) == Outcome(
        Ending.DELIVERED, "Twilio took the update", 200
    )
    assert [parse_qs(update.body.decode()) for update in reservation.updates] == [form]
    assert reservation.status == status


def test_a_reservation_that_is_over_is_refused_with_twilios_code(
    sandbox: Served, reservation: Reservation
) -> None:
    """400, and the code that says which instruction came too late; the number sent is not repeated."""
    sandbox.taskrouter.rescind(reservation)
    outcome = send_to(sandbox, reservation, FULL_CALL)
    assert outcome == Outcome(Ending.REFUSED, "Twilio answered 400 with error 40114", 400, 40114)


def test_an_unknown_reservation_is_refused_with_404(sandbox: Served) -> None:
    """Its task was closed for minutes, for instance."""
    outcome = send(sandbox.address)
    assert (outcome.ending, outcome.status, outcome.twilio_code) == (Ending.REFUSED, 404, 20404)


def test_a_wrong_token_is_refused_with_401(sandbox: Served, reservation: Reservation) -> None:
    """Which is no reason to send it again."""
    outcome = send_to(sandbox, reservation, TWILIO_AUTH_TOKEN="another")
    assert (outcome.ending, outcome.status, outcome.twilio_code) == (Ending.REFUSED, 401, 20003)


def test_an_api_key_is_preferred_over_the_token(sandbox: Served, reservation: Reservation) -> None:
    """The token would be refused here; the key pair lets the update in."""
    outcome = send_to(
        sandbox,
        reservation,
        TWILIO_API_KEY=KEY_SID,
        TWILIO_API_SECRET="secret",
        TWILIO_AUTH_TOKEN="another",
    )
    assert outcome.ending is Ending.DELIVERED


def test_of_several_tokens_the_first_is_used(sandbox: Served, reservation: Reservation) -> None:
    """While a token is being rotated."""
    assert send_to(sandbox, reservation, TWILIO_AUTH_TOKEN="token, older").ending is Ending.DELIVERED


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_no_proxy_of_the_environment_comes_between(
    variable: str, sandbox: Served, reservation: Reservation
) -> None:
    """A proxy that does not exist changes nothing: a proxy would see the numbers."""
    program = """
import sys
from app.delivery.reservations import Reservations
from app.model import Call, Instruction
from app.settings import process_environment, read_settings
settings = read_settings(process_environment())
print(Reservations(settings).send(Call(*sys.argv[1:], Instruction("accept"))).ending)
"""
    sids = [sandbox.taskrouter.workspace_sid, reservation.task.sid, reservation.sid]
    ended = subprocess.run(
        [sys.executable, "-c", program, *sids],
        env={
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "token",
            "TWILIO_API_BASE": sandbox.address,
            variable: f"http://127.0.0.1:{closed_port()}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("delivered\n", "")


# --- At servers that fail


def self_signed(folder: Path) -> Path:
    """A new certificate and its key, in one file."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is not installed")
    made = folder / "made.pem"
    options: list[str | Path] = [
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        made,
        "-out",
        folder / "c",
    ]
    command: list[str | Path] = [openssl, "req", "-x509", *options]
    subprocess.run(command, check=True, capture_output=True)
    made.write_text(made.read_text() + (folder / "c").read_text())
    return made


@pytest.mark.parametrize(
    ("status", "code"), [(400, 40111), (401, 20003), (404, 20404), (429, 20429), (500, 20500)]
)
def test_an_answer_with_an_error_is_refused(status: int, code: int) -> None:
    """With the HTTP status and Twilio's code; Twilio's text may quote a number, and is not repeated."""
    body = orjson.dumps({"code": code, "message": f"{NUMBER} is wrong", "status": status})
    with listening(answer(status, body)) as server:
        outcome = send(server.address, FULL_CALL)
    message = f"Twilio answered {status} with error {code}"
    assert outcome == Outcome(Ending.REFUSED, message, status, code)


def test_a_problem_document_is_refused_with_its_code() -> None:
    """RFC 9457, which the library raises as another exception."""
    problem = {"type": "urn:x", "title": f"no {NUMBER}", "status": 400, "code": 20001, "detail": NUMBER}
    with listening(answer(400, orjson.dumps(problem), "application/problem+json")) as server:
        outcome = send(server.address, FULL_CALL)
    assert outcome == Outcome(Ending.REFUSED, "Twilio answered 400 with error 20001", 400, 20001)


@pytest.mark.parametrize(
    "body",
    [
        b"<h1>Bad Gateway +14155551212</h1>",
        b"",
        b"[]",
        b"null",
        b'{"code": "+14155551212", "message": 7}',
        b'{"code": null}',
    ],
)
def test_an_error_without_twilios_code_is_refused_all_the_same(body: bytes) -> None:
    """A balancer answered instead of Twilio: the HTTP status is known, a code of Twilio's is not."""
    with listening(answer(502, body, "text/html")) as server:
        outcome = send(server.address, FULL_CALL)
    assert outcome == Outcome(Ending.REFUSED, "Twilio answered 502 without an error code", 502, None)


def test_a_problem_document_of_nonsense_is_refused_without_it() -> None:
    """Where numbers should stand, texts do: nothing of them is repeated."""
    problem = {"type": 1, "title": 2, "status": NUMBER, "code": NUMBER}
    with listening(answer(400, orjson.dumps(problem))) as server:
        outcome = send(server.address, FULL_CALL)
    assert outcome == Outcome(Ending.REFUSED, "Twilio answered None without an error code")


def test_a_redirection_is_not_followed() -> None:
    """An update is sent once, and to Twilio alone."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with listening(speak) as server:
        outcome = send(server.address)
    assert (outcome.ending, outcome.status) == (Ending.REFUSED, 307)


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(lambda _: None, id="cut before any answer"),
        pytest.param(lambda connection: connection.sendall(b"HTTP/1.1 2"), id="cut in the status line"),
        pytest.param(
            lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le"), id="cut in the head"
        ),
        pytest.param(
            lambda connection: connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"sid'),
            id="cut in the body",
        ),
        pytest.param(
            lambda connection: connection.sendall(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"
            ),
            id="cut in a chunk",
        ),
        pytest.param(lambda connection: connection.sendall(b"hello\r\n\r\n"), id="no HTTP"),
        pytest.param(answer(200, b"<html>fine</html>"), id="no JSON"),
        pytest.param(answer(200, b""), id="empty"),
        pytest.param(answer(204, b""), id="no content"),
        pytest.param(answer(200, b"[]"), id="a list"),
        pytest.param(answer(200, b"null"), id="null"),
        pytest.param(answer(200, b'"+14155551212"'), id="a text"),
        pytest.param(answer(200, b"[" * 100_000), id="nested beyond reading"),
    ],
)
def test_no_whole_answer_is_ambiguous(speak: Callable[[socket.socket], object]) -> None:
    """It was sent: nobody knows whether Twilio took it, so nothing else may be sent instead."""
    with listening(speak) as server:
        outcome = send(server.address, FULL_CALL)
    assert server.received.startswith(b"POST /v1/Workspaces/WS")
    assert outcome.ending is Ending.AMBIGUOUS
    assert "look the reservation up" in outcome.message
    assert NUMBER not in outcome.message
    assert (outcome.status, outcome.twilio_code) == (None, None)


@pytest.mark.parametrize("said", [b"", b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"si'])
def test_a_stalled_answer_is_ambiguous(said: bytes) -> None:
    """The read timeout ends the wait, before an answer and within one."""
    over = threading.Event()

    def speak(connection: socket.socket) -> None:
        connection.sendall(said)
        over.wait(10)

    with listening(speak) as server:
        outcome = send(server.address)
        over.set()
    assert outcome.ending is Ending.AMBIGUOUS


def test_a_refused_connection_is_unreachable() -> None:
    """Nothing was sent."""
    outcome = send(f"http://127.0.0.1:{closed_port()}", FULL_CALL)
    assert outcome == Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (NewConnectionError)")


def test_an_unknown_host_is_unreachable() -> None:
    """The name of a host that no resolver knows (RFC 6761)."""
    outcome = send("http://taskrouter.invalid")
    assert outcome == Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (NameResolutionError)")


def test_a_host_that_does_not_take_the_connection_is_unreachable() -> None:
    """The connect timeout: the queue of this port is full, and further connections wait."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(server.getsockname())
        outcome = send(f"http://127.0.0.1:{server.getsockname()[1]}")
        for each in waiting:
            each.close()
    assert outcome == Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (ConnectTimeoutError)")


def test_a_port_without_tls_is_unreachable(sandbox: Served) -> None:
    """The handshake fails before anything is sent."""
    outcome = send(sandbox.address.replace("http:", "https:"))
    assert outcome == Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (NoTls)")


def test_a_certificate_that_nobody_signed_is_unreachable(tmp_path: Path) -> None:
    """Somebody stands between us and Twilio: nothing is sent."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(self_signed(tmp_path))

    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, pytest.raises(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        outcome = send(f"https://127.0.0.1:{server.getsockname()[1]}")
        thread.join(10)
    assert outcome == Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (NoTls)")


def test_tls_that_breaks_after_sending_is_ambiguous(tmp_path: Path) -> None:
    """The request was there: it may be applied."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate = self_signed(tmp_path)
    context.load_cert_chain(certificate)
    received: list[bytes] = []

    def serve(server: socket.socket) -> None:
        plain, _ = server.accept()
        secured = context.wrap_socket(plain, server_side=True)
        received.append(secured.recv(65_536))
        with socket.socket(fileno=secured.detach()) as connection:
            connection.sendall(b"this is no TLS")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        address = f"https://127.0.0.1:{server.getsockname()[1]}"
        transport = Reservations(settings(address), connect_timeout=2, read_timeout=2)
        assert transport._http.session
        transport._http.session.verify = str(certificate)
        outcome = transport.send(call(ACCEPT))
        thread.join(10)
    assert received[0].startswith(b"POST ")
    assert outcome.ending is Ending.AMBIGUOUS


@pytest.mark.parametrize("base", ["http://a..b", "http://" + "a" * 300])
def test_an_address_that_cannot_be_used_raises_nothing(base: str) -> None:
    """A transport never raises, whatever TWILIO_API_BASE holds: no request can be made of it."""
    assert send(base) == Outcome(Ending.UNREACHABLE, "the request cannot be made (LocationParseError)")


def test_a_token_that_cannot_be_sent_raises_nothing(sandbox: Served, reservation: Reservation) -> None:
    """A dash that a word processor made long stands in no HTTP header."""
    outcome = send_to(sandbox, reservation, TWILIO_AUTH_TOKEN="to–ken")
    assert outcome == Outcome(Ending.UNREACHABLE, "the request cannot be made (UnicodeEncodeError)")
    assert reservation.updates == []


# --- Where it goes


def test_the_base_may_have_a_path() -> None:
    """A gateway in front of Twilio, for instance; the path is kept, and so is its port."""
    with listening(answer(200, b"{}")) as server:
        assert send(f"{server.address}/gate/way/").ending is Ending.DELIVERED
    path = "/v1/Workspaces/{WorkspaceSid}/Tasks/{TaskSid}/Reservations/{ReservationSid}".format(**PARAMS)
    assert server.received.startswith(f"POST /gate/way{path} HTTP/1.1\r\n".encode())
    assert server.address.removeprefix("http://").encode() in server.received


@pytest.mark.parametrize(
    ("more", "host"),
    [
        ({}, "taskrouter.twilio.com"),
        ({"TWILIO_REGION": "ie1"}, "taskrouter.ie1.twilio.com"),
        ({"TWILIO_EDGE": "dublin"}, "taskrouter.dublin.us1.twilio.com"),
        ({"TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}, "taskrouter.dublin.ie1.twilio.com"),
    ],
)
def test_region_and_edge_name_the_host(more: dict[str, str], host: str) -> None:
    """Without TWILIO_API_BASE it is Twilio's own host. The lookup is watched and refused."""
    program = """
import socket
import sys
from app.delivery.reservations import Reservations
from app.model import Call, Instruction
from app.settings import process_environment, read_settings

def refuse(event, details):
    if event == "socket.getaddrinfo":
        print(details[0], details[1])
        raise socket.gaierror("no network in a test")

sys.addaudithook(refuse)
reservations = Reservations(read_settings(process_environment()))
print(reservations.send(Call("WS", "WT", "WR", Instruction("accept"))).ending)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token", **more},
        capture_output=True,
        text=True,
        check=False,
    )
    asked, ending = ended.stdout.splitlines()
    assert (asked, ending) == (f"{host} 443", "unreachable"), ended.stderr


# --- What is said about it


@pytest.mark.parametrize("status", [200, 400])
def test_nothing_that_is_logged_holds_a_number(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the courier's line, nor the representation of anything in it, nor the libraries' lines."""
    caplog.set_level(logging.INFO)
    instruction = Instruction("call", {**FULL_CALL.fields, "to": "sip:bob@example.com"})
    with listening(answer(status, orjson.dumps({"code": 40111, "message": NUMBER}))) as server:
        courier = Courier(Reservations(settings(server.address)), dict, lambda: NOW)
        given = delivery(instruction)
        courier.attempt(replace(given, promise=replace(given.promise, call=call(instruction))))
    assert parse_qs(server.received.partition(b"\r\n\r\n")[2].decode())["CallFrom"] == [NUMBER]
    said = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert PARAMS["ReservationSid"] in said
    assert NUMBER not in said
    assert "4155551212" not in said
    assert "bob@example.com" not in said
    assert "token" not in said
