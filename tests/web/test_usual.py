"""Requests in their usual form: what is read of them at once is what gunicorn's parser makes of them."""

from collections.abc import Mapping
from socket import socket
from typing import Any, cast

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import create
from hypothesis import example, given
from hypothesis import strategies as st

from app.web.connection import OF_ONE, ends_of, origin_of
from app.web.incoming import Incoming, Standing
from app.web.usual import MOST_FIELDS, MOST_HEAD, read_usual

CLIENT, SERVER = ("192.0.2.7", 40_000), ("127.0.0.1", 8080)
CONFIG = Config()
CONFIG.set("forwarded_allow_ips", "")
CONFIG.set("limit_request_fields", MOST_FIELDS)
ORIGIN = origin_of(CONFIG) | ends_of(CLIENT, SERVER)

HEAD = b"POST /assignment HTTP/1.1\r\nHost: desk\r\n"
WITH_BODY = HEAD + b"Content-Length: 3\r\n\r\na=b"


def by_gunicorn(received: bytes) -> dict[str, Any] | None:
    """The environment that gunicorn makes, the body instead of its stream; None where it refuses."""
    try:
        request = next(RequestParser(CONFIG, [received], CLIENT))
    except (ParseException, StopIteration):
        return None
    _, environ = create(request, cast("socket", None), CLIENT, SERVER, CONFIG)
    return _comparable(environ)


def _comparable(environ: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: environ[name] for name in environ if name not in OF_ONE or not name.startswith(("g", "w"))}
    kept |= {"body": environ["wsgi.input"].read(), "wsgi.multithread": True}
    return {name: value for name, value in kept.items() if name != "wsgi.errors"}


def agrees(received: bytes) -> bool:
    """Whether it was read, and so that gunicorn reads the same; fails where it reads something else."""
    environ = read_usual(received, ORIGIN)
    if environ is None:
        return False
    assert _comparable(environ) == by_gunicorn(received)
    assert Incoming().add(received) is Standing.WHOLE
    return True


NAMES = [
    "Host",
    "X-Twilio-Signature",
    "content-type",
    "ACCEPT",
    "Connection",
    "X-Forwarded-Proto",
    "Cookie",
    "a",
]
ODD_NAMES = [
    "Content-Length",
    "Transfer-Encoding",
    "Expect",
    "X_Y",
    "Script_Name",
    "Upgrade",
    "HTTP2-Settings",
    " b",
]
VALUES = [
    "close",
    "keep-alive",
    "x",
    "a=b; c",
    "100-continue",
    "chunked",
    "h2c",
    "https",
    "é",
    "",
    "  ",
    "\t",
    "3",
]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Requests that are mostly well formed."""
    odd = draw(st.booleans())
    path = draw(
        st.sampled_from(
            ["/assignment", "/assignment/fallback", "/", "//a", "/%61", "/a.b/~-", "*", "a", "http://e/a"]
        )
    )
    query = draw(st.sampled_from(["", "?", "?x=1&y=a%20b", "?a#b", "?[", "#"]))
    line = draw(
        st.sampled_from(
            ["POST {} HTTP/1.1"] * 5 + ["GET {} HTTP/1.1", "POST {} HTTP/1.0", "POST  {} HTTP/1.1"]
        )
    )
    names = st.sampled_from(NAMES + ODD_NAMES if odd else NAMES)
    values = st.sampled_from(VALUES) | st.text(st.characters(max_codepoint=255), max_size=6)
    colon = st.sampled_from([":", ": ", ":  ", ":\t", " : "] if odd else [":", ": "])
    fields = draw(
        st.lists(
            st.tuples(names, colon, values), max_size=6, unique_by=None if odd else lambda f: f[0].lower()
        )
    )
    body = draw(st.binary(max_size=9))
    length = draw(st.integers(0, 12)) if odd else len(body)
    lines = [line.format(path + query), *("".join(field) for field in fields)]
    lines.insert(draw(st.integers(1, len(lines))), f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@given(requests())
@example(WITH_BODY)
def test_what_is_read_is_what_gunicorn_reads(received: bytes) -> None:
    """Name by name; and where gunicorn refuses, nothing is read."""
    agrees(received)


@pytest.mark.parametrize(
    "received",
    [
        WITH_BODY,
        HEAD + b"content-length:0\r\n\r\n",
        HEAD + b"Content-Length: 003\r\nConnection: Keep-Alive\r\n\r\na=b",
        HEAD + b"Content-Length: 3\r\nConnection: close\r\n\r\na=b",
        WITH_BODY.replace(b" HTTP", b"/fallback?env=a%20b&x=\"'{} HTTP"),
        WITH_BODY.replace(b" HTTP", b"? HTTP"),
        WITH_BODY.replace(b"desk", b"desk  ").replace(b"Host: ", b"Host:   "),
        HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(MOST_FIELDS - 2)) + b"Content-Length: 0\r\n\r\n",
    ],
)
def test_usual_requests(received: bytes) -> None:
    """As Twilio, proxies and curl send them."""
    assert agrees(received)


@pytest.mark.parametrize(
    "received",
    [
        b"",
        HEAD,
        WITH_BODY[:-1],
        WITH_BODY + b"c",
        WITH_BODY + WITH_BODY,
        b"\r\n" + WITH_BODY,
        WITH_BODY.replace(b"POST", b"PUT"),
        WITH_BODY.replace(b"1.1", b"1.0"),
        WITH_BODY.replace(b"/assign", b"//assign"),
        WITH_BODY.replace(b"/assign", b"/%61ssign"),
        WITH_BODY.replace(b"/assign", b"http://desk/assign"),
        WITH_BODY.replace(b"\r\n", b"\n"),
        WITH_BODY.replace(b"desk", b"d\tesk"),
        WITH_BODY.replace(b"desk", b"d\0esk"),
        WITH_BODY.replace(b"desk", b"d\xe9sk"),
        WITH_BODY.replace(b"desk", b"desk\r\n folded"),
        WITH_BODY.replace(b"desk", b"desk\r\nHost: other"),
        WITH_BODY.replace(b"desk", b"desk\r\nContent-Length: 3"),
        WITH_BODY.replace(b"desk", b"desk\r\nContent_Length: 9"),
        WITH_BODY.replace(b"desk", b"desk\r\nTransfer-Encoding: chunked"),
        WITH_BODY.replace(b"desk", b"desk\r\nTransfer-Encoding : chunked"),
        WITH_BODY.replace(b"desk", b"desk\r\nExpect: 100-continue"),
        WITH_BODY.replace(b"desk", b"desk\r\nUpgrade: h2c"),
        WITH_BODY.replace(b"desk", b"desk\r\nConnection: Upgrade, HTTP2-Settings"),
        HEAD + b"Content-Length: +3\r\n\r\na=b",
        HEAD + b"Content-Length: 3, 3\r\n\r\na=b",
        HEAD + b"Content-Length: " + b"0" * 5_000 + b"3\r\n\r\na=b",
        HEAD + b"\r\n",
        HEAD + b"X: " + b"y" * MOST_HEAD + b"\r\nContent-Length: 3\r\n\r\na=b",
        HEAD + b"X: y\r\n" * MOST_FIELDS + b"Content-Length: 3\r\n\r\na=b",
        HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(MOST_FIELDS)) + b"Content-Length: 0\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_odd_is_left_to_the_parser(received: bytes) -> None:
    """Whether that takes it or not: a request that others could read differently is among them."""
    assert read_usual(received, ORIGIN) is None
