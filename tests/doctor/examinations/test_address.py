"""PUBLIC_URL: who answers there."""

import socket
from collections.abc import Callable

import pytest

from app.doctor.examinations import address as examination
from tests.builders import ACCOUNT
from tests.delivery.listening import answer, closed_port, listening
from tests.doctor.accounts import TOKEN
from tests.doctor.examined import examined

REMEDY = "look at the proxy, and at where the Workflow leads"


def found(url: str) -> tuple[str, str, str]:
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": url}
    [said] = examined(examination, known)
    return said


def test_this_service_answers() -> None:
    """By its /healthz."""
    with listening(answer(200, b'{"status":"alive"}')) as server:
        said = ("ok", f"{server.address}/desk leads to this service, or to one like it", "")
        assert found(f"{server.address}/desk") == said
    assert server.received.startswith(b"GET /desk/healthz ")


@pytest.mark.parametrize(
    ("speak", "said"),
    [
        (answer(404, b""), "answers 404"),
        (answer(502, b"", Location="https://example.com/"), "answers 502"),
        (answer(503, b"", Location="https://["), "answers 503"),
        (answer(200, b"<html>"), "is answered by another program"),
        (lambda connection: connection.sendall(b"nonsense"), "cannot be reached from here (BadStatusLine)"),
        (lambda _: None, "cannot be reached from here (RemoteDisconnected)"),
    ],
)
def test_somebody_else_answers(speak: Callable[[socket.socket], object], said: str) -> None:
    """A warning: some networks let no machine reach its own address."""
    with listening(speak) as server:
        assert found(server.address) == ("warning", f"{server.address}/healthz {said}", REMEDY)


def test_a_redirect_is_no_address() -> None:
    """Where it leads to is said; nobody goes there."""
    with listening(answer(301, b"", Location="https://user:hunter2@example.com/healthz?x=hunter2")) as server:
        said = f"{server.address}/healthz redirects to https://example.com/healthz"
        assert found(server.address) == ("warning", said, REMEDY)


def test_a_redirect_to_a_page_of_its_own() -> None:
    """A login, say, that stands in front."""
    with listening(answer(302, b"", Location="/login?next=hunter2")) as server:
        said = f"{server.address}/healthz redirects to {server.address}/login"
        assert found(server.address) == ("warning", said, REMEDY)


def test_a_redirect_to_nowhere() -> None:
    """A Location that is no address."""
    said = "cannot be reached from here (ValueError)"
    with listening(answer(302, b"", Location="https://[")) as server:
        assert found(server.address) == ("warning", f"{server.address}/healthz {said}", REMEDY)


def test_nobody_answers() -> None:
    """Nor does a name that cannot be looked up fail anything."""
    url = f"http://127.0.0.1:{closed_port()}"
    said = f"{url}/healthz cannot be reached from here (ConnectionRefusedError)"
    assert found(url) == ("warning", said, REMEDY)


def test_without_a_public_url() -> None:
    """There is nothing to fetch."""
    assert examined(examination, {}) == [("skipped", "PUBLIC_URL is not set", "")]
