"""Answers as bytes."""

import re

import pytest

from app.web.document import Document
from app.web.outgoing import Outgoing, finish, last_words

HEADERS = [("Content-Type", "text/plain")]


def parts_of(text: bytes) -> tuple[list[str], str]:
    head, _, body = text.decode("latin-1").partition("\r\n\r\n")
    return head.split("\r\n"), body


@pytest.mark.parametrize(("keeps", "lasting"), [(True, "keep-alive"), (False, "close")])
def test_an_answer(keeps: bool, lasting: str) -> None:
    """Status, date, what becomes of the connection, the application's headers, and the body's length."""
    outgoing = Outgoing(keeps=keeps)
    outgoing.start("200 OK", HEADERS)
    lines, body = parts_of(outgoing.text([b"one, ", b"two"]))
    assert re.fullmatch(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", lines.pop(2))
    assert lines == [
        "HTTP/1.1 200 OK",
        "Server: gunicorn",
        f"Connection: {lasting}",
        "Content-Type: text/plain",
        "Content-Length: 8",
    ]
    assert body == "one, two"


def test_whether_it_has_begun() -> None:
    """As soon as the application has told how it answers."""
    outgoing = Outgoing(keeps=True)
    begun = [outgoing.has_begun]
    outgoing.start("200 OK", HEADERS)
    assert [*begun, outgoing.has_begun] == [False, True]


def test_a_length_that_is_told() -> None:
    """It is not told twice."""
    outgoing = Outgoing(keeps=True)
    outgoing.start("200 OK", [*HEADERS, ("content-length", "3")])
    assert outgoing.text([b"abc"]).lower().count(b"content-length: 3\r\n") == 1


def test_what_is_written_comes_first() -> None:
    """As WSGI has it for old applications."""
    outgoing = Outgoing(keeps=True)
    outgoing.start("200 OK", HEADERS)(b"one, ")
    assert parts_of(outgoing.text([b"two"]))[1] == "one, two"


def test_the_last_beginning_counts() -> None:
    """An application may find out late that it fails."""
    outgoing = Outgoing(keeps=True)
    outgoing.start("200 OK", HEADERS)
    outgoing.start("500 INTERNAL SERVER ERROR", HEADERS, (RuntimeError, RuntimeError(), None))
    assert outgoing.text([]).startswith(b"HTTP/1.1 500 ")


def test_an_answer_that_never_began() -> None:
    """There is nothing to send then."""
    with pytest.raises(RuntimeError, match="did not begin"):
        Outgoing(keeps=True).text([])


def test_last_words() -> None:
    """A document, after which the connection ends."""
    lines, body = parts_of(last_words(Document(b"{}", status=408)))
    assert lines[0] == "HTTP/1.1 408 REQUEST TIMEOUT"
    assert {"Connection: close", "Content-Type: application/json", "Content-Length: 2"} <= set(lines)
    assert body == "{}"


def test_an_answer_may_want_to_know_its_end() -> None:
    """Or not."""
    ended = []

    class Parts(list[bytes]):
        def close(self) -> None:
            ended.append(True)

    finish([b""])
    finish(Parts())
    assert ended == [True]
