"""What the twilio library sends with: where to, and what is known of the answer besides its body."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.delivery.client import HttpClient, make_client, retry_after
from app.sandbox import Served, TaskRouter, serving
from app.settings import read_rest_settings
from tests.builders import ACCOUNT

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[Served]:
    """A TaskRouter on a loopback port."""
    with serving(TaskRouter(account_sid=ACCOUNT, auth_tokens=("token",))) as served:
        yield served


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 99, None),
        ("Mon, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: int | None) -> None:
    """A moment that is over asks for no wait, and what cannot be read for none that is known."""
    assert retry_after({"Retry-After": said}, NOW) == seconds


def test_without_the_header_no_wait_is_known() -> None:
    """Most answers have none."""
    assert retry_after({}, NOW) is None


def test_headers_are_read_by_name_in_any_case(sandbox: Served) -> None:
    """HTTP's names have no case; before any answer there are none."""
    http = HttpClient(None, (1, 1))
    assert http.headers == {}
    http.request("GET", f"{sandbox.address}/v1/Workspaces")
    assert http.headers["www-authenticate"] == http.headers["WWW-Authenticate"]


def test_a_request_without_an_answer_has_no_headers(sandbox: Served) -> None:
    """Not those of the request before."""
    http = HttpClient(None, (1, 1))
    http.request("GET", f"{sandbox.address}/v1/Workspaces")
    with pytest.raises(OSError, match="refused"):
        http.request("GET", "http://127.0.0.1:1/")
    assert http.headers == {}


def test_each_thread_reads_the_headers_of_its_own_answer(sandbox: Served) -> None:
    """A shared client mixes nothing up: both answers are in before either thread looks."""
    http = HttpClient(None, (1, 1))
    together = threading.Barrier(2)
    found: dict[str, str | None] = {}
    account = (ACCOUNT, "token")

    def ask(name: str, auth: tuple[str, str] | None) -> None:
        http.request("GET", f"{sandbox.address}/v1/Workspaces", auth=auth)
        together.wait(10)
        found[name] = http.headers.get("WWW-Authenticate")

    threads = [threading.Thread(target=ask, args=each) for each in (("known", account), ("unknown", None))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"known": None, "unknown": 'Basic realm="Twilio API"'}


@pytest.mark.parametrize(("path", "asked"), [("", "/nowhere"), ("/gate", "/gate/v1/nowhere")])
def test_a_link_that_names_the_other_host_already_is_kept(path: str, asked: str, sandbox: Served) -> None:
    """A next page's link comes from the host that was asked, with its path, and goes there once."""
    base = sandbox.address + path
    environment = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_API_BASE": base,
    }
    client, _ = make_client(read_rest_settings(environment))
    for address in ("https://taskrouter.twilio.com", base):
        answer = client.request("GET", f"{address}/v1/nowhere?PageSize=1")
        assert f"The requested resource {asked} was not found" in answer.text
