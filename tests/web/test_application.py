"""The short way of callbacks: it answers as Flask's own way does."""

from io import BytesIO
from typing import Any, Protocol, cast
from urllib.parse import quote_plus, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.application import Application, is_plain_form
from app.web.signature import Signatures
from tests.builders import ACCOUNT, parameters
from tests.delivery.rig import Process
from tests.web.conftest import FORM, PUBLIC, TOKEN, Params, signature

CALL = parameters({"type": "billing", "call_sid": "CA" + "1" * 32})
SAMPLES: dict[str, Params] = {
    "answered": parameters({"type": "support"}),
    "default": parameters({"type": "unheard of"}),
    "deferred": parameters({"type": "chat"}),
    "posted": CALL,
    "malformed": parameters(TaskSid="x"),
    "foreign": parameters(AccountSid="AC" + "f" * 32),
    "stale": parameters(Timestamp="2026-01-01T00:00:00Z"),
    "event": parameters(EventType="reservation.created"),
    "repeated": {**parameters(), "WorkerName": ["a", "b"]},
    "twice": {**parameters(), "Unknown": ["b", "a", "b"]},
    "nothing": {},
    "account alone": {"AccountSid": ACCOUNT},
}


def environ_of(body: bytes, path: str = "/assignment", **given: str) -> dict[str, Any]:
    """What a server tells of a request."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
    } | given


class Closing(Protocol):
    """An answer that wants to know when it was sent."""

    def close(self) -> None: ...


class Began:
    """What an application told of its answer."""

    def __init__(self) -> None:
        self.told: tuple[str, list[tuple[str, str]]] | None = None

    def __call__(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        self.told = (status, headers)


def answered(app: Any, environ: dict[str, Any]) -> tuple[object, bytes]:
    """Status, headers and body, to the last byte; without the id of each request's own."""
    began = Began()
    parts = app(environ, began)
    body = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    assert began.told
    status, headers = began.told
    return (status, [header for header in headers if header[0] != "X-Request-Id"]), body


def both_ways(app: Flask, body: bytes, path: str = "/assignment", **given: str) -> list[tuple[object, bytes]]:
    """The answer that is given, and that of Flask's own way."""
    assert isinstance(app, Application)
    long = lambda environ, start: Flask.wsgi_app(app, environ, start)  # noqa: E731
    return [answered(way, environ_of(body, path, **given)) for way in (app.wsgi_app, long)]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("path", ["/assignment", "/assignment/fallback"])
@pytest.mark.parametrize("is_signed", [True, False])
def test_both_ways_answer_alike(app: Flask, name: str, path: str, is_signed: bool) -> None:
    """Status, headers and body, whatever becomes of the callback."""
    params = SAMPLES[name]
    signed = signature(PUBLIC + path, params if is_signed else {"another": "request"})
    body = urlencode(params, doseq=True).encode()
    short, long = both_ways(app, body, path, HTTP_X_TWILIO_SIGNATURE=signed)
    assert short == long


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"HTTP_X_TWILIO_SIGNATURE": ""},
        {"HTTP_X_TWILIO_SIGNATURE": "é"},
        {"REQUEST_METHOD": "GET"},
        {"REQUEST_METHOD": "PUT"},
        {"CONTENT_TYPE": "application/json"},
        {"CONTENT_TYPE": "Application/X-WWW-Form-Urlencoded"},
        {"CONTENT_TYPE": f"{FORM}; charset=utf-8"},
        {"CONTENT_TYPE": f"{FORM}x"},
        {"CONTENT_TYPE": ""},
        {"CONTENT_LENGTH": "x"},
        {"CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": "65537"},
        {"CONTENT_LENGTH": "999999999"},
        {"PATH_INFO": "/assignment/"},
        {"PATH_INFO": "//assignment"},
        {"HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS": "key=key1,algorithm=HMAC_SHA256"},
        {"HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS": "key=key2,algorithm=HMAC_SHA256"},
    ],
    ids=str,
)
def test_both_ways_answer_odd_requests_alike(app: Flask, given: dict[str, str]) -> None:
    """Those that are refused, and those that take Flask's way alone."""
    signed = {"HTTP_X_TWILIO_SIGNATURE": signature(f"{PUBLIC}/assignment", parameters())}
    without = {} if not given else signed
    short, long = both_ways(app, urlencode(parameters()).encode(), **without | given)
    assert short == long


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40) | st.text(max_size=20).map(lambda text: f"a={quote_plus(text)}".encode()))
def test_both_ways_answer_any_body_alike(app: Flask, body: bytes) -> None:
    """Even one that is no form."""
    signed = signature(f"{PUBLIC}/assignment", {})
    short, long = both_ways(app, body, HTTP_X_TWILIO_SIGNATURE=signed)
    assert short == long


def test_the_url_that_a_request_shows(desk: Desk) -> None:
    """Both ways take it from the same headers, also behind a proxy and below a prefix."""
    app = create_app(desk, Signatures([Secret(TOKEN)]))
    shown = {
        "http://desk.example.com/assignment": {"HTTP_HOST": "desk.example.com:80"},
        "http://127.0.0.1:8080/assignment": {},
        "http://desk/prefix/assignment": {"HTTP_HOST": "desk", "SCRIPT_NAME": "/prefix"},
        "https://desk/assignment?a=%20": {
            "HTTP_HOST": "desk", "wsgi.url_scheme": "https", "QUERY_STRING": "a=%20",
        },
    }  # fmt: skip
    for url, more in shown.items():
        signed = signature(url, parameters())
        short, long = both_ways(app, urlencode(parameters()).encode(), HTTP_X_TWILIO_SIGNATURE=signed, **more)
        assert short == long
        assert short[1].startswith(b'{"instruction"')


def begins_at_once(app: Any, environ: dict[str, Any]) -> bool:
    began = Began()
    parts = app(environ, began)
    is_begun = began.told is not None
    for _ in parts:
        pass
    assert began.told
    return is_begun


def test_what_may_wait_begins_when_it_is_iterated(app: Flask) -> None:
    """A post and the fallback ask the database; a reply and a refusal wait for nothing."""
    reply, post = SAMPLES["answered"], CALL

    def request(params: Params, path: str = "/assignment") -> dict[str, Any]:
        signed = signature(PUBLIC + path, params)
        return environ_of(urlencode(params).encode(), path, HTTP_X_TWILIO_SIGNATURE=signed)

    assert begins_at_once(app, request(reply))
    assert begins_at_once(app, environ_of(b"a=b"))
    assert not begins_at_once(app, request(post))
    assert not begins_at_once(app, request(reply, "/assignment/fallback"))
    assert not begins_at_once(app, environ_of(b"", "/readyz", REQUEST_METHOD="GET"))


def test_a_post_begins_when_its_answer_was_sent(app: Flask, delivering: Process) -> None:
    """When a server closes the answer, and not before."""
    signed = signature(f"{PUBLIC}/assignment", CALL)
    parts = app(environ_of(urlencode(CALL).encode(), HTTP_X_TWILIO_SIGNATURE=signed), Began())
    assert next(iter(parts)) == b"{}"
    assert not delivering.twilio.sent
    cast("Closing", parts).close()
    delivering.twilio.wait_until_sent(1)


def test_what_is_waited_for_may_fail(app: Flask) -> None:
    """Then the answer says so, as elsewhere."""
    assert isinstance(app, Application)

    def fails() -> Any:
        raise RuntimeError("nobody foresaw it")

    app.add_short_view("/later", lambda _environ, _body: fails)
    told, body = answered(app, environ_of(b"", "/later"))
    assert "500 INTERNAL SERVER ERROR" in str(told)
    assert b"urn:assignment-desk:failure" in body


def test_a_body_in_chunks_is_no_plain_form() -> None:
    """Its length is not told."""
    assert is_plain_form(environ_of(b"a=b"))
    assert not is_plain_form(environ_of(b"a=b", HTTP_TRANSFER_ENCODING="chunked"))
